"""Schedules of a page: made, changed, cancelled and taken up again. What they bring, `moves.settle` records."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.audit import record
from accounts.models import User
from review.models import Draft, Page, PageVersion, Schedule, ShopFront
from review.policies import Act, check
from review.publishing.clock import in_words
from review.publishing.moves import announce, at_or_now, settle, taken
from review.publishing.services import check_version, frozen
from review.serving import shelf
from storefront_studio.lib.errors import BadInput, WrongState

State = Schedule.State
AHEAD = dt.timedelta(minutes=10)
FARTHEST = dt.timedelta(days=3 * 366)
"""A typing error in the year is the only reason to plan farther."""


@transaction.atomic
def schedule_draft(
    *,
    draft: Draft,
    actor: User,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
    allow_waiting: bool = False,
    now: dt.datetime | None = None,
) -> Schedule:
    """Freeze what is approved now, to be shown from `starts_at` (until `ends_at`). Raises as `publish` and as
    `schedule_version` do."""
    now = at_or_now(now)
    page, version = frozen(draft=draft, actor=actor, allow_waiting=allow_waiting, now=now)
    return _made(page, version, actor, starts_at, ends_at, now)


@transaction.atomic
def schedule_version(
    *,
    page: Page,
    version: PageVersion,
    actor: User,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Schedule:
    """Show a frozen version from `starts_at`, and what was there before again from `ends_at`.

    Raises NotAllowed, BadInput (a start that is over, an end before it, another schedule of the page that starts at the
    same moment, another page's version) and WrongState (the version is not what was approved).
    """
    check(actor, Act.PUBLISH, page.store)
    now = at_or_now(now)
    page = taken(page)
    settle(page, now)
    return _made(page, version, actor, starts_at, ends_at, now)


@transaction.atomic
def change(
    *,
    schedule: Schedule,
    actor: User,
    revision: int,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None,
    now: dt.datetime | None = None,
) -> Schedule:
    """Other dates. While it is live only the end can change. Raises NotAllowed, BadInput, WrongState (over, cancelled,
    or changed since `revision`)."""
    page, schedule, now = _opened(schedule, actor, revision, now)
    if schedule.state not in Schedule.OPEN:
        raise WrongState(f"This schedule is {schedule.get_state_display().lower()}; make a new one.")
    zone = ShopFront.of(page.store).zone
    if schedule.state == State.LIVE and starts_at != schedule.starts_at:
        raise BadInput(f"It is live since {in_words(schedule.starts_at, zone)}; only its end can change now.")
    _check_dates(starts_at, ends_at, now, running=schedule.state == State.LIVE)
    old = _dates(schedule)
    schedule = _saved(page, schedule, starts_at=starts_at, ends_at=ends_at)
    if _dates(schedule) != old:
        until = f" until {in_words(ends_at, zone)}" if ends_at else ", for good"
        said = f"{actor} changed {schedule}: from {in_words(starts_at, zone)}{until}."
        _note(page, schedule, actor, "change", said, old)
    settle(page, now)
    announce(page)
    return schedule


@transaction.atomic
def cancel(*, schedule: Schedule, actor: User, revision: int, now: dt.datetime | None = None) -> Schedule:
    """It will not be shown, or from now on no longer. Raises NotAllowed, WrongState (over already, changed since)."""
    page, schedule, now = _opened(schedule, actor, revision, now)
    if schedule.state not in Schedule.OPEN:
        raise WrongState(f"This schedule is {schedule.get_state_display().lower()} already.")
    old = {"state": schedule.state}
    schedule = _saved(page, schedule, state=State.CANCELLED)
    _note(page, schedule, actor, "cancel", f"{actor} cancelled {schedule}.", old)
    settle(page, now)
    announce(page)
    return schedule


@transaction.atomic
def undo_cancel(*, schedule: Schedule, actor: User, revision: int, now: dt.datetime | None = None) -> Schedule:
    """It holds again; where its time has come meanwhile, it is live at once. Raises NotAllowed, WrongState (not
    cancelled, over meanwhile, changed since), BadInput (its start was given to another one)."""
    page, schedule, now = _opened(schedule, actor, revision, now)
    if schedule.state != State.CANCELLED:
        raise WrongState(f"This schedule is {schedule.get_state_display().lower()}; there is nothing to take back.")
    if schedule.ends_at is not None and schedule.ends_at <= now:
        raise WrongState("Its end has passed meanwhile; make a new schedule.")
    schedule = _saved(page, schedule, state=State.SCHEDULED)
    _note(page, schedule, actor, "undo", f"{actor} took up {schedule} again.", {"state": State.CANCELLED})
    settle(page, now)
    announce(page)
    schedule.refresh_from_db()
    return schedule


def keep(now: dt.datetime | None = None) -> int:
    """Record what the clock brought, page by page, and bring nearer what it brings next; the number of moves.

    For the worker, every few seconds. Whatever it misses, the next call does; what it does twice is done once.
    """
    now = at_or_now(now)
    made = 0
    due = Schedule.objects.filter(state__in=Schedule.OPEN, starts_at__lte=now + AHEAD)
    for pk in due.order_by("page").values_list("page", flat=True).distinct():
        with transaction.atomic():
            page = taken(Page(pk=pk))
            made += settle(page, now)
        shelf.bring_near(page.store_id, page.slug, now, AHEAD)
    return made


def _made(
    page: Page,
    version: PageVersion,
    actor: User,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None,
    now: dt.datetime,
) -> Schedule:
    check_version(page, version)
    _check_dates(starts_at, ends_at, now, running=False)
    try:
        with transaction.atomic():
            schedule = Schedule.objects.create(
                page=page, version=version, starts_at=starts_at, ends_at=ends_at, created_by=actor
            )
    except IntegrityError:
        raise _taken_start(page, starts_at) from None
    zone = ShopFront.of(page.store).zone
    until = f" until {in_words(ends_at, zone)}" if ends_at else ""
    _note(page, schedule, actor, "create", f"{actor} scheduled {version} for {in_words(starts_at, zone)}{until}.", None)
    announce(page)
    return schedule


def _check_dates(starts_at: dt.datetime, ends_at: dt.datetime | None, now: dt.datetime, running: bool) -> None:
    if not running and starts_at <= now:
        raise BadInput("The start is over already. Choose a later one, or publish now.")
    if ends_at is not None and ends_at <= starts_at:
        raise BadInput("The end must be after the start.")
    if ends_at is not None and ends_at <= now:
        raise BadInput("The end is over already. Choose a later one, or cancel the schedule to end it now.")
    if max(starts_at, ends_at or starts_at) > now + FARTHEST:
        raise BadInput("That is more than three years ahead. Check the year.")


def _opened(
    schedule: Schedule, actor: User, revision: int, now: dt.datetime | None
) -> tuple[Page, Schedule, dt.datetime]:
    """The page, taken and settled, and the schedule as it is now. Raises NotAllowed, WrongState (changed since)."""
    now = at_or_now(now)
    page = taken(schedule.page)
    check(actor, Act.PUBLISH, page.store)
    settle(page, now)
    found = Schedule.objects.select_related("version__page").get(pk=schedule.pk)
    if found.revision != revision:
        raise WrongState("This schedule changed since you opened it; look again.")
    return page, found, now


def _saved(page: Page, schedule: Schedule, **changes: Any) -> Schedule:
    """Compare and swap, one revision up."""
    rows = Schedule.objects.filter(pk=schedule.pk, revision=schedule.revision, state=schedule.state)
    try:
        with transaction.atomic():
            done = rows.update(revision=F("revision") + 1, updated_at=at_or_now(None), **changes)
    except IntegrityError:
        raise _taken_start(page, changes.get("starts_at", schedule.starts_at)) from None
    if not done:
        raise WrongState("This schedule changed since you opened it; look again.")
    return Schedule.objects.select_related("version__page").get(pk=schedule.pk)


def _taken_start(page: Page, starts_at: dt.datetime) -> BadInput:
    when = in_words(starts_at, ShopFront.of(page.store).zone)
    return BadInput(f"Another schedule of this page starts at {when} too. Choose another minute, or change that one.")


def _dates(schedule: Schedule) -> dict[str, str | None]:
    return {
        "starts_at": schedule.starts_at.isoformat(),
        "ends_at": schedule.ends_at.isoformat() if schedule.ends_at else None,
    }


def _note(page: Page, schedule: Schedule, actor: User, verb: str, said: str, old: dict[str, Any] | None) -> None:
    record(
        store=page.store,
        actor=actor,
        action=f"schedule.{verb}",
        subject=f"schedule:{schedule.pk}",
        summary=said,
        old=old,
        new={**_dates(schedule), "state": schedule.state, "version": schedule.version.number},
    )
