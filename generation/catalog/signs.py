"""The signs of vectors, a bit a dimension: which few in a hundred are worth a look is told at a glance.

The fewer signs two vectors have different (Hamming distance), the smaller is likely the angle between them (Charikar
2002, "Similarity estimation techniques from rounding algorithms"). A million products take 48 MB, and about 5 ms.
"""

import numpy as np
import numpy.typing as npt

from generation.encoders.base import Vectors

Signs = npt.NDArray[np.uint64]
WORD = 64  # bits
BLOCK = 1 << 15  # vectors looked at together, so that what lies between stays in the processor's cache
COUNTED = 16  # one in so many distances is looked at to find how far to go


def signs_of(vectors: Vectors) -> Signs:
    """(d / 64, n) of vectors (n, d); d is a multiple of 64."""
    return np.ascontiguousarray(np.packbits(vectors > 0, axis=1).view(np.uint64).T)


def alike(signs: Signs, vector: Vectors, most: int) -> npt.NDArray[np.intp]:
    """The places of those of `signs` (d / 64, n) that have the most in common with `vector` (d,), about `most`."""
    words, count = signs.shape
    if count <= most:
        return np.arange(count)
    asked = signs_of(vector[None])[:, 0]
    distances = np.zeros(count, dtype=np.uint16)
    for start in range(0, count, BLOCK):
        found = distances[start : start + BLOCK]
        for word, wanted in zip(signs[:, start : start + BLOCK], asked, strict=True):
            found += np.bitwise_count(word ^ wanted)
    counts = np.cumsum(np.bincount(distances[::COUNTED], minlength=words * WORD + 1))
    places = np.flatnonzero(distances <= np.searchsorted(counts, most / COUNTED))
    # The sample may have missed all that is near, or ties may be many: then exactly.
    return places if most // 2 < len(places) < most * 4 else np.argpartition(distances, most)[:most]
