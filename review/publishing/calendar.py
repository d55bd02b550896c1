"""What each page shows when, for the calendar: what was, from its history, and what will be, from its schedules."""

import datetime as dt
from dataclasses import dataclass

from accounts.models import Store
from review.models import Page, PageVersion, Schedule
from review.publishing.timeline import Timeline, Window, overlaps, stretches


@dataclass(frozen=True)
class Shown:
    """From `start` to `end` (None: for good) the page shows version `number`; None shows nothing. `schedule` brings it,
    or nothing does but the last publication."""

    start: dt.datetime
    end: dt.datetime | None
    number: int | None
    schedule: int | None
    when: str
    """past, now or next"""


@dataclass(frozen=True)
class Plan:
    """A page's schedules and what they come to between `since` and `until`. `clashes` are pairs of schedules that run
    at the same time: the covered one first."""

    page: Page
    shown: list[Shown]
    schedules: list[Schedule]
    clashes: list[tuple[Schedule, Schedule]]


def of_store(store: Store, since: dt.datetime, until: dt.datetime, now: dt.datetime) -> list[Plan]:
    """Every page of `store` that shows something or is to; a few queries a page."""
    pages = Page.objects.filter(store=store).select_related("store", "live", "base").defer("live__body", "base__body")
    plans = [of_page(page, since, until, now) for page in pages]
    return [plan for plan in plans if plan.page.live or plan.schedules or any(one.number for one in plan.shown)]


def of_page(page: Page, since: dt.datetime, until: dt.datetime | None, now: dt.datetime) -> Plan:
    """The page between two moments. A stretch that is cut by `until` ends there; one that reaches `now` goes on."""
    schedules = list(
        page.schedules.filter(state__in=Schedule.OPEN)
        .select_related("version", "created_by")
        .defer("version__body")
        .order_by("starts_at", "id")
    )
    windows = [Window(one.pk, one.version_id, one.starts_at, one.ends_at) for one in schedules]
    numbers = dict(PageVersion.objects.filter(page=page).values_list("pk", "number"))
    past = _past(page, min(now, until) if until else now)
    coming = [
        Shown(
            one.start,
            one.end,
            numbers[one.version] if one.version else None,
            one.window.schedule if one.window else None,
            "now" if one.start <= now else "next",
        )
        for one in stretches(Timeline(page.base_id, tuple(windows)), now, until)
    ]
    joined = _joined([*past, *(coming if until is None or until > now else [])])
    shown = [one for one in joined if (one.end is None or one.end > since) and (until is None or one.start < until)]
    by_pk = {one.pk: one for one in schedules}
    clashes = [(by_pk[under.schedule], by_pk[over.schedule]) for under, over in overlaps(windows)]
    return Plan(page, shown, schedules, clashes)


def _past(page: Page, now: dt.datetime) -> list[Shown]:
    """From the history: each move holds until the next one, or until its schedule ended with nothing to restore."""
    moves = sorted(
        page.publications.select_related("version", "schedule").defer("version__body"), key=lambda one: one.pk
    )
    found: list[Shown] = []
    for place, move in enumerate(moves):
        end = moves[place + 1].since if place + 1 < len(moves) else now
        start, over = min(move.since, now), move.schedule.ends_at if move.schedule else None
        last = min(end, over) if over and over > start else end
        if last > start:
            found.append(Shown(start, min(last, now), move.version.number, move.schedule_id, "past"))
    return found


def _joined(stretches_: list[Shown]) -> list[Shown]:
    """Neighbours that show the same for the same reason are one stretch; what reaches the present is of the present."""
    found: list[Shown] = []
    for one in stretches_:
        last = found[-1] if found else None
        if last and last.end == one.start and (last.number, last.schedule) == (one.number, one.schedule):
            found[-1] = Shown(last.start, one.end, one.number, one.schedule, one.when)
        else:
            found.append(one)
    return found
