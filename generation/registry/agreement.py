"""What people said of products under themes, to hold another version of a judge against.

Whoever knows people's decisions registers a source here; generation does not know who that is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.models import Store
from generation.evaluators.base import ProductText, ThemeText

LEAST, LEAST_EACH = 30, 8
"""Pairs, and pairs of each kind, under which kappa is noise."""


@dataclass(frozen=True)
class LabelledPair:
    """One product under one theme, and whether a person says that it fits. `source` is "gold" or "people"."""

    id: str
    theme: ThemeText
    product: ProductText
    passes: bool
    source: str


SOURCES: list[Callable[[Store], Sequence[LabelledPair]]] = []


def labelled_pairs(store: Store) -> list[LabelledPair]:
    """Every labelled pair that a judge can be asked again, in a fixed order."""
    return sorted((pair for source in SOURCES for pair in source(store)), key=lambda pair: (pair.source, pair.id))


def too_few(pairs: Sequence[LabelledPair]) -> str:
    """Why these pairs cannot tell two judges apart, in words; empty when they can."""
    good = sum(pair.passes for pair in pairs)
    if len(pairs) >= LEAST and min(good, len(pairs) - good) >= LEAST_EACH:
        return ""
    return (
        f"People have labelled {len(pairs)} products that can be judged again, {good} as fitting and "
        f"{len(pairs) - good} as not. At least {LEAST} are needed, {LEAST_EACH} of each: decide on more rows first."
    )
