"""The built-in ranker: popularity, rating, newness, margin, stock and sale, weighed by the objective."""

import math
from collections.abc import Callable, Mapping, Sequence

from generation.stages.contracts import Brief, Hit

NEUTRAL = 0.5
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


class SignalRanker:
    """A weighted mean of signals in 0..1; the weights come from the kind of objective."""

    name = "signals-v1"

    def score(self, brief: Brief, hits: Sequence[Hit]) -> list[float]:
        weights = WEIGHTS.get(brief.objective_kind, WEIGHTS["discovery"])
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
        scores = []
        for hit in hits:
            value = 0.0
            for name, weight in weights.items():
                signal = signals[name](hit)
                value += weight * (NEUTRAL if signal is None else signal)
            scores.append(round(max(value / total, 0.02), 4))
        return scores


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
