"""Thresholds and severities as a policy with versions and an author."""

import pgtrigger
from django.db import models

from accounts.models import Store, User
from accounts.models.history import no_truncate


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete), no_truncate())
class Policy(models.Model):
    """One version of a store's quality policy; the newest is in force. Changing the policy adds a row, nothing else.

    `body` holds `generation.stages.policy.QualityPolicy` as JSON. A store without a row goes by the defaults in code,
    which are called version 0.
    """

    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, related_name="policies")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    note = models.CharField(max_length=500, blank=True, help_text="Why it changed")
    author = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    author_name = models.CharField(max_length=160)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["store", "number"], name="policy_number_once_per_store")]

    def __str__(self) -> str:
        return f"Policy {self.number} of {self.store}"
