"""What goes with what, from who took what: item-to-item co-occurrence, and which product followed which."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]
Sparse = Any  # scipy's sparse arrays carry no types
History = Sequence[Sequence[int]]

SHRINK = 20.0
DECAY = 0.6
KEPT = 200


def cooccurrence(taken: Sparse, shrink: float = SHRINK, kept: int = KEPT) -> Sparse:
    """The likeness of items (items, items) by who took both, from `taken` (visitors, items), one where it was taken.

    Cosine with shrinkage: c_ij / (sqrt(c_i c_j) + shrink) (Sarwar et al., WWW 2001; shrinkage as in Bell and Koren,
    KDD Cup 2007): two products that one visitor took together are no evidence yet. Each item keeps its `kept` nearest,
    which bounds the memory whatever the log holds.
    """
    ones = sparse.csr_array(taken, dtype=np.float32, copy=True)
    ones.data[:] = 1.0
    both = sparse.csr_array(ones.T @ ones)
    count = both.diagonal()
    both.setdiag(0)
    both.eliminate_zeros()
    pairs = both.tocoo()
    pairs.data = (pairs.data / (np.sqrt(count[pairs.row] * count[pairs.col]) + shrink)).astype(np.float32)
    return nearest(pairs.tocsr(), kept)


def transitions(histories: History, items: int) -> Sparse:
    """The share of each item's followers (items, items): row i, column j is how often j came right after i."""
    before = [item for one in histories for item in one[:-1]]
    after = [item for one in histories for item in one[1:]]
    ones = np.ones(len(before), dtype=np.float32)
    counts = sparse.coo_array((ones, (before, after)), shape=(items, items)).tocsr()
    counts.setdiag(0)
    counts.eliminate_zeros()
    total = np.maximum(counts.sum(axis=1), 1.0).astype(np.float32)
    return sparse.csr_array(sparse.diags_array(1.0 / total) @ counts, dtype=np.float32)


def taken_of(histories: History, items: int, decay: float = 1.0) -> Sparse:
    """Histories (oldest first) as (histories, items): the last item weighs 1, the one before `decay`, and so on."""
    rows = [row for row, one in enumerate(histories) for _ in one]
    columns = [item for one in histories for item in one]
    weights = [decay ** (len(one) - 1 - place) for one in histories for place in range(len(one))]
    cells = (np.asarray(weights, dtype=np.float32), (rows, columns))
    found = sparse.coo_array(cells, shape=(len(histories), items)).tocsr()
    found.sum_duplicates()
    return found


def nearest(likeness: Sparse, kept: int) -> Sparse:
    """The `kept` greatest entries of each row of a sparse matrix."""
    rows = sparse.csr_array(likeness)
    counts = np.diff(rows.indptr)
    if not len(counts) or counts.max(initial=0) <= kept:
        return rows
    # Every entry's place within its row, by value: sort by row, then by value, and count from the row's start.
    row_of = np.repeat(np.arange(rows.shape[0]), counts)
    order = np.lexsort((-rows.data, row_of))
    place = np.arange(len(order)) - np.repeat(rows.indptr[:-1], counts)
    keep = np.sort(order[place < kept])
    cells = (rows.data[keep], (row_of[keep], rows.indices[keep]))
    return sparse.csr_array(sparse.coo_array(cells, shape=rows.shape))
