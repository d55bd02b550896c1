"""The calendar: what each page of the shop shows when, as a plot and in words."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from review.models import Page, Schedule, ShopFront
from review.policies import Act, acts
from review.publishing import calendar
from review.publishing.clock import in_words
from review.views.drafts import page_address

WIDTH, BAR, GAP, TOP = 1120, 30, 6, 26
"""Of the plot, in its own units: its width, a bar's height, what is between two, and the days above."""


@member()
@require_GET
def pages_calendar(request: MemberRequest) -> HttpResponse:
    """A month of all pages; `?month=2026-11`, by default this one in the store's zone."""
    store = request.membership.store
    zone, now = ShopFront.of(store).zone, timezone.now()
    first = _month(request.GET.get("month", ""), timezone.localdate(timezone=zone))
    after = _later(first, 1)
    since, until = (dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) for day in (first, after))
    plans = calendar.of_store(store, since, until, now)
    context = {
        "month": first,
        "before": f"{_later(first, -1):%Y-%m}",
        "after": f"{after:%Y-%m}",
        "this": f"{timezone.localdate(timezone=zone):%Y-%m}",
        "zone": zone.key,
        "plans": [described(plan, since, until, now, zone) for plan in plans],
        "may_publish": Act.PUBLISH in acts(request.membership.role),
    }
    return render(request, "review/calendar.html", context)


def _month(given: str, today: dt.date) -> dt.date:
    try:
        found = dt.datetime.strptime(given, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return today.replace(day=1)
    return found if 2000 <= found.year < 2200 else today.replace(day=1)


def _later(day: dt.date, months: int) -> dt.date:
    place = day.year * 12 + day.month - 1 + months
    return dt.date(place // 12, place % 12 + 1, 1)


def described(
    plan: calendar.Plan, since: dt.datetime, until: dt.datetime, now: dt.datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """A page for the template: the plot's bars, the same as a list, and clashes in sentences."""
    rows = [_row(one, plan.page, since, until, zone) for one in plan.shown]
    lanes = _lanes(plan, since, until)
    height = TOP + (BAR + GAP) * (1 + len(lanes))
    return {
        "page": plan.page,
        "url": page_address(plan.page),
        "rows": rows,
        "bars": [one for one in rows if one["width"] > 0],
        "lanes": [
            {**one, "y": TOP + (BAR + GAP) * place, "text_y": TOP + (BAR + GAP) * place + BAR / 2 + 4}
            for place, one in enumerate(lanes, start=1)
        ],
        "days": _days(since, until, zone),
        "now": _place(now, since, until) if since <= now < until else None,
        "height": height,
        "width": WIDTH,
        "top": TOP,
        "bar": BAR,
        "text_y": TOP + BAR / 2 + 4,
        "clashes": [_clash(under, over, zone) for under, over in plan.clashes],
    }


def _row(one: calendar.Shown, page: Page, since: dt.datetime, until: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    start, end = max(one.start, since), min(one.end or until, until)
    label = f"version {one.number}" if one.number else "nothing"
    long = f"{label}, {'scheduled' if one.schedule else 'published'}"
    return {
        "x": _place(start, since, until),
        "width": _place(end, since, until) - _place(start, since, until),
        "label": label,
        "short": f"v{one.number}" if one.number else "–",
        "kind": one.when if one.number else "none",
        "scheduled": one.schedule is not None,
        "from": in_words(one.start, zone),
        "until": in_words(one.end, zone) if one.end and one.end < until else "",
        "says": f"{long}, from {in_words(one.start, zone)}",
        "url": _version_address(page, one.number) if one.number else "",
        "edit": reverse("schedule-edit", args=[one.schedule]) if one.schedule and one.when != "past" else "",
    }


def _version_address(page: Page, number: int) -> str:
    address = page_address(page)
    return f"{address}{'&' if '?' in address else '?'}version={number}"


def _lanes(plan: calendar.Plan, since: dt.datetime, until: dt.datetime) -> list[dict[str, Any]]:
    """Schedules that another one covers for a time, each on a line of its own: as planned, not as shown."""
    covered = {under.pk: under for under, _ in plan.clashes}
    found = []
    for one in covered.values():
        start, end = max(one.starts_at, since), min(one.ends_at or until, until)
        if end > start:
            x, last = _place(start, since, until), _place(end, since, until)
            says = f"version {one.version.number} as planned; another schedule covers part of it"
            found.append(
                {"x": x, "width": last - x, "label": f"version {one.version.number} as planned", "says": says,
                 "url": reverse("schedule-edit", args=[one.pk])}
            )  # fmt: skip
    return found


def _clash(under: Schedule, over: Schedule, zone: ZoneInfo) -> dict[str, str]:
    end = min((one for one in (under.ends_at, over.ends_at) if one), default=None)
    until = f" to {in_words(end, zone)}" if end else " on"
    then = (
        f" Then version {under.version.number} again." if over.ends_at and end == over.ends_at != under.ends_at else ""
    )
    return {
        "says": f"Version {under.version.number} and version {over.version.number} are both scheduled from "
        f"{in_words(over.starts_at, zone)}{until}. The shop shows version {over.version.number}, because it starts "
        f"later.{then}",
        "url": reverse("schedule-edit", args=[over.pk]),
        "label": f"Change version {over.version.number}",
    }


def _place(at: dt.datetime, since: dt.datetime, until: dt.datetime) -> float:
    """Where a moment is on the plot, 0 to WIDTH."""
    share = (at - since).total_seconds() / (until - since).total_seconds()
    return round(min(max(share, 0.0), 1.0) * WIDTH, 1)


def _days(since: dt.datetime, until: dt.datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Midnights of the month; on the day the clocks change they stand a little closer, or farther apart."""
    day, found = since.astimezone(zone).date(), []
    while (start := dt.datetime.combine(day, dt.time(), zone)).astimezone(dt.UTC) < until:
        x = _place(start.astimezone(dt.UTC), since, until)
        found.append({"x": x, "label": day.day, "label_x": x + 4, "weekend": day.weekday() >= 5})
        day += dt.timedelta(days=1)
    return found
