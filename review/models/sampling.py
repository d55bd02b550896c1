"""Samples of past decisions that an admin looks at blind."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Store, User
from review.models.draft import Placement, ReasonCode


class AuditSample(models.Model):
    """A random sample of what was decided from `since` to `until` (days in UTC, both included), drawn in strata.

    The same `seed`, days, `each` and `kinds` over the same decisions draw the same items again. `strata` keeps what was
    drawn from: [{"kind", "who", "drawn"}].
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="audit_samples")
    seed = models.PositiveIntegerField()
    each = models.PositiveSmallIntegerField(help_text="The most that is drawn of a stratum")
    kinds = models.JSONField(help_text="Which of Kind are in it")
    since = models.DateField()
    until = models.DateField()
    strata = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    class Kind(models.TextChoices):
        """What was decided, and by whom; every person and every judge version is a stratum of its own."""

        APPROVED = "approved", "Approved by people"
        REJECTED = "rejected", "Rejected by people"
        JUDGED = "judged", "Dropped by judges alone"
        RULED = "ruled", "Dropped by rules"


@pgtrigger.register(
    pgtrigger.Protect(
        name="verdict_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__passes__isnull=False)
    )
)
class SampleItem(models.Model):
    """One decision of a sample, and what an admin said of it without knowing it: `passes` is null until then.

    `passed`, `decided_by` and `judge` are of the decision that was drawn.
    """

    sample = models.ForeignKey(AuditSample, on_delete=models.CASCADE, related_name="items")
    place = models.PositiveSmallIntegerField(help_text="Order in the sample, from 1")
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=AuditSample.Kind.choices)
    passed = models.BooleanField()
    decided_by = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    judge = models.CharField(max_length=120, blank=True)
    passes = models.BooleanField(null=True)
    reason_code = models.CharField(max_length=20, choices=ReasonCode.choices, blank=True)
    note = models.TextField(blank=True)
    auditor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    audited_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["sample", "placement"], name="once_per_sample"),
            models.UniqueConstraint(fields=["sample", "place"], name="one_item_per_place"),
            models.CheckConstraint(
                condition=Q(passes__isnull=True) | Q(auditor__isnull=False, audited_at__isnull=False),
                name="a_verdict_has_an_auditor",
            ),
            models.CheckConstraint(condition=~Q(passes=False) | ~Q(reason_code=""), name="a_no_needs_a_reason"),
        ]

    @property
    def who(self) -> str:
        """Whose decision it was, in words."""
        return str(self.decided_by) if self.decided_by else self.judge

    @property
    def agrees(self) -> bool:
        return self.passes == self.passed
