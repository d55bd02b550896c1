"""A model that reads a query and a product together, and so orders the first results of a search once more: optional,
from a folder of this machine, off by default.

A cross-encoder (Nogueira and Cho, 2019) tells better than two vectors what suits a query, and costs a pass through the
model for each product; hence the first 50 only, and not for the pools of pages, which are hundreds of pairs a row.
"""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from storefront_studio.lib.errors import Misconfigured

FIRST = 50  # results that are read again
BATCH = 16
LONGEST = 256  # tokens of query and product together; the rest of a text is cut off


class Reranker(Protocol):
    """Scores of texts for a query, any range, higher is better."""

    @property
    def name(self) -> str: ...

    def score(self, query: str, texts: Sequence[str]) -> list[float]: ...

    def load(self) -> None: ...


@dataclass
class CrossEncoderReranker:
    """A folder that `sentence_transformers.CrossEncoder` can load; nothing is read before it is asked."""

    folder: Path
    _model: Any = None
    _loading: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return self.folder.name

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """A score for each of the texts. Raises Misconfigured when the model cannot be loaded or does not score."""
        if not texts:
            return []
        self.load()
        scores = np.asarray(
            self._model.predict(
                [(query, text) for text in texts], batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True
            ),
            dtype=np.float64,
        )
        if scores.shape != (len(texts),) or not np.isfinite(scores).all():
            raise self._wrong(f"it gives {scores.shape} scores for {len(texts)} texts, or none that can be compared")
        found: list[float] = scores.tolist()
        return found

    def load(self) -> None:
        """Make the model ready. Raises Misconfigured."""
        with self._loading:
            if self._model is None:
                self._model = self._read()

    def _read(self) -> Any:
        # Set before the library is imported: it reads these once, and would else look online for a model.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        if not self.folder.is_dir():
            raise self._wrong("there is no such folder")
        try:
            from sentence_transformers import CrossEncoder
        except ImportError as error:
            raise self._wrong(f"a package is missing ({error}); pip install sentence-transformers") from None
        try:
            return CrossEncoder(str(self.folder), device="cpu", max_length=LONGEST, local_files_only=True)
        except Exception as error:  # whatever it says of files that are missing, cut off or of another kind
            raise self._wrong(" ".join(str(error).split())[:300]) from error

    def _wrong(self, what: str) -> Misconfigured:
        return Misconfigured(
            f"The re-ranking model {self.folder} cannot be used: {what}. Name a folder with a cross-encoder in "
            "RERANKER, or leave RERANKER empty to search without one."
        )
