"""A page beside the one that regenerates it in part, row by row, in words a person can choose by."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from django.utils import timezone

from generation.campaigns.constraints import Constraints, rules
from generation.models import Run
from review import selectors
from review.models import Draft, Placement, PlacementProduct
from review.workflow import proposals

Kind = Literal["kept", "replaced", "added", "gone"]


@dataclass(frozen=True)
class RowDiff:
    """One place of the page: what stood there, what would, and what that changes. `place` counts on the new page; a
    row that goes has its old one. `lost` says that taking the new page loses an approval."""

    kind: Kind
    place: int
    old: Placement | None
    new: Placement | None
    products_in: list[PlacementProduct] = field(default_factory=list)
    products_out: list[PlacementProduct] = field(default_factory=list)
    keywords_in: list[str] = field(default_factory=list)
    keywords_out: list[str] = field(default_factory=list)
    price: str = ""

    @property
    def lost(self) -> bool:
        replaced = self.kind in ("replaced", "gone")
        return replaced and self.old is not None and self.old.status == Placement.Status.APPROVED


@dataclass(frozen=True)
class PageDiff:
    """All rows in the order of the new page, the ones that go behind them; constraints that came and went, in words,
    and what prices do in the rows that change."""

    rows: list[RowDiff]
    limits_in: list[str]
    limits_out: list[str]
    price: str

    def count(self, kind: Kind) -> int:
        return sum(row.kind == kind for row in self.rows)

    @property
    def sentence(self) -> str:
        """ "2 rows stay, 3 are new, 1 goes without a successor." """
        said = []
        for count, one, many in (
            (self.count("kept"), "row stays", "rows stay"),
            (self.count("replaced") + self.count("added"), "is new", "are new"),
            (self.count("gone"), "goes without a successor", "go without a successor"),
        ):
            if count:
                said.append(f"{count} {one if count == 1 else many}")
        return ", ".join(said) + "." if said else "Neither page has a row."

    @property
    def losing(self) -> int:
        return sum(row.lost for row in self.rows)


def between(draft: Draft, old: Draft) -> PageDiff:
    """What taking `draft` in place of `old` would change; as many queries for a long page as for a short one."""
    rows = list(selectors.with_products(draft.placements.order_by("position", "id")))
    before = {row.pk: row for row in selectors.with_products(old.placements.all())}
    replaced = {new.pk: was.pk for was, new in proposals.replaced_by(draft, old)}
    currency = draft.store.currency
    found: list[RowDiff] = []
    for row in rows:
        if row.status == Placement.Status.DROPPED:
            continue
        kept = before.get(row.kept_from_id or 0)
        if kept is not None:
            found.append(RowDiff("kept", row.position, kept, row))
        elif row.status in selectors.OPEN:
            was = before.get(replaced.get(row.pk, 0))
            found.append(_changed(was, row, currency))
    lost = [before[row.pk] for row in proposals.gone(draft, old)]
    found += [RowDiff("gone", row.position, row, None) for row in lost]
    limits_out, limits_in = _limits(old.run, currency), _limits(draft.run, currency)
    changing = [one for one in found if one.kind != "kept"]
    return PageDiff(
        rows=found,
        limits_in=[label for label in limits_in if label not in limits_out],
        limits_out=[label for label in limits_out if label not in limits_in],
        price=_price(
            [item for one in changing if one.old for item in selectors.items(one.old)],
            [item for one in changing if one.new for item in selectors.items(one.new)],
            currency,
        ),
    )


def _changed(was: Placement | None, row: Placement, currency: str) -> RowDiff:
    if was is None:
        return RowDiff("added", row.position, None, row, products_in=selectors.items(row))
    old, new = selectors.items(was), selectors.items(row)
    out, come = {item.product_id for item in old}, {item.product_id for item in new}
    old_words, new_words = _words(was), _words(row)
    return RowDiff(
        "replaced",
        row.position,
        was,
        row,
        products_in=[item for item in new if item.product_id not in out],
        products_out=[item for item in old if item.product_id not in come],
        keywords_in=[word for word in new_words if word not in old_words],
        keywords_out=[word for word in old_words if word not in new_words],
        price=_price(old, new, currency),
    )


def _words(row: Placement) -> list[str]:
    return [word["text"] for word in row.keywords]


def _limits(run: Run, currency: str) -> list[str]:
    limits = Constraints.model_validate(run.brief["constraints"])
    return [rule.label for rule in rules(limits, timezone.localdate(), currency)]


def _price(old: Sequence[PlacementProduct], new: Sequence[PlacementProduct], currency: str) -> str:
    """What happens to prices, by the middle one and the span; empty when one side shows nothing."""
    was, now = _prices(old), _prices(new)
    if not was or not now:
        return ""
    middle, then = Decimal(statistics.median(now)), Decimal(statistics.median(was))
    span = f"{min(now):.2f} to {max(now):.2f} {currency}"
    before = f"{min(was):.2f} to {max(was):.2f}"
    if middle == then:
        return f"Prices stay in the middle at {middle:.2f} {currency}; they span {span}, before {before}."
    verb = "falls" if middle < then else "rises"
    return f"The middle price {verb} from {then:.2f} to {middle:.2f} {currency}; prices span {span}, before {before}."


def _prices(items: Iterable[PlacementProduct]) -> list[Decimal]:
    return [item.product.effective_price for item in items]
