"""The weights of a row's rankings, learned from ratings: each query stands for a row, with the keywords nearest to it.

That is not quite what a page asks: a row's keywords are chosen by a model from a hundred candidates, and its theme is a
phrase. Ratings of whole rows do not exist; what is learned here is which ways bring what people find relevant, and it
holds for pages as far as `evaluate` says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.catalog import fusing, retrieve
from generation.catalog.fusing import RowWeights
from generation.catalog.search import CatalogSearch
from generation.encoders.base import Encoder
from generation.measure import metrics, tuning
from generation.measure.tuning import Ratings, Task
from generation.stages.contracts import Candidate
from generation.stages.ports import Asked
from storefront_studio.lib.errors import BadInput

KEYWORDS = 6  # of a row
LEAST_DENSITY = 2
POOL = 120  # as pages have it
PARTS = ("words", "meaning", "category", "attribute", "row")
NEARNESS = (0.0, 1.0, 2.0, 4.0)
GRID: Mapping[str, tuple[float, ...]] = {
    **{part: (0.0, 0.25, 0.5, 1.0, 2.0, 4.0) for part in PARTS},
    "nearness": NEARNESS,
}


@dataclass(frozen=True)
class RowQuestion:
    """A query and what its keywords bring: for each value of `NEARNESS` the reciprocal ranks (parts, n) of `ids`
    (n,), gains (2^rating - 1) and relevant (n,)."""

    query: str
    parts: Mapping[float, npt.NDArray[np.float64]]
    ids: npt.NDArray[np.int64]
    gains: npt.NDArray[np.float64]
    relevant: npt.NDArray[np.bool_]
    ideal: float
    wanted: int


def questions(search: CatalogSearch, encoder: Encoder, ratings: Ratings, items: Mapping[int, str]) -> list[RowQuestion]:
    """Those of the queries for which something is relevant. Raises BadInput for a store too large to hold."""
    if search.held is None:
        raise BadInput("The weights of rows are learned on stores whose vectors fit into memory.")
    queries = sorted(query for query, rated in ratings.items() if max(rated.values()) >= metrics.RELEVANT)
    if not queries:
        return []
    vectors = encoder.encode(queries)
    asked = []
    for vector, near in zip(vectors, search.nearest_keywords(vectors, KEYWORDS, LEAST_DENSITY), strict=True):
        words = [
            Candidate(id=k.pk, kind=k.kind, text=k.text, field=k.field, synonyms=list(k.synonyms), density=k.density,
                      similarity=cosine, concept="") for k, cosine in near
        ]  # fmt: skip
        asked.append(Asked(words, vector))
    ids = list({word.id for row in asked for word in row.keywords})
    placed = dict(zip(ids, search.keyword_vectors(ids), strict=True))
    found = retrieve.ranked_in_memory(search.eligible(), search.held, asked, placed, POOL)
    made = []
    for query, row, (rankings, _density) in zip(queries, asked, found, strict=True):
        brought = sorted({id_ for ranking in rankings.values() for id_ in ranking})
        parts = {}
        for nearness in NEARNESS:
            shares = fusing.shared(row, rankings, placed, nearness)
            parts[nearness] = np.asarray([[shares.get(part, {}).get(id_, 0.0) for id_ in brought] for part in PARTS])
        rated = np.asarray([ratings[query].get(items[id_], 0) for id_ in brought], dtype=np.int64)
        best = sorted(ratings[query].values(), reverse=True)[:10]
        made.append(
            RowQuestion(
                query=query,
                parts=parts,
                ids=np.asarray(brought, dtype=np.int64),
                gains=np.asarray(2.0**rated - 1, dtype=np.float64),
                relevant=rated >= metrics.RELEVANT,
                ideal=tuning.discounted([2.0**rating - 1 for rating in best]),
                wanted=sum(rating >= metrics.RELEVANT for rating in ratings[query].values()),
            )
        )
    return made


def measures(question: RowQuestion, weights: RowWeights) -> tuple[float, float]:
    """nDCG@10 and recall of the pool for one query."""
    if not len(question.ids):
        return 0.0, 0.0
    scores = np.asarray([getattr(weights, part) for part in PARTS]) @ question.parts[settled(weights).nearness]
    best = np.lexsort((question.ids, -scores))[:POOL]
    gain = tuning.discounted(question.gains[best[:10]].tolist()) / question.ideal
    return gain, float(question.relevant[best].sum()) / question.wanted


def settled(weights: RowWeights) -> RowWeights:
    """The weights with the nearest value of `NEARNESS` to theirs: the only ones that were tried."""
    return weights.model_copy(update={"nearness": min(NEARNESS, key=lambda value: abs(value - weights.nearness))})


def quality(question: RowQuestion, weights: RowWeights) -> float:
    return sum(measures(question, weights))


ROWS: Task[RowQuestion, RowWeights] = Task(RowWeights(), GRID, quality)
