"""Rankers fitted to one moment of a log, as scorers of a user's history over all products, and LambdaMART over them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from generation.measure.ranker_data import Part, Sequences
from generation.rankers import counting, neighbours
from generation.rankers.boosted import Boosted
from generation.rankers.log import DAY, EventLog

HEAD = 60  # products of each source that LambdaMART orders
USERS = 12_000  # lists it learns from, at most
CHUNK = 1000
TIE = 1e-6  # popularity decides between equals
EVENTS = ("co-occurrence", "co-occurrence of the last", "share of the best", "transitions", "transitions of the last")
SHOP = ("popularity", "popularity of late", "length of history")
TEXTS = ("text like the history", "text like the last")
Scores = NDArray[np.float64]
Scorer = Callable[[slice], Scores]


class Fitted:
    """What one moment of a log tells: nothing after it is looked at."""

    def __init__(self, log: Sequences, part: Part) -> None:
        self.part, self.items, self.log = part, log.items, log
        self._kept: dict[Any, Any] = {}

    def popularity(self, half_life: float | None = None) -> Scorer:
        values = self._popularity(half_life)
        return lambda users: np.repeat(values[None, :], users.stop - users.start, axis=0)

    def transitions(self) -> Scorer:
        return lambda users: self._times(self._last(), self._followers(), users) + self._ties()

    def knn(self, shrink: float, decay: float) -> Scorer:
        history, likeness = self._history(decay), self._likeness(shrink)
        return lambda users: self._times(history, likeness, users) + self._ties()

    def boosted(self, model: Boosted, shrink: float, decay: float) -> Scorer:
        """What the model orders comes first, everything else behind in co-occurrence's order."""

        def score(users: slice) -> Scores:
            rows, columns, features = self.lists(users, shrink, decay)
            wanted = features[:, [self.names.index(name) for name in model.names]]
            scores = self.knn(shrink, decay)(users) - 1e6
            scores[rows, columns] = model.score(wanted)
            return scores

        return score

    names = (*EVENTS, *SHOP, *TEXTS)

    def lists(self, users: slice, shrink: float, decay: float) -> tuple[Any, Any, Scores]:
        """The lists of these users: rows and columns (n,) of their products, by row, and the features (n, f)."""
        history, last = self._history(decay), self._last()
        together = self._times(history, self._likeness(shrink), users)
        followed = self._times(history, self._followers(), users)
        texts = self._times(history, self._alike(), users)
        head = np.zeros(together.shape, dtype=bool)
        for source in (together, followed, texts):
            first = np.argpartition(-source, min(HEAD, self.items - 1), axis=1)[:, :HEAD]
            np.put_along_axis(head, first, True, axis=1)
        for row, seen in enumerate(self.part.histories[users]):
            head[row, list(seen)] = False
        rows, columns = np.nonzero(head)
        lengths = np.asarray([len(one) for one in self.part.histories[users]], dtype=np.float64)
        recent = self._popularity(30.0 if self.part.times is not None else None)
        columns_of = [
            together[rows, columns],
            self._times(last, self._likeness(shrink), users)[rows, columns],
            (together / np.maximum(together.max(axis=1, keepdims=True), 1e-9))[rows, columns],
            followed[rows, columns],
            self._times(last, self._followers(), users)[rows, columns],
            np.log1p(self._popularity(None))[columns],
            np.log1p(recent)[columns],
            np.log1p(lengths)[rows],
            texts[rows, columns],
            self._times(last, self._alike(), users)[rows, columns],
        ]
        return rows, columns, np.column_stack(columns_of)

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def _history(self, decay: float) -> Any:
        return self._once(("history", decay), lambda: neighbours.taken_of(self.part.histories, self.items, decay))

    def _last(self) -> Any:
        return self._once("last", lambda: neighbours.taken_of([one[-1:] for one in self.part.histories], self.items))

    def _likeness(self, shrink: float) -> Any:
        return self._once(
            ("likeness", shrink), lambda: neighbours.cooccurrence(self._history(1.0), shrink, kept=self.items)
        )

    def _followers(self) -> Any:
        return self._once("followers", lambda: neighbours.transitions(self.part.histories, self.items))

    def _alike(self) -> Any:
        return self._once("alike", lambda: alike(self.log.texts))

    def _popularity(self, half_life: float | None) -> Scores:
        def count() -> Scores:
            item = np.asarray([item for one in self.part.histories for item in one], dtype=np.int64)
            days = self.part.times or [[0.0] * len(one) for one in self.part.histories]
            time = np.asarray([day for one in days for day in one], dtype=np.float64) * DAY
            order = np.argsort(time, kind="stable")
            kind = np.zeros(len(item), dtype=np.int64)
            names = tuple(str(place) for place in range(self.items))
            log = EventLog(time[order], kind, item[order], kind, names, 1)
            return counting.popularity(log, self.part.now * DAY, half_life)

        found: Scores = self._once(("popularity", half_life), count)
        return found

    def _ties(self) -> Scores:
        values = self._popularity(None)
        return (TIE * values / max(float(values.max()), 1.0))[None, :]

    def _times(self, history: Any, likeness: Any, users: slice) -> Scores:
        return np.asarray((history[users] @ likeness).toarray(), dtype=np.float64)


def alike(texts: list[str], kept: int = 100) -> Any:
    """Likeness of items (items, items) by their words: cosine of TF-IDF, the `kept` nearest of each."""
    words = sparse.csr_array(
        TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.2, dtype=np.float32).fit_transform(texts)
    )
    found = []
    for start in range(0, len(texts), CHUNK):
        part = sparse.coo_array(words[start : start + CHUNK] @ words.T)
        part.data[part.row + start == part.col] = 0
        found.append(neighbours.nearest(part.tocsr(), kept))
    return sparse.csr_array(sparse.vstack(found))


def learned(log: Sequences, at: Fitted, shrink: float, decay: float, *, texts: bool = True) -> Boosted:
    """LambdaMART from the targets of the part before the test; a fifth of the users say when to stop."""
    names = at.names if texts else (*EVENTS, *SHOP)
    columns = [at.names.index(name) for name in names]
    features, labels, lengths = [], [], []
    for rows, places, found in _learning(at, shrink, decay):
        wanted = [set(one) for one in at.part.targets[rows[0] : rows[1]]]
        row_of, column_of = places
        hit = np.asarray([column in wanted[row] for row, column in zip(row_of, column_of, strict=True)])
        useful = np.isin(row_of, np.unique(row_of[hit]))  # a list without its target teaches nothing
        features.append(found[useful][:, columns])
        labels.append(hit[useful].astype(np.int64))
        lengths.append(np.unique(row_of[useful], return_counts=True)[1])
    every, label, sizes = np.concatenate(features), np.concatenate(labels), np.concatenate(lengths)
    cut = len(sizes) * 4 // 5
    rows_cut = int(sizes[:cut].sum())
    held = (every[rows_cut:], label[rows_cut:], sizes[cut:])
    return Boosted.fit(every[:rows_cut], label[:rows_cut], sizes[:cut], names, held)


def _learning(at: Fitted, shrink: float, decay: float) -> Iterator[tuple[tuple[int, int], tuple[Any, Any], Scores]]:
    last = min(len(at.part.histories), USERS)
    for start in range(0, last, CHUNK):
        users = slice(start, min(start + CHUNK, last))
        rows, columns, features = at.lists(users, shrink, decay)
        yield (users.start, users.stop), (rows, columns), features
