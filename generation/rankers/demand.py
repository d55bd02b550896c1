"""What a log says of every product at one moment, and the features of a row's products that follow from it.

The same few functions serve training, measuring and the cascade, so that a model meets in service what it learned from.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from generation.rankers import counting, neighbours
from generation.rankers.log import DAY, KINDS, EventLog

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

HALF_LIVES = (7.0, 30.0, 180.0)  # days; the middle one is the popularity that serves
MIDDLE = 1
GOES_WITH = 50  # neighbours kept of each product
PRIOR_VIEWS = 20.0  # so many views of the average product are added to each before rates are taken
VISIT = 30 * DAY  # what one visitor took within so long went together

NAMES = (
    "wanted this week",
    "wanted this month",
    "wanted this half year",
    "rising",
    "put into the cart when seen",
    "ordered when seen",
    "goes with the row",
    "share of the row's best",
    "price",
    "price beside the row",
    "margin",
    "rating",
    "days in the shop",
)
LABELS = dict(
    zip(
        NAMES,
        (
            "Wanted this week",
            "Wanted this month",
            "Wanted over half a year",
            "Rising or falling",
            "Put into the cart when seen",
            "Ordered when seen",
            "Bought together with the row's other products",
            "Wanted beside the row's best",
            "Price",
            "Price beside the row",
            "Margin",
            "Rating",
            "Time in the shop",
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Facts:
    """What the catalogue says of a row's products, NaN where it does not: (n,) each. `listed` is a day's ordinal."""

    price: Floats
    margin: Floats
    rating: Floats
    listed: Floats

    def at(self, places: Places) -> "Facts":
        return Facts(self.price[places], self.margin[places], self.rating[places], self.listed[places])


@dataclass(frozen=True)
class Demand:
    """A log as it stands at a moment. `wanted` (half lives, items) are faded worths, `rates` (2, items) the shares of
    views that became a cart add and an order; `together` (items, items) is the co-occurrence, None where not asked."""

    items: tuple[str, ...]
    wanted: Floats
    rates: Floats
    together: Any

    @classmethod
    def of(cls, log: EventLog, now: float, *, together: bool = True) -> "Demand":
        """The events before `now` (seconds); nothing after it is looked at."""
        past = log.before(now)
        wanted = np.stack([counting.popularity(past, now, days) for days in HALF_LIVES])
        count = [np.bincount(past.item[past.kind == place], minlength=len(log.items)) for place in range(len(KINDS))]
        views = count[0] + PRIOR_VIEWS
        means = [float(one.sum()) / max(float(count[0].sum()), 1.0) for one in count[1:]]
        rates = np.stack([(one + PRIOR_VIEWS * mean) / views for one, mean in zip(count[1:], means, strict=True)])
        return cls(log.items, wanted, rates, _together(past) if together else None)

    @property
    def popularity(self) -> Floats:
        found: Floats = self.wanted[MIDDLE]
        return found

    def goes_with(self, places: Places) -> Floats:
        """How much each product of a row (n,) is taken with the others of it, those that are wanted counting most.
        A place below 0 is a product that the log does not know."""
        known = np.flatnonzero(places >= 0)
        found = np.zeros(len(places))
        if self.together is not None and len(known):
            inside = self.together[places[known]][:, places[known]]
            found[known] = inside @ np.log1p(self.popularity[places[known]])
        return found

    def features(self, places: Places, facts: Facts, today: dt.date) -> Floats:
        """The features (n, len(NAMES)) of one row's products, NaN where nothing is known."""
        known = np.flatnonzero(places >= 0)
        wanted = np.zeros((len(HALF_LIVES), len(places)))
        rates = np.full((2, len(places)), np.nan)
        wanted[:, known], rates[:, known] = self.wanted[:, places[known]], self.rates[:, places[known]]
        logs = np.log1p(wanted)
        best = float(logs[MIDDLE].max(initial=0.0)) or 1.0
        price = np.log(np.maximum(facts.price, 0.01))
        middle = np.nanmedian(price) if np.isfinite(price).any() else 0.0
        return np.column_stack(
            [
                *logs,
                logs[0] - logs[MIDDLE],
                *rates,
                np.log1p(self.goes_with(places)),
                logs[MIDDLE] / best,
                price,
                price - middle,
                facts.margin,
                facts.rating,
                np.log1p(np.maximum(today.toordinal() - facts.listed, 0.0)),
            ]
        )


def _together(log: EventLog) -> Any:
    """Who took both within a visitor's `VISIT`. Views count only where nothing was ever carted or ordered."""
    meant = log.kind > 0
    chosen = log.where(meant) if meant.any() else log
    if not len(chosen):
        return sparse.csr_array((len(log.items), len(log.items)), dtype=np.float32)
    window = (chosen.time // VISIT).astype(np.int64)
    _, basket = np.unique(np.stack([chosen.visitor, window]), axis=1, return_inverse=True)
    cells = (np.ones(len(chosen), dtype=np.float32), (basket.ravel(), chosen.item))
    taken = sparse.coo_array(cells, shape=(int(basket.max()) + 1, len(log.items))).tocsr()
    taken.sum_duplicates()
    return neighbours.cooccurrence(taken, kept=GOES_WITH)


def places_of(items: Sequence[str], known: dict[str, int]) -> Places:
    """Where products stand in a log; -1 for those it does not know."""
    return np.asarray([known.get(item, -1) for item in items], dtype=np.int64)
