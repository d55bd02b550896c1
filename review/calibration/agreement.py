"""How far a judge and people agree: pure arithmetic over counts, no database.

Cohen's kappa: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20
(1960), 37-46. Interval: percentile bootstrap (Efron 1979) over clusters, because the products of one row were judged
and decided on together and say less than as many products of different rows.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEAST = 10
"""With fewer labels than this a kappa says nothing, so none is given."""
DRAWS = 1000
MOST_CLUSTERS = 500
"""More clusters are drawn from in groups of this many: the interval is narrow by then."""
SEED = 1960
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """How often judge and person said what: `false_accepts` the judge passed and the person did not, `false_rejects`
    the other way round."""

    both_pass: int = 0
    false_accepts: int = 0
    false_rejects: int = 0
    both_fail: int = 0

    @property
    def n(self) -> int:
        return self.both_pass + self.false_accepts + self.false_rejects + self.both_fail

    @property
    def passed(self) -> int:
        """What the judge passed."""
        return self.both_pass + self.false_accepts

    @property
    def failed(self) -> int:
        """What the judge turned down."""
        return self.both_fail + self.false_rejects

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(self.cells, other.cells, strict=True)))

    @property
    def cells(self) -> tuple[int, int, int, int]:
        return self.both_pass, self.false_accepts, self.false_rejects, self.both_fail


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the counts come to; shares are 0..1, None means that there is too little to tell.

    `prevalence` is the share that people passed. `kappa` is None with fewer than `LEAST` labels, and where the judge or
    the people always said the same: it is 0 then, however often they agree. `low` and `high` bound 95 % of the
    bootstrap, None where too few draws have a kappa.
    """

    counts: Counts
    prevalence: float | None
    agreement: float | None
    kappa: float | None
    low: float | None
    high: float | None

    @property
    def unknown(self) -> str:
        """Why there is no kappa, in words; empty where there is one."""
        if self.kappa is not None:
            return ""
        n = self.counts.n
        if n < LEAST:
            return f"{n} label{'' if n == 1 else 's'}; {LEAST} or more are needed to tell"
        counts = self.counts
        if counts.passed in (0, n):
            verb = "passed" if counts.passed else "turned down"
            return f"the judge {verb} all {n}, so agreement beyond chance cannot be told"
        verb = "passed" if self.prevalence else "turned down"
        return f"people {verb} all {n}, so agreement beyond chance cannot be told"


def count(pairs: Iterable[tuple[bool, bool]], each: int = 1) -> Counts:
    """Counts of (judge passes, person passes), every pair counted `each` times."""
    found = [0, 0, 0, 0]
    for judge, person in pairs:
        found[(0 if judge else 2) + (0 if person else 1)] += each
    return Counts(*found)  # both pass, judge alone, person alone, both fail


def kappa(counts: Counts) -> float | None:
    """(observed - expected) / (1 - expected) agreement; None when one of the two always said the same."""
    value = float(_kappas(np.array([counts.cells], dtype=np.float64))[0])
    return None if np.isnan(value) else value


def measure(clusters: Iterable[tuple[Hashable, Counts]]) -> Agreement:
    """Agreement over labels counted by cluster: (what they hang together by, counts). A cluster may come in parts."""
    merged: defaultdict[Hashable, Counts] = defaultdict(Counts)
    for name, part in clusters:
        merged[name] += part
    groups = [part for part in merged.values() if part.n]
    total = sum(groups, Counts())
    if not total.n:
        return Agreement(total, None, None, None, None, None)
    found = kappa(total) if total.n >= LEAST else None
    low, high = _interval(groups) if found is not None else (None, None)
    return Agreement(
        counts=total,
        prevalence=(total.both_pass + total.false_rejects) / total.n,
        agreement=(total.both_pass + total.both_fail) / total.n,
        kappa=found,
        low=low,
        high=high,
    )


def _interval(groups: Sequence[Counts]) -> tuple[float | None, float | None]:
    cells = np.array([group.cells for group in groups], dtype=np.float64)
    if len(cells) > MOST_CLUSTERS:
        cells = np.add.reduceat(cells, np.arange(0, len(cells), -(-len(cells) // MOST_CLUSTERS)))
    if len(cells) < 2:
        return None, None
    drawn = np.random.default_rng(SEED).multinomial(len(cells), np.full(len(cells), 1 / len(cells)), size=DRAWS)
    kappas = _kappas(drawn.astype(np.float64) @ cells)
    kappas = kappas[~np.isnan(kappas)]
    if len(kappas) < 0.8 * DRAWS:
        return None, None
    low, high = np.quantile(kappas, [0.025, 0.975])
    return float(low), float(high)


def _kappas(cells: Floats) -> Floats:
    """One kappa a row of `cells` (rows, 4), in the order of `Counts.cells`; nan where there is none."""
    both, judge, person, neither = cells.T
    n = cells.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (both + neither) / n
        expected = ((both + judge) * (both + person) + (neither + judge) * (neither + person)) / n**2
        found = (observed - expected) / (1 - expected)
    one_sided = (both + judge == 0) | (neither + person == 0) | (both + person == 0) | (neither + judge == 0)
    return np.where(one_sided, np.nan, found)
