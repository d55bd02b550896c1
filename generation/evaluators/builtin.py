"""The evaluator that needs no key and no model call: a logistic regression over cheap features.

Weights are a JSON file fitted by scripts/fit_evaluator.py; docs/decisions/0003-built-in-evaluator.md tells
how good it is and why it is not something bigger.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from generation.encoders.base import Vectors
from generation.evaluators.base import ProductText, Score, ThemeText, ThemeVectors
from generation.evaluators.features import FEATURES, Matrix, Measured, measure
from storefront_studio.lib.errors import Misconfigured

WEIGHTS = Path(__file__).parent / "weights" / "builtin-v1.json"
LOOSE = 0.4  # cosine under which the nearest concept is only loosely meant


@dataclass(frozen=True, slots=True)
class BuiltinEvaluator:
    """P(fits) = sigmoid(intercept + weights . (features - mean) / scale), each array (len(FEATURES),)."""

    version: str
    encoder: str
    """Name of the encoder whose vectors the weights were fitted on; with others its probabilities are off."""
    mean: Matrix
    scale: Matrix
    weights: Matrix
    intercept: float
    accept_at: float
    name: str = "builtin"

    def score(
        self,
        theme: ThemeText,
        products: Sequence[ProductText],
        theme_vectors: ThemeVectors,
        product_vectors: Vectors,
    ) -> list[Score]:
        """One score per product, in order; see Evaluator.score."""
        if not products:
            return []
        measured = measure(theme, products, theme_vectors, product_vectors)
        pulls = self.weights * (measured.values - self.mean) / self.scale
        chances = 1 / (1 + np.exp(-(self.intercept + pulls.sum(axis=1))))
        return [
            Score(float(chance), self._reason(theme, measured, row, float(chance)))
            for row, chance in enumerate(chances)
        ]

    def _reason(self, theme: ThemeText, measured: Measured, row: int, chance: float) -> str:
        concept = theme.phrases[int(measured.nearest[row])]
        similarity = float(measured.similarity[row])
        values = dict(zip(FEATURES, measured.values[row], strict=True))
        said = f"“{concept}” ({similarity:.2f})"
        what = "the title" if concept == theme.title else "the concept"
        if chance >= self.accept_at:
            clauses = [f"matches {what} {said}" if similarity >= LOOSE else f"nearest to {what} {said}"]
            if values["words_in_title"] >= 0.99:
                clauses.append("all the words of a concept are in the product's title")
            elif values["words_anywhere"] >= 0.99:
                clauses.append("all the words of a concept are in title and category")
            elif values["words_in_leaf"] >= 0.5:
                clauses.append("its category is named like the theme's concepts")
        else:
            near = f"partly like {what} {said}" if similarity >= LOOSE else None
            clauses = [near or f"only loosely like any concept; nearest is {said}"]
            if measured.accessories[row]:
                clauses.append(f"looks like an accessory, “{measured.accessories[row][0]}”")
            elif values["words_anywhere"] < 0.5:
                clauses.append("few of the concepts' words in title or category")
        return "; ".join(clauses)


@cache
def load(path: Path = WEIGHTS) -> BuiltinEvaluator:
    """The evaluator with a file's weights, read once. Raises Misconfigured when they do not fit the code."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        evaluator = BuiltinEvaluator(
            version=str(found["version"]),
            encoder=str(found["encoder"]),
            mean=np.array(found["mean"], dtype=np.float64),
            scale=np.array(found["scale"], dtype=np.float64),
            weights=np.array(found["weights"], dtype=np.float64),
            intercept=float(found["intercept"]),
            accept_at=float(found["accept_at"]),
        )
        names = tuple(found["features"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Misconfigured(f"the evaluator's weights {path.name} cannot be read: {error!r}") from error
    shapes = {evaluator.mean.shape, evaluator.scale.shape, evaluator.weights.shape}
    if names != FEATURES or shapes != {(len(FEATURES),)} or not (evaluator.scale > 0).all():
        raise Misconfigured(f"{path.name} was fitted for other features; run scripts/fit_evaluator.py again")
    return evaluator
