"""What is typical of each group, as a profile and a name in words. Nothing is told that fewer than a handful bought."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from generation.campaigns.deriving.events import Purchase
from generation.campaigns.deriving.grouping import Groups
from generation.campaigns.deriving.tally import Tally
from generation.campaigns.segments import Evidence, Liking, Profile

HANDFUL = 5  # people who must have bought a product before it is told of their group
TYPICAL = 1.15  # how much more of a shelf than others buy, from which it is typical
MOSTLY = 0.25  # share of two shelves together from which a group buys mostly those
CATEGORIES, BRANDS, PRODUCTS = 8, 6, 12
LEVEL = 0.3  # standard deviations of the price level from which a group buys cheap or dear
TRAIT_SHARE, TRAIT_LIFT = 0.4, 1.15
A_YEAR = 300  # days that the events must span before months mean anything
RESERVOIR = 4096  # prices of a group that its band is read from
PRICE_WORDS = {"low": "low prices", "high": "high prices"}


@dataclass(frozen=True)
class Derived:
    """An audience that was found: `people` of those who were grouped."""

    name: str
    people: int
    profile: Profile


class Details:
    """The second walk: what each group bought, when, at which prices. Keeps people only until there is a handful."""

    def __init__(self, tally: Tally, groups: Groups, seed: int) -> None:
        self._tally, self._groups = tally, groups
        self._chance = np.random.default_rng(seed)
        self._lines: list[Counter[str]] = [Counter() for _ in range(groups.count)]
        self._buyers: list[dict[str, set[int]]] = [{} for _ in range(groups.count)]
        self._months: list[Counter[int]] = [Counter() for _ in range(groups.count)]
        self._prices: list[list[float]] = [[] for _ in range(groups.count)]
        self._priced = [0] * groups.count
        self.first = ""
        self.last = ""

    def add(self, purchase: Purchase) -> None:
        person = self._tally.people.get(purchase.customer)
        group = -1 if person is None else int(self._groups.of[person])
        if group < 0:
            return
        assert person is not None
        self._lines[group][purchase.product] += 1
        buyers = self._buyers[group].setdefault(purchase.product, set())
        if len(buyers) < HANDFUL:
            buyers.add(person)
        if purchase.day:
            day = purchase.day.isoformat()
            self.first, self.last = min(self.first or day, day), max(self.last, day)
            self._months[group][purchase.day.month] += 1
        if purchase.price:
            self._keep(group, purchase.price)

    def _keep(self, group: int, price: float) -> None:
        """Reservoir sampling (Vitter, 1985): every price of the group is kept with the same chance."""
        self._priced[group] += 1
        kept = self._prices[group]
        if len(kept) < RESERVOIR:
            kept.append(price)
        elif (place := int(self._chance.integers(self._priced[group]))) < RESERVOIR:
            kept[place] = price

    def lines(self, group: int) -> int:
        return self._lines[group].total()

    def products(self, group: int) -> list[str]:
        told = (one for one, _ in self._lines[group].most_common() if len(self._buyers[group][one]) >= HANDFUL)
        return [product for _, product in zip(range(PRODUCTS), told, strict=False)]

    def months(self, group: int, span: int) -> dict[int, float]:
        """Shares of the year's purchases by month; nothing when the events span less than most of a year."""
        total = self._months[group].total()
        if span < A_YEAR or not total:
            return {}
        return {month: round(count / total, 3) for month, count in sorted(self._months[group].items())}

    def band(self, group: int) -> tuple[float | None, float | None]:
        """What the middle half of their purchases cost."""
        if len(self._prices[group]) < 20:
            return None, None
        low, high = np.percentile(self._prices[group], [25, 75])
        return round(float(low), 2), round(float(high), 2)


