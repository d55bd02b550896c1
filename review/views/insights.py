"""Insights: how far judges agree with people. Everybody of the store may read it; nothing here changes anything."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from accounts.models import Store
from generation.policy import policies
from review.calibration import numbers, settle
from review.calibration.numbers import Asked, Row, facet_label
from review.models import Label
from review.views import plots

Known = tuple[str, str, str]
A_PAGE = 20
PERIODS = {"": "All time", "7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}


@member()
@require_GET
def judges(request: MemberRequest) -> HttpResponse:
    """Two numbers, what judges may settle, agreement per facet and judge, its trend, and where they differ."""
    store = request.membership.store
    policy = policies.current(store)
    every = numbers.known(store)
    given = _given(request, every)
    asked = _asked(given)
    rows = numbers.rows(store, asked)
    main = _main(rows)
    differing = Paginator(numbers.differences(store, asked), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "any": bool(every),
        "given": given,
        "choices": _choices(every),
        "main": main and {"row": main, "sentences": _sentences(main)},
        "rows": [
            {
                "row": row,
                "plot": plots.kappa(row.agreement, policy.kappa_min),
                "url": "?" + _query({**given, "judge": row.judge, "facet": f"{row.level}.{row.facet}"}),
            }
            for row in rows
        ],
        "least": policy.kappa_min,
        "trend": main and _trend(store, asked, main, policy.kappa_min),
        "settle": settle.share(store, policy),
        "differing": [_difference(label) for label in differing],
        "page_obj": differing,
        "query": _query(given),
        "filtered": any(given.values()),
    }
    return render(request, "review/judges.html", context)


def _given(request: MemberRequest, every: list[Known]) -> dict[str, str]:
    """The filters of the address; what nothing answers to is left out."""
    known = {
        "judge": {judge for judge, _, _ in every},
        "facet": {f"{level}.{facet}" for _, level, facet in every},
        "source": set(Label.Source.values),
        "days": set(PERIODS),
    }
    given = {name: request.GET.get(name, "") for name in known}
    return {name: value if value in known[name] else "" for name, value in given.items()}


def _asked(given: dict[str, str]) -> Asked:
    since = timezone.now() - dt.timedelta(days=int(given["days"])) if given["days"] else None
    return Asked(judge=given["judge"], facet=given["facet"], source=given["source"], since=since)


def _query(given: dict[str, str]) -> str:
    return urlencode({name: value for name, value in given.items() if value})


def _choices(every: list[Known]) -> list[dict[str, Any]]:
    """The selects above the table: [{"name", "label", "options": [(value, words)]}]."""
    facets = {f"{level}.{facet}": facet_label(level, facet) for _, level, facet in every}
    judges = sorted({judge for judge, _, _ in every})
    return [
        {"name": "judge", "label": "Judge", "options": [("", "Every judge"), *((one, one) for one in judges)]},
        {"name": "facet", "label": "Facet", "options": [("", "Every facet"), *facets.items()]},
        {"name": "source", "label": "From", "options": [("", "Every source"), *Label.Source.choices]},
        {"name": "days", "label": "When", "options": list(PERIODS.items())},
    ]


def _main(rows: list[Row]) -> Row | None:
    """The row that the numbers on top are of: the one with most labels, of those with a kappa if there are any."""
    return max(rows, key=lambda row: (row.agreement.kappa is not None, row.agreement.counts.n), default=None)


def _sentences(row: Row) -> dict[str, str]:
    found, counts = row.agreement, row.agreement.counts
    facet = f"“{row.label.lower()}”"
    if found.kappa is None:
        beyond = f"How far {row.judge} agrees with people on {facet} cannot be told yet: {found.unknown}."
    else:
        sure = (
            f", and between {found.low:.2f} and {found.high:.2f} in 19 of 20 samples" if found.low is not None else ""
        )
        beyond = (
            f"is how far {row.judge} agrees with people on {facet} beyond chance (Cohen's kappa; 1 is always){sure}."
        )
    return {
        "kappa": beyond,
        "accepts": f"that it passed, people turned down. Of {counts.failed} that it turned down, people passed "
        f"{counts.false_rejects}.",
    }


def _trend(store: Store, asked: Asked, main: Row, least: float) -> dict[str, Any]:
    """The plot of one row's kappa over time, and which row it is."""
    one = Asked(judge=main.judge, facet=f"{main.level}.{main.facet}", source=asked.source, since=asked.since)
    name, points = numbers.trend(one.of(store))
    return {"of": f"{main.judge}, {main.label.lower()}", "per": name, "plot": plots.trend(points, name, least)}


def _difference(label: Label) -> dict[str, Any]:
    return {
        "label": label,
        "facet": facet_label(label.level, label.facet),
        "score": "" if label.judge_score is None else f"{label.judge_score:.0%}",
        "person": str(label.person) if label.person else "The gold set",
    }
