"""The door to evaluators: how well does a product fit a theme, as a probability and a reason in plain words.

An evaluator is pure: it gets texts and vectors and returns scores. Product vectors come from the database,
theme vectors are encoded once a theme (`ThemeVectors.of`), so scoring itself runs no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from generation.encoders.base import Encoder, Vectors


@dataclass(frozen=True, slots=True)
class ThemeText:
    """What a placement promises, in words."""

    title: str
    subtitle: str = ""
    intent: str = ""
    concepts: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """What products are compared with: the concepts, or the title where no concept has a word in it."""
        return tuple(concept for concept in self.concepts if concept.strip()) or (self.title,)


@dataclass(frozen=True, slots=True)
class ProductText:
    """What a shop says about a product; category is a path, "A > B > C"."""

    title: str
    brand: str = ""
    category: str = ""
    description: str = ""

    @property
    def passage(self) -> str:
        """The text whose vector stands for the product: the catalogue embeds it, the weights expect it.

        For groceries it beats the title alone (best-concept AUC 0.843 against 0.829), elsewhere it is no worse.
        """
        return ". ".join(part for part in (self.title, self.brand, self.category) if part.strip())


@dataclass(frozen=True, slots=True)
class ThemeVectors:
    """Vectors of a theme: title (d,), phrases (m, d) with m = len(theme.phrases), all of length 1."""

    title: Vectors
    phrases: Vectors

    @classmethod
    def of(cls, theme: ThemeText, encoder: Encoder) -> "ThemeVectors":
        """Encode title and phrases in one call. Raises Misconfigured when the model cannot be loaded."""
        rows = encoder.encode([theme.title, *theme.phrases])
        return cls(title=rows[0], phrases=rows[1:])


@dataclass(frozen=True, slots=True)
class Score:
    """How well one product fits: the chance, 0..1, that a person would say it belongs, and why in words."""

    probability: float
    reason: str


class Evaluator(Protocol):
    """Scores the products of one theme; a product's score does not depend on what else is in the list."""

    @property
    def name(self) -> str:
        """Who judged, as saved with every judgement."""

    @property
    def version(self) -> str:
        """Which edition: judgements of two versions are never mixed."""

    @property
    def encoder(self) -> str:
        """Name of the encoder whose vectors it was fitted with."""

    @property
    def accept_at(self) -> float:
        """Probability from which a product may be shown."""

    def score(
        self,
        theme: ThemeText,
        products: Sequence[ProductText],
        theme_vectors: ThemeVectors,
        product_vectors: Vectors,
    ) -> list[Score]:
        """One score per product, in order; product_vectors is (len(products), d), one row a product.

        Raises ValueError when the shapes do not agree.
        """
