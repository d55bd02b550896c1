"""Search against relevance labels: the studio's, its bare components, and peers from PyPI, in one run."""

import csv
import gzip
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
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
from generation.catalog import hybrid
from generation.catalog.hybrid import Weights
from generation.catalog.search import CatalogSearch
from generation.catalog.shipped import Saved
from generation.encoders.base import Vectors
from generation.encoders.reranking import Reranker
from generation.measure import metrics, tuning
from generation.measure.peers import DEPTH, PEERS, Corpus, Search
from generation.models import Product, ProductVector
from storefront_studio.lib.errors import BadInput

ENOUGH = 20  # queries with something relevant, from which weights can be learned and held out
Ratings = dict[str, dict[str, int]]
Values = dict[str, list[float]]  # of one system, by measure, one a query
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


def measure(
    store: Store, judgements: Ratings, say: Callable[[str], object] = lambda text: None, *, learn: bool = True
) -> dict[str, Any]:
    """One row a system: means over the queries with something relevant with 95 % bootstrap intervals over queries,
    times over all of them, encoding included.

    With `learn`, and enough rated queries, the studio's first row is cross-validated: each query is searched with
    weights that were learned without it. The next row has the weights that are shipped.
    """
    items = dict(Product.objects.filter(store=store).values_list("id", "item_id"))
    search = CatalogSearch(store, Constraints(in_stock=False), timezone.localdate())
    rows: list[dict[str, Any]] = []
    values: list[Values] = []
    notes: list[str] = []

    def add(name: str, found: Search) -> None:
        say(name)
        row, each = _row(name, found, judgements, items)
        rows.append(row)
        values.append(each)

    relevant = [query for query, ratings in judgements.items() if _relevant(ratings)]
    if learn and len(relevant) >= ENOUGH:
        say("Learning weights without each fifth of the queries")
        add("studio hybrid, held out", _held_out(search, judgements, items))
        notes.append(
            f"studio hybrid, held out: {tuning.FOLDS} folds over queries; each is searched with weights learned from "
            "the other folds."
        )
    shipped = hybrid.saved()
    add(f"studio hybrid, {shipped.version} as shipped", _ours(search, shipped.weights))
    seen = sum(tuning.mark(query) in _learned_from(shipped) for query in relevant)
    if reranker := kit.reranker():
        add(f"studio hybrid, re-ranked by {reranker.name}", _ours(search, shipped.weights, reranker))
    notes.append(
        f"{shipped.version} was learned from {seen} of these {len(relevant)} queries"
        + (": its row is not held out." if seen else ": its row is held out.")
    )
    add("PostgreSQL full text", _full_text(store))
    add("pgvector cosine (HNSW)", _pgvector(store))
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        corpus = _corpus(store, Path(folder))
        for peer in PEERS:
            try:
                found = peer.make(corpus)
            except ImportError:
                notes.append(
                    f"{peer.name} is left out: {peer.package} is not installed. "
                    "Install it with: pip install -r requirements/bench.lock"
                )
                continue
            add(peer.label, found)
    notes += _beside(rows, values)
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


def _row(name: str, search: Search, judgements: Ratings, items: dict[int, str]) -> tuple[dict[str, Any], Values]:
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
    row = {
        "name": name,
        "ndcg@10": _rounded(metrics.mean(gains)),
        "ndcg@10_95%": _interval(gains),
        "recall@100": _rounded(metrics.mean(recalls)),
        "recall@100_95%": _interval(recalls),
        "rated@10": _rounded(metrics.mean(shares)),
        "p50_ms": round(metrics.percentile(times, 0.5), 2),
        "p95_ms": round(metrics.percentile(times, 0.95), 2),
    }
    return row, {"ndcg@10": gains, "recall@100": recalls}


def _beside(rows: Sequence[dict[str, Any]], values: Sequence[Values]) -> list[str]:
    """The first row beside the best other system on each measure, drawn in pairs."""
    notes = []
    others = [place for place, row in enumerate(rows) if not row["name"].startswith("studio")]
    for measure in ("ndcg@10", "recall@100"):
        if not others or rows[0][measure] is None:
            continue
        best = max(others, key=lambda place: rows[place][measure])
        ours, theirs = ([[value] for value in values[place][measure]] for place in (0, best))
        bounds = metrics.paired_interval(ours, theirs)
        if bounds and rows[best][measure]:
            notes.append(
                f"{measure}: {rows[0]['name']} is {rows[0][measure] / rows[best][measure] - 1:+.1%} beside the best "
                f"other system, {rows[best]['name']}; difference {rows[0][measure] - rows[best][measure]:+.3f}, "
                f"95 % {bounds[0]:+.3f} to {bounds[1]:+.3f}."
            )
    return notes


def _interval(values: Sequence[float]) -> list[float] | None:
    bounds = metrics.interval([[value] for value in values])
    return None if bounds is None else [round(bound, 4) for bound in bounds]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


# --- The studio and its bare components: each gives a function from query to primary keys, best first --------------
def _ours(search: CatalogSearch, weights: Weights, reranker: Reranker | None = None) -> Search:
    return lambda query: search.search_text(query, _encode(query), DEPTH, weights, reranker)


def _held_out(search: CatalogSearch, judgements: Ratings, items: dict[int, str]) -> Search:
    folds = tuning.held_out(tuning.questions(search, kit.encoder_of(search.store), judgements, items), tuning.SEARCH)
    return lambda query: search.search_text(query, _encode(query), DEPTH, folds[tuning.fold_of(query)])


def _learned_from(shipped: Saved[hybrid.Weights]) -> list[object]:
    found = shipped.provenance.get("queries", [])
    return found if isinstance(found, list) else []


def _encode(query: str) -> Vectors:
    vector: Vectors = kit.encoder().encode([query])[0]
    return vector


def _full_text(store: Store) -> Search:
    def search(query: str) -> list[int]:
        words = SearchQuery(query, config="english")
        found = Product.objects.filter(store=store, search=words).annotate(rank=SearchRank(F("search"), words))
        return list(found.order_by("-rank", "id").values_list("id", flat=True)[:DEPTH])

    return search


def _pgvector(store: Store) -> Search:
    def search(query: str) -> list[int]:
        near = ProductVector.objects.filter(store=store).order_by(CosineDistance("embedding", _encode(query)))
        return list(near.values_list("product_id", flat=True)[:DEPTH])

    return search


def _corpus(store: Store, folder: Path) -> Corpus:
    """The products for the peers: the same fields that the studio's search reads."""
    rows = list(
        Product.objects.filter(store=store, vector__isnull=False)
        .order_by("id")
        .values_list("id", "vector__embedding", "title", "brand", "product_type", "attributes", "description")
    )
    texts = [
        " ".join([title, brand, category, *_strings(attributes), description])
        for _id, _vector, title, brand, category, attributes, description in rows
    ]
    vectors = np.asarray([row[1] for row in rows], dtype=np.float32)
    return Corpus([row[0] for row in rows], texts, vectors, _encode, folder)


def _strings(value: Any) -> list[str]:
    """The texts in an attribute's value, as full text reads them."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _strings(one)]
