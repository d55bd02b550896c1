"""The traditional rankers R of the fusion: what a product is worth to the shop, whatever the theme."""

from collections.abc import Sequence
from typing import Protocol

from generation.stages.contracts import Brief, Hit


class Ranker(Protocol):
    """Scores products for an objective."""

    @property
    def name(self) -> str:
        """Name and version, for explanations."""

    def score(self, brief: Brief, hits: Sequence[Hit]) -> list[float]:
        """One number in (0, 1] per hit, in order; higher is better. Unknown facts are neutral, never zero."""
