"""One size of a growing catalogue: imported, given synthetic vectors, searched, pruned and shown; for `bench growth`.

Vectors are those of real product texts, moved copies of them for the rest: encoding a million texts takes hours on a
small machine and changes nothing about how the database copes. It works in a database that is thrown away.
"""

import resource
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Store, User
from generation import kit
from generation.campaigns.constraints import Constraints
from generation.catalog import vocabulary, wording
from generation.catalog.search import CatalogSearch
from generation.catalog.texts import embedding_text
from generation.encoders.base import BATCH, Vectors
from generation.llm.library import shelf
from generation.measure import importing, made, metrics
from generation.models import DIMENSIONS, Product, ProductVector
from generation.stages import candidates
from storefront_studio.lib.hashing import digest

REAL = 1000  # texts that are really encoded
MOVED = 0.45  # length of the noise added to a vector of length 1; a copy keeps a cosine of about 0.91
QUERIES = 40
LIMIT = 100
LOOKS = 5  # times each screen is opened; the first one counts as warming up
SCREENS = {"first page": "", "a word": "?q=muesli", "by price": "?sort=price", "page 40": "?page=40"}
FILTERS = {
    "in stock": Constraints(),
    "price under 8": Constraints(price_max="8"),
    "one category": Constraints(include_categories=["Grocery > Breakfast"]),
    "category and price": Constraints(include_categories=["Grocery > Breakfast"], price_max="3"),
}
Say = Callable[[str], object]
# PostgreSQL's binary COPY: signature, flags, no header extension; then a row's number of fields, each after its length.
_HEAD, _TAIL = b"PGCOPY\n\xff\r\n\x00" + bytes(8), struct.pack("!h", -1)


class Synthetic:
    """The port of an encoder whose vectors are moved copies of real ones; the same text has the same vector."""

    name = "synthetic"
    dimensions = DIMENSIONS

    def __init__(self, real: Vectors) -> None:
        self.real = real

    def encode(self, texts: Sequence[str], batch_size: int = BATCH) -> Vectors:
        """Vectors (len(texts), dimensions)."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        seeds = [int(digest(text)[-8:], 16) for text in texts]
        chance = np.random.default_rng(seeds[0])
        noise = chance.standard_normal((len(texts), DIMENSIONS), dtype=np.float32) * np.float32(MOVED / DIMENSIONS**0.5)
        vectors = self.real[[seed % len(self.real) for seed in seeds]] + noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors, dtype=np.float32)


def measure(size: int, say: Say) -> dict[str, Any]:
    """One row: seconds of each step, milliseconds of each question, megabytes of what holds it."""
    store = Store.objects.create(slug="growth", name="Growth measurement", currency="EUR")
    with TemporaryDirectory(prefix="studio-bench-") as folder:
        feed = Path(folder) / "feed.csv"
        made.write(feed, size)
        say(f"Importing {size:,} products")
        imported = importing.apart(store, feed)
    real = kit.encoder().encode([embedding_text(product) for product in store.products.order_by("id")[:REAL]])
    encoder = Synthetic(real)
    row: dict[str, Any] = {
        "name": f"{size:,} products",
        "products": size,
        "import_s": round(imported["seconds"], 1),
        "import_mb": imported["peak_mb"],
    }
    steps: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("words_s", "Writing words", lambda: wording.refresh(store)),
        ("vectors_s", "Loading vectors and building their index", lambda: _vectors(store, encoder)),
        ("vocabulary_s", "Mining the vocabulary", lambda: vocabulary.rebuild(store, encoder)),
    )
    for name, doing, step in steps:
        say(f"{doing} of {size:,} products")
        began = time.perf_counter()
        step()
        row[name] = round(time.perf_counter() - began, 1)
    say("Asking")
    row |= _retrieval(store) | _screens(store)
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    row["process_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
    return row | _sizes()


def _vectors(store: Store, encoder: Synthetic) -> None:
    """Every product's vector by COPY, then the index at once: quicker than row by row into an index that is there."""
    table, index = ProductVector._meta.db_table, ProductVector._meta.indexes[0]
    products = list(Product.objects.filter(store=store).order_by("id").values_list("id", "text_hash"))
    with connection.cursor() as cursor, connection.schema_editor() as editor:
        cursor.execute("SET LOCAL maintenance_work_mem = '2GB'")
        editor.remove_index(ProductVector, index)
        columns = "product_id, store_id, text_hash, encoder, embedding"
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)") as copy:
            copy.write(_HEAD)
            for block in _rows(store, products, encoder):
                copy.write(block)
            copy.write(_TAIL)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an index waits for no trigger
        editor.add_index(ProductVector, index)


