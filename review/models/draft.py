"""Drafts under review: placements, their products, what judges said and what people decided."""

from typing import TYPE_CHECKING

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, F, FloatField, Func, IntegerField, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest, Least, Ln

from accounts.models import Store, User
from generation.models import Campaign, Product, Run

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class DraftQuerySet(models.QuerySet["Draft"]):
    def in_force(self) -> "DraftQuerySet":
        """Those that people work on: neither replaced nor still a proposal beside the page they came from."""
        return self.filter(in_force())

    def proposals(self) -> "DraftQuerySet":
        """Those beside the page they came from, with the choice still to be made."""
        return self.filter(superseded=False, parent__superseded=False)


def in_force(prefix: str = "") -> Q:
    """The condition on a draft, or through `prefix` ("draft__") on what belongs to one."""
    chosen = Q(**{f"{prefix}parent__isnull": True}) | Q(**{f"{prefix}parent__superseded": True})
    return Q(**{f"{prefix}superseded": False}) & chosen


class Draft(models.Model):
    """The ranked page that one run ended in. A run has exactly one, however often its end is announced.

    `parent` is the draft it regenerates in part. Until somebody takes the one or keeps the other, it is a proposal
    beside its parent; then `superseded` marks the one that lost. What is superseded or proposed is in no queue, cannot
    be decided on and cannot be published.
    """

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="draft")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="drafts")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="drafts")
    page = models.SlugField(max_length=80)
    segment = models.SlugField(default="default")
    note = models.TextField(blank=True, help_text="What the page says of itself: too short, products gone meanwhile")
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="regenerations")
    superseded = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DraftQuerySet.as_manager()

    if TYPE_CHECKING:
        placements: RelatedManager["Placement"]
        regenerations: RelatedManager["Draft"]

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.campaign} (run {self.run_id})"

    @property
    def is_proposal(self) -> bool:
        """Whether somebody still has to choose between this draft and the one it regenerates in part."""
        return not self.superseded and self.parent is not None and not self.parent.superseded


class PlacementQuerySet(models.QuerySet["Placement"]):
    def in_force(self) -> "PlacementQuerySet":
        """Those of drafts that people work on; see `Draft`."""
        return self.filter(in_force("draft__"))

    def waiting(self) -> "PlacementQuerySet":
        return self.in_force().filter(status=Placement.Status.WAITING)

    def rejected(self) -> "PlacementQuerySet":
        """Rejected by a person, or dropped by a rule or a judge."""
        return self.filter(status__in=[Placement.Status.REJECTED, Placement.Status.DROPPED])

    def of(self, store: Store) -> "PlacementQuerySet":
        return self.filter(store=store)


# How much a row deserves a look before others, 0 to 1: what judges doubt, where they disagree, what they flagged, and
# how many shoppers would see it. The last falls with the place on the page as the gain of a ranked list does,
# 1 / log2(1 + place) (Järvelin and Kekäläinen, 2002). The shop's own rows, which nobody scored, come last.
RISK = Case(
    When(source="static", then=Value(0.0)),
    default=Value(0.5) * (Value(1.0) - Coalesce(F("score"), Value(0.0)))
    + Value(0.25) * F("disagreement")
    + Value(0.05)
    * Cast(Least(Func(F("flags"), function="jsonb_array_length", output_field=IntegerField()), 3), FloatField())
    + Value(0.1) * Ln(Value(2.0)) / Ln(Cast(Greatest(F("position"), 1), FloatField()) + Value(1.0)),
    output_field=FloatField(),
)
STORE_OF_DRAFT = "SELECT store_id INTO NEW.store_id FROM review_draft WHERE id = NEW.draft_id; RETURN NEW;"


@pgtrigger.register(
    pgtrigger.Trigger(name="store_of_draft", when=pgtrigger.Before, operation=pgtrigger.Insert, func=STORE_OF_DRAFT)
)
class Placement(models.Model):
    """A titled row of products, waiting for a decision. `review.workflow.transitions` says which moves are allowed.

    `position` is the place on the page. Dropped ones keep what was known of them for the audit: `dropped_by` names the
    rules or the judge with their version, `drop_facet` the check that failed, `drop_reason` says it in sentences.
    `source` tells the shop's own rows from generated ones; `flags` are sentences that ask for a person's attention:
    [{facet, judge, reason, ruling?}] with the number of an earlier rejected placement where one is near.
    `kept_from` is the row of the parent draft that this one is, when it was locked while others were regenerated.

    `store` is that of the draft, filled in by the database, and `risk` follows from the other columns: the queue is
    read in its order from one index, however long it is. `disagreement` is written by `review.workflow.risk`.
    """

    class Source(models.TextChoices):
        GENERATED = "generated", "Generated"
        STATIC = "static", "Written by the shop"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        DROPPED = "dropped", "Dropped"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="placements")
    key = models.PositiveSmallIntegerField(help_text="Number of the theme within the run.")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=300, blank=True)
    intent = models.CharField(max_length=500, blank=True)
    concepts = models.JSONField(default=list)
    keywords = models.JSONField(default=list, help_text="[{id, text, kind, density}]")
    reason = models.CharField(max_length=500, blank=True)
    confidence = models.FloatField(null=True)
    score = models.FloatField(null=True, help_text="0 to 1, the judge's; null when nothing was judged")
    density = models.PositiveIntegerField(default=0, help_text="Eligible products retrieved before the cut")
    receipts = models.JSONField(default=list, help_text="[{constraint, passes, detail}]")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.GENERATED)
    flags = models.JSONField(default=list)
    kept_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="kept_as")
    disagreement = models.FloatField(default=0, help_text="0 to 1: share of checks on which judges say yes and no")
    risk = models.GeneratedField(expression=RISK, output_field=FloatField(), db_persist=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WAITING)
    dropped_by = models.CharField(max_length=120, blank=True)
    drop_facet = models.CharField(max_length=120, blank=True)
    drop_reason = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0, help_text="Counts changes; a save names the one it saw.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PlacementQuerySet.as_manager()

    if TYPE_CHECKING:
        items: RelatedManager["PlacementProduct"]
        judgements: RelatedManager["Judgement"]
        decisions: RelatedManager["Decision"]

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "key"], name="theme_once_per_draft"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "changes_requested", "approved", "rejected", "dropped"]),
                name="placement_status_known",
            ),
            models.CheckConstraint(condition=Q(source__in=["generated", "static"]), name="placement_source_known"),
            models.CheckConstraint(
                condition=Q(disagreement__gte=0, disagreement__lte=1), name="placement_disagreement_0_1"
            ),
        ]
        indexes = [
            models.Index("store", "status", F("risk").desc(), "id", name="queue_by_risk"),
            GinIndex(fields=["flags"], opclasses=["jsonb_path_ops"], condition=Q(status="waiting"), name="queue_flags"),
        ]

    def __str__(self) -> str:
        return self.title


