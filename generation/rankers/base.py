"""The traditional rankers R of the fusion: what a product is worth to the shop, whatever the theme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from generation.stages.contracts import Brief, Hit, Part


@dataclass(frozen=True)
class Worth:
    """A product's R in (0, 1], and what made it, the strongest part first."""

    value: float
    parts: list[Part]


class Ranker(Protocol):
    """Scores products for an objective."""

    @property
    def name(self) -> str:
        """Name and version, for explanations."""

    def rate(self, brief: Brief, hits: Sequence[Hit]) -> list[Worth]:
        """One per hit, in order; higher is better. Unknown facts are neutral, never zero. The hits are those of one
        row, and are rated together: in memory, with no query."""

    def weighed(self, weights: Mapping[str, Mapping[str, float]]) -> "Ranker":
        """The same ranker with other weights of signals, by kind of objective."""