def describe(
    tally: Tally, groups: Groups, details: Details, span: int, traits: Mapping[str, Iterable[tuple[int, str]]]
) -> list[Derived]:
    """One audience a group, the largest first. `span`: days the events cover; `traits`: per field of the profile, the
    rows of people and what a table of customers says of them."""
    shelves = _typical(tally.by_shelf(), list(tally.shelves), groups)
    brands = _typical(tally.by_brand(), list(tally.brands), groups) if tally.brands else [[]] * groups.count
    levels = _levels(tally, groups)
    said = {name: _said(list(rows), groups) for name, rows in traits.items()}
    found: list[Derived] = []
    taken: set[str] = set()
    for group in range(groups.count):
        people = int((groups.of == group).sum())
        low, high = details.band(group)
        name = _name(shelves[group], levels[group], taken)
        taken.add(name)
        profile = Profile(
            categories=[Liking(name=one, share=share) for one, share, _lift in shelves[group][:CATEGORIES]],
            brands=[Liking(name=one, share=share) for one, share, _lift in brands[group][:BRANDS]],
            price_affinity=levels[group],
            price_from=low,
            price_to=high,
            seasonality=details.months(group, span),
            products=details.products(group),
            evidence=Evidence(
                customers=people,
                purchases=details.lines(group),
                first_day=details.first or None,
                last_day=details.last or None,
            ),
            **{name: per_group[group] for name, per_group in said.items() if per_group[group]},
        )
        found.append(Derived(name, people, profile))
    return found


def _typical(counts: sparse.csr_matrix, names: list[str], groups: Groups) -> list[list[tuple[str, float, float]]]:
    """Per group, (name, share, lift) of what it buys more of than everybody, by share * log(lift). Every person weighs
    the same, whatever they bought; a column that fewer than a handful of the group bought is not told."""
    lines = np.asarray(counts.sum(axis=1)).ravel()
    shares = sparse.diags(1 / np.maximum(lines, 1)) @ counts
    everybody = np.asarray(shares[groups.of >= 0].mean(axis=0)).ravel()
    found = []
    for group in range(groups.count):
        members = groups.of == group
        mine = np.asarray(shares[members].mean(axis=0)).ravel()
        buyers = np.asarray((counts[members] > 0).sum(axis=0)).ravel()
        lift = mine / np.maximum(everybody, 1e-9)
        weight: NDArray[np.float64] = np.where(
            (lift >= TYPICAL) & (buyers >= HANDFUL), mine * np.log(np.maximum(lift, 1)), 0
        )
        order = [int(place) for place in np.argsort(-weight, kind="stable")[:CATEGORIES] if weight[place] > 0]
        found.append([(names[place], round(float(mine[place]), 3), float(lift[place])) for place in order])
    return found


def _levels(tally: Tally, groups: Groups) -> list[str]:
    level = tally.price_level()
    grouped = groups.of >= 0
    spread = float(level[grouped].std()) or 1.0
    means = [(level[groups.of == group].mean() - level[grouped].mean()) / spread for group in range(groups.count)]
    return ["low" if mean <= -LEVEL else "high" if mean >= LEVEL else "middle" for mean in means]


def _said(rows: list[tuple[int, str]], groups: Groups) -> list[str]:
    """Per group, what a trait mostly is there and less so elsewhere; "" where nothing stands out."""
    total: Counter[str] = Counter(value for person, value in rows if value and groups.of[person] >= 0)
    found = []
    for group in range(groups.count):
        here: Counter[str] = Counter(value for person, value in rows if value and groups.of[person] == group)
        value, count = here.most_common(1)[0] if here else ("", 0)
        share = count / max(here.total(), 1)
        lift = share / max(total[value] / max(total.total(), 1), 1e-9)
        found.append(value if count >= HANDFUL * 4 and share >= TRAIT_SHARE and lift >= TRAIT_LIFT else "")
    return found


def _name(typical: list[tuple[str, float, float]], level: str, taken: set[str]) -> str:
    """In words: "Mostly Snacks and Beverages, low prices"; a third shelf or a number where two would be the same."""
    price = f", {PRICE_WORDS[level]}" if level in PRICE_WORDS else ""
    if not typical:
        wanted = [f"A bit of everything{price}"]
    else:
        names = [name for name, _share, _lift in typical]
        verb = "Mostly" if sum(share for _name, share, _lift in typical[:2]) >= MOSTLY else "Fond of"
        wanted = [f"{verb} {' and '.join(names[:2])}{price}"]
        if len(names) > 2:
            wanted.append(f"{verb} {names[0]}, {names[1]} and {names[2]}{price}")
    short = [name[:110] for name in wanted]
    numbered = (f"{short[0]} ({number})" for number in range(2, 100))
    return next(name for name in (*short, *numbered) if name not in taken)
