"""Answers to writes that callers may repeat."""

from django.db import models

from accounts.models.people import Store, User


class IdempotencyRecord(models.Model):
    """What a write was answered, kept for a day under its caller's key. Written in the transaction of the write itself,
    so that one is never there without the other."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=1000)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=80, help_text="Hash of method and body")
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "user", "path", "key"], name="one_answer_per_idempotency_key")
        ]
