"""What happened, by whom, with old and new values. Nobody can change or delete it: the database refuses."""

import pgtrigger
from django.db import models

from accounts.models.people import Store, User


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete))
class AuditEntry(models.Model):
    """One act, written in the same transaction as the act itself.

    `action` is a dotted verb ("placement.reject"); `subject` names what it happened to ("placement:12");
    `old` and `new` hold only what changed.
    """

    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, related_name="audit")
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    actor_name = models.CharField(max_length=160, help_text="Kept in words, whatever becomes of the account")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    summary = models.CharField(max_length=500)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["store", "-id"], name="audit_newest"),
            models.Index(fields=["store", "subject"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return self.summary
