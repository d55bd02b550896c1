"""What would be left of a page: audience by day by stock, counted by retrieval alone."""

import datetime as dt
import time
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from review.models import Draft
from review.publishing import counterfactual
from review.publishing.checks import today_in
from review.views.drafts import draft_of

NAMED = 4  # products that a cell names a row; the rest are counted
MOST_SEGMENTS = 4


class WhatIfForm(forms.Form):
    """What to compare; whatever is left out gets the usual."""

    day = forms.DateField(
        label="Another day", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    stock = forms.MultipleChoiceField(
        label="Stock",
        required=False,
        choices=list(counterfactual.STOCK.items()),
        widget=forms.CheckboxSelectMultiple,
    )


def siblings(draft: Draft) -> list[Draft]:
    """This draft first, then the newest one of each other segment of the same campaign and page."""
    rows = Draft.objects.in_force().filter(store=draft.store_id, campaign=draft.campaign_id, page=draft.page)
    newest: dict[str, Draft] = {draft.segment: draft}
    for one in rows.select_related("store", "run__segment", "campaign").order_by("-id"):
        newest.setdefault(one.segment, one)
    return list(newest.values())


@member()
@require_GET
def whatif(request: MemberRequest, pk: int) -> HttpResponse:
    draft = draft_of(request, pk)
    form = WhatIfForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    drafts = siblings(draft)[:MOST_SEGMENTS]
    stocks = given.get("stock") or (["now", "nearly"] if len(drafts) > 1 else list(counterfactual.STOCK))
    days = _days(draft, given.get("day"), counterfactual.MOST // (len(drafts) * len(stocks)))
    started = time.perf_counter()
    cells = counterfactual.grid(drafts, days, stocks)
    context = {
        "draft": draft,
        "form": form if form.is_bound and request.GET else WhatIfForm(initial={"stock": stocks}),
        "stocks": [counterfactual.STOCK[stock] for stock in stocks],
        "lines": _lines(cells, len(stocks)),
        "took": round((time.perf_counter() - started) * 1000),
        "most": counterfactual.MOST,
    }
    return render(request, "review/whatif.html", context)


def _days(draft: Draft, asked: dt.date | None, most: int) -> list[dt.date]:
    """Today, the day asked for, the campaign's last day, in a week, in a month: as many as fit."""
    today = today_in(draft.store)
    last = draft.campaign.ends_on
    wanted = [today, asked, last if last and last > today else None]
    wanted += [today + dt.timedelta(days=7), today + dt.timedelta(days=30)]
    found = list(dict.fromkeys(day for day in wanted if day))
    return sorted(found[: max(1, min(most, 3))])


def _lines(cells: list[counterfactual.Cell], wide: int) -> list[dict[str, Any]]:
    """Segment and day a line, a cell for each stock."""
    found = []
    for start in range(0, len(cells), wide):
        line = cells[start : start + wide]
        segment = line[0].draft.run.segment
        found.append(
            {
                "segment": segment.name if segment else "Everybody",
                "day": line[0].day,
                "cells": [_described(one) for one in line],
            }
        )
    return found


def _described(cell: counterfactual.Cell) -> dict[str, Any]:
    changed = [row for row in cell.rows if row.state != "whole"]
    return {
        "remain": cell.remain,
        "of": cell.of,
        "lost": cell.lost,
        "tone": "danger" if cell.lost else "warning" if any(row.state == "short" for row in changed) else "success",
        "label": counterfactual.STOCK[cell.stock],
        "rows": [
            {
                "title": row.placement.title,
                "pk": row.placement.pk,
                "remain": row.remain,
                "of": row.of,
                "bench": _named(row.from_bench),
                "retrieval": _named(row.from_retrieval),
                "gaps": max(row.of - row.shown, 0),
                "lost": row.state == "lost",
            }
            for row in changed
        ],
    }


def _named(titles: tuple[str, ...]) -> str:
    more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
    return ", ".join(titles[:NAMED]) + more
