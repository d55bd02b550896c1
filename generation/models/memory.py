"""What people turned down, kept by meaning, so that the same thing need not be turned down twice."""

from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField, HnswIndex

from accounts.models import Store
from generation.models.campaign import Campaign
from generation.models.catalog import DIMENSIONS


class Ruling(models.Model):
    """A person's rejection of a placement, as later runs see it. Review writes it; generation only reads.

    `placement` is the number of the rejected placement (review's row, named by number since generation does not know
    review). `embedding` is of `stages.meaning.meaning(title, subtitle, concepts)`; null until the worker made it. A
    ruling that was undone, overturned or forgotten is no longer `active`. Which `reason_code` speaks against the theme
    itself, and where, is `blocking`'s to say.
    """

    ANYWHERE = ("title", "brand", "unsafe", "other")
    IN_ITS_CAMPAIGN = ("off_objective",)

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="rulings")
    placement = models.PositiveBigIntegerField(unique=True)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="+")
    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=300, blank=True)
    concepts = models.JSONField(default=list)
    objective_kind = models.CharField(max_length=20, blank=True)
    products = models.JSONField(default=list, help_text="Primary keys of the products it showed")
    reason_code = models.CharField(max_length=20)
    reason = models.CharField(max_length=120, help_text="The reason code in words")
    note = models.TextField(blank=True)
    person = models.CharField(max_length=160)
    active = models.BooleanField(default=True)
    embedding = HalfVectorField(dimensions=DIMENSIONS, null=True)
    encoder = models.CharField(max_length=80, blank=True)
    ruled_at = models.DateTimeField()

    class Meta:
        ordering = ["-ruled_at"]
        indexes = [
            models.Index(fields=["store"], condition=Q(active=True), name="ruling_active"),
            HnswIndex(
                fields=["embedding"], name="ruling_nearest", m=16, ef_construction=64, opclasses=["halfvec_cosine_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.title
