"""Which of many planned themes make the page: relevant, covering what was asked for, and no two that compete.

More themes are planned than a page holds. The page is the set with the most of

    COVER x (how well each thing asked for is met by its best row, on average)
  + QUALITY x (mean quality of the rows)  -  (mean likeness of two rows)

found greedily, each time the theme that adds most (maximal marginal relevance, Carbonell and Goldstein, SIGIR 1998,
with the mean likeness to what is chosen in the place of the largest), then bettered by exchanges while one helps
(Borodin, Lee and Ye, PODS 2012, "Max-sum diversification": local search keeps half of the best possible sum). The same
code orders what a language model planned and what the library proposes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.encoders.base import Vectors

Matrix = npt.NDArray[np.float64]

CONFIDENCE_FLOOR = 0.4  # the prompt says the same: a theme the shop can hardly fill is not worth a keyword call
COVER = 0.3
QUALITY = 1.0
BARE = 0.6  # of a listed thing's own meaning in its vector, the objective's being the rest
MET = 0.6  # cosine of a theme's nearest concept from which a thing that was asked for counts as met
ENOUGH = 0.75  # and from which nearer is no better: two ways to say it are not two grades of fit
EXCHANGES = 60  # most exchanges; ten are usual

_LIMIT = re.compile(
    r"\b(?:under|below|less than|up to|at most|max(?:imum)?|within)\s+(?:[^\W\d]{1,3}\.?\s*|[€£$₹]\s*)?\d[\d.,]*\s*"
    r"(?:[€£$₹]|[a-z]{2,8}\b)?|\b(?:no|without|free (?:from|of)|excluding|nothing with)\s+\w+(?:\s+(?:or|and)\s+\w+)*"
    r"|\b(?:keep|drop|change|replace)\s+(?:the\s+)?rows?\s+[\d\s,&]+(?:and\s+\d+)?|\b(?:cheaper|less expensive)\b",
    re.IGNORECASE,
)


def rest(text: str) -> str:
    """`text` without its limits ("under 10 euros", "no pork", "keep row 1"): those are constraints, not meaning."""
    plain = re.sub(r"\s+", " ", _LIMIT.sub(" ", text))
    return re.sub(r" ?([,;])(?: ?[,;])*", r"\1", plain).strip(" ,.;")


def wish(text: str) -> str:
    """The same; the whole of it when it is nothing but limits."""
    return rest(text) or text


def asked_for(concepts: Sequence[str], objective: str) -> list[str]:
    """The things that a page should hold: the brief's concepts, else what the objective lists ("Back to school:
    notebooks, pens and bags"), else the objective as a whole."""
    if concepts:
        return list(concepts)
    plain = wish(objective)
    _head, colon, tail = plain.partition(":")
    parts = re.split(r"[,;]|\band\b|&", tail if colon and tail.strip() else plain)
    listed = [re.sub(r"\s+", " ", part).strip(" .") for part in parts]
    return list(dict.fromkeys(part for part in listed if len(part) > 2)) or [plain]


def asked_vectors(
    concepts: Sequence[str], objective: str, encode: Callable[[Sequence[str]], Vectors]
) -> tuple[list[str], Vectors]:
    """The things asked for, and a vector of each (m, d). One that the objective merely lists is moved towards the
    objective, since by itself it says too little: the "food" of "Food and toys for dogs" is no baby food."""
    asks = asked_for(concepts, objective)
    rows = encode([objective, *asks])
    if concepts:
        return asks, rows[1:]
    between = BARE * rows[1:] + (1 - BARE) * rows[:1]
    return asks, between / np.maximum(np.linalg.norm(between, axis=1, keepdims=True), 1e-9)


@dataclass(frozen=True)
class Pool:
    """Themes to choose from, one row each: `quality` (n,) and `likeness` (n, n), 0..1, and `covers` (n, m), how near
    each theme comes to each thing asked for (cosine of its nearest concept)."""

    quality: Matrix
    likeness: Matrix
    covers: Matrix

    def worth(self, chosen: Sequence[int]) -> float:
        """What is maximised, for one set of rows."""
        return float(self._worth(np.asarray([list(chosen)], dtype=np.int64))[0])

    def met(self, chosen: Sequence[int]) -> int:
        """How many of the things asked for a row of `chosen` meets."""
        return int((self.covers[list(chosen)].max(axis=0) >= MET).sum()) if chosen and self.covers.size else 0

    def _worth(self, sets: npt.NDArray[np.int64]) -> Matrix:
        """The same for many sets of one size (s, k) at once."""
        size = sets.shape[1]
        value = QUALITY * self.quality[sets].mean(axis=1)
        if self.covers.size:
            value = value + COVER * np.minimum(self.covers, ENOUGH)[sets].max(axis=1).mean(axis=1)
        if size > 1:
            pairs = self.likeness[sets[:, :, None], sets[:, None, :]].sum(axis=(1, 2))
            own = self.likeness[sets, sets].sum(axis=1)
            value = value - (pairs - own) / (size * (size - 1))
        return np.asarray(value, dtype=np.float64)

    def best_addition(self, chosen: Sequence[int], among: Sequence[int]) -> int:
        """The theme of `among` that makes the most of `chosen` plus one. What is not yet met comes first: as long as
        a theme meets something new, only such themes are looked at."""
        met = self.met(chosen)
        new = [one for one in among if self.met([*chosen, one]) > met]
        options = new or list(among)
        values = self._worth(np.asarray([[*chosen, one] for one in options], dtype=np.int64))
        return options[int(np.argmax(values))]


def arrange(pool: Pool, page: int, wanted: int) -> list[int]:
    """Rows of the pool in page order: the best `page` of them, then reserves, `wanted` in all at most. A reserve stands
    in for a row that could not be filled, so the best come first whatever they are like."""
    n = len(pool.quality)
    chosen = _grown(pool, [], list(range(n)), min(page, n))
    chosen = _exchanged(pool, chosen)
    ordered = _grown(pool, [], chosen, len(chosen))
    spare = sorted((one for one in range(n) if one not in ordered), key=lambda one: (-pool.quality[one], one))
    return [*ordered, *spare][:wanted]


def _grown(pool: Pool, chosen: Sequence[int], among: Sequence[int], size: int) -> list[int]:
    grown, left = list(chosen), list(among)
    while left and len(grown) < size:
        best = pool.best_addition(grown, left)
        grown.append(best)
        left.remove(best)
    return grown


def _exchanged(pool: Pool, chosen: Sequence[int]) -> list[int]:
    """`chosen` after every exchange of one theme that betters the set and meets no less of what was asked for."""
    best = list(chosen)
    others = [one for one in range(len(pool.quality)) if one not in best]
    for _ in range(EXCHANGES if others else 0):
        sets = np.asarray([[*best[:at], other, *best[at + 1 :]] for at in range(len(best)) for other in others])
        if not len(sets):
            break
        values = pool._worth(sets)
        met = pool.met(best)
        better = next(
            (
                row
                for row in np.argsort(-values, kind="stable")
                if values[row] > pool.worth(best) + 1e-6 and pool.met([int(one) for one in sets[row]]) >= met
            ),
            None,
        )
        if better is None:
            break
        best = [int(one) for one in sets[better]]
        others = [one for one in range(len(pool.quality)) if one not in best]
    return best
