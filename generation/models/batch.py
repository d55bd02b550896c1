"""One campaign for many segments: the fan-out, and what lies with a vendor's batch service."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from accounts.models import User
from generation.models.campaign import Campaign

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from generation.models.run import Run


class Batch(models.Model):
    """Runs of one campaign for many segments. Its progress is that of its runs; it keeps no counts of its own.

    open -> done | cancelled. `mode` says whether models are asked at once or through the vendor's batch service, which
    is cheaper and takes up to a day. `concurrency` is the most runs under way at the same time. `budget` is the most
    that all of them together may spend (USD; null: each run's own limit alone).
    """

    class Mode(models.TextChoices):
        LIVE = "live", "At once"
        VENDOR = "vendor", "Vendor batch"

    class Status(models.TextChoices):
        OPEN = "open", "Under way"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="batches")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    concurrency = models.PositiveSmallIntegerField(default=4)
    budget = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    committed = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        runs: RelatedManager["Run"]
        vendor_batches: RelatedManager["VendorBatch"]

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["open", "done", "cancelled"]), name="batch_status_known"),
            models.CheckConstraint(condition=Q(mode__in=["live", "vendor"]), name="batch_mode_known"),
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(status="open"), name="one_open_batch_per_campaign"
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk} of {self.campaign}"


class VendorBatch(models.Model):
    """One job at OpenAI Batch or Anthropic Message Batches. `remote_id` is the vendor's name for it.

    preparing -> submitted -> ended | failed. A job found in `preparing` after a crash is looked for at the vendor by
    its `tag` before it is sent again, so that nothing is paid twice.
    """

    class Status(models.TextChoices):
        PREPARING = "preparing", "Preparing"
        SUBMITTED = "submitted", "With the vendor"
        ENDED = "ended", "Answered"
        FAILED = "failed", "Failed"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="vendor_batches")
    vendor = models.CharField(max_length=40)
    tag = models.CharField(max_length=80, unique=True)
    remote_id = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREPARING)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]


class BatchRequest(models.Model):
    """One question for a vendor's batch service, asked once per content whatever number of runs wait for it.

    `digest` is the call's fingerprint, `body` the vendor's wire request, `response` its wire answer (null until it
    came); `error` says why there is none and there will be none. `run` asked first and bears the cost; `reserved` is
    the most it can cost (USD; null where the price is not known). `tries` counts the vendor batches it was sent in.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="requests")
    vendor_batch = models.ForeignKey(VendorBatch, null=True, on_delete=models.SET_NULL, related_name="requests")
    digest = models.CharField(max_length=80)
    attempt = models.PositiveSmallIntegerField(default=1, help_text="2 is the one repair")
    run = models.ForeignKey("generation.Run", null=True, on_delete=models.SET_NULL, related_name="+")
    stage = models.CharField(max_length=20, default="")
    key = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=120, default="")
    prompt = models.CharField(max_length=80, default="")
    reserved = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField()
    response = models.JSONField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "digest", "attempt"], name="batch_asks_once_per_content")
        ]
