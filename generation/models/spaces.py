"""Which model placed a store's vectors, and the vectors of the one that is to come."""

from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField

from accounts.models import Store
from generation.models.catalog import DIMENSIONS


class EmbeddingSpace(models.Model):
    """A store's catalogue as one encoder places it.

        building -> serving -> retired
           |-> cancelled | failed     retired, cancelled, failed -> building (somebody asks for it again)

    The vectors of the serving space lie with products, keywords and rulings; those of the building one, and of the
    last retired one, in `SpaceVector`. `number` counts the store's switches: it changes with the vectors, and a run
    goes by it. `recipe` is what the encoder is built from (`encoders.registry.Recipe`), without keys. `declined` names
    the encoder of the settings that a person decided against while this one serves, so that it is not begun by itself.
    """

    class State(models.TextChoices):
        BUILDING = "building", "Being built"
        SERVING = "serving", "Serving"
        RETIRED = "retired", "Served before"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="embedding_spaces")
    encoder = models.CharField(max_length=80)
    recipe = models.JSONField(default=dict)
    dimensions = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    number = models.PositiveIntegerField(default=0)
    declined = models.CharField(max_length=80, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(help_text="When it came into its state")

    class Meta:
        ordering = ["-changed_at"]
        constraints = [
            models.UniqueConstraint(fields=["store", "encoder"], name="space_once_per_encoder"),
            models.UniqueConstraint(fields=["store"], condition=Q(state="serving"), name="one_serving_space"),
            models.UniqueConstraint(fields=["store"], condition=Q(state="building"), name="one_building_space"),
            models.CheckConstraint(
                condition=Q(state__in=["building", "serving", "retired", "cancelled", "failed"]),
                name="space_state_known",
            ),
            models.CheckConstraint(condition=Q(dimensions=DIMENSIONS), name="space_fits_the_columns"),
        ]

    def __str__(self) -> str:
        return self.encoder


class SpaceVector(models.Model):
    """A vector of a space that does not serve. `row` is the product's, keyword's or ruling's key: a row that is gone
    leaves its vector behind, which nobody reads. `text_hash` says which text it is of."""

    class Kind(models.IntegerChoices):
        PRODUCT = 1, "products"
        KEYWORD = 2, "keywords"
        RULING = 3, "rulings"

    # Without an index of its own: that of the constraint begins with it.
    space = models.ForeignKey(EmbeddingSpace, on_delete=models.CASCADE, related_name="vectors", db_index=False)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    row = models.BigIntegerField()
    text_hash = models.CharField(max_length=80, blank=True)
    embedding = HalfVectorField(dimensions=DIMENSIONS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["space", "kind", "row"], name="space_vector_once")]
