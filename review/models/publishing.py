"""What shoppers get: pages, their frozen versions, and which one is live."""

import datetime as dt

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Store, User
from review.models.draft import Draft


class Page(models.Model):
    """A page of the shop ("home"), for one segment.

    `base` is what was published last; open schedules lie on top of it while they run. `live` is what both come to, as
    last recorded: the storefront decides by the clock and never waits for that record (`publishing.timeline`).
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="pages")
    slug = models.SlugField(max_length=80)
    segment = models.SlugField(default="default")
    base = models.ForeignKey("PageVersion", null=True, on_delete=models.PROTECT, related_name="+")
    live = models.ForeignKey("PageVersion", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug", "segment"]
        constraints = [
            models.UniqueConstraint(fields=["store", "slug", "segment"], name="page_once_per_store_and_segment")
        ]

    def __str__(self) -> str:
        return self.slug if self.segment == "default" else f"{self.slug} for {self.segment}"


@pgtrigger.register(pgtrigger.Protect(name="frozen", operation=pgtrigger.Update | pgtrigger.Delete))
class PageVersion(models.Model):
    """Exactly what was approved, frozen. `manifest` is the hash of `body`, its placements in the published shape."""

    page = models.ForeignKey(Page, on_delete=models.DO_NOTHING, related_name="versions")
    number = models.PositiveIntegerField()
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, related_name="versions")
    body = models.JSONField()
    manifest = models.CharField(max_length=80)
    created_by = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="version_number_once_per_page")]

    def __str__(self) -> str:
        return f"{self.page} version {self.number}"


@pgtrigger.register(pgtrigger.Protect(name="kept", operation=pgtrigger.Delete))
class Schedule(models.Model):
    """A frozen version that the page shows from `starts_at` until `ends_at` (for good when that is null).

    Where two run at once, the page shows the one that starts later; after it, whatever is left, in the end
    `Page.base`. `state` is what was recorded so far; the clock has the word on what is shown.
    """

    class State(models.TextChoices):
        SCHEDULED = "scheduled", "Scheduled"
        LIVE = "live", "Live"
        ENDED = "ended", "Ended"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (State.SCHEDULED, State.LIVE)

    page = models.ForeignKey(Page, on_delete=models.DO_NOTHING, related_name="schedules")
    version = models.ForeignKey(PageVersion, on_delete=models.DO_NOTHING, related_name="schedules")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SCHEDULED)
    revision = models.PositiveIntegerField(default=0, help_text="Counts changes; a save names the one it saw.")
    created_by = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="schedule_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["scheduled", "live", "ended", "cancelled"]), name="schedule_state_known"
            ),
            models.UniqueConstraint(
                fields=["page", "starts_at"],
                condition=Q(state__in=["scheduled", "live"]),
                name="one_open_schedule_per_page_and_start",
            ),
        ]

    def __str__(self) -> str:
        return f"the schedule of {self.version}"


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete))
class Publication(models.Model):
    """One move of a page's live pointer: by whom and when. `due_at` is when shoppers saw it where a schedule moved it;
    the record may be some seconds later."""

    class Kind(models.TextChoices):
        PUBLISH = "publish", "Published"
        ROLLBACK = "rollback", "Rolled back"
        SCHEDULE = "schedule", "Went live as scheduled:"
        RESTORE = "restore", "Restored"

    page = models.ForeignKey(Page, on_delete=models.DO_NOTHING, related_name="publications")
    version = models.ForeignKey(PageVersion, on_delete=models.DO_NOTHING, related_name="publications")
    previous = models.ForeignKey(PageVersion, null=True, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    schedule = models.ForeignKey(Schedule, null=True, on_delete=models.DO_NOTHING, related_name="publications")
    due_at = models.DateTimeField(null=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    @property
    def since(self) -> dt.datetime:
        """From when on shoppers saw it."""
        return self.due_at or self.created_at
