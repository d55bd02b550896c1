"""Vectors in this process, for as long as a run lasts: what is nearest is a matrix product then.

A page asks for hundreds of neighbours among the same products and the same keywords. Read once, they cost a fraction of
a millisecond each; asked one by one, the database goes through its index, or through all of them, each time.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection
from django.db.models import F, QuerySet
from threadpoolctl import ThreadpoolController

from accounts.models import Store
from generation.catalog.signs import Signs, alike, signs_of
from generation.encoders.base import Vectors
from generation.models import DIMENSIONS, Keyword, Product

# What halfvec_send writes (pgvector, src/halfvec.c): dimensions, a spare field, then the numbers, high byte first.
VECTOR = np.dtype([("dimensions", ">i2"), ("unused", ">i2"), ("vector", ">f2", (DIMENSIONS,))])
FEW = 4  # questions: more of them are one matrix product, which costs each less
MANY = 40_000  # products
# Of so many products' nearest 100, those compared hold 0.99 (`bench filters`).
LOOKED_AT_SHARE, LOOKED_AT_TIMES = 12, 40


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """For a matrix times a few vectors: memory is the limit, and on a busy machine threads wait for one another, which
    took seven times as long."""
    limited: AbstractContextManager[Any] = _threads().limit(limits=1, user_api="blas")
    return limited


@dataclass(frozen=True)
class Held:
    """ids (n,) rising, matrix (n, d) with rows of length 1."""

    ids: npt.NDArray[np.int64]
    matrix: Vectors

    @cached_property
    def places(self) -> dict[int, int]:
        """The row of each id."""
        return {id_: place for place, id_ in enumerate(self.ids.tolist())}

    def rows(self, ids: Sequence[int]) -> npt.NDArray[np.intp]:
        """The rows of those of `ids` that are here, in their order."""
        return np.asarray([self.places[id_] for id_ in ids if id_ in self.places], dtype=np.intp)

    def nearest(self, vectors: Vectors, limit: int) -> list[tuple[npt.NDArray[np.intp], Vectors]]:
        """For each row of `vectors` (m, d): the rows of the `limit` nearest products, nearest first, and cosines.

        All are compared, but for a few questions about many products: then those with the most signs in common."""
        if len(vectors) <= FEW and len(self.ids) >= MANY:
            return [self._likely(vector, limit) for vector in vectors]
        with one_thread():
            cosines = vectors @ self.matrix.T
        return [self._best(row, limit) for row in cosines]

    def _likely(self, vector: Vectors, limit: int) -> tuple[npt.NDArray[np.intp], Vectors]:
        rows = np.sort(alike(self._signs, vector, max(len(self.ids) // LOOKED_AT_SHARE, limit * LOOKED_AT_TIMES)))
        with one_thread():
            best, cosines = self._best(self.matrix[rows] @ vector, limit)
        return rows[best], cosines

    @cached_property
    def _signs(self) -> Signs:
        return signs_of(self.matrix)

    def ordered(self, rows: npt.NDArray[np.intp], vector: Vectors, limit: int) -> npt.NDArray[np.intp]:
        """The `limit` of `rows` that are nearest to `vector` (d,), nearest first."""
        best, _cosines = self._best(self.matrix[rows] @ vector, limit)
        return rows[best]

    @staticmethod
    def _best(cosines: Vectors, limit: int) -> tuple[npt.NDArray[np.intp], Vectors]:
        if len(cosines) > limit:
            least = np.partition(cosines, len(cosines) - limit)[len(cosines) - limit]
            among = np.flatnonzero(cosines >= least)
        else:
            among = np.arange(len(cosines))
        order = among[np.lexsort((among, -cosines[among]))][:limit]  # ties: the lower id first
        return order, cosines[order]


def hold(rows: "QuerySet[Any, Any]") -> Held:
    """Read the ids and vectors that `rows` select, as columns `id` and `embedding`; none may be null.

    They come as two values, not as a row each: 27,000 take a tenth of a second.
    """
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as usual:  # it fills the values in, as Django's own queries have them
        filled = usual.mogrify(
            "SELECT string_agg(int8send(id), ''::bytea ORDER BY id), string_agg(halfvec_send(embedding), ''::bytea "
            f"ORDER BY id) FROM ({sql}) AS held",
            params,
        )
        with psycopg.Cursor(connection.connection) as binary:
            ids, vectors = binary.execute(filled, binary=True).fetchone() or (None, None)
    table = np.frombuffer(vectors or b"", dtype=VECTOR)
    return Held(
        np.frombuffer(ids or b"", dtype=">i8").astype(np.int64),
        np.ascontiguousarray(table["vector"], dtype=np.float32),
    )


def products(eligible: "QuerySet[Product]") -> Held:
    """The vectors of products; those without one are left out."""
    placed = eligible.filter(vector__isnull=False).order_by().annotate(embedding=F("vector__embedding"))
    return hold(placed.values_list("id", "embedding"))


class HeldKeywords:
    """The vocabulary of a store in memory: which keywords are near to a text."""

    def __init__(self, store: Store) -> None:
        placed = Keyword.objects.filter(store=store, embedding__isnull=False).order_by("id")
        densities = dict(placed.values_list("id", "density"))
        self.all = hold(placed.order_by().values_list("id", "embedding"))
        self._densities = np.asarray([densities.get(id_, 0) for id_ in self.all.ids.tolist()], dtype=np.int64)
        self._dense: dict[int, Held] = {}
        self._rows: dict[int, Keyword] = {}

    def nearest(self, vectors: Vectors, each: int, density_min: int) -> list[list[tuple[Keyword, float]]]:
        """For each row of `vectors` (n, d): the `each` nearest keywords of at least that density, nearest first."""
        if density_min not in self._dense:
            enough = np.flatnonzero(self._densities >= density_min)
            self._dense[density_min] = Held(self.all.ids[enough], self.all.matrix[enough])
        among = self._dense[density_min]
        near = [(among.ids[rows].tolist(), cosines.tolist()) for rows, cosines in among.nearest(vectors, each)]
        unread = {id_ for ids, _cosines in near for id_ in ids} - self._rows.keys()
        self._rows.update(Keyword.objects.defer("embedding").in_bulk(unread))
        return [
            [(self._rows[id_], cosine) for id_, cosine in zip(ids, cosines, strict=True) if id_ in self._rows]
            for ids, cosines in near
        ]
