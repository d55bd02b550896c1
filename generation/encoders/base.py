"""The door to vector models: text in, unit vectors out.

This file imports nothing heavy, so anything may name the port; what loads a model is an adapter beside it.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""One vector (d,) or one vector a row (n, d), of length 1, so that a dot product is a cosine."""


FEW = 256
"""Texts up to which an encoder does with one processor thread: pages ask for a few at a time, several pages at once."""
BATCH = 16
"""Texts that a model on the processor is given at once: what they need stays in the processor's own memory."""


class Encoder(Protocol):
    """A model that places texts in a space where near means alike."""

    @property
    def name(self) -> str:
        """Which model wrote the vectors: vectors under different names must never be compared."""

    @property
    def dimensions(self) -> int:
        """Length of every vector; the database column has the same."""

    def encode(self, texts: Sequence[str], batch_size: int = BATCH) -> Vectors:
        """Vectors (len(texts), dimensions), float32, rows of length 1, in the order given.

        No text gives an array (0, dimensions); an empty text has a vector too, also of length 1.
        Raises Misconfigured when the model cannot be loaded.
        """
