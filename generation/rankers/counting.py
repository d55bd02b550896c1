"""Popularity: what was wanted lately, with every event fading by half in so many days."""

import numpy as np
from numpy.typing import NDArray

from generation.rankers.log import DAY, EventLog

Scores = NDArray[np.float64]


def popularity(log: EventLog, now: float, half_life_days: float | None) -> Scores:
    """The worth of each item's events (n items), each faded by 0.5 ^ (age / half life) at `now` (seconds).

    Without a half life nothing fades. Events after `now` do not count.
    """
    age = (now - log.time) / DAY
    weight = log.worth * (age >= 0)
    if half_life_days is not None:
        weight = weight * 0.5 ** (np.maximum(age, 0.0) / half_life_days)
    return np.bincount(log.item, weights=weight, minlength=len(log.items)).astype(np.float64)


def shares(values: Scores) -> Scores:
    """Scores in (0, 1] that keep the order: the logarithm of each over that of the greatest, never quite zero.

    A product that sells ten times as much is not ten times as good a choice for a row; the logarithm says so.
    """
    most = float(values.max(initial=0.0))
    if most <= 0:
        return np.full(len(values), FLOOR)
    found: Scores = np.maximum(np.log1p(values / most * SPREAD) / np.log1p(SPREAD), FLOOR)
    return found


FLOOR = 0.02  # as `signals`: what nobody ever bought may still be shown where it fits best
SPREAD = 200.0  # a product with 1/200 of the most wanted one's worth gets about 0.13
