"""What happened, by whom, with old and new values. Nobody can change or delete it: the database refuses."""

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models

from accounts import origin
from accounts.models.history import no_truncate
from accounts.models.people import Store, User
from storefront_studio.lib.words_query import without_marks


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete), no_truncate())
class AuditEntry(models.Model):
    """One act, written in the same transaction as the act itself.

    `action` is a dotted verb ("placement.reject"); `subject` names what it happened to ("placement:12");
    `old` and `new` hold only what changed. `through`, `address` and `agent` say where it came from (accounts.origin).
    """

    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, related_name="audit")
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    actor_name = models.CharField(max_length=160, help_text="Kept in words, whatever becomes of the account")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    summary = models.CharField(max_length=500)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    through = models.CharField(max_length=120, default=origin.through, help_text="Which door: a screen, a key, ...")
    address = models.CharField(max_length=50, blank=True, default=origin.address, help_text="The caller's network")
    agent = models.CharField(max_length=80, blank=True, default=origin.agent, help_text="The caller's program")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["store", "-id"], name="audit_newest"),
            models.Index(fields=["store", "subject"], name="audit_subject"),
            models.Index(fields=["store", "actor", "-id"], name="audit_person"),
            models.Index(fields=["store", "action", "-id"], name="audit_action"),
            models.Index(fields=["store", "created_at"], name="audit_when"),
            GinIndex(SearchVector(without_marks("summary"), config="simple"), name="audit_words"),
        ]

    def __str__(self) -> str:
        return self.summary
