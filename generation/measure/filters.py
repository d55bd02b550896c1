"""Nearest products under a constraint, at a size of one's choosing: what the studio's own plan finds, and how fast.

The products are a store's own, then copies whose vectors are moved a little, in a scratch schema: the search path puts
it first, so that the studio's own search runs on it unchanged, and nothing of the store is touched. Prices are drawn
evenly, so that a highest price leaves the share of the products that is asked for.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import F
from django.utils import timezone
from pgvector import HalfVector

from accounts.models import Store
from generation.campaigns.constraints import Constraints
from generation.catalog import nearest, shared
from generation.catalog.held import hold
from generation.catalog.search import CatalogSearch
from generation.encoders.base import Vectors
from generation.measure import metrics
from generation.measure.vocabulary import MOVED
from generation.models import DIMENSIONS, Keyword, Product, ProductVector
from storefront_studio.lib.errors import BadInput

SCHEMA = "bench_filters"
LIMIT = 100
QUERIES = 60
SHARES = (1.0, 0.5, 0.1, 0.01, 0.001)
HIGHEST = 1000  # price
NOISES = 1000
CHUNK = 100_000
Say = Callable[[str], object]
Truth = dict[float, list[set[int]]]


def measure(store: Store, rows: int, say: Say = lambda text: None) -> dict[str, Any]:
    """Rows for the bare query over the index and for the studio's search at each share of eligible products.

    Recall is against comparing every eligible vector; `short` counts answers with fewer than 100 products although
    there are as many eligible ones; `first_ms` is what the first search of a run does once: counting what is eligible
    and, where that is the plan, reading the vectors. Times are one search each, and `times bare` compares the p95.
    """
    asked = _questions(store)
    with _catalogue(store, rows, say) as seconds:
        say("Comparing every vector")
        truth = _truth(asked)
        say("The bare query")
        bare = [_bare(asked, truth[1.0], effort) for effort in (40, LIMIT, nearest.MOST_EFFORT)]
        systems = [*bare]
        for share in SHARES:
            say(f"The studio's search, {share:.1%} eligible")
            systems.append(_studio(store, share, asked, truth[share]))
        for row in systems:
            row["times bare"] = round(row["p95_ms"] / bare[0]["p95_ms"], 2)
            row[f"times bare, ef {LIMIT}"] = round(row["p95_ms"] / bare[1]["p95_ms"], 2)
    return {
        "systems": systems,
        "products": rows,
        "searches": len(asked),
        "notes": [
            f"{min(store.products.count(), rows):,} products are the store's own, the others copies with a cosine of "
            "about 0.91 to their original: they crowd every neighbourhood and make it harder than real products would.",
            f"With pgvector's default of hnsw.ef_search, 40, the bare query answers with {bare[0]['found']} of {LIMIT} "
            f"products. `times bare` compares with that, the last column with {LIMIT} in its place.",
            f"The index took {seconds:.0f} s to build.",
        ],
    }


def _questions(store: Store) -> Vectors:
    """What retrieval asks for: vectors (n, d) of the store's own search phrases."""
    words = Keyword.objects.filter(store=store, kind="search", embedding__isnull=False).order_by("id")
    every = list(words.values_list("embedding", flat=True))
    if not every or not ProductVector.objects.filter(store=store).exists():
        raise BadInput(f"{store} has no vocabulary or vectors yet. Import and embed its products first.")
    return np.asarray(every[:: max(1, len(every) // QUERIES)][:QUERIES], dtype=np.float32)


def _studio(store: Store, share: float, asked: Vectors, truth: Sequence[set[int]]) -> dict[str, Any]:
    limits = Constraints(in_stock=False, price_max=None if share == 1 else Decimal(HIGHEST) * Decimal(str(share)))
    shared.forget()
    search = CatalogSearch(store, limits, timezone.localdate())
    began = time.perf_counter()
    search.near(asked[:1], LIMIT)
    first = (time.perf_counter() - began) * 1000
    found, times = _timed(asked, lambda vector: [id_ for id_, _cosine in search.near(vector[None], LIMIT)[0]])
    plan = nearest.plan(search.eligible_count, nearest.vectors_stored(), LIMIT)
    enough = min(LIMIT, search.eligible_count)
    how = f"{plan.way}, ef {plan.effort}" if plan.effort else plan.way
    return {
        **_row(f"studio, {share:.1%} eligible", how, found, truth, times),
        "short": sum(len(row) < enough for row in found),
        "first_ms": round(first, 1),
    }


def _bare(asked: Vectors, truth: Sequence[set[int]], effort: int) -> dict[str, Any]:
    texts = {vector.tobytes(): HalfVector(vector).to_text() for vector in asked}
    sql = f"SELECT product_id FROM generation_productvector ORDER BY embedding <=> %s::halfvec LIMIT {LIMIT}"
    with connection.cursor() as cursor:

        def search(vector: Vectors) -> list[int]:
            cursor.execute(sql, [texts[vector.tobytes()]])
            return [id_ for (id_,) in cursor.fetchall()]

        cursor.execute(f"SET hnsw.ef_search = {effort}")
        cursor.execute("SET hnsw.iterative_scan = off")  # bare
        search(asked[0])
        found, times = _timed(asked, search)
        cursor.execute("RESET hnsw.ef_search")
        cursor.execute("RESET hnsw.iterative_scan")
    short = sum(len(row) < LIMIT for row in found)
    return {**_row(f"bare query, ef {effort}", f"index, ef {effort}", found, truth, times), "short": short}


def _timed(asked: Vectors, search: Callable[[Vectors], list[int]]) -> tuple[list[list[int]], list[float]]:
    found, times = [], []
    for vector in asked:
        began = time.perf_counter()
        found.append(search(vector))
        times.append((time.perf_counter() - began) * 1000)
    return found, times


def _row(
    name: str, plan: str, found: Sequence[list[int]], truth: Sequence[set[int]], times: list[float]
) -> dict[str, Any]:
    recalls = [metrics.recall(row, best, LIMIT) or 0.0 for row, best in zip(found, truth, strict=True)]
    return {
        "name": name,
        "plan": plan,
        "recall@100": round(metrics.mean(recalls) or 0.0, 4),
        "found": min(map(len, found)),
        "short": 0,
        "first_ms": None,
        "p50_ms": round(metrics.percentile(times, 0.5), 2),
        "p95_ms": round(metrics.percentile(times, 0.95), 2),
    }


def _truth(asked: Vectors) -> Truth:
    """For each share and question the ids of the nearest of the eligible, by comparing them all, piece by piece."""
    best: dict[tuple[float, int], tuple[Any, Any]] = {
        (share, place): (np.zeros(0), np.zeros(0, dtype=np.int64)) for share in SHARES for place in range(len(asked))
    }
    last = 0
    while True:
        ids = Product.objects.filter(id__gt=last).order_by("id").values_list("id", flat=True)
        rows = list(ids.values_list("id", "effective_price")[:CHUNK])
        if not rows:
            break
        piece = hold(
            ProductVector.objects.filter(product_id__gt=last, product_id__lte=rows[-1][0])
            .annotate(id=F("product_id"))
            .values_list("id", "embedding")
        )
        prices = np.asarray([float(price) for _id, price in rows])
        cosines = asked @ piece.matrix.T
        for share in SHARES:
            among = np.flatnonzero(prices <= HIGHEST * share)
            for place in range(len(asked)):
                scores = np.concatenate([best[share, place][0], cosines[place, among]])
                known = np.concatenate([best[share, place][1], piece.ids[among]])
                order = np.argsort(-scores, kind="stable")[:LIMIT]
                best[share, place] = scores[order], known[order]
        last = rows[-1][0]
    return {share: [set(best[share, place][1].tolist()) for place in range(len(asked))] for share in SHARES}


@contextmanager
def _catalogue(store: Store, rows: int, say: Say) -> Iterator[float]:
    """The scratch products, which this connection sees in the place of the real ones; the seconds the index took."""
    products, vectors = Product._meta.db_table, ProductVector._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        try:
            say(f"Writing {rows:,} products")
            for table in (products, vectors):
                cursor.execute(f"CREATE UNLOGGED TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING DEFAULTS)")
            _noise(cursor)
            own = _fill(cursor, store, rows)
            if not own:
                raise BadInput(f"{store} has no products with vectors.")
            cursor.execute(f"SET search_path = {SCHEMA}, public")
            cursor.execute("SET maintenance_work_mem = '2GB'")
            cursor.execute("SET max_parallel_maintenance_workers = 1")
            cursor.execute(f"ALTER TABLE {SCHEMA}.{products} ADD PRIMARY KEY (id)")
            cursor.execute(f"CREATE INDEX ON {SCHEMA}.{products} (store_id, effective_price)")
            cursor.execute(f"ALTER TABLE {SCHEMA}.{vectors} ADD PRIMARY KEY (product_id)")
            say(f"Building the index over {rows:,} vectors")
            began = time.perf_counter()
            cursor.execute(
                f"CREATE INDEX ON {SCHEMA}.{vectors} USING hnsw (embedding halfvec_cosine_ops) "
                "WITH (m = 16, ef_construction = 64)"
            )
            seconds = time.perf_counter() - began
            for table in (products, vectors):
                cursor.execute(f"ANALYZE {SCHEMA}.{table}")
            yield seconds
        finally:
            for name in ("search_path", "maintenance_work_mem", "max_parallel_maintenance_workers"):
                cursor.execute(f"RESET {name}")
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def _noise(cursor: Any) -> None:
    """Ways in which a vector is moved; number 0 leaves it where it is."""
    chance = np.random.default_rng(1).standard_normal((NOISES, DIMENSIONS)) * MOVED / DIMENSIONS**0.5
    chance[0] = 0
    cursor.execute(f"CREATE UNLOGGED TABLE {SCHEMA}.noise (id int PRIMARY KEY, moved halfvec({DIMENSIONS}))")
    with cursor.copy(f"COPY {SCHEMA}.noise FROM STDIN") as copy:
        for number, row in enumerate(chance):
            copy.write_row((number, HalfVector(row).to_text()))


def _fill(cursor: Any, store: Store, rows: int) -> int:
    """Products 1 to `rows`: first the store's own, then its own again and again, moved; how many are its own."""
    products, vectors = Product._meta.db_table, ProductVector._meta.db_table
    for field in ("search", "margin"):  # not looked at here, and a third of the work
        cursor.execute(f"ALTER TABLE {SCHEMA}.{products} ALTER COLUMN {field} DROP NOT NULL")
    cursor.execute(
        f"CREATE UNLOGGED TABLE {SCHEMA}.own AS SELECT row_number() OVER (ORDER BY product_id) - 1 AS place, "
        f"product_id, embedding FROM public.{vectors} WHERE store_id = %s",
        [store.pk],
    )
    cursor.execute(f"SELECT count(*) FROM {SCHEMA}.own")
    own = int(cursor.fetchone()[0])
    drawn = {"id": "number", "item_id": "number::text", "price": "drawn.price", "effective_price": "drawn.price"}
    left_out = {"search", "margin", "description", "attributes", "sale_price"}
    names = [str(field.column) for field in Product._meta.concrete_fields if field.column not in left_out]
    given = [drawn.get(name, f"p.{connection.ops.quote_name(name)}") for name in names]
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    cursor.execute("SELECT setseed(0.5)")
    cursor.execute(
        f"""INSERT INTO {SCHEMA}.{products} ({quoted}, description, attributes)
            SELECT {", ".join(given)}, '', '{{}}' FROM (
                SELECT number, greatest(round((random() * {HIGHEST})::numeric, 2), 0.01) AS price
                FROM generate_series(1, %s) AS number) AS drawn
            JOIN {SCHEMA}.own o ON o.place = (number - 1) %% %s JOIN public.{products} p ON p.id = o.product_id""",
        [rows, max(own, 1)],
    )
    cursor.execute(
        f"""INSERT INTO {SCHEMA}.{vectors} (product_id, store_id, text_hash, encoder, embedding)
            SELECT number, %s, '', '', CASE WHEN number <= %s THEN o.embedding
                   ELSE l2_normalize(o.embedding + n.moved)::halfvec({DIMENSIONS}) END
            FROM generate_series(1, %s) AS number JOIN {SCHEMA}.own o ON o.place = (number - 1) %% %s
            JOIN {SCHEMA}.noise n ON n.id = (number * 7919::bigint) %% {NOISES}""",
        [store.pk, own, rows, max(own, 1)],
    )
    return own
