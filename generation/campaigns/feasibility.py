"""What the catalogue can do for a campaign, counted before anything is spent."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q

from accounts.models import Store
from generation.campaigns.constraints import Constraints, eligible, rules
from generation.models import Product


@dataclass(frozen=True)
class RuleCount:
    """One constraint: how many products hold it alone, and how many would be eligible without it."""

    name: str
    label: str
    alone: int
    without: int


@dataclass(frozen=True)
class Feasibility:
    """`fillable` is an upper bound on the placements: eligible products over the least a row needs, and none when
    there are fewer of them than `reach`, which the keywords of one row must find."""

    total: int
    eligible: int
    rules: list[RuleCount]
    tightest: str
    fillable: int
    wanted: int
    reach: int

    @property
    def feasible(self) -> bool:
        return self.fillable >= 1

    @property
    def sentence(self) -> str:
        """The verdict in words, with the way out."""
        if not self.total:
            return "The catalogue is empty. Import products first."
        if not self.feasible:
            loosen = next((rule for rule in self.rules if rule.name == self.tightest), None)
            hint = f" Without “{loosen.label}” {loosen.without:,} would remain." if loosen else ""
            need = f"; a row must reach {self.reach:,}" if 0 < self.eligible < self.reach else ""
            return f"Not enough eligible products: {self.eligible:,} of {self.total:,}{need}.{hint}"
        if self.fillable < self.wanted:
            return f"{self.eligible:,} eligible products are enough for {self.fillable} of {self.wanted} placements."
        return f"{self.eligible:,} of {self.total:,} products are eligible."


def measure(store: Store, constraints: Constraints, placements: int, products: int, today: dt.date) -> Feasibility:
    """Counts in two queries, whatever the number of constraints."""
    active = list(rules(constraints, today))
    counts: dict[str, Count] = {"total": Count("id")}
    for place, rule in enumerate(active):
        counts[f"alone_{place}"] = Count("id", filter=rule.condition)
        others = Q()
        for other in active:
            if other is not rule:
                others &= other.condition
        counts[f"without_{place}"] = Count("id", filter=others) if len(active) > 1 else Count("id")
    row = Product.objects.filter(store=store).aggregate(**counts)
    able = eligible(store, constraints, today).count() if active else row["total"]
    counted = [
        RuleCount(rule.name, rule.label, row[f"alone_{place}"], row[f"without_{place}"])
        for place, rule in enumerate(active)
    ]
    gains = [rule for rule in counted if rule.without > able]
    tightest = max(gains, key=lambda rule: rule.without).name if gains else ""
    least = min(products, max(constraints.density_min, 3))
    return Feasibility(
        total=row["total"],
        eligible=able,
        rules=counted,
        tightest=tightest,
        fillable=min(placements, able // least) if able >= constraints.density_min else 0,
        wanted=placements,
        reach=constraints.density_min,
    )
