"""What would be left of a page for other people, on other days, with other stock; from retrieval alone, no model.

Each distinct draft is read once: its rows, and for every row the products that its keywords reach now, nearest first to
the middle of what the row shows. A cell of the grid is then arithmetic over what was read, so that twelve cells cost
little more than one.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from django.db.models import Q
from pgvector.django import CosineDistance

from generation.campaigns.constraints import Constraints, rules
from generation.catalog.reach import reach
from generation.models import Availability, Keyword, Product, ProductVector
from generation.stages.contracts import least_row
from review import selectors
from review.models import Draft, Placement, PlacementProduct

POOL = 40  # products that retrieval offers a row
NEARLY = 5  # pieces: what has so few left is nearly sold out
MOST = 12  # cells of a grid
STOCK = {
    "any": "Whatever the stock",
    "now": "Stock as it is",
    "nearly": f"Up to {NEARLY} pieces sold too",
}
FIELDS = ("id", "item_id", "title", "availability", "quantity", "listed_on")
State = PlacementProduct.State


@dataclass(frozen=True)
class RowLeft:
    """One row in one cell: how many of its products remain, who comes up and from where, and what it then shows."""

    placement: Placement
    of: int
    remain: int
    from_bench: tuple[str, ...]
    from_retrieval: tuple[str, ...]
    least: int

    @property
    def shown(self) -> int:
        return self.remain + len(self.from_bench) + len(self.from_retrieval)

    @property
    def state(self) -> str:
        """whole, filled, short (shown, with gaps) or lost (too few for a row)."""
        if self.remain == self.of:
            return "whole"
        if self.shown >= self.of:
            return "filled"
        return "short" if self.shown >= self.least else "lost"


@dataclass(frozen=True)
class Cell:
    draft: Draft
    day: dt.date
    stock: str
    rows: tuple[RowLeft, ...]

    @property
    def of(self) -> int:
        return sum(row.of for row in self.rows)

    @property
    def remain(self) -> int:
        return sum(row.remain for row in self.rows)

    @property
    def lost(self) -> int:
        return sum(row.state == "lost" for row in self.rows)


def grid(drafts: Sequence[Draft], days: Sequence[dt.date], stocks: Sequence[str]) -> list[Cell]:
    """Every combination, at most MOST of them, drafts first. `drafts` are those of the segments to look at."""
    cells: list[Cell] = []
    for draft in drafts:
        facts = _read(draft)
        for day in days:
            for stock in stocks:
                if len(cells) < MOST:
                    cells.append(Cell(draft, day, stock, _cell(facts, day, stock)))
    return cells


@dataclass(frozen=True)
class _Facts:
    """What is true of a draft's products whatever the cell: `allowed` holds the constraints that no cell changes."""

    limits: Constraints
    rows: list[tuple[Placement, list[int], list[int], list[int]]]
    products: dict[int, dict[str, Any]]
    allowed: frozenset[int]
    least: int


def _read(draft: Draft) -> _Facts:
    limits = Constraints.model_validate(draft.run.brief.get("constraints", {}))
    still = limits.model_copy(update={"in_stock": False, "new_within_days": None})
    fits = reduce(lambda both, rule: both & rule.condition, rules(still, dt.date.min), Q())
    open_rows = draft.placements.filter(status__in=selectors.OPEN).order_by("position", "id")
    rows = []
    for placement in open_rows.prefetch_related("items"):
        items = sorted(placement.items.all(), key=lambda item: item.slot)
        shown, bench, removed = (
            [item.product_id for item in items if item.state == state]
            for state in (State.SHOWN, State.BENCH, State.REMOVED)
        )
        found = [] if placement.source == Placement.Source.STATIC else _retrieved(draft, placement, shown, fits)
        rows.append((placement, shown, bench, [pk for pk in found if pk not in removed]))
    wanted = {pk for _, *lists in rows for ids in lists for pk in ids}
    products = {one["id"]: one for one in Product.objects.filter(pk__in=wanted).values(*FIELDS)}
    allowed = Product.objects.filter(fits, pk__in=wanted).values_list("id", flat=True)
    wide = draft.run.brief.get("brief", {}).get("products", 1)
    return _Facts(limits, rows, products, frozenset(allowed), least_row(wide))


def _retrieved(draft: Draft, placement: Placement, shown: Sequence[int], fits: Q) -> list[int]:
    """Products that the row's keywords reach now and the constraints allow, the nearest to what it shows first."""
    words = Keyword.objects.filter(store=draft.store, pk__in=[one["id"] for one in placement.keywords if one.get("id")])
    reached = [reach(word) for word in words.defer("embedding")]
    if not reached:
        return []
    vectors = list(ProductVector.objects.filter(product__in=shown).values_list("embedding", flat=True))
    found = Product.objects.filter(reduce(or_, reached), fits, store=draft.store).exclude(pk__in=shown)
    if vectors:
        middle = np.mean(np.asarray(vectors, dtype=np.float32), axis=0)
        found = found.order_by(CosineDistance("vector__embedding", middle), "id")
    else:
        found = found.order_by("-popularity", "id")
    return list(found.values_list("id", flat=True)[:POOL])


def _cell(facts: _Facts, day: dt.date, stock: str) -> tuple[RowLeft, ...]:
    """The rows in page order; what one row takes, no later one shows, and nothing that another row keeps."""
    since = day - dt.timedelta(days=facts.limits.new_within_days) if facts.limits.new_within_days else None

    def stands(pk: int, own: bool) -> bool:
        one = facts.products.get(pk)
        if one is None or not (own or pk in facts.allowed):
            return False
        if since and not own and (one["listed_on"] is None or one["listed_on"] < since):
            return False
        return _stocked(one, stock)

    def left(row: tuple[Placement, list[int], list[int], list[int]]) -> list[int]:
        return [pk for pk in row[1] if stands(pk, row[0].source == Placement.Source.STATIC)]

    kept = [left(row) for row in facts.rows]
    taken = {pk for ids in kept for pk in ids}
    found = []
    for (placement, shown, bench, retrieved), remain in zip(facts.rows, kept, strict=True):
        own = placement.source == Placement.Source.STATIC
        gaps = len(shown) - len(remain)
        up = _next(bench, taken, gaps, lambda pk, own=own: stands(pk, own))
        more = _next(retrieved, taken, gaps - len(up), lambda pk: stands(pk, False))
        found.append(
            RowLeft(
                placement,
                of=len(shown),
                remain=len(remain),
                from_bench=tuple(facts.products[pk]["title"] for pk in up),
                from_retrieval=tuple(facts.products[pk]["title"] for pk in more),
                least=1 if own else facts.least,
            )
        )
    return tuple(found)


def _next(ids: Iterable[int], taken: set[int], count: int, stands: Any) -> list[int]:
    """The first `count` that stand and are not on the page yet; they are on it from then on."""
    found: list[int] = []
    for pk in ids:
        if len(found) >= count:
            break
        if pk not in taken and stands(pk):
            found.append(pk)
            taken.add(pk)
    return found


def _stocked(product: dict[str, Any], stock: str) -> bool:
    if stock == "any":
        return True
    if product["availability"] != Availability.IN_STOCK:
        return False
    return stock != "nearly" or product["quantity"] is None or product["quantity"] > NEARLY
