"""How much the shop's score R should count beside the fit S, tuned on what people chose: the search and its report.

The order of a row by R^alpha * S^beta depends on alpha / beta alone, so beta stays 1 and alpha is searched. The two
ends are measured and never proposed: alpha 0 is the fit alone, beta 0 the shop's score alone, under which a title
would promise what its row does not hold.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.rankers.demand import Floats, Places
from generation.rankers.signals import lead_of, weights_of
from generation.rankers.training import RESAMPLES, SEED, gains
from generation.stages.policy import Tuning

ALPHAS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1.2, 2.0, 3.0, 5.0, 8.0)
LEADS = (0.5, 1.0, 2.0)  # times the weight of an objective's heaviest signal
LARGE = 2.0  # an alpha from which the fit hardly orders what passed the floor
LEAST = 1e-3  # of a score, before its logarithm is taken
NDCG = 1  # the column of `gains`
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Shelf:
    """A row to be ordered: the places of its products in the shop (ascending), and how well each fits the title (S)."""

    name: str
    places: Places
    fit: Floats


@dataclass(frozen=True)
class Part:
    """A stretch of time: who chose what in it, (n, 2) of visitor and place, each choice in the shelf `of` it, and what
    it counts for, (n,). All choices are among the products of their shelf."""

    chosen: NDArray[np.int64]
    of: NDArray[np.int64]
    counts: Values


@dataclass(frozen=True)
class Objectives:
    """Objectives that order alike: their kinds, alpha and R today, and R on each shelf in both parts of the time, by
    what the heaviest signal's weight is multiplied with. With one factor only the weights are not tuned."""

    kinds: tuple[str, ...]
    alpha: float
    beta: float
    tuning: Part
    held_out: Part
    worth: Callable[[int, float], Sequence[Floats]]  # 0 the part tuned on, 1 the part held out; factor -> R by shelf
    factors: tuple[float, ...] = (1.0,)


def tune(shelves: Sequence[Shelf], group: Objectives) -> dict[str, Any]:
    """The least change that does as well as the best on the first part, and how it does on the part held out, beside
    what serves now and both ends.

    Keeps what serves now where the first part does not tell the best from it (95 %, over resamples of visitors).
    """
    fits = [np.log(np.maximum(shelf.fit, LEAST)) for shelf in shelves]

    def measured(part: int, alpha: float, beta: float, factor: float) -> Values:
        worth = group.worth(part, factor)
        orders = [alpha * np.log(np.maximum(one, LEAST)) + beta * fit for one, fit in zip(worth, fits, strict=True)]
        return by_visitor(shelves, orders, (group.tuning, group.held_out)[part])

    now = measured(0, group.alpha, group.beta, 1.0)
    tried = {
        (alpha, factor): measured(0, alpha, 1.0, factor)
        for factor in group.factors
        for alpha in sorted({*ALPHAS, round(group.alpha / group.beta, 4)} if group.beta else set(ALPHAS))
    }

    def gain(one: tuple[float, float]) -> tuple[float, float, float]:
        return round(float(tried[one].mean()), 6), -abs(one[1] - 1), -one[0]

    def change(one: tuple[float, float]) -> tuple[float, float]:
        return abs(math.log(one[0] / max(group.alpha, LEAST))), abs(math.log(one[1]))

    best = max(tried, key=gain)
    told_apart = interval(tried[best] - now)[0] > 0
    # The least change that does as well: of what is not told from the best, the nearest to what serves now.
    nearest = sorted(tried, key=change)
    chosen = next(one for one in nearest if one == best or interval(tried[best] - tried[one])[0] <= 0)
    alpha, beta, factor = (chosen[0], 1.0, chosen[1]) if told_apart else (group.alpha, group.beta, 1.0)
    held = {
        "proposed": measured(1, alpha, beta, factor),
        "now": measured(1, group.alpha, group.beta, 1.0),
        "fit alone (alpha 0)": measured(1, 0.0, 1.0, 1.0),
        "shop's score alone (beta 0)": measured(1, 1.0, 0.0, 1.0),
    }
    return {
        "kinds": list(group.kinds),
        "alpha": alpha,
        "beta": beta,
        "factor": factor,
        "alpha_now": group.alpha,
        "beta_now": group.beta,
        "changes": told_apart,
        "choices": {"tuned_on": len(group.tuning.chosen), "held_out": len(group.held_out.chosen)},
        "visitors": {"tuned_on": len(now), "held_out": len(held["now"])},
        "systems": [_system(name, value, held["proposed"]) for name, value in held.items()],
        "curve": [
            {
                "alpha": one,
                "tuned_on": _round(tried[one, factor].mean()) if (one, factor) in tried else None,
                "held_out": _round(measured(1, one, 1.0, factor).mean()),
            }
            for one in sorted({alpha for alpha, _factor in tried})
        ],
    }


