"""Labels that judges are held against: people's decisions, and a gold set to start from."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Store, User
from review.models.draft import Placement


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update))
class Label(models.Model):
    """What a person said of one facet of one thing, beside what the judge had said of it.

    From a decision on a placement, from taking a product out of a row, from a blind audit, or from a gold set that was
    brought in. `judge`
    and `judge_passes` are of the judge version that spoke; a gold label is scored anew by each judge, so that its
    verdicts are rows of the same `item`. An undone decision takes its labels back.
    """

    class Source(models.TextChoices):
        DECISION = "decision", "Decision"
        EDIT = "edit", "Edit"
        OVERTURN = "overturn", "Overturn"
        GOLD = "gold", "Gold set"
        AUDIT = "audit", "Blind audit"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="labels")
    source = models.CharField(max_length=10, choices=Source.choices)
    item = models.CharField(max_length=200, help_text="placement:12, placement:12/product:7, …/audit:3 or gold:ID")
    level = models.CharField(max_length=10)
    facet = models.CharField(max_length=60)
    judge = models.CharField(max_length=120, help_text="Name and version")
    judge_passes = models.BooleanField()
    judge_score = models.FloatField(null=True)
    judge_reason = models.TextField(blank=True)
    person_passes = models.BooleanField()
    note = models.TextField(blank=True)
    text = models.CharField(max_length=500, help_text="What was judged, in words")
    placement = models.ForeignKey(Placement, null=True, on_delete=models.CASCADE, related_name="labels")
    person = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "item", "facet", "judge"], name="one_label_per_item_and_judge"),
            models.CheckConstraint(
                condition=Q(source__in=["decision", "edit", "overturn", "gold", "audit"]), name="label_source_known"
            ),
        ]
        indexes = [models.Index(fields=["store", "judge", "facet"], name="label_judge_facet")]