def _rows(store: Store, products: Sequence[tuple[int, str]], encoder: Synthetic) -> Iterator[bytes]:
    for start in range(0, len(products), 5000):
        batch = products[start : start + 5000]
        vectors = encoder.encode([text_hash for _id, text_hash in batch]).astype(">f2")
        rows = []
        for (id_, text_hash), vector in zip(batch, vectors, strict=True):
            fields = (
                struct.pack("!q", id_),
                struct.pack("!q", store.pk),
                text_hash.encode(),
                encoder.name.encode(),
                struct.pack("!hh", DIMENSIONS, 0) + vector.tobytes(),  # as pgvector's halfvec_recv reads it
            )
            rows.append(struct.pack("!h", len(fields)) + b"".join(struct.pack("!i", len(f)) + f for f in fields))
        yield b"".join(rows)


def _retrieval(store: Store) -> dict[str, Any]:
    """p50 and p95 of the studio's own questions over real queries, the first one of each search left out."""
    themes = shelf.written()[:: max(1, len(shelf.written()) // QUERIES)][:QUERIES]
    titles = [theme.title for theme in themes]
    vectors = kit.encoder().encode(titles)
    found: dict[str, Any] = {}
    for name, constraints in FILTERS.items():
        search = CatalogSearch(store, constraints, timezone.localdate())
        began = time.perf_counter()
        search.nearest_products(vectors[0], LIMIT)
        first = (time.perf_counter() - began) * 1000
        times, counts = _timed([partial(search.nearest_products, vector, LIMIT) for vector in vectors])
        key = name.replace(" ", "_")
        found[f"{key}_share"] = round(search.eligible_count / max(store.products.count(), 1), 4)
        found[f"{key}_first_ms"] = round(first, 1)
        found |= _spread(key, times)
        found[f"{key}_short"] = sum(count < min(LIMIT, search.eligible_count) for count in counts)
    search = CatalogSearch(store, Constraints(), timezone.localdate())
    pairs = zip(titles, vectors, strict=True)
    found |= _spread("text", _timed([partial(search.search_text, title, vector, LIMIT) for title, vector in pairs])[0])
    search.nearest_keywords(vectors[:1], candidates.EACH, candidates.LEAST_DENSITY)
    asked = [kit.encoder().encode([*theme.concepts, theme.title]) for theme in themes]
    pruned = [partial(search.nearest_keywords, rows, candidates.EACH, candidates.LEAST_DENSITY) for rows in asked]
    found |= _spread("pruning", _timed(pruned)[0])
    found["keywords"] = store.keywords.count()
    return found


def _timed(questions: Sequence[Callable[[], Sequence[Any]]]) -> tuple[list[float], list[int]]:
    """Milliseconds of each question, and how many answers it had."""
    times, counts = [], []
    for question in questions:
        began = time.perf_counter()
        counts.append(len(question()))
        times.append((time.perf_counter() - began) * 1000)
    return times, counts


def _spread(name: str, times: list[float]) -> dict[str, float]:
    return {
        f"{name}_p50_ms": round(metrics.percentile(times, 0.5), 1),
        f"{name}_p95_ms": round(metrics.percentile(times, 0.95), 1),
    }


def _screens(store: Store) -> dict[str, Any]:
    """The product list as a member sees it: queries and milliseconds of each page, the slowest page last."""
    person = User.objects.create(email="growth@example.com")
    Membership.objects.create(user=person, store=store, role="merchandiser")
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    found: dict[str, Any] = {}
    queries: list[int] = []
    for name, asked in SCREENS.items():
        times = []
        for _ in range(LOOKS):
            began = time.perf_counter()
            count = [0]
            with connection.execute_wrapper(_counting(count)):
                status = client.get(f"/catalogue/products/{asked}").status_code
            times.append((time.perf_counter() - began) * 1000)
            if status != 200:
                raise AssertionError(f"/catalogue/products/{asked} answered {status}")
            queries.append(count[0])
        found[f"list_{name.replace(' ', '_')}_ms"] = round(metrics.percentile(times[1:], 0.5), 1)
    return {"list_queries": max(queries), **found}


def _counting(count: list[int]) -> Callable[..., Any]:
    def counted(execute: Callable[..., Any], *asked: Any) -> Any:
        count[0] += 1
        return execute(*asked)

    return counted


def _sizes() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_database_size(current_database()), pg_total_relation_size('generation_product'),
                      pg_relation_size('product_nearest'), pg_total_relation_size('generation_productwords')"""
        )
        names = ("database_mb", "products_mb", "vector_index_mb", "words_mb")
        return {name: round(size / 1e6) for name, size in zip(names, cursor.fetchone(), strict=True)}