class PlacementProduct(models.Model):
    """A product of a placement: in a slot of the row (from 1), on the bench, or taken out by a person.

    Nobody ranked or judged the products of the shop's own rows: there the three figures are null.
    """

    class State(models.TextChoices):
        SHOWN = "shown", "Shown"
        BENCH = "bench", "Bench"
        REMOVED = "removed", "Removed"

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.SHOWN)
    slot = models.PositiveSmallIntegerField(help_text="Order within its state, from 1")
    pinned = models.BooleanField(default=False)
    score = models.FloatField(null=True, help_text="R^alpha * S^beta, 0 to 1")
    fit = models.FloatField(null=True, help_text="S: the evaluator's probability that the product fits the title")
    rank_score = models.FloatField(null=True, help_text="R: the traditional score, 0 to 1")
    why = models.CharField(max_length=500, blank=True)
    ranker = models.CharField(max_length=120, blank=True, help_text="Who gave R: its name and version")
    parts = models.JSONField(default=list, help_text="What made R: [{name, value, adds}], the strongest first")
    sources = models.JSONField(default=list, help_text="Texts of the keywords that brought it")

    class Meta:
        ordering = ["state", "slot", "id"]
        constraints = [models.UniqueConstraint(fields=["placement", "product"], name="product_once_per_placement")]


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update))
class Judgement(models.Model):
    """A score with a reason, by a named judge version, for one facet of a page, placement or product."""

    class Level(models.TextChoices):
        PAGE = "page", "Page"
        PLACEMENT = "placement", "Placement"
        PRODUCT = "product", "Product"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="judgements")
    placement = models.ForeignKey(Placement, null=True, on_delete=models.CASCADE, related_name="judgements")
    product = models.ForeignKey(Product, null=True, on_delete=models.CASCADE, related_name="+")
    level = models.CharField(max_length=10, choices=Level.choices)
    facet = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, blank=True, help_text="What failing it does: drop, review or pass")
    passes = models.BooleanField()
    score = models.FloatField(null=True, help_text="0 to 1; null for a plain yes or no")
    reason = models.TextField()
    judge = models.CharField(max_length=120, help_text="Name and version")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]


class ReasonCode(models.TextChoices):
    """Why a person turned something down."""

    OFF_OBJECTIVE = "off_objective", "Does not serve the objective"
    WRONG_PRODUCTS = "wrong_products", "Products do not fit the title"
    TITLE = "title", "Title or subtitle is not right"
    DUPLICATE = "duplicate", "Too close to another row"
    BRAND = "brand", "Not in our voice"
    UNSAFE = "unsafe", "Unsafe or insensitive"
    COMMERCIAL = "commercial", "Stock, price or margin"
    OTHER = "other", "Something else (say it in the note)"


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete))
class Decision(models.Model):
    """A person's word on a placement. Nobody can edit or delete it; undoing is a decision of its own."""

    class Kind(models.TextChoices):
        APPROVE = "approve", "Approved"
        FIX_APPROVE = "fix_approve", "Fixed and approved"
        REQUEST_CHANGES = "request_changes", "Requested changes"
        REJECT = "reject", "Rejected"
        UNDO = "undo", "Undid the decision"
        OVERTURN = "overturn", "Overturned"
        RESUBMIT = "resubmit", "Sent again for review"

    placement = models.ForeignKey(Placement, on_delete=models.DO_NOTHING, related_name="decisions")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    was = models.CharField(max_length=20, choices=Placement.Status.choices, help_text="The status before")
    reason_code = models.CharField(max_length=20, choices=ReasonCode.choices, blank=True)
    note = models.TextField(blank=True)
    revision = models.PositiveIntegerField(help_text="The placement's revision that was decided on")
    actor = models.ForeignKey(User, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["actor", "-id"], name="decisions_of_a_person")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["reject", "request_changes"]) | ~Q(reason_code=""),
                name="turning_down_needs_a_reason",
            ),
            models.CheckConstraint(condition=~Q(reason_code="other") | ~Q(note=""), name="another_reason_needs_a_note"),
        ]
