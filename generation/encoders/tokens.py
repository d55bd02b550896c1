"""Texts as the model's numbers, in batches of about equal length, worked on by as many threads as there are cores.

Each batch is one thread's own: threads that share a batch wait for one another at every layer, which costs a fifth of
the processor and much more on a busy machine. Every library that computes here must therefore keep to one thread.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from generation.encoders.base import FEW, Vectors

MAX_TOKENS = 128  # a product title has about 16 and the model was trained on 128: more only costs time
Numbers = npt.NDArray[np.int64]
Forward = Callable[[Numbers, Numbers], npt.NDArray[np.float32]]
"""Vectors (n, d) of tokens (n, t) and their mask (n, t), 1 where a token is and 0 where the row is filled up."""


class Batch(NamedTuple):
    """`rows` (n,) are the places of the texts in the order given; tokens and mask are (n, t)."""

    rows: npt.NDArray[np.intp]
    tokens: Numbers
    mask: Numbers


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def vectors(
    texts: Sequence[str], tokenizer: Path, dimensions: int, size: int, threads: int | None, forward: Forward
) -> Vectors:
    """Vectors (len(texts), dimensions) with rows of length 1, in the order given.

    `threads` None: one for a few texts, which the caller's own thread then is, and every core for many.
    """
    found = np.empty((len(texts), dimensions), dtype=np.float32)

    def work(batch: Batch) -> None:
        found[batch.rows] = forward(batch.tokens, batch.mask)

    parts = batches(texts, tokenizer, size)
    at_once = min(threads or (1 if len(texts) <= FEW else cores()), len(parts))
    if at_once <= 1:
        for part in parts:
            work(part)
    else:
        with ThreadPoolExecutor(at_once, thread_name_prefix="encode") as pool:
            for _done in pool.map(work, parts):
                pass
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found / np.maximum(lengths, 1e-12), dtype=np.float32)


def batches(texts: Sequence[str], tokenizer: Path, size: int) -> list[Batch]:
    """The texts in batches of `size`, longest first: a batch is filled up little, and the last ones are short."""
    encoded = [one.ids for one in _tokenizer(tokenizer).encode_batch_fast(list(texts))]
    order = sorted(range(len(encoded)), key=lambda place: -len(encoded[place]))
    return [_batch(order[start : start + size], encoded) for start in range(0, len(order), size)]


def _batch(rows: list[int], encoded: list[list[int]]) -> Batch:
    wide = len(encoded[rows[0]])
    tokens = np.zeros((len(rows), wide), dtype=np.int64)
    mask = np.zeros((len(rows), wide), dtype=np.int64)
    for line, row in enumerate(rows):
        tokens[line, : len(encoded[row])] = encoded[row]
        mask[line, : len(encoded[row])] = 1
    return Batch(np.asarray(rows, dtype=np.intp), tokens, mask)


@cache
def _tokenizer(path: Path) -> Tokenizer:
    found = Tokenizer.from_file(str(path))
    found.enable_truncation(MAX_TOKENS)
    found.no_padding()
    return found
