"""Words and vectors: how keywords become eligible products, with the constraints inside the query.

pgvector nearest neighbours, PostgreSQL full text and structured filters each give a ranking; reciprocal rank fusion
joins them. One instance serves one run: it knows the store, the constraints and the day.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from threading import Lock

import numpy as np
from django.db import connection, transaction
from django.db.models import Case, Count, F, Func, Max, Q, QuerySet, Value, When
from pgvector import HalfVector

from accounts.models import Store
from generation.campaigns.constraints import Constraints, eligible, rules
from generation.catalog import facts, hybrid, nearest, retrieve, shared, spaces
from generation.catalog.codes import Codes, coded
from generation.catalog.facts import as_hit
from generation.catalog.held import Held, HeldKeywords, products
from generation.catalog.hybrid import Weights
from generation.catalog.reach import eligible_counts, reach
from generation.encoders import reranking
from generation.encoders.base import Vectors
from generation.encoders.reranking import Reranker
from generation.models import DIMENSIONS, Keyword, Product, ProductVector
from generation.stages.contracts import Candidate, CategoryFact, Hits, Receipt
from generation.stages.ports import Asked, Near

KEYWORDS_HELD_MOST = 60_000  # whose vectors one run may hold: about 100 MB
KEYWORD_EFFORT = 1000  # pgvector's most: of 300,000 crowded keywords it finds 0.86 of a theme's 100, 200 find 0.72
NEAREST_KEYWORDS = """
    SELECT asked.number, near.* FROM unnest(%s::halfvec[]) WITH ORDINALITY AS asked(vector, number)
    CROSS JOIN LATERAL (
        SELECT k.id, k.kind, k.field, k.text, k.synonyms, k.density, k.embedding <=> asked.vector AS distance
        FROM generation_keyword k
        WHERE k.store_id = %s AND k.density >= %s AND k.embedding IS NOT NULL
        ORDER BY k.embedding <=> asked.vector, k.id LIMIT %s) AS near
    ORDER BY asked.number, near.distance, near.id"""
__all__ = ["CatalogSearch", "as_hit", "reach"]


class CatalogSearch:
    """Product and keyword search for one store under one set of constraints."""

    def __init__(self, store: Store, constraints: Constraints, today: dt.date) -> None:
        self.store = store
        self.constraints = constraints
        self.today = today
        self._reading = Lock()
        self._keywords: HeldKeywords | None = None
        self._categories: dict[int, list[str]] = {}

    def eligible(self) -> "QuerySet[Product]":
        return eligible(self.store, self.constraints, self.today)

    @cached_property
    def eligible_count(self) -> int:
        return self.eligible().count()

    @cached_property
    def _shared(self) -> shared.Shared:
        """What other searches in this process share with this one, as long as products and vectors are the same."""
        fresh = Count("vector", filter=Q(vector__text_hash=F("text_hash")))
        state = self.eligible().aggregate(
            products=Count("id"), changed=Max("updated_at"), vectors=fresh, space=Max(spaces.number_in(self.store.pk))
        )
        return shared.of((self.store.pk, self.constraints.model_dump_json(), self.today, *state.values()))

    @property
    def held(self) -> Held | None:
        """The eligible products' vectors, read once; None where there are too many to hold them all."""
        if nearest.plan(self.eligible_count, 0, 1).way != "memory":
            return None
        with self._shared.reading:  # a thread that reads ahead and the one that needs them must not both read
            if self._shared.held is None:
                self._shared.held = products(self.eligible())
        return self._shared.held

    @property
    def vocabulary(self) -> HeldKeywords | None:
        """The same for the store's keywords."""
        with self._reading:
            if self._keywords is None and self._few_keywords:
                self._keywords = HeldKeywords(self.store)
        return self._keywords

    @cached_property
    def _few_keywords(self) -> bool:
        return Keyword.objects.filter(store=self.store).count() <= KEYWORDS_HELD_MOST

    @property
    def _codes(self) -> Codes:
        with self._shared.reading:
            if self._shared.codes is None:
                self._shared.codes = coded(self.eligible())
        return self._shared.codes

    @cached_property
    def _stored(self) -> int:
        return nearest.vectors_stored()

    def near(self, vectors: Vectors, limit: int) -> list[list[tuple[int, float]]]:
        """For each row of `vectors` (n, d) the nearest eligible products with their cosine, by the plan that suits."""
        held = self.held
        if held is not None:
            return [
                list(zip(held.ids[rows].tolist(), cosines.tolist(), strict=True))
                for rows, cosines in held.nearest(vectors, limit)
            ]
        plan = nearest.plan(self.eligible_count, self._stored, limit)
        if plan.way == "codes":
            likely = self._codes.likely(vectors, nearest.in_full(limit))
            return nearest.rescored([ids.tolist() for ids in likely], vectors, limit)
        return nearest.nearest(self.eligible(), self.eligible_count, vectors, limit, plan)

    def categories(self, limit: int = 40) -> list[CategoryFact]:
        """The largest category nodes among the eligible products, all depths, most products first."""
        node = Func(F("categories"), function="unnest")
        rows = self.eligible().annotate(node=node).values("node").annotate(n=Count("id")).order_by("-n", "node")
        return [CategoryFact(path=row["node"], eligible=row["n"]) for row in rows[:limit]]

    def nearest_keywords(self, vectors: Vectors, each: int, density_min: int) -> list[list[tuple[Keyword, float]]]:
        """For each row of `vectors` (n, d): the `each` nearest keywords with their cosine, nearest first."""
        words = self.vocabulary
        if words is not None:
            return words.nearest(vectors, each, density_min)
        found: list[list[tuple[Keyword, float]]] = [[] for _ in vectors]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL hnsw.ef_search = {KEYWORD_EFFORT}")
            asked = [HalfVector(vector).to_text() for vector in vectors]
            cursor.execute(NEAREST_KEYWORDS, [asked, self.store.pk, density_min, each])
            for number, pk, kind, field, text, synonyms, density, distance in cursor.fetchall():
                keyword = Keyword(
                    pk=pk, store=self.store, kind=kind, field=field, text=text, synonyms=synonyms, density=density
                )
                found[number - 1].append((keyword, 1 - distance))
        return found

    def eligible_counts(self, keywords: Sequence[Candidate]) -> dict[int, int]:
        """How many eligible products each keyword reaches, by its id."""
        known = self._shared.counts
        # An editor may give a keyword other words, and it then reaches other products.
        keys = {keyword.id: (keyword.id, keyword.text, *keyword.synonyms) for keyword in keywords}
        found = eligible_counts(self.eligible(), [one for one in keywords if keys[one.id] not in known])
        known.update((keys[id_], count) for id_, count in found.items())
        return {id_: known[key] for id_, key in keys.items()}

    def keyword_vectors(self, ids: Sequence[int]) -> Vectors:
        """Vectors (len(ids), d) of keywords, in the order of `ids`."""
        words = self.vocabulary
        if words is not None and all(id_ in words.all.places for id_ in ids):
            return words.all.matrix[words.all.rows(ids)]
        found = dict(Keyword.objects.filter(store=self.store, id__in=ids).values_list("id", "embedding"))
        return np.asarray([found[id_] for id_ in ids], dtype=np.float32).reshape(len(ids), DIMENSIONS)

    def product_vectors(self, ids: Sequence[int]) -> Vectors:
        """Vectors (len(ids), d) of products, in the order of `ids`; all have one, since retrieval went through them."""
        held = self.held
        if held is not None and all(id_ in held.places for id_ in ids):
            return held.matrix[held.rows(ids)]
        found = dict(ProductVector.objects.filter(product_id__in=ids).values_list("product_id", "embedding"))
        return np.asarray([found[id_] for id_ in ids], dtype=np.float32).reshape(len(ids), DIMENSIONS)

    def prepare(self) -> None:
        """Read what the questions about nearness look at; whoever has to wait for something else calls it then."""
        _ = self.vocabulary, self.held
        if nearest.plan(self.eligible_count, 0, 1).way == "codes":
            _ = self._codes

    def retrieve(self, asked: Sequence[Asked], pool: int) -> list[Hits]:
        """For every row the eligible products that its keywords reach, joined by reciprocal rank.

        The row's vector orders what a filter alone cannot. Search phrases bring both the products that hold all their
        words and those nearest by meaning. `density` counts what the words, nodes and attributes reach before any cut.
        """
        words = list({word.id for row in asked for word in row.keywords})
        vectors = dict(zip(words, self.keyword_vectors(words), strict=True))
        if self.held is not None:
            return retrieve.from_memory(self.eligible(), self.held, asked, vectors, pool)
        return retrieve.from_database(self.eligible(), self.near, asked, vectors, pool)

    def nearest_products(self, vector: Vectors, limit: int) -> list[Near]:
        """The eligible products nearest to `vector` (d,), nearest first."""
        return self.nearest_products_each(vector[None], limit)[0]

    def nearest_products_each(self, vectors: Vectors, limit: int) -> list[list[Near]]:
        """The same for every row of `vectors` (n, d)."""
        found = self.near(vectors, limit)
        wanted = {id_ for row in found for id_, _cosine in row} - self._categories.keys()
        self._categories.update(Product.objects.filter(id__in=wanted).values_list("id", "categories"))
        return [
            [Near(id_, cosine, tuple(self._categories[id_])) for id_, cosine in row if id_ in self._categories]
            for row in found
        ]

    def search_text(
        self,
        query: str,
        vector: Vectors,
        limit: int,
        weights: Weights | None = None,
        reranker: Reranker | None = None,
    ) -> list[int]:
        """The products a shopper means by `query`, `vector` (d,) being its embedding; at most `limit`, best first.

        Products that hold some of its words, and the nearest by meaning, by the sum of what both say; see `hybrid`. A
        `reranker` orders the first of them once more.
        """
        weights = weights or hybrid.saved().weights
        asked = hybrid.words(self.store, query)
        deep = max(limit, reranking.FIRST if reranker else 0)
        scores = dict(hybrid.by_words(self.eligible(), self.eligible_count, asked, weights, deep * 2))
        for product, cosine in self.cosines(vector, deep * 2, list(scores)).items():
            scores[product] = scores.get(product, 0.0) + (1 - weights.words) * max(cosine, 0.0)
        found = sorted(scores, key=lambda pid: (-scores[pid], pid))[:deep]
        return (_reread(query, found, reranker) if reranker else found)[:limit]

    def cosines(self, vector: Vectors, limit: int, also: Sequence[int]) -> dict[int, float]:
        """Cosine with `vector` (d,) of the `limit` nearest eligible products, and of `also`; those without a vector
        are left out."""
        found = dict(self.near(vector[None], limit)[0])
        others = [id_ for id_ in also if id_ not in found]
        if self.held is None:
            return found | retrieve.cosines(vector, others)
        there = self.held.rows(others)
        return found | dict(
            zip(self.held.ids[there].tolist(), (self.held.matrix[there] @ vector).tolist(), strict=True)
        )

    def receipts(self, ids: Sequence[int]) -> list[Receipt]:
        """Every product-level constraint, checked again on finished products, one by one."""
        total = len(set(ids))
        held = self._holds(ids)
        receipts = []
        for number, rule in enumerate(rules(self.constraints, self.today, self.store.currency)):
            count = sum(row[number] for row in held.values())
            bad = f"{total - count} of {total} products do not hold it"
            held_by = f"all {total} products" if count == total else bad
            receipts.append(Receipt(constraint=rule.label, passes=count == total, detail=held_by))
        return receipts

    def broken(self, ids: Sequence[int]) -> dict[int, list[str]]:
        """Those of `ids` that break a constraint, with each constraint in words; "in the catalogue" is one."""
        labels = [rule.label for rule in rules(self.constraints, self.today, self.store.currency)]
        held = self._holds(ids)
        found: dict[int, list[str]] = {}
        for product in ids:
            if product not in held:
                found[product] = ["in the catalogue"]
            elif not all(held[product]):
                found[product] = [label for label, holds in zip(labels, held[product], strict=True) if not holds]
        return found

    def _holds(self, ids: Sequence[int]) -> dict[int, tuple[bool, ...]]:
        """For each of `ids` that is in the store, which rules it holds; one query."""
        checks = {
            f"holds_{number}": Case(When(rule.condition, then=Value(True)), default=Value(False))
            for number, rule in enumerate(rules(self.constraints, self.today, self.store.currency))
        }
        rows = Product.objects.filter(store=self.store, id__in=ids).annotate(**checks).values_list("id", *checks)
        return {row[0]: tuple(row[1:]) for row in rows}


def _reread(query: str, found: Sequence[int], reranker: Reranker) -> list[int]:
    """The products with the first of them in the reranker's order; one that went meanwhile is left out."""
    first, rest = found[: reranking.FIRST], found[reranking.FIRST :]
    rows = facts.products(first)
    there = [id_ for id_ in first if id_ in rows]
    texts = [f"{rows[id_].title}. {rows[id_].brand}. {rows[id_].category}. {rows[id_].description}" for id_ in there]
    scores = dict(zip(there, reranker.score(query, texts), strict=True))
    return [*sorted(there, key=lambda id_: -scores[id_]), *rest]
