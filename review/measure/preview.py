"""How long the preview and its grid of what would remain take, in this process, on a draft that is there."""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Store
from review import selectors
from review.models import Draft
from review.publishing import counterfactual
from review.publishing.checks import today_in
from storefront_studio.lib.errors import BadInput

ROUNDS = 20


def measure(store: Store | None, say: Callable[[str], None]) -> dict[str, Any]:
    """{"systems": [{"name", "cells", "p50_ms", "p95_ms", "queries", "ratio to one cell"}], "products", ...}.

    Raises BadInput without a draft to measure.
    """
    drafts = Draft.objects.in_force().filter(placements__status__in=selectors.OPEN).select_related("store", "run")
    found = (drafts.filter(store=store) if store else drafts).order_by("-id").first()
    if found is None:
        raise BadInput("No draft with open rows is there. Generate a page first, or name another --store.")
    draft: Draft = found
    today = today_in(draft.store)
    days = [today + dt.timedelta(days=7 * week) for week in range(4)]
    stocks = list(counterfactual.STOCK)
    rows = [
        _timed("one cell", 1, lambda: counterfactual.grid([draft], days[:1], stocks[:1]), say),
        _timed("twelve cells", 12, lambda: counterfactual.grid([draft], days, stocks), say),
        *_screens(draft, say),
    ]
    for row in rows:
        row["ratio to one cell"] = round(row["p50_ms"] / max(rows[0]["p50_ms"], 0.1), 2)
    return {
        "systems": rows,
        "products": draft.store.products.count(),
        "rows of the page": draft.placements.filter(status__in=selectors.OPEN).count(),
    }


def _screens(draft: Draft, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """The pages as a member of the store gets them, middleware and templates included."""
    member = Membership.objects.filter(store=draft.store).select_related("user").first()
    if member is None:
        return []
    client = Client(headers={"host": "localhost"})
    client.force_login(member.user)
    session = client.session
    session["store"] = draft.store_id
    session.save()
    try:
        found = []
        for name, cells in (("draft-whatif", 9), ("draft-preview", 0), ("draft-shop", 0)):
            address = reverse(name, args=[draft.pk])
            if client.get(address).status_code != 200:
                raise BadInput(f"The screen {address} could not be opened.")
            found.append(_timed(f"screen {name}", cells, lambda address=address: client.get(address), say))  # type: ignore[misc]
        return found
    finally:
        session.delete()


def _timed(name: str, cells: int, act: Callable[[], Any], say: Callable[[str], None]) -> dict[str, Any]:
    say(f"Measuring {name}")
    with CaptureQueriesContext(connection) as asked:
        act()
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        took.append((time.perf_counter() - started) * 1000)
    return {
        "name": name,
        "cells": cells,
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(statistics.quantiles(took, n=20)[-1], 1),
        "queries": len(asked) or None,  # a screen's own are not counted: the request begins a new count
    }
