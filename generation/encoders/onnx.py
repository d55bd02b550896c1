"""The same MiniLM weights through onnxruntime, in 8-bit integers: for servers without a graphics card.

The exported file is made once, by `onnx_export.py`, and kept in the studio's cache folder. After that neither torch nor
transformers is imported. The packages are those of `requirements/onnx.lock`.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.encoders import onnx_export, sentence, tokens
from generation.encoders.base import BATCH, Vectors

LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class OnnxEncoder:
    """all-MiniLM-L6-v2 with most weights and activations in 8 bits: 384 dimensions.

    Its vectors lie within a cosine of about 0.996 of the full model's, and must not be compared with them: hence a name
    of its own. Activations are scaled by batch, so that a text's company may move its vector by a cosine of 0.01.
    `folder` keeps the exported file; `threads` as in SentenceEncoder.
    """

    folder: Path
    threads: int | None = None
    name: str = field(default="all-MiniLM-L6-v2-int8", init=False)
    dimensions: int = field(default=384, init=False)

    def encode(self, texts: Sequence[str], batch_size: int = BATCH) -> Vectors:
        """Vectors (len(texts), 384), float32, rows of length 1; see Encoder.encode."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        session = self.load()

        def forward(numbers: tokens.Numbers, mask: tokens.Numbers) -> npt.NDArray[np.float32]:
            given = {onnx_export.TOKENS: numbers, onnx_export.MASK: mask}
            return np.asarray(session.run(None, given)[0], dtype=np.float32)

        return tokens.vectors(texts, sentence.tokenizer(), self.dimensions, batch_size, self.threads, forward)

    def load(self) -> Any:
        """The session, ready; the first call on a machine exports the model, which takes some 15 seconds.

        Raises Misconfigured naming the missing package, or what the export said.
        """
        with LOADING:
            return _session(onnx_export.ensure(self.folder))


@lru_cache(maxsize=1)
def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a thread of its own for each batch; see tokens.py
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
