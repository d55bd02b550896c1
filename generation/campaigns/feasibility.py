"""What the catalogue can do for a campaign, counted before anything is spent."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from django.db.models import BooleanField, Case, Count, F, Value, When
from django.db.models.functions import Coalesce, Lower, NullIf

from accounts.models import Store
from generation.campaigns.constraints import Constraints, Rule, eligible, rules
from generation.models import Product
from generation.stages.contracts import least_row


@dataclass(frozen=True)
class RuleCount:
    """One constraint: how many products hold it alone, and how many would be eligible without it."""

    name: str
    label: str
    alone: int
    without: int


@dataclass(frozen=True)
class Feasibility:
    """`fillable` is an upper bound on the placements. `reach` is what the keywords of one row must find. `together` is
    the smallest set of constraints whose loss would make the page possible where no single one would, with what would
    remain; `why` says what else than the number of eligible products limits the page."""

    total: int
    eligible: int
    rules: list[RuleCount]
    tightest: str
    fillable: int
    wanted: int
    reach: int
    together: tuple[list[str], int] = field(default=([], 0))
    why: str = ""

    @property
    def feasible(self) -> bool:
        return self.fillable >= 1

    @property
    def sentence(self) -> str:
        """The verdict in words, with the way out."""
        if not self.total:
            return "The catalogue is empty. Import products first."
        if not self.feasible:
            need = f"; a row must reach {self.reach:,}" if 0 < self.eligible < self.reach else ""
            said = f"Not enough eligible products: {self.eligible:,} of {self.total:,}{need}."
            return f"{said}{self._way_out}"
        if self.fillable < self.wanted:
            why = f" {self.why}" if self.why else ""
            return (
                f"{self.eligible:,} eligible products are enough for {self.fillable} of {self.wanted} placements.{why}"
            )
        return f"{self.eligible:,} of {self.total:,} products are eligible."

    @property
    def _way_out(self) -> str:
        labels, remain = self.together
        if len(labels) > 1:
            named = " and ".join(f"“{label}”" for label in labels)
            return f" No single constraint is to blame: without {named} {remain:,} would remain."
        loosen = next((rule for rule in self.rules if rule.name == self.tightest), None)
        return f" Without “{loosen.label}” {loosen.without:,} would remain." if loosen else ""


def measure(store: Store, constraints: Constraints, placements: int, products: int, today: dt.date) -> Feasibility:
    """Counts in two queries, whatever the number of constraints."""
    active = list(rules(constraints, today, store.currency))
    patterns = _patterns(store, active)
    total = sum(patterns.values())
    able = sum(n for held, n in patterns.items() if all(held))
    counted = [
        RuleCount(
            rule.name,
            rule.label,
            alone=sum(n for held, n in patterns.items() if held[place]),
            without=_without(patterns, {place}),
        )
        for place, rule in enumerate(active)
    ]
    gains = [rule for rule in counted if rule.without > able]
    tightest = max(gains, key=lambda rule: rule.without).name if gains else ""
    least = least_row(products)
    rows, why = 0, ""
    if able >= max(constraints.density_min, least):
        rows, why = _rows(store, constraints, today, placements, least)
    enough = max(constraints.density_min, least)
    return Feasibility(
        total=total,
        eligible=able,
        rules=counted,
        tightest=tightest,
        fillable=rows,
        wanted=placements,
        reach=constraints.density_min,
        together=_together(patterns, active, enough) if able < enough else ([], 0),
        why=why if rows < placements else "",
    )


def _patterns(store: Store, active: list[Rule]) -> Counter[tuple[bool, ...]]:
    """How many products hold which of the rules: every condition is asked of every product once."""
    flags = {
        f"rule_{place}": Case(When(rule.condition, then=Value(True)), default=Value(False), output_field=BooleanField())
        for place, rule in enumerate(active)
    }
    rows = Product.objects.filter(store=store).order_by()
    if not flags:
        return Counter({(): rows.count()})
    found = rows.annotate(**flags).values(*flags).annotate(n=Count("id")).values_list(*flags, "n")
    return Counter({tuple(row[:-1]): row[-1] for row in found})


def _without(patterns: Mapping[tuple[bool, ...], int], gone: set[int]) -> int:
    return sum(n for held, n in patterns.items() if all(holds for place, holds in enumerate(held) if place not in gone))


def _together(patterns: Mapping[tuple[bool, ...], int], active: list[Rule], enough: int) -> tuple[list[str], int]:
    """The fewest constraints, three at most, without which `enough` products remain, and how many then do."""
    for size in (1, 2, 3):
        sets = [set(places) for places in combinations(range(len(active)), size)]
        best = max(sets, key=lambda gone: _without(patterns, gone), default=set())
        if best and _without(patterns, best) >= enough:
            return [active[place].label for place in sorted(best)], _without(patterns, best)
    return [], 0


def _rows(store: Store, constraints: Constraints, today: dt.date, placements: int, least: int) -> tuple[int, str]:
    """How many rows of `least` products the eligible ones can make, at least one, and what limits them.

    No product stands on a page twice and variants of one item are one product to a shopper. What is left of a category
    makes rows with its siblings, but not with other departments: a mixed row of remainders is no theme. A limit on
    products of a brand counts for each row.
    """
    most = constraints.max_per_brand
    item = Coalesce(NullIf(F("item_group_id"), Value("")), F("item_id"))
    able = eligible(store, constraints, today).order_by().annotate(name=Value("") if most is None else Lower("brand"))
    paths: Counter[str] = Counter()
    brands: Counter[str] = Counter()
    for path, brand, count in (
        able.values("product_type", "name")
        .annotate(n=Count(item, distinct=True))
        .values_list("product_type", "name", "n")
    ):
        paths[path] += count
        brands[brand] += count
    rows = _pooled(paths, least)
    why = ""
    if rows < min(placements, paths.total() // least):
        why = "They lie in too many small categories for more rows."
    if most is not None and rows > 1:
        by_brand = _of_brands(brands, most, least, min(rows, placements))
        if by_brand < min(rows, placements):
            rows = by_brand
            why = f"At most {most} of a brand go into one row, and there are too few brands."
    return max(1, min(rows, placements)), why


def _pooled(paths: Mapping[str, int], least: int) -> int:
    """Rows of `least` from counts by category path; what a category leaves over goes to its parent, up to the root."""
    left = Counter(paths)
    rows = 0
    for depth in range(max((path.count(">") for path in left), default=0), -1, -1):
        for path in [path for path in left if path.count(">") == depth]:
            full, rest = divmod(left.pop(path), least)
            rows += full
            if depth:
                left[path.rpartition(">")[0].strip()] += rest
    return rows


def _of_brands(brands: Mapping[str, int], most: int, least: int, rows: int) -> int:
    """The most rows of `least` products when each may hold `most` of a brand; products without a brand are free."""
    while rows > 1 and sum(n if not brand else min(n, most * rows) for brand, n in brands.items()) < rows * least:
        rows -= 1
    return rows
