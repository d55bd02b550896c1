"""The numbers, as arithmetic: no database, no model, no clock. Shares and scores are 0..1, times milliseconds."""

import math
import random
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)

RELEVANT = 2  # ratings go from 0 to 3; from here on a result is what was asked for
RESAMPLES = 2000


def mean(values: Sequence[float]) -> float | None:
    """None for no values: nothing measured is not zero."""
    return sum(values) / len(values) if values else None


def ndcg(ranked: Sequence[Id], ratings: Mapping[Id, int], k: int = 10) -> float | None:
    """Normalised discounted cumulative gain with gains 2^rating - 1 (Burges et al., ICML 2005); unrated results gain
    nothing. None when no rating is above 0, since then every order is as good."""
    ideal = _dcg(sorted(ratings.values(), reverse=True)[:k])
    return _dcg([ratings.get(one, 0) for one in ranked[:k]]) / ideal if ideal else None


def _dcg(ratings: Sequence[int]) -> float:
    return sum((2.0**rating - 1) / math.log2(place + 1) for place, rating in enumerate(ratings, start=1))


def recall(ranked: Sequence[Id], relevant: set[Id], k: int = 100) -> float | None:
    """The share of `relevant` among the first `k`; None when nothing is relevant."""
    return len(relevant & set(ranked[:k])) / len(relevant) if relevant else None


def rated(ranked: Sequence[Id], ratings: Mapping[Id, int], k: int = 10) -> float | None:
    """The share of the first `k` results that anybody rated, zero included; None when there is no result."""
    return mean([float(one in ratings) for one in ranked[:k]])


def precision(passes: Sequence[bool], k: int) -> float | None:
    """The share of the first `k` that pass; of as many as there are when there are fewer, None when there are none."""
    return mean([float(one) for one in passes[:k]])


def percentile(values: Sequence[float], share: float) -> float:
    """The value at `share` (0..1), by linear interpolation between the two nearest. Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def keyword_utilisation(placements: Sequence[Sequence[set[int]]]) -> list[float]:
    """K-U, one share a placement that has keywords. `placements` holds, for every placement of one page, the products
    that each of its keywords brings. A keyword counts when it brings one that no other keyword of the page brings."""
    brought = [products for placement in placements for products in placement]
    seen: dict[int, int] = {}
    for products in brought:
        for product in products:
            seen[product] = seen.get(product, 0) + 1
    return [
        sum(any(seen[product] == 1 for product in products) for products in placement) / len(placement)
        for placement in placements
        if placement
    ]


def jaccard(a: set[int], b: set[int]) -> float:
    """Shared of all; 0 for two empty sets."""
    return len(a & b) / len(a | b) if a or b else 0.0


def diversity(likeness: Sequence[Sequence[float]], products: Sequence[set[int]]) -> float | None:
    """1 minus the mean, over pairs of placements, of (cosine of the themes + Jaccard overlap of the products) / 2.

    `likeness` is (n, n), `products` n sets. None for fewer than two placements.
    """
    pairs = list(combinations(range(len(products)), 2))
    overlap = mean([(likeness[a][b] + jaccard(products[a], products[b])) / 2 for a, b in pairs])
    return None if overlap is None else 1 - overlap


def unlikeness(likeness: Sequence[Sequence[float]]) -> float | None:
    """Intra-list diversity (Ziegler et al., WWW 2005) of one row: 1 minus the mean cosine over pairs of its products.

    `likeness` is (n, n). None for fewer than two products.
    """
    alike = mean([likeness[a][b] for a, b in combinations(range(len(likeness)), 2)])
    return None if alike is None else 1 - alike


def price_spread(prices: Sequence[float]) -> float | None:
    """The mean over pairs of a row's products of log2(dearer / cheaper): 1 where they differ by a factor of two.

    Prices are in one currency. None for fewer than two products with a price.
    """
    logs = [math.log2(price) for price in prices if price > 0]
    return mean([abs(a - b) for a, b in combinations(logs, 2)])


def interval(
    groups: Sequence[Sequence[float]], seed: int = 1, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """95 % percentile bootstrap interval (Efron 1979) of the mean of all values, whole groups drawn with replacement.

    A group is a page: its placements are not independent of one another. None for fewer than two groups with values.
    """
    kept = [(sum(group), len(group)) for group in groups if group]
    if len(kept) < 2:
        return None
    draw = random.Random(seed)
    means = []
    for _ in range(resamples):
        drawn = draw.choices(kept, k=len(kept))
        means.append(sum(total for total, _n in drawn) / sum(n for _total, n in drawn))
    return percentile(means, 0.025), percentile(means, 0.975)


def paired_interval(
    ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]], seed: int = 1, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """95 % percentile bootstrap interval (Efron 1979) of the difference of two means, ours minus theirs.

    The groups are pairs: `ours[i]` and `theirs[i]` are the pages of one brief, and a brief is drawn with both of them.
    None when fewer than two briefs have values on both sides.
    """
    pairs = [(sum(a), len(a), sum(b), len(b)) for a, b in zip(ours, theirs, strict=True) if a and b]
    if len(pairs) < 2:
        return None
    draw = random.Random(seed)
    found = []
    for _ in range(resamples):
        drawn = draw.choices(pairs, k=len(pairs))
        sums = [sum(column) for column in zip(*drawn, strict=True)]
        found.append(sums[0] / sums[1] - sums[2] / sums[3])
    return percentile(found, 0.025), percentile(found, 0.975)
