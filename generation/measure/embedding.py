"""Embedding a catalogue beside the bare model on the same texts and cores: speed, memory, and what 8 bits cost.

The worker's row is the worker's own road: products are read from the database, their texts made, encoded, and the
vectors written with their index. Each system has a process of its own, since peak memory never goes down.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection

from accounts.models import Store
from generation.catalog.sample import generator
from generation.encoders.base import Vectors
from generation.encoders.tokens import cores
from generation.measure import metrics, retrieval, stores
from generation.models import Product

Say = Callable[[str], object]
CHILD = """
import sys, django
from storefront_studio import bootstrap
bootstrap.prepare()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from generation.measure import embed_child
embed_child.main(*sys.argv[2:])
"""
BARE = "SentenceTransformer.encode"
AXES = 128
SYSTEMS = {
    "worker": "our worker: read, encode, write",
    "worker-int8": "our worker, ONNX int8",
    "encoder": "our encoder alone",
    "encoder-int8": "our encoder alone, ONNX int8",
    "bare": f"bare {BARE}, same weights in the same precision",
    "bare-32": f"bare {BARE}, as it comes (32 bits)",
}
DEPTH, POOLS = 100, (400, 1600)
"""Neighbours that a compressed vector must find, and how many it may look at again in full."""


def measure(
    products: Path | None, mapping: Path | None, judgements: Path | None, rounds: int, say: Say = lambda text: None
) -> dict[str, Any]:
    """One row a system, the best of `rounds`. Ratios are to the bare model in the same precision; with judgements
    nDCG@10 and recall@100 of plain cosine too. Raises BadInput for a bad feed or bad judgements."""
    ratings = retrieval.read_judgements(judgements) if judgements else None
    notes = []
    asked = dict(SYSTEMS)
    if not _installed("onnxruntime", "onnx"):
        asked = {key: name for key, name in asked.items() if not key.endswith("int8")}
        notes.append("ONNX int8 is left out: its packages are not installed (requirements/onnx.lock has them).")
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        feed = products or Path(folder) / "sample.jsonl"
        if products is None:
            generator.write_jsonl(feed)
        store = Store.objects.create(slug=f"bench-embedding-{time.time_ns()}", name="Embedding measurement")
        try:
            say("Importing")
            stores.bring_in(store, feed, mapping, say)
            queries = list(ratings or retrieval.category_judgements(store))
            (Path(folder) / "queries.json").write_text(json.dumps(queries), encoding="utf-8")
            best: dict[str, dict[str, Any]] = {}
            for number in range(rounds):
                for key, name in asked.items():
                    say(f"Round {number + 1} of {rounds}: {name}")
                    found = _apart(key, store, folder)
                    if key not in best or found["seconds"] < best[key]["seconds"]:
                        best[key] = found
            items = dict(Product.objects.filter(store=store).values_list("id", "item_id"))
            rows = [_row(key, found, best["bare"]) for key, found in best.items()]
            if ratings is not None:
                for key, row in zip(best, rows, strict=True):
                    row.update(_quality(*_vectors(folder, key), queries, ratings, items))
            smaller = compressed(*_vectors(folder, "encoder")[1:])
        finally:
            store.delete()
    notes.append("CPU seconds and peak MB are of the process that encodes, without PostgreSQL.")
    notes.append("Ratios are to the bare model in the same precision.")
    return {"systems": rows, "smaller": smaller, "texts": len(items), "cores": cores(), "notes": notes}


def _apart(key: str, store: Store, folder: str) -> dict[str, Any]:
    asked = [sys.executable, "-c", CHILD, str(connection.settings_dict["NAME"]), key, str(store.pk), folder]
    done = subprocess.run(asked, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"measuring {key} failed: {done.stderr.strip()[-800:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _row(key: str, found: dict[str, Any], bare: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": SYSTEMS[key],
        "texts_per_s": round(found["texts"] / found["seconds"], 1),
        "times_bare": round(bare["seconds"] / found["seconds"], 2),
        "cpu_s": round(found["cpu"], 1),
        "peak_mb": found["peak_mb"],
        "start_s": round(found["start"], 1),
    }


def _vectors(folder: str, key: str) -> tuple[Any, Vectors, Vectors]:
    with np.load(Path(folder) / f"{key}.npz") as kept:
        return kept["ids"], kept["products"], kept["queries"]


def _quality(
    ids: Any,
    products: Vectors,
    asked: Vectors,
    queries: list[str],
    ratings: retrieval.Ratings,
    items: dict[int, str],
) -> dict[str, Any]:
    """nDCG@10 and recall@100 of plain cosine, over the queries with something relevant."""
    gains, recalls = [], []
    for query, cosines in zip(queries, asked @ products.T, strict=True):
        relevant = {item for item, rating in ratings[query].items() if rating >= metrics.RELEVANT}
        if relevant:
            ranked = [items[ids[place]] for place in np.argsort(-cosines, kind="stable")[:DEPTH]]
            gains.append(metrics.ndcg(ranked, ratings[query]) or 0.0)
            recalls.append(metrics.recall(ranked, relevant, DEPTH) or 0.0)
    return {
        "ndcg@10": round(float(np.mean(gains)), 4) if gains else None,
        "recall@100": round(float(np.mean(recalls)), 4) if recalls else None,
    }


def compressed(products: Vectors, asked: Vectors) -> list[dict[str, Any]]:
    """What shorter vectors lose: the share of the 100 nearest by the whole vector that each finds, alone and when its
    first 400 or 1,600 are ordered again by the whole one, beside the bytes of a vector.

    Binary codes keep each number's sign (compared with the mean of its column); axes are the directions in which the
    vectors differ most; shortened vectors keep the first numbers, which suits models trained for it (Kusupati et al.,
    2022), and the bundled one was not. Searches over many products hold signs and 8 bits (`catalog.codes`).
    """
    if len(products) <= max(POOLS):
        return []
    wide = products.shape[1]
    mean = products.mean(axis=0)
    signs, asked_signs = np.where(products > mean, 1, -1), np.where(asked > mean, 1, -1)
    whole = asked @ products.T
    kinds: dict[str, tuple[int, Any]] = {
        f"{wide} numbers in 16 bits": (2 * wide, asked.astype(np.float16).astype(np.float32) @ _halved(products).T),
        f"{wide} signs (binary)": (wide // 8, (asked_signs.astype(np.float32) @ signs.astype(np.float32).T)),
    }
    axes = np.ascontiguousarray(np.linalg.eigh(products.T @ products)[1][:, -AXES:])
    turned, asked_turned = products @ axes, asked @ axes
    steps = np.abs(turned).max(axis=0) / 127
    scales = np.abs(products).max(axis=1, keepdims=True) / 127
    kinds[f"{wide} numbers in 8 bits"] = (wide + 4, asked @ (np.round(products / scales) * scales).T)
    kinds[f"{AXES} axes in 32 bits"] = (4 * AXES, asked_turned @ turned.T)
    kinds[f"{AXES} axes in 8 bits"] = (AXES, asked_turned @ (np.round(turned / steps) * steps).T)
    for kept in (256, 128, 64):
        kinds[f"first {kept} numbers in 16 bits"] = (2 * kept, _short(asked, kept) @ _short(products, kept).T)
    rows = []
    for name, (size, scores) in kinds.items():
        found: dict[int, list[float]] = {size: [] for size in (DEPTH, *POOLS)}
        for exact, rough in zip(whole, scores, strict=True):
            best, order = set(_first(exact, DEPTH).tolist()), _first(rough, max(POOLS))
            for among, shares in found.items():
                pool = order[:among]
                shares.append(len(best & set(pool[_first(exact[pool], DEPTH)].tolist())) / DEPTH)
        rows.append(
            {
                "name": name,
                "bytes": size,
                "found@100": round(float(np.mean(found[DEPTH])), 4),
                **{f"found@100_of_{among}_rescored": round(float(np.mean(found[among])), 4) for among in POOLS},
            }
        )
    return rows


def _halved(rows: Vectors) -> Vectors:
    return rows.astype(np.float16).astype(np.float32)


def _short(rows: Vectors, kept: int) -> Vectors:
    part = rows[:, :kept]
    return _halved(np.asarray(part / np.linalg.norm(part, axis=1, keepdims=True), dtype=np.float32))


def _first(scores: Any, limit: int) -> Any:
    return np.argsort(-scores, kind="stable")[:limit]


def _installed(*packages: str) -> bool:
    try:
        return bool([version(package) for package in packages])
    except PackageNotFoundError:
        return False
