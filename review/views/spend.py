"""Insights: what generating cost, and what an approved placement cost. Everybody of the store may read it."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from generation.views.words import dollars
from review.insights.spend import Day, SpendRow, spend

PERIODS = {"": "All time", "7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
TITLES = {"campaign": "By campaign", "prompt": "By prompt version", "model": "By model"}
SHOWN = 50
WIDTH, HEIGHT = 640, 120  # of the plot, in its own units
PLOTTED = 30  # days


@member()
@require_GET
def insights_spend(request: MemberRequest) -> HttpResponse:
    """Two numbers, the days, and a table for each way to group."""
    days = request.GET.get("days", "")
    days = days if days in PERIODS else ""
    found = spend(request.membership.store, int(days) if days else None)
    context = {
        "any": found.total.calls or found.groups["campaign"],
        "periods": [{"value": value, "label": label, "active": value == days} for value, label in PERIODS.items()],
        "total": _line(found.total),
        "sentences": sentences(found.total),
        "plot": plot(found.days[-PLOTTED:]),
        "bars": _bars(found.groups["campaign"]),
        "groups": [
            {
                "title": TITLES[kind],
                "kind": kind,
                "rows": [_line(row) for row in rows[:SHOWN]],
                "more": len(rows) > SHOWN,
            }
            for kind, rows in found.groups.items()
        ],
    }
    return render(request, "review/spend.html", context)


def sentences(row: SpendRow) -> dict[str, str]:
    """The two numbers of the screen in words."""
    approved = f"{row.approved} approved placement{'s' if row.approved != 1 else ''}"
    beside = f"{row.unknown} of {row.calls} calls {'is' if row.unknown == 1 else 'are'} of unknown cost"
    if row.cost is None:
        spent = f"{beside}, so the whole is not known."
    else:
        hits = f", {row.hits} of them answered from earlier ones" if row.hits else ""
        spent = f"on {row.calls} model calls{hits}." if row.calls else "No language model was asked."
    if not row.approved:
        each = "Nothing is approved yet, so an approved placement has no cost yet."
    elif row.each is None:
        each = f"for each of {approved}: not known, because {beside}."
    else:
        each = f"for each of {approved}, everything that failed or was turned down included."
    return {"spent": spent, "each": each}


def _line(row: SpendRow) -> dict[str, Any]:
    """A row as the table prints it; what is unknown says so."""
    return {
        "name": row.name,
        "url": reverse("campaign-detail", args=[row.slug]) if row.slug else "",
        "cost": _cost(row),
        "each": None if row.each is None else dollars(row.each),
        "why": "" if row.each is not None else "unknown" if row.approved else "none approved yet",
        "calls": row.calls,
        "hits": row.hits,
        "unknown": row.unknown,
        "approved": row.approved,
    }


def _cost(row: SpendRow) -> str:
    if row.cost is not None:
        return dollars(row.cost) if row.calls else "no model cost"
    return f"at least {dollars(row.known)}" if row.known else "unknown"


def _bars(rows: list[SpendRow]) -> list[dict[str, Any]]:
    """Campaigns by what an approved placement cost, the dearest first; those whose cost is unknown are left out."""
    known = sorted((row for row in rows if row.each), key=lambda row: -(row.each or Decimal(0)))
    return [
        {
            "label": row.name,
            "value": dollars(row.each or Decimal(0)),
            "width": float(row.each or 0),
            "url": reverse("campaign-detail", args=[row.slug]),
        }
        for row in known[:10]
    ]


def plot(days: list[Day]) -> dict[str, Any] | None:
    """Bars of a picture of the last days; None when fewer than two of them have a call."""
    if sum(bool(day.known or day.unknown) for day in days) < 2:
        return None
    top = max(day.known for day in days) or Decimal(1)
    step = WIDTH / len(days)
    bars = []
    for number, day in enumerate(days):
        height = float(day.known / top) * (HEIGHT - 24)
        said = dollars(day.known) if day.known or not day.unknown else "cost unknown"
        beside = f" and {day.unknown} calls of unknown cost" if day.unknown and day.known else ""
        bars.append(
            {
                "x": round(number * step + 1, 1),
                "y": round(HEIGHT - height, 1),
                "width": round(step - 2, 1),
                "height": round(height, 1),
                "unknown": bool(day.unknown),
                "words": f"{day.day:%-d %b}: {said}{beside}",
            }
        )
    spent = sum((day.known for day in days), Decimal(0))
    words = f"{dollars(spent)} in {len(days)} days, at most {dollars(top)} on one of them"
    return {"bars": bars, "words": words, "first": days[0].day, "last": days[-1].day, "width": WIDTH, "height": HEIGHT}
