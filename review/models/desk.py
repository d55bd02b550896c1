"""The reviewers' desk: who is at which placement, views they keep, their keys, and decisions on many at once."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from accounts.models import Store, User
from review.models.draft import Decision, Placement, ReasonCode

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Claim(models.Model):
    """Somebody is at a placement until `until`, renewed while they are. One row a placement, so that of two who open it
    at once one has it; see `review.workflow.claims`. One that has ended stays until the next person comes."""

    placement = models.OneToOneField(Placement, primary_key=True, on_delete=models.CASCADE, related_name="claim")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(until__gt=F("since")), name="claim_ends_after_it_began")]


class SavedView(models.Model):
    """A filter of the queue under a name: `query` as it stands in the address. Shared ones are seen by the store."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500, blank=True)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["store", "owner", "name"], name="one_view_per_name")]

    def __str__(self) -> str:
        return self.name


class KeyMap(models.Model):
    """The keys that one person chose: {act: key}, only where they differ from `review.workflow.keymap.DEFAULTS`."""

    person = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    keys = models.JSONField(default=dict)


class BulkAct(models.Model):
    """One decision on everything that a filter matched, taken in the background and undone as one.

        running -> done -> undoing -> undone

    Its items were fixed when the person said so; each is decided in a transaction of its own by the service that
    decides a single one, so that the worker may be killed at any point and go on.
    """

    class State(models.TextChoices):
        RUNNING = "running", "At work"
        DONE = "done", "Done"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    KINDS = (Decision.Kind.APPROVE, Decision.Kind.REQUEST_CHANGES, Decision.Kind.REJECT)

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in KINDS])
    reason_code = models.CharField(max_length=20, choices=ReasonCode.choices, blank=True)
    note = models.TextField(blank=True)
    query = models.CharField(max_length=500, blank=True, help_text="The filter, as it stood in the address")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        items: RelatedManager["BulkItem"]

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["approve", "request_changes", "reject"]), name="bulk_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "undoing", "undone"]), name="bulk_state_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="approve") | (~Q(reason_code="") & ~Q(note="")), name="bulk_no_needs_reason_and_note"
            ),
        ]
        indexes = [
            models.Index(fields=["state"], condition=Q(state__in=["running", "undoing"]), name="bulk_unfinished"),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.RUNNING, self.State.UNDOING)


class BulkItem(models.Model):
    """A placement of a bulk act, at the revision that the person's dry run counted. `why` says in words why one was
    left as it is, at the act or at its undoing."""

    class State(models.TextChoices):
        TODO = "todo", "To do"
        DONE = "done", "Decided"
        LEFT = "left", "Left as it is"
        UNDONE = "undone", "Undone"
        STAYS = "stays", "Could not be undone"

    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="items")
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.TODO)
    why = models.CharField(max_length=300, blank=True)
    decision = models.ForeignKey(Decision, null=True, on_delete=models.DO_NOTHING, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["act", "placement"], name="once_per_bulk_act"),
            models.CheckConstraint(
                condition=Q(state__in=["todo", "done", "left", "undone", "stays"]), name="bulk_item_state_known"
            ),
        ]
        indexes = [models.Index(fields=["act", "state", "id"], name="bulk_item_state")]
