"""The nearest eligible products, by the plan that suits how many of the store's products a campaign leaves.

Constraints are part of every plan, never a sieve over what an index happened to find: an index that is walked for
neighbours and then filtered comes back with too few (pgvector#719, #751). Up to some hundred thousand products: their
vectors in this process, all compared; up to a million and a half: short codes of them (`codes`), and the best of them
in full by the database. Beyond that a large share of all: the approximate index, walked on until enough eligible ones
are found; a small share: the database compares every eligible one. If the index still comes back short, so it does
then, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db import connection, transaction
from django.db.models import F, QuerySet
from pgvector import HalfVector

from generation.encoders.base import Vectors
from generation.models import Product

HELD_MOST = 120_000  # eligible products whose vectors one run may hold: 180 MB, and about 4 ms to compare them all
CODED_MOST = 1_500_000  # whose codes it may hold: 660 MB
COMPARED_IN_FULL = 150  # of the products that are likely near, by the database,
COMPARED_TIMES = 1.5  # or so many times the limit: the codes know the order of all but the closest
LEAST_EFFORT, MOST_EFFORT = 200, 1000  # hnsw.ef_search; pgvector allows no more than 1000
SPARE = 10.0  # neighbours looked at for each that is wanted and eligible
FURTHER = 4  # times the limit: how far the index is walked, since what it comes to late may still be near
# Microseconds, measured at 100,000 vectors: what comparing costs for each eligible product, and what a step through
# the index costs for each product passed, eligible or not.
COMPARED, PASSED = 1.3, 8.0
Found = list[tuple[int, float]]  # product and cosine, nearest first


@dataclass(frozen=True)
class Plan:
    """`way` to go; `effort` is the index's (hnsw.ef_search) and 0 where it is not asked."""

    way: Literal["memory", "codes", "compare", "index"]
    effort: int = 0


def plan(eligible: int, total: int, limit: int) -> Plan:
    """How to find the `limit` nearest of `eligible` among `total` vectors, all stores' together: one index has all."""
    if eligible <= HELD_MOST:
        return Plan("memory")
    if eligible <= CODED_MOST:
        return Plan("codes")
    passed = limit * max(total, eligible) / max(eligible, 1)
    if eligible * COMPARED <= passed * PASSED:
        return Plan("compare")
    return Plan("index", round(min(max(passed * SPARE, LEAST_EFFORT), MOST_EFFORT)))


def in_full(limit: int) -> int:
    """How many of the products that are likely near are compared in full, for the `limit` nearest."""
    return max(COMPARED_IN_FULL, round(limit * COMPARED_TIMES))


def vectors_stored() -> int:
    """About how many vectors the index holds, as the planner knows it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'generation_productvector'::regclass"
        )
        return int(cursor.fetchone()[0])


def nearest(products: "QuerySet[Product]", eligible: int, vectors: Vectors, limit: int, chosen: Plan) -> list[Found]:
    """For each row of `vectors` (n, d) the `limit` nearest of `products`, in one question to the database.

    Fewer only where fewer have a vector: what the index leaves short is asked for again by comparing."""
    if chosen.way != "index":
        return _compared(products, vectors, limit)
    found = _walked(products, vectors, limit, chosen.effort)
    wanted = min(limit, eligible)
    short = [place for place, row in enumerate(found) if len(row) < wanted]
    if short:
        for place, row in zip(short, _compared(products, vectors[short], limit), strict=True):
            found[place] = row
    return found


def rescored(likely: Sequence[Sequence[int]], vectors: Vectors, limit: int) -> list[Found]:
    """For each row of `vectors` (n, d) the `limit` nearest of its `likely` products, in one question."""
    sql = """
        SELECT number, id, distance FROM (
            SELECT one.number, placed.product_id AS id, placed.embedding <=> asked.vector AS distance,
                   row_number() OVER (PARTITION BY one.number
                                      ORDER BY placed.embedding <=> asked.vector, placed.product_id) AS place
            FROM unnest(%s::int[], %s::bigint[]) AS one(number, id)
            JOIN unnest(%s::halfvec[]) WITH ORDINALITY AS asked(vector, number) ON asked.number = one.number
            JOIN generation_productvector placed ON placed.product_id = one.id) AS every
        WHERE place <= %s ORDER BY number, place"""
    numbers = [place for place, ids in enumerate(likely, start=1) for _id in ids]
    texts = [HalfVector(vector).to_text() for vector in vectors]
    found: list[Found] = [[] for _vector in vectors]
    with connection.cursor() as cursor:
        cursor.execute(sql, [numbers, [id_ for ids in likely for id_ in ids], texts, limit])
        for number, id_, distance in cursor.fetchall():
            found[number - 1].append((id_, 1 - distance))
    return found


def _walked(products: "QuerySet[Product]", vectors: Vectors, limit: int, effort: int) -> list[Found]:
    """Through the index, step by step until there are `limit` (hnsw.iterative_scan); the products are looked up one by
    one on the way, which the planner would not always choose by itself."""
    settings = {
        "hnsw.ef_search": str(effort),
        "hnsw.iterative_scan": "relaxed_order",
        "hnsw.max_scan_tuples": "1000000",
        "hnsw.scan_mem_multiplier": "16",
        "enable_sort": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            asked = ", ".join("set_config(%s, %s, true)" for _name in settings)
            cursor.execute(f"SELECT {asked}", [text for pair in settings.items() for text in pair])
        found = _asked(products, vectors, limit * FURTHER, "placed.embedding <=> asked.vector")
        with connection.cursor() as cursor:  # a transaction around this one goes on without them
            names = [name for name in settings if name.startswith("enable")]
            cursor.execute("SELECT " + ", ".join("set_config(%s, 'on', true)" for _name in names), names)
    return [row[:limit] for row in found]


def _compared(products: "QuerySet[Product]", vectors: Vectors, limit: int) -> list[Found]:
    """By looking at every one; written so that the planner cannot answer from the approximate index."""
    return _asked(products, vectors, limit, "(placed.embedding <=> asked.vector) + 0")


def _asked(products: "QuerySet[Product]", vectors: Vectors, limit: int, distance: str) -> list[Found]:
    placed = products.filter(vector__isnull=False).order_by().annotate(embedding=F("vector__embedding"))
    inner, params = placed.values("id", "embedding").query.sql_with_params()
    sql = f"""
        SELECT asked.number, near.id, near.distance
        FROM unnest(%s::halfvec[]) WITH ORDINALITY AS asked(vector, number) CROSS JOIN LATERAL (
            SELECT placed.id, placed.embedding <=> asked.vector AS distance FROM ({inner}) AS placed
            ORDER BY {distance} LIMIT {int(limit)}) AS near"""
    found: list[Found] = [[] for _vector in vectors]
    with connection.cursor() as cursor:
        cursor.execute(sql, [[HalfVector(vector).to_text() for vector in vectors], *params])
        for number, id_, distance_ in cursor.fetchall():
            found[number - 1].append((id_, 1 - distance_))
    for row in found:
        row.sort(key=lambda one: (-one[1], one[0]))
    return found
