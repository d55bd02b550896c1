"""Executions of the cascade, with everything needed to resume and to explain them."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from accounts.models import Store, User
from generation.models.batch import Batch
from generation.models.campaign import Campaign, Segment

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Run(models.Model):
    """One execution of the cascade for a campaign. The row remembers, not the broker.

        queued -> running -> done
           ^         |-> failed | cancelled
           |---------'   (worker lost: the lease ran out)
           |         '-> waiting (its questions lie with the vendor's batch service)
           '-------------'    (the answers came)
        failed, cancelled -> queued (retry keeps every stage that was saved)

    `brief` is the campaign as it was when the run started, with its constraints, fixed rows and policy; editing the
    campaign later changes no run. `segment` is the audience (none: everyone), `batch` the fan-out it belongs to,
    `parent` the run whose page it regenerates in part, as `instruction` says. `lease_until` is renewed by the worker
    that holds the run. `result` is the ranked draft, written together with `done`; `stopped` says why it holds less
    than was asked for (the budget, for one). `budget` is the most it may spend on models, `committed` what is spent or
    reserved for calls under way, in USD: a call is sent only while both fit together.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting for the vendor"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (Status.QUEUED, Status.RUNNING, Status.WAITING)

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="runs")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    segment = models.ForeignKey(Segment, null=True, on_delete=models.PROTECT, related_name="runs")
    batch = models.ForeignKey(Batch, null=True, on_delete=models.CASCADE, related_name="runs")
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    instruction = models.CharField(max_length=500, blank=True)
    generator = models.CharField(max_length=100, help_text="library, or vendor and model.")
    generator_label = models.CharField(max_length=120)
    brief = models.JSONField()
    seed = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    holder = models.CharField(max_length=120, blank=True)
    not_before = models.DateTimeField(null=True, help_text="A vendor asked us to wait until then.")
    cancel_requested = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    result = models.JSONField(null=True)
    kept = models.PositiveSmallIntegerField(
        null=True, help_text="Placements of the result, the dropped ones not counted"
    )
    stopped = models.CharField(max_length=500, blank=True, help_text="Why it ended with less than was asked for.")
    budget = models.DecimalField(max_digits=12, decimal_places=2, null=True, help_text="USD; null: RUN_BUDGET_USD")
    committed = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    space = models.PositiveIntegerField(default=0, help_text="Number of the vector space its outputs were found in.")
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="runs")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        outputs: RelatedManager["StageOutput"]
        calls: RelatedManager["ModelCall"]

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(status="done") | Q(result__isnull=False), name="done_run_has_a_result"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "waiting", "done", "failed", "cancelled"]),
                name="run_status_known",
            ),
            models.UniqueConstraint(
                fields=["campaign", "segment"],
                condition=Q(status__in=["queued", "running", "waiting"]),
                nulls_distinct=False,
                name="one_open_run_per_campaign_and_segment",
            ),
        ]
        indexes = [models.Index(fields=["status", "lease_until"], name="run_lease")]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.campaign}"

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN


class StageOutput(models.Model):
    """What one stage said, for the page (`key` 0) or for one placement (its theme's number, from 1).

    Written once: a run that goes on after a crash reads it instead of working again.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="outputs")
    stage = models.CharField(max_length=20)
    key = models.PositiveSmallIntegerField(default=0)
    output = models.JSONField()
    seconds = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "stage", "key"], name="stage_saved_once")]


class ModelCall(models.Model):
    """One exchange with a language model, failed ones included. Unknown tokens and cost are null, never zero.

    Made for a `run`, or for a `store` before there is a run: to read a brief. `at_most` is what a call of unknown cost
    can have cost, where the model's prices are known; limits count it.
    """

    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, related_name="calls")
    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE, related_name="+")
    stage = models.CharField(max_length=20)
    key = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=120)
    prompt = models.CharField(max_length=80)
    request_hash = models.CharField(max_length=80)
    outcome = models.CharField(max_length=30)
    attempts = models.JSONField(default=list)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True, help_text="USD")
    at_most = models.DecimalField(max_digits=12, decimal_places=6, null=True, help_text="USD")
    seconds = models.FloatField()
    cached = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["created_at"], name="call_day")]
        constraints = [
            models.CheckConstraint(condition=Q(run=None) ^ Q(store=None), name="call_for_a_run_or_a_store"),
        ]


class Reservation(models.Model):
    """Money set aside for one call under way: the most it can cost (USD; null where the price is not known).

    Written before the request is sent and removed with the record of what it cost. One that outlives its worker is a
    request that was perhaps paid for: it becomes a ModelCall of unknown cost.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="reservations")
    stage = models.CharField(max_length=20)
    key = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=120)
    prompt = models.CharField(max_length=80)
    request_hash = models.CharField(max_length=80)
    amount = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    created_at = models.DateTimeField(auto_now_add=True)


class ModelAnswer(models.Model):
    """A model's valid answer by the content of the question, so that the same question of a store is paid once.

    Kept for ANSWER_DAYS, then forgotten by beat. `value` is {"model", "value"} as JSON text.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=80)
    value = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "digest"], name="answer_once_per_question")]
        indexes = [models.Index(fields=["created_at"], name="answer_age")]


class Lease(models.Model):
    """A place that one holder has until `until`: a seat at a vendor, or the right to ask a question.

    Renewed by the process that holds it; the place of a process that was killed is free again when its time is over.
    """

    name = models.CharField(max_length=120)
    seat = models.PositiveSmallIntegerField(default=1)
    holder = models.CharField(max_length=80)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "seat"], name="seat_has_one_holder")]
        indexes = [models.Index(fields=["holder"], name="lease_holder")]


class Heartbeat(models.Model):
    """When each kind of process was last seen at work, and whether its encoder could be loaded."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)
