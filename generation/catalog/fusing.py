"""Many rankings of a row's products into one: reciprocal ranks, weighted by what brought a product and in which way.

    score(product) = sum over rankings of weight * near ** nearness / (60 + place)

A ranking is what one keyword brings in one way: a search phrase by its words and by meaning, a category by its branch,
an attribute by its value, each in the order of the row's vector where the way itself has none. `near` is the cosine
between the keyword and the row. One more ranking is all that they bring together, in the order of the row's vector.
The weights are learned over rated queries (`generation.measure.row_tuning`) and kept with where they are from.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from generation.catalog import shipped
from generation.encoders.base import Vectors
from generation.stages.fusion import reciprocal_rank
from generation.stages.ports import Asked

WEIGHTS = shipped.FOLDER / "rows-v1.json"
FARTHEST = 0.05  # a keyword counts as no farther from its row than this
Way = Literal["words", "meaning", "row"]
Rankings = Mapping[tuple[int, Way], Sequence[int]]  # keyword and way -> product ids, best first
ROW = 0  # in the place of a keyword: no keyword has this id


class RowWeights(BaseModel):
    """How much each ranking counts, and how much the nearness of its keyword; the defaults are plain fusion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: float = Field(default=1.0, ge=0)
    meaning: float = Field(default=1.0, ge=0)
    category: float = Field(default=1.0, ge=0)
    attribute: float = Field(default=1.0, ge=0)
    row: float = Field(default=0.0, ge=0)
    nearness: float = Field(default=0.0, ge=0)


@cache
def saved(path: Path = WEIGHTS) -> shipped.Saved[RowWeights]:
    """A file's weights, read once. Raises Misconfigured when it holds none."""
    return shipped.read(shipped.Saved[RowWeights], path)


def fused(asked: Asked, rankings: Rankings, vectors: Mapping[int, Vectors], weights: RowWeights) -> dict[int, float]:
    """The score of every product of a row's rankings; `vectors` (d,) are those of the keywords, by id."""
    shares = shared(asked, rankings, vectors, weights.nearness)
    found: defaultdict[int, float] = defaultdict(float)
    for part, scores in shares.items():
        for product, score in scores.items():
            found[product] += getattr(weights, part) * score
    return dict(found)


def shared(
    asked: Asked, rankings: Rankings, vectors: Mapping[int, Vectors], nearness: float
) -> dict[str, dict[int, float]]:
    """The same in parts that are still to be weighed, by the name of their weight."""
    kinds = {word.id: word.kind for word in asked.keywords}
    near = {ROW: 1.0}
    for word in asked.keywords:
        cosine = float(vectors[word.id] @ asked.vector) if word.id in vectors else word.similarity
        near[word.id] = max(cosine, FARTHEST)
    lists: defaultdict[str, list[Sequence[int]]] = defaultdict(list)
    counts: defaultdict[str, list[float]] = defaultdict(list)
    for (word_id, way), found in rankings.items():
        kind = kinds.get(word_id, "")
        part = kind if kind in ("category", "attribute") else way
        lists[part].append(found)
        counts[part].append(near[word_id] ** nearness)
    return {part: reciprocal_rank(found, weights=counts[part]) for part, found in lists.items()}
