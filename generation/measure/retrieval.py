"""Search against relevance labels: ours, its parts alone, and a lexical peer from PyPI."""

import csv
import gzip
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F
from django.utils import timezone
from pgvector.django import CosineDistance

from accounts.models import Store
from generation import kit
from generation.campaigns.constraints import Constraints
from generation.catalog.search import CatalogSearch
from generation.measure import metrics
from generation.models import Product, ProductVector
from storefront_studio.lib.errors import BadInput

DEPTH = 100
Ratings = dict[str, dict[str, int]]
Search = Callable[[str], Sequence[int]]
CATEGORY_LABELS = (
    "the sample catalogue's own category names as queries; a product is relevant when it hangs on that category. "
    "These are not human labels: they say whether retrieval works, not how good it is"
)
HUMAN_LABELS = "ratings from the file; results nobody rated gain nothing, so read nDCG beside rated@10"


def read_judgements(path: Path) -> Ratings:
    """Ratings by query and item id, from CSV ``query,docid,rating`` (gzip too). Raises BadInput naming the line."""
    found: Ratings = defaultdict(dict)
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = {"query", "docid", "rating"} - set(rows.fieldnames or [])
            if missing:
                raise BadInput(
                    f"{path.name} has no column {' and '.join(sorted(missing))}; it needs query,docid,rating."
                )
            for row in rows:
                try:
                    found[row["query"]][row["docid"]] = int(row["rating"])
                except (TypeError, ValueError):
                    raise BadInput(
                        f"{path.name}, line {rows.line_num}: the rating {row['rating']!r} is not 0, 1, 2 or 3."
                    ) from None
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise BadInput(f"The judgements {path} cannot be read: {error}.") from None
    if not found:
        raise BadInput(f"{path.name} holds no judgement.")
    return dict(found)


def category_judgements(store: Store) -> Ratings:
    """The names of the store's leaf categories as queries, the products on them rated 3."""
    found: Ratings = defaultdict(dict)
    rows = Product.objects.filter(store=store).exclude(product_type="").order_by("id")
    for item, path in rows.values_list("item_id", "product_type"):
        found[path.rsplit(" > ", 1)[-1]][item] = 3
    return dict(found)


def measure(store: Store, judgements: Ratings, say: Callable[[str], object] = lambda text: None) -> dict[str, Any]:
    """One row a system: means over the queries with something relevant, times over all of them, encoding included."""
    items = dict(Product.objects.filter(store=store).values_list("id", "item_id"))
    rows, notes = [], []
    for name, build in SYSTEMS.items():
        say(name)
        try:
            search = build(store)
        except ImportError:
            notes.append(f"{name} is left out: its package is not installed (requirements/dev.lock has it).")
            continue
        rows.append(_row(name, search, judgements, items))
    relevant = [query for query, ratings in judgements.items() if _relevant(ratings)]
    known = set(items.values())
    unknown = sum(item not in known for ratings in judgements.values() for item in ratings)
    if unknown:
        notes.append(f"{unknown:,} rated products are not in the catalogue.")
    return {
        "systems": rows,
        "queries": len(judgements),
        "queries_with_relevant": len(relevant),
        "products": len(items),
        "notes": notes,
    }


def _relevant(ratings: dict[str, int]) -> set[str]:
    return {item for item, rating in ratings.items() if rating >= metrics.RELEVANT}


def _row(name: str, search: Search, judgements: Ratings, items: dict[int, str]) -> dict[str, Any]:
    search(next(iter(judgements)))  # models, plans and caches are loaded before the clock starts
    gains, recalls, shares, times = [], [], [], []
    for query, ratings in judgements.items():
        began = time.perf_counter()
        found = search(query)
        times.append((time.perf_counter() - began) * 1000)
        ranked = [items[pk] for pk in found]
        share = metrics.rated(ranked, ratings)
        if share is not None:
            shares.append(share)
        if relevant := _relevant(ratings):
            gains.append(metrics.ndcg(ranked, ratings) or 0.0)
            recalls.append(metrics.recall(ranked, relevant, DEPTH) or 0.0)
    return {
        "name": name,
        "ndcg@10": _rounded(metrics.mean(gains)),
        "recall@100": _rounded(metrics.mean(recalls)),
        "rated@10": _rounded(metrics.mean(shares)),
        "p50_ms": round(metrics.percentile(times, 0.5), 2),
        "p95_ms": round(metrics.percentile(times, 0.95), 2),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


# --- The systems: each gives a function from query to primary keys, best first ------------------------------------
def _ours(store: Store) -> Search:
    words = kit.encoder()
    catalogue = CatalogSearch(store, Constraints(in_stock=False), timezone.localdate())
    return lambda query: catalogue.search_text(query, words.encode([query])[0], DEPTH)


def _full_text(store: Store) -> Search:
    def search(query: str) -> list[int]:
        words = SearchQuery(query, config="english")
        found = Product.objects.filter(store=store, search=words).annotate(rank=SearchRank(F("search"), words))
        return list(found.order_by("-rank", "id").values_list("id", flat=True)[:DEPTH])

    return search


def _pgvector(store: Store) -> Search:
    words = kit.encoder()

    def search(query: str) -> list[int]:
        near = ProductVector.objects.filter(store=store).order_by(CosineDistance("embedding", words.encode([query])[0]))
        return list(near.values_list("product_id", flat=True)[:DEPTH])

    return search


def _exact(store: Store) -> Search:
    rows = list(ProductVector.objects.filter(store=store).order_by("product_id").values_list("product_id", "embedding"))
    ids = np.asarray([pk for pk, _vector in rows])
    vectors = np.asarray([vector for _pk, vector in rows], dtype=np.float32)
    words = kit.encoder()

    def search(query: str) -> list[int]:
        cosines = vectors @ words.encode([query])[0]
        found: list[int] = ids[np.argsort(-cosines, kind="stable")[:DEPTH]].tolist()
        return found

    return search


def _bm25(store: Store) -> Search:
    bm25s, stemmers = import_module("bm25s"), import_module("Stemmer")  # for development only, and without types

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it reports every index it builds
    rows = list(
        Product.objects.filter(store=store)
        .order_by("id")
        .values_list("id", "title", "brand", "product_type", "description")
    )
    stemmer = stemmers.Stemmer("english")
    index = bm25s.BM25()
    index.index(
        bm25s.tokenize([" ".join(row[1:]) for row in rows], stopwords="en", stemmer=stemmer, show_progress=False),
        show_progress=False,
    )

    def search(query: str) -> list[int]:
        words = bm25s.tokenize([query], stopwords="en", stemmer=stemmer, show_progress=False)
        places, scores = index.retrieve(words, k=min(DEPTH, len(rows)), show_progress=False)
        return [rows[place][0] for place, score in zip(places[0], scores[0], strict=True) if score > 0]

    return search


def _bm25_name() -> str:
    try:
        return f"BM25 (bm25s {version('bm25s')})"
    except ImportError:
        return "BM25 (bm25s)"


SYSTEMS: dict[str, Callable[[Store], Search]] = {
    "ours (words and meaning)": _ours,
    "PostgreSQL full text": _full_text,
    "pgvector cosine (HNSW)": _pgvector,
    _bm25_name(): _bm25,
    "exact cosine (numpy)": _exact,
}
