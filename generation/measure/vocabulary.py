"""Candidate pruning against the whole vocabulary, at a size of one's choosing: what the index finds, and how fast.

The vocabulary is a store's own keywords, then copies of them that are moved a little, in a scratch schema: the search
path puts that schema first, so that the studio's own query runs on it unchanged, and nothing of the store is touched.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from pgvector import HalfVector

from accounts.models import Store
from generation import kit
from generation.campaigns.constraints import Constraints
from generation.catalog.search import CatalogSearch
from generation.encoders.base import Vectors
from generation.llm.library import shelf
from generation.measure import metrics
from generation.models import DIMENSIONS, Keyword
from generation.stages import candidates
from storefront_studio.lib.errors import BadInput

SCHEMA = "bench_vocabulary"
MOVED = 0.45  # length of the noise added to a vector of length 1; a copy keeps a cosine of about 0.91 to its original
THEMES = 60
Say = Callable[[str], object]


def measure(store: Store, size: int, say: Say = lambda text: None) -> dict[str, Any]:
    """Rows for the studio's pruning and for a plain exact scan over `size` keywords; times are per theme.

    `recall per concept`: the share found of the nearest keywords to one concept or title, as many as are asked for;
    `recall@100 per theme`: of the 100 nearest to a theme, each taken by its best cosine to a concept or the title.
    """
    themes = shelf.written()[:: max(1, len(shelf.written()) // THEMES)][:THEMES]
    asked = [[*theme.concepts, theme.title] for theme in themes]
    vectors = [kit.encoder().encode(texts) for texts in asked]
    with _vocabulary(store, size, say) as (ids, matrix):
        search = CatalogSearch(store, Constraints(), timezone.localdate())
        exact_each, exact_best, exact_ms = _exact(ids, matrix, vectors)
        say("The studio's pruning")
        search.nearest_keywords(vectors[0], candidates.EACH, candidates.LEAST_DENSITY)  # plans and pages warm
        found, times = [], []
        for one in vectors:
            began = time.perf_counter()
            nearest = search.nearest_keywords(one, candidates.EACH, candidates.LEAST_DENSITY)
            times.append((time.perf_counter() - began) * 1000)
            found.append([[(keyword.pk, cosine) for keyword, cosine in row] for row in nearest])
        built = len(ids)
    each = [
        metrics.recall([pk for pk, _cosine in got], set(best), len(got))
        for rows, wanted in zip(found, exact_each, strict=True)
        for got, best in zip(rows, wanted, strict=True)
    ]
    pruned = [_best({pk: max(c for row in rows for k, c in row if k == pk) for row in rows for pk, _ in row})
              for rows in found]  # fmt: skip
    whole = [metrics.recall(got, set(best), candidates.MOST) for got, best in zip(pruned, exact_best, strict=True)]
    return {
        "systems": [
            _row("studio, through the index", each, whole, times),
            _row("exact scan of the whole vocabulary", [1.0], [1.0], exact_ms),
        ],
        "keywords": built,
        "themes": len(themes),
        "notes": [
            f"{min(Keyword.objects.filter(store=store).count(), size):,} keywords are the store's own; the others are "
            "copies moved at random, which crowd every neighbourhood and so make it harder than real words would.",
            "The exact scan is a matrix product in this process, without the database.",
        ],
    }


def _row(name: str, each: list[float | None], whole: list[float | None], times: list[float]) -> dict[str, Any]:
    return {
        "name": name,
        "recall per concept": _rounded([value for value in each if value is not None]),
        "recall@100 per theme": _rounded([value for value in whole if value is not None]),
        "p50_ms": round(metrics.percentile(times, 0.5), 1),
        "p95_ms": round(metrics.percentile(times, 0.95), 1),
    }


def _rounded(values: list[float]) -> float | None:
    found = metrics.mean(values)
    return None if found is None else round(found, 4)


def _best(cosines: dict[int, float]) -> list[int]:
    return sorted(cosines, key=lambda pk: (-cosines[pk], pk))[: candidates.MOST]


def _exact(
    ids: list[int], matrix: Vectors, vectors: list[Vectors]
) -> tuple[list[list[list[int]]], list[list[int]], list[float]]:
    """For each theme: the nearest ids of every row, the best of them all, and the milliseconds it took."""
    each, best, times = [], [], []
    known = np.asarray(ids)
    for rows in vectors:
        began = time.perf_counter()
        cosines = matrix @ rows.T
        near = np.argpartition(-cosines, candidates.EACH, axis=0)[: candidates.EACH]
        top = cosines.max(axis=1)
        first = np.argpartition(-top, candidates.MOST)[: candidates.MOST]
        times.append((time.perf_counter() - began) * 1000)
        each.append([known[near[:, column]].tolist() for column in range(rows.shape[0])])
        best.append(known[first].tolist())
    return each, best, times


@contextmanager
def _vocabulary(store: Store, size: int, say: Say) -> Iterator[tuple[list[int], Vectors]]:
    """Ids and vectors (size, d) of the scratch vocabulary, which this connection sees in the place of the real one."""
    own = Keyword.objects.filter(store=store, density__gte=candidates.LEAST_DENSITY).exclude(embedding=None)
    rows = [np.asarray(value, dtype=np.float32) for value in own.order_by("id").values_list("embedding", flat=True)]
    if not rows:
        raise BadInput(f"{store} has no vocabulary yet. Import and embed its products first.")
    matrix = _grown(np.stack(rows)[:size], size)
    table = Keyword._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        try:
            cursor.execute(f"CREATE UNLOGGED TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING DEFAULTS)")
            cursor.execute(f"SET search_path = {SCHEMA}, public")
            _load(cursor, store, matrix, say)
            say(f"Building the index over {size:,} keywords")
            cursor.execute("SET maintenance_work_mem = '1GB'")
            cursor.execute(
                f"CREATE INDEX ON {SCHEMA}.{table} USING hnsw (embedding halfvec_cosine_ops) "
                "WITH (m = 16, ef_construction = 64)"
            )
            cursor.execute(f"CREATE INDEX ON {SCHEMA}.{table} (id)")
            cursor.execute(f"ANALYZE {SCHEMA}.{table}")
            yield list(range(1, size + 1)), matrix
        finally:
            cursor.execute("RESET search_path")
            cursor.execute("RESET maintenance_work_mem")
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def _grown(own: Vectors, size: int) -> Vectors:
    """`own` (n, d) and moved copies of its rows, `size` in all, each of length 1 and as a half-precision column
    would give it back."""
    chance = np.random.default_rng(1)
    rows = own[chance.integers(0, len(own), size - len(own))]
    noise = chance.standard_normal(rows.shape, dtype=np.float32) * np.float32(MOVED / DIMENSIONS**0.5)
    grown = np.vstack([own, rows + noise])
    grown /= np.linalg.norm(grown, axis=1, keepdims=True)
    return grown.astype(np.float16).astype(np.float32)


def _load(cursor: Any, store: Store, matrix: Vectors, say: Say) -> None:
    columns = "id, store_id, kind, field, text, origin, synonyms, density, embedding, encoder, created_at"
    now = timezone.now()
    with cursor.copy(f"COPY {SCHEMA}.{Keyword._meta.db_table} ({columns}) FROM STDIN") as copy:
        for number, row in enumerate(matrix, start=1):
            text = HalfVector(row).to_text()
            copy.write_row((number, store.pk, "search", "", f"keyword {number}", "catalogue", "{}", 10, text, "", now))
            if number % 20_000 == 0:
                say(f"Loaded {number:,} of {len(matrix):,} keywords")