def by_visitor(shelves: Sequence[Shelf], orders: Sequence[Floats], part: Part) -> Values:
    """NDCG@10 (visitors,), each choice as the one target of its shelf, weighed by what it counts for."""
    found = np.zeros(len(part.chosen))
    for number in np.unique(part.of):
        here = np.flatnonzero(part.of == number)
        at = np.searchsorted(shelves[number].places, part.chosen[here, 1])
        found[here] = gains(orders[number])[at, NDCG]
    _visitors, place = np.unique(part.chosen[:, 0], return_inverse=True)
    return np.bincount(place, weights=found * part.counts) / np.bincount(place, weights=part.counts)


def interval(values: Values) -> tuple[float, float]:
    """95 % percentile bootstrap interval (Efron 1979) of a mean over visitors."""
    draw = np.random.default_rng(SEED)
    means = [values[draw.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def value_of(found: Sequence[Mapping[str, Any]], now: Tuning) -> Tuning:
    """The tuning that a report proposes: `now`, with what the events spoke for put over it."""
    alpha, weights = dict(now.alpha), dict(now.weights)
    for one in found:
        for kind in one["kinds"] if one["changes"] else ():
            alpha[kind] = one["alpha"]
            weights |= multiplied(kind, one["factor"], now)
    return Tuning(alpha=alpha, beta=1.0 if alpha else now.beta, weights=weights)


def multiplied(kind: str, factor: float, now: Tuning) -> dict[str, dict[str, float]]:
    """The weights of an objective with its heaviest signal's times `factor`; what is tuned already where it is 1."""
    if factor == 1:
        return {kind: now.weights[kind]} if kind in now.weights else {}
    own, lead = dict(weights_of(kind, now.weights)), lead_of(kind)
    return {kind: {**own, lead: own[lead] * factor}}


def sentences(found: Mapping[str, Any]) -> list[str]:
    """The held-out part in words, losses first."""
    said = []
    if found["changes"] and found["alpha"] >= LARGE:
        said.append(
            (
                0,
                "With so large an alpha the fit says who may stand in a row and hardly in what order; these events "
                "cannot say whether shoppers mind that under a title.",
            )
        )
    for one in found["systems"]:
        if one["name"] == "proposed" or (one["name"] == "now" and not found["changes"]):
            continue
        low, high = one["ahead_low"], one["ahead_high"]
        beside = "what serves now" if one["name"] == "now" else one["name"]
        if high < 0:
            said.append((0, f"Worse than {beside} by {-high:.3f} to {-low:.3f} in NDCG@10."))
        elif low > 0:
            said.append((2, f"Better than {beside} by {low:.3f} to {high:.3f} in NDCG@10."))
        else:
            said.append((1, f"Not told apart from {beside} ({low:+.3f} to {high:+.3f} in NDCG@10)."))
    return [sentence for _rank, sentence in sorted(said, key=itemgetter(0))]


def _system(name: str, value: Values, proposed: Values) -> dict[str, Any]:
    low, high = interval(value)
    ahead = (None, None) if name == "proposed" else interval(proposed - value)
    return {
        "name": name,
        "ndcg@10": _round(value.mean()),
        "low": _round(low),
        "high": _round(high),
        "ahead_low": None if ahead[0] is None else _round(ahead[0]),
        "ahead_high": None if ahead[1] is None else _round(ahead[1]),
    }


def _round(value: Any) -> float:
    return round(float(value), 4)
