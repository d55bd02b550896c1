"""Vectors of many products in this process, in a quarter of the space: what is likely near is found among all of them.

Two codes a vector. Its `signs` tell at a glance which few in a hundred are worth a look; whole numbers of 8 bits,
with the vector's own scale, order those nearly as the vectors do. The database has the last word on the best.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import F, QuerySet

from generation.catalog.held import one_thread
from generation.catalog.signs import Signs, alike, signs_of
from generation.encoders.base import Vectors
from generation.models import DIMENSIONS, Product

BYTES = DIMENSIONS // 8 + DIMENSIONS + 12  # a product: signs, numbers, scale and id
LOOKED_AT_LEAST = 16_000  # products whose numbers are looked at for one question,
LOOKED_AT_SHARE = 50  # or one in so many: of a million crowded vectors' nearest 100 they hold 0.988
PIECE = 50_000  # vectors coded at once, 40 MB
FEW = 1 << 10  # rows worked on at once, so that what lies between stays in the processor's cache
LEVELS = 127
# A row of binary COPY: number of fields, then each after its length; a halfvec as in `held.VECTOR`.
_ROW = np.dtype(
    [
        ("fields", ">i2"), ("id_length", ">i4"), ("id", ">i8"), ("vector_length", ">i4"), ("dimensions", ">i2"),
        ("unused", ">i2"), ("vector", ">f2", (DIMENSIONS,)),
    ]
)  # fmt: skip
_HEAD = 19  # bytes before the first row; two more after the last are no row


@dataclass(frozen=True)
class Codes:
    """ids (n,); signs (d / 64, n), a word of 64 dimensions in each row; numbers (n, d); scales (n,)."""

    ids: npt.NDArray[np.int64]
    signs: Signs
    numbers: npt.NDArray[np.int8]
    scales: Vectors

    def likely(self, vectors: Vectors, most: int) -> list[npt.NDArray[np.int64]]:
        """For each row of `vectors` (m, d) the ids of `most` products among which the nearest are."""
        return [self.ids[self._best(vector, most)] for vector in np.asarray(vectors, dtype=np.float32)]

    def _best(self, vector: Vectors, most: int) -> npt.NDArray[np.intp]:
        rows = alike(self.signs, vector, max(LOOKED_AT_LEAST, len(self.ids) // LOOKED_AT_SHARE, most))
        cosines = np.empty(len(rows), dtype=np.float32)
        with one_thread():
            for start in range(0, len(rows), FEW):
                some = rows[start : start + FEW]
                cosines[start : start + FEW] = self.numbers[some].astype(np.float32) @ vector
        cosines *= self.scales[rows]
        cut = max(len(rows) - most, 0)
        return rows[np.argpartition(cosines, cut)[cut:]] if cut else rows


def coded(eligible: "QuerySet[Product]") -> Codes:
    """Read the vectors of `eligible`, piece by piece, keeping their codes; those without one are left out."""
    placed = eligible.filter(vector__isnull=False).order_by().annotate(embedding=F("vector__embedding"))
    sql, params = placed.values_list("id", "embedding").query.sql_with_params()
    pieces = [_coded(np.zeros(0, dtype=_ROW))]
    with connection.cursor() as cursor:
        filled = cursor.mogrify(sql, params)  # it fills the values in, as Django's own queries have them
        waiting = bytearray()
        with connection.wrap_database_errors, cursor.copy(f"COPY ({filled}) TO STDOUT (FORMAT binary)") as copy:
            for block in copy:
                waiting += block
                if len(waiting) >= PIECE * _ROW.itemsize:
                    pieces.append(_coded(_rows(waiting, first=len(pieces) == 1)))
        pieces.append(_coded(_rows(waiting, first=len(pieces) == 1)))
    ids, words, numbers, scales = zip(*pieces, strict=True)
    return Codes(np.concatenate(ids), np.concatenate(words, axis=1), np.concatenate(numbers), np.concatenate(scales))


def _rows(waiting: bytearray, *, first: bool) -> npt.NDArray[np.void]:
    """The whole rows of what has come of a binary COPY, which are taken out of it."""
    start = _HEAD if first else 0
    count = max(len(waiting) - start, 0) // _ROW.itemsize
    end = start + count * _ROW.itemsize
    rows = np.frombuffer(bytes(waiting[start:end]), dtype=_ROW)
    del waiting[:end]
    return rows


def _coded(rows: npt.NDArray[np.void]) -> tuple[npt.NDArray[np.int64], Signs, Any, Vectors]:
    vectors = rows["vector"].astype(np.float32)
    scales = np.abs(vectors).max(axis=1, initial=0.0) / LEVELS
    vectors_ = vectors / np.where(scales == 0, 1, scales)[:, None]
    return rows["id"].astype(np.int64), signs_of(vectors), np.rint(vectors_).astype(np.int8), scales.astype(np.float32)
