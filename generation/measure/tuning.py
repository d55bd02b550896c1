"""The weights of a search, learned from ratings: coordinate ascent on a coarse grid, cross-validated over queries.

Linear feature weights climbed one at a time on the measure itself (Metzler and Croft, Information Retrieval 2007): with
some dozens of queries a model of seven numbers is about what can be learned.
"""

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

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
        found = hybrid.matched(search.eligible(), hybrid.words(search.store, query))
        near = search.cosines(vector, DEPTH * 2, found.ids.tolist())
        rest = sorted(near.keys() - set(found.ids.tolist()))
        ids = np.concatenate([found.ids, np.asarray(rest, dtype=np.int64)])
        rated = [ratings[query].get(items[id_], 0) for id_ in ids.tolist()]
        best = sorted(ratings[query].values(), reverse=True)[:10]
        made.append(
            Question(
                query=query,
                found=found,
                ids=ids,
                cosines=np.asarray([max(near.get(id_, 0.0), 0.0) for id_ in ids.tolist()]),
                gains=np.asarray([2.0**rating - 1 for rating in rated]),
                relevant=np.asarray([rating >= metrics.RELEVANT for rating in rated], dtype=np.bool_),
                ideal=discounted([2.0**rating - 1 for rating in best]),
                wanted=sum(rating >= metrics.RELEVANT for rating in ratings[query].values()),
            )
        )
    return made


def quality(question: Question, weights: Weights) -> float:
    """nDCG@10 plus recall@100 of one query: 0 to 2."""
    scores = (1 - weights.words) * question.cosines
    scores[: len(question.found.ids)] += hybrid.word_scores(question.found, weights)
    best = np.lexsort((question.ids, -scores))[:DEPTH]
    gain = discounted(question.gains[best[:10]].tolist()) / question.ideal
    return gain + float(question.relevant[best].sum()) / question.wanted


class Rated(Protocol):
    """A query with what weights are tried on."""

    @property
    def query(self) -> str: ...


R = TypeVar("R", bound=Rated)
W = TypeVar("W", bound=BaseModel)


@dataclass(frozen=True)
class Task(Generic[R, W]):
    """What is learned: weights, from `start`, of `grid`'s values, so that the mean of `quality` is greatest."""

    start: W
    grid: Mapping[str, Sequence[float]]
    quality: Callable[[R, W], float]


SEARCH: Task[Question, Weights] = Task(Weights(), GRID, quality)


def learn(asked: Sequence[R], task: Task[R, W]) -> W:
    """Weights for queries like these: the mean of what is best on resamples of them (bagging, Breiman 1996), since
    the best on a few dozen queries alone hangs on two or three of them."""
    known: dict[tuple[int, W], float] = {}
    draw = random.Random(1)
    climbed = [_climb(asked, draw.choices(range(len(asked)), k=len(asked)), task, known) for _ in range(RESAMPLES)]
    found = {name: round(float(np.mean([getattr(one, name) for one in climbed])), 3) for name in task.grid}
    return task.start.model_copy(update=found)


def _climb(asked: Sequence[R], places: Sequence[int], task: Task[R, W], known: dict[tuple[int, W], float]) -> W:
    """The weights of the grid that do best on those of the queries, climbing from the start one at a time."""

    def mean(weights: W) -> float:
        for place in places:
            if (place, weights) not in known:
                known[place, weights] = task.quality(asked[place], weights)
        return metrics.mean([known[place, weights] for place in places]) or 0.0

    weights, best = task.start, mean(task.start)
    moved = True
    while moved:
        moved = False
        for name, values in task.grid.items():
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


def held_out(asked: Iterable[R], task: Task[R, W]) -> list[W]:
    """For each fold the weights that were learned without its queries."""
    every = list(asked)
    return [learn([one for one in every if fold_of(one.query) != fold], task) for fold in range(FOLDS)]


def discounted(gains: Sequence[float]) -> float:
    """Discounted cumulative gain of gains in their order."""
    return float(sum(gain / np.log2(place + 1) for place, gain in enumerate(gains, start=1)))
