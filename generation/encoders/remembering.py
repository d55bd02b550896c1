"""An encoder that keeps the vectors of short texts: a run asks for the same titles and concepts at every stage."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from generation.encoders.base import BATCH, FEW, Encoder, Vectors

MOST = 30_000  # vectors; 1.5 KB each


class Remembering:
    """The vectors of `inner`, each text encoded once while it is among the last `most`. Safe for threads."""

    def __init__(self, inner: Encoder, most: int = MOST) -> None:
        self.inner, self._most = inner, most
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def dimensions(self) -> int:
        return self.inner.dimensions

    def encode(self, texts: Sequence[str], batch_size: int = BATCH) -> Vectors:
        """See Encoder.encode; the rows are copies."""
        if not texts:
            return self.inner.encode(texts, batch_size)
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        for start in range(0, len(new), FEW):  # so many that the encoder keeps to one processor thread
            part = new[start : start + FEW]
            found.update(zip(part, self.inner.encode(part, batch_size), strict=True))
        with self._lock:
            for text in dict.fromkeys(texts):
                self._known[text] = found[text]
                self._known.move_to_end(text)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return np.asarray([found[text] for text in texts], dtype=np.float32)
