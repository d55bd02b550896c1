"""The weights of a search, learned from ratings: coordinate ascent on a coarse grid, cross-validated over queries.

Linear feature weights climbed one at a time on the measure itself (Metzler and Croft, Information Retrieval 2007): with
some dozens of queries a model of seven numbers is about what can be learned.
"""

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generation.catalog import hybrid
from generation.catalog.hybrid import Matched, Weights
from generation.catalog.search import CatalogSearch
from generation.encoders.base import Encoder
from generation.measure import metrics

DEPTH = 100
FOLDS = 5
RESAMPLES = 8
LEAST_GAIN = 0.002  # of the objective, for which a weight is moved: less is noise with so few queries
GRID: Mapping[str, Sequence[float]] = {
    "brand": (0.35, 0.5, 0.7, 1.0, 1.4),
    "attributes": (0.1, 0.2, 0.35, 0.5, 0.7, 1.0),
    "description": (0.2, 0.35, 0.5, 0.7, 1.0),
    "cover": (0.0, 1.0, 2.0, 3.0, 4.0),
    "length": (0.0, 0.25, 0.5, 0.75, 1.0, 1.25),
    "words": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "phrase": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3),
}
Ratings = Mapping[str, Mapping[str, int]]
Column = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """A query and all that may be found for it; the products that its words find come first, then the others that are
    near by meaning. cosines and gains (2^rating - 1) are (n,), relevant (n,) true or false."""

    query: str
    found: Matched
    total: int
    ids: npt.NDArray[np.int64]
    cosines: Column
    gains: Column
    relevant: npt.NDArray[np.bool_]
    ideal: float
    wanted: int


def questions(search: CatalogSearch, encoder: Encoder, ratings: Ratings, items: Mapping[int, str]) -> list[Question]:
    """Those of the queries for which something is relevant; `items` are the item ids of the store's products."""
    asked = sorted(query for query, rated in ratings.items() if max(rated.values()) >= metrics.RELEVANT)
    made = []
    for query, vector in zip(asked, encoder.encode(asked) if asked else [], strict=True):
        found = hybrid.matched(search.eligible(), query)
        near = search.cosines(vector, DEPTH * 2, found.ids.tolist())
        rest = sorted(near.keys() - set(found.ids.tolist()))
        ids = np.concatenate([found.ids, np.asarray(rest, dtype=np.int64)])
        rated = [ratings[query].get(items[id_], 0) for id_ in ids.tolist()]
        best = sorted(ratings[query].values(), reverse=True)[:10]
        made.append(
            Question(
                query=query,
                found=found,
                total=search.eligible_count,
                ids=ids,
                cosines=np.asarray([max(near.get(id_, 0.0), 0.0) for id_ in ids.tolist()]),
                gains=np.asarray([2.0**rating - 1 for rating in rated]),
                relevant=np.asarray([rating >= metrics.RELEVANT for rating in rated], dtype=np.bool_),
                ideal=_discounted([2.0**rating - 1 for rating in best]),
                wanted=sum(rating >= metrics.RELEVANT for rating in ratings[query].values()),
            )
        )
    return made


def quality(question: Question, weights: Weights) -> float:
    """nDCG@10 plus recall@100 of one query: 0 to 2."""
    scores = (1 - weights.words) * question.cosines
    scores[: len(question.found.ids)] += hybrid.word_scores(question.found, question.total, weights)
    best = np.lexsort((question.ids, -scores))[:DEPTH]
    gain = _discounted(question.gains[best[:10]].tolist()) / question.ideal
    return gain + float(question.relevant[best].sum()) / question.wanted


def learn(asked: Sequence[Question]) -> Weights:
    """Weights for queries like these: the mean of what is best on resamples of them (bagging, Breiman 1996), since
    the best on a few dozen queries alone hangs on two or three of them."""
    known: dict[tuple[int, Weights], float] = {}
    draw = random.Random(1)
    climbed = [_climb(asked, draw.choices(range(len(asked)), k=len(asked)), known) for _ in range(RESAMPLES)]
    return Weights(**{name: round(float(np.mean([getattr(one, name) for one in climbed])), 3) for name in GRID})


def _climb(asked: Sequence[Question], places: Sequence[int], known: dict[tuple[int, Weights], float]) -> Weights:
    """The weights of the grid that do best on those of the queries, climbing from the defaults one at a time."""

    def mean(weights: Weights) -> float:
        for place in places:
            if (place, weights) not in known:
                known[place, weights] = quality(asked[place], weights)
        return metrics.mean([known[place, weights] for place in places]) or 0.0

    weights, best = Weights(), mean(Weights())
    moved = True
    while moved:
        moved = False
        for name, values in GRID.items():
            tried = [weights.model_copy(update={name: value}) for value in values]
            scores = [mean(one) for one in tried]
            if max(scores) > best + LEAST_GAIN:
                weights, best, moved = tried[scores.index(max(scores))], max(scores), True
    return weights


def mark(query: str) -> str:
    """What a file of weights keeps of a query it was learned from: enough to know it again, and not its words."""
    return hashlib.sha256(query.encode()).hexdigest()[:12]


def fold_of(query: str) -> int:
    """The same fold for a query in every run and in every file of ratings."""
    return int(mark(query), 16) % FOLDS


def held_out(asked: Iterable[Question]) -> list[Weights]:
    """For each fold the weights that were learned without its queries."""
    every = list(asked)
    return [learn([one for one in every if fold_of(one.query) != fold]) for fold in range(FOLDS)]


def _discounted(gains: Sequence[float]) -> float:
    return float(sum(gain / np.log2(place + 1) for place, gain in enumerate(gains, start=1)))
