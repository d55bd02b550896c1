"""The built-in ranker: popularity, rating, newness, margin, stock and sale, weighed by the objective, and a little of
what the audience likes."""

import math
from collections.abc import Callable, Mapping, Sequence

from generation.campaigns.segments import Profile, read_loosely
from generation.rankers.base import Worth
from generation.stages.contracts import Brief, Hit, Part

NEUTRAL = 0.5
LEAST = 0.02
PRIOR_RATING, PRIOR_COUNT = 3.8, 20  # the Bayesian average starts here: five ratings of 5.0 do not beat 300 of 4.6
NEWNESS_HALF_LIFE = 45.0  # days

WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "season": {"popularity": 4, "rating": 3, "margin": 1, "newness": 1},
    "occasion": {"popularity": 4, "rating": 3, "margin": 1, "newness": 1},
    "category": {"popularity": 4, "rating": 3, "margin": 1, "newness": 1},
    "clear_stock": {"stock": 5, "sale": 3, "rating": 1, "popularity": 1},
    "launch": {"newness": 6, "rating": 1, "popularity": 1, "margin": 1},
    "margin": {"margin": 6, "rating": 2, "popularity": 2},
    "discovery": {"rating": 4, "newness": 2, "popularity": 1, "margin": 1},
    "basket": {"popularity": 5, "rating": 2, "margin": 2},
}


LIKED_BRAND = 0.08  # added to a score of 0..1: enough to break a tie, never enough to lift what is worth little
LIKED_PRICE = 0.05


NAMES: Mapping[str, str] = {
    "popularity": "Popularity",
    "rating": "Rating",
    "margin": "Margin",
    "newness": "Newness",
    "stock": "Stock",
    "sale": "On sale",
}
"""The signals in words."""


def weights_of(objective_kind: str, tuned: Mapping[str, Mapping[str, float]] | None = None) -> Mapping[str, float]:
    """The weights of an objective: those that were tuned for it, else the studio's own."""
    return (tuned or {}).get(objective_kind) or WEIGHTS.get(objective_kind, WEIGHTS["discovery"])


def lead_of(objective_kind: str) -> str:
    """The signal that weighs most in an objective."""
    weights = weights_of(objective_kind)
    return max(weights, key=lambda name: weights[name])


class SignalRanker:
    """A weighted mean of signals in 0..1; the weights come from the kind of objective. Brands and prices that the
    audience is known to like add a little."""

    name = "signals-v2"

    def __init__(self, weights: Mapping[str, Mapping[str, float]] | None = None) -> None:
        self.weights = weights or {}

    def weighed(self, weights: Mapping[str, Mapping[str, float]]) -> "SignalRanker":
        """The same ranker under other weights by objective; objectives that they do not name keep their own."""
        return SignalRanker(weights)

    def score(self, brief: Brief, hits: Sequence[Hit]) -> list[float]:
        """R alone, one per hit."""
        return [worth.value for worth in self.rate(brief, hits)]

    def rate(self, brief: Brief, hits: Sequence[Hit], demand: Sequence[float] | None = None) -> list[Worth]:
        """As the port says. `demand` (0..1, one per hit) stands in for popularity where somebody measured it."""
        weights = weights_of(brief.objective_kind, self.weights)
        total = sum(weights.values())
        most = max((hit.quantity or 0 for hit in hits), default=0)
        signals: Mapping[str, Callable[[Hit], float | None]] = {
            "popularity": _popularity,
            "rating": _rating,
            "margin": lambda hit: None if hit.margin is None else min(max(hit.margin / 0.6, 0.0), 1.0),
            "newness": lambda hit: _newness(brief, hit),
            "stock": lambda hit: None if hit.quantity is None or most <= 0 else max(hit.quantity, 0) / most,
            "sale": lambda hit: 1.0 if hit.on_sale else 0.3,
        }
        liked = liking(brief, hits)
        rated = []
        for place, hit in enumerate(hits):
            value, parts = 0.0, []
            for name, weight in weights.items():
                measured = demand is not None and name == "popularity"
                signal = demand[place] if measured and demand is not None else signals[name](hit)
                value += weight * (NEUTRAL if signal is None else signal)
                if signal is not None:
                    word = "Demand" if measured else NAMES[name]
                    adds = weight * (signal - NEUTRAL) / total
                    parts.append(Part(name=word, value=f"{signal:.0%}", adds=round(adds, 4)))
            extra = liked(hit)
            if extra:
                parts.append(Part(name="The audience likes it", adds=round(extra, 4)))
            parts.sort(key=lambda part: -abs(part.adds))
            rated.append(Worth(bounded(value / total + extra), parts))
        return rated


def bounded(value: float) -> float:
    """A score as the port wants it: in (0, 1], four digits."""
    return round(min(max(value, LEAST), 1.0), 4)


def liking(brief: Brief, hits: Sequence[Hit]) -> Callable[[Hit], float]:
    """What the audience of the brief adds to the score of each of these hits."""
    return _liking(read_loosely(brief.segment.profile), hits)


def _liking(profile: Profile, hits: Sequence[Hit]) -> Callable[[Hit], float]:
    """What the audience adds to a product's score. The best-liked brand adds `LIKED_BRAND`, others by their share; the
    price level compares with the other products found for the same row."""
    top = max((one.share or 0.0 for one in profile.brands), default=0.0)
    brands = {
        one.name.casefold(): LIKED_BRAND * math.sqrt((one.share or 0.0) / top if top else 1.0) for one in profile.brands
    }
    band = _band(profile, sorted(hit.price for hit in hits))

    def added(hit: Hit) -> float:
        price = LIKED_PRICE if band and band[0] <= hit.price <= band[1] else 0.0
        return brands.get(hit.brand.casefold(), 0.0) + price

    return added


def _band(profile: Profile, prices: Sequence[float]) -> tuple[float, float] | None:
    """The prices this audience usually pays: as its profile says, else the third of `prices` (sorted) of its level."""
    if profile.price_from is not None or profile.price_to is not None:
        return profile.price_from or 0.0, math.inf if profile.price_to is None else profile.price_to
    if profile.price_affinity is None or len(prices) < 3:
        return None
    third = len(prices) // 3
    return {
        "low": (0.0, prices[third - 1]),
        "middle": (prices[third], prices[-third - 1]),
        "high": (prices[-third], math.inf),
    }[profile.price_affinity]


def _popularity(hit: Hit) -> float | None:
    if hit.popularity is not None:
        return hit.popularity
    return None if hit.rating_count is None else min(math.log1p(hit.rating_count) / math.log(2000), 1.0)


def _rating(hit: Hit) -> float | None:
    if hit.rating is None:
        return None
    count = PRIOR_COUNT if hit.rating_count is None else hit.rating_count
    mean = (PRIOR_RATING * PRIOR_COUNT + hit.rating * count) / (PRIOR_COUNT + count)
    return min(max((mean - 2.0) / 3.0, 0.0), 1.0)


def _newness(brief: Brief, hit: Hit) -> float | None:
    if hit.listed_on is None:
        return None
    days = max((brief.today - hit.listed_on).days, 0)
    return float(0.5 ** (days / NEWNESS_HALF_LIFE))
