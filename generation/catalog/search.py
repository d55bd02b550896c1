"""Words and vectors: how keywords become eligible products, with the constraints inside the query.

pgvector nearest neighbours, PostgreSQL full text and structured filters each give a ranking; reciprocal rank fusion
joins them. One instance serves one run: it knows the store, the constraints and the day.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from django.contrib.postgres.search import CombinedSearchVector, SearchQuery, SearchRank, SearchVector
from django.db import connection
from django.db.models import Count, F, FloatField, Func, Q, QuerySet
from django.db.models.expressions import ExpressionWrapper
from pgvector.django import CosineDistance

from accounts.models import Store
from generation.campaigns.constraints import Constraints, eligible, rules
from generation.encoders.base import Vectors
from generation.models import DIMENSIONS, Keyword, KeywordKind, Product, ProductVector
from generation.stages.contracts import Candidate, CategoryFact, Hit, Hits, Receipt
from generation.stages.fusion import reciprocal_rank
from generation.stages.ports import Near

EXACT_BELOW = 5_000  # eligible products up to which looking at them all is quick, and misses nothing
INDEX_SHARE = 0.2  # least share of all vectors that must be eligible, or the index walks past too many for each hit
VECTOR_FLOOR = 0.35  # cosine under which "nearest" no longer means near


class Unindexed(Func):
    """The same distance, written so that the planner cannot answer it from the approximate index."""

    template = "(%(expressions)s + 0)"
    output_field = FloatField()


def reach(keyword: Candidate | Keyword) -> Q:
    """The products a keyword reaches: all its words, its branch of the tree, or its attribute's value."""
    if keyword.kind == KeywordKind.CATEGORY:
        return Q(categories__overlap=[keyword.text])
    if keyword.kind == KeywordKind.ATTRIBUTE:
        name, _, inner = keyword.field.partition(".")
        if name != "attributes":
            return Q(**{f"{keyword.field}__iexact": keyword.text})
        return Q(**{f"attributes__{inner}": keyword.text}) | Q(**{f"attributes__{inner}__contains": [keyword.text]})
    return Q(search=SearchQuery(keyword.text, config="english"))


class CatalogSearch:
    """Product and keyword search for one store under one set of constraints."""

    def __init__(self, store: Store, constraints: Constraints, today: dt.date) -> None:
        self.store = store
        self.constraints = constraints
        self.today = today

    def eligible(self) -> "QuerySet[Product]":
        return eligible(self.store, self.constraints, self.today)

    @cached_property
    def eligible_count(self) -> int:
        return self.eligible().count()

    @cached_property
    def exact(self) -> bool:
        """Whether nearest neighbours are found by looking at every eligible product instead of through the index."""
        if self.eligible_count <= EXACT_BELOW:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [ProductVector._meta.db_table])
            row = cursor.fetchone()
        return bool(row and self.eligible_count < INDEX_SHARE * row[0])

    def categories(self, limit: int = 40) -> list[CategoryFact]:
        """The largest category nodes among the eligible products, all depths, most products first."""
        node = Func(F("categories"), function="unnest")
        rows = self.eligible().annotate(node=node).values("node").annotate(n=Count("id")).order_by("-n", "node")
        return [CategoryFact(path=row["node"], eligible=row["n"]) for row in rows[:limit]]

    def nearest_keywords(self, vectors: Vectors, each: int, density_min: int) -> list[list[tuple[Keyword, float]]]:
        """For each row of `vectors` (n, d): the `each` nearest keywords with their cosine, nearest first."""
        return [
            [
                (keyword, 1 - keyword.distance)
                for keyword in Keyword.objects.filter(store=self.store, density__gte=density_min)
                .exclude(embedding=None)
                .defer("embedding")
                .annotate(distance=CosineDistance("embedding", vector))
                .order_by("distance", "id")[:each]
            ]
            for vector in vectors
        ]

    def keyword_vectors(self, ids: Sequence[int]) -> Vectors:
        """Vectors (len(ids), d) of keywords, in the order of `ids`."""
        found = dict(Keyword.objects.filter(store=self.store, id__in=ids).values_list("id", "embedding"))
        return np.asarray([found[id_] for id_ in ids], dtype=np.float32).reshape(len(ids), DIMENSIONS)

    def product_vectors(self, ids: Sequence[int]) -> Vectors:
        """Vectors (len(ids), d) of products, in the order of `ids`; all have one, since retrieval went through them."""
        found = dict(ProductVector.objects.filter(product_id__in=ids).values_list("product_id", "embedding"))
        return np.asarray([found[id_] for id_ in ids], dtype=np.float32).reshape(len(ids), DIMENSIONS)

    def retrieve(self, keywords: Sequence[Candidate], theme: Vectors, pool: int) -> Hits:
        """Eligible products that `keywords` reach, joined by reciprocal rank.

        `theme` (d,) orders what a filter alone cannot. Search phrases bring both the products that hold all their
        words and those nearest by meaning. `density` counts what the words, nodes and attributes reach before any cut.
        """
        if not keywords:
            return Hits(density=0, hits=[])
        rankings: dict[tuple[int, str], list[int]] = {}
        similarity: dict[int, float] = {}
        vectors = self.keyword_vectors([keyword.id for keyword in keywords])
        for keyword, vector in zip(keywords, vectors, strict=True):
            reached = self._ordered(self.eligible().filter(reach(keyword)), theme, pool, exact=True)
            rankings[keyword.id, "words"] = self._note(reached, similarity)
            if keyword.kind == "search":
                near = self._ordered(self.eligible(), vector, pool // 2, floor=VECTOR_FLOOR)
                rankings[keyword.id, "meaning"] = [row["id"] for row in near]
        sources: defaultdict[int, dict[str, None]] = defaultdict(dict)
        texts = {keyword.id: keyword.text for keyword in keywords}
        for (keyword_id, _way), ids in rankings.items():
            for product_id in ids:
                sources[product_id].setdefault(texts[keyword_id])
        scores = reciprocal_rank(rankings.values())
        best = sorted(scores, key=lambda pid: (-scores[pid], pid))[:pool]
        self._complete(similarity, best, theme)
        everything = Q()
        for keyword in keywords:
            everything |= reach(keyword)
        rows = Product.objects.in_bulk(best)
        return Hits(
            density=self.eligible().filter(everything).count(),
            hits=[_hit(rows[pid], similarity[pid], scores[pid], list(sources[pid])) for pid in best],
        )

    def nearest_products(self, vector: Vectors, limit: int) -> list[Near]:
        """The eligible products nearest to `vector` (d,), nearest first."""
        rows = self._ordered(self.eligible(), vector, limit)
        return [Near(row["id"], 1 - row["distance"], tuple(row["categories"])) for row in rows]

    def search_text(self, query: str, vector: Vectors, limit: int) -> list[int]:
        """The products a shopper means by `query`, `vector` (d,) being its embedding; at most `limit`, best first.

        Products that hold all the words, in title, brand, category or description, joined with the nearest by meaning.
        Words count twice: on human ratings that beat equal parts by 0.018 nDCG@10, and the evaluator as a re-ranker.
        """
        words = SearchQuery(query, config="english")
        described = SearchVector("description", weight="D", config="english")
        everything = CombinedSearchVector(F("search"), "||", described, described.config)
        held = self.eligible().annotate(everything=everything).filter(everything=words)
        ranked = held.annotate(rank=SearchRank(everything, words, normalization=1)).order_by("-rank", "id")
        by_words = list(ranked.values_list("id", flat=True)[: limit * 2])
        by_meaning = [near.product for near in self.nearest_products(vector, limit * 2)]
        scores = reciprocal_rank([by_words, by_words, by_meaning])
        return sorted(scores, key=lambda pid: (-scores[pid], pid))[:limit]

    def receipts(self, ids: Sequence[int]) -> list[Receipt]:
        """Every product-level constraint, checked again on finished products, one by one."""
        products = Product.objects.filter(id__in=ids)
        total = len(set(ids))
        receipts = []
        for rule in rules(self.constraints, self.today):
            held = products.filter(rule.condition).count()
            detail = f"all {total} products" if held == total else f"{total - held} of {total} products do not hold it"
            receipts.append(Receipt(constraint=rule.label, passes=held == total, detail=detail))
        return receipts

    def _ordered(
        self,
        products: "QuerySet[Product]",
        vector: Vectors,
        limit: int,
        floor: float | None = None,
        exact: bool | None = None,
    ) -> list[dict[str, Any]]:
        distance: Func = CosineDistance("vector__embedding", vector)
        if self.exact if exact is None else exact:
            distance = Unindexed(distance)
        rows = products.annotate(distance=ExpressionWrapper(distance, output_field=FloatField()))
        rows = rows.filter(vector__isnull=False).order_by("distance", "id")[:limit]
        found: list[dict[str, Any]] = [dict(row) for row in rows.values("id", "distance", "categories")]
        return [row for row in found if floor is None or 1 - row["distance"] >= floor]

    @staticmethod
    def _note(rows: Iterable[dict[str, Any]], similarity: dict[int, float]) -> list[int]:
        ids = []
        for row in rows:
            similarity[row["id"]] = 1 - row["distance"]
            ids.append(row["id"])
        return ids

    @staticmethod
    def _complete(similarity: dict[int, float], ids: Sequence[int], theme: Vectors) -> None:
        missing = [pid for pid in ids if pid not in similarity]
        rows = ProductVector.objects.filter(product_id__in=missing).annotate(
            distance=CosineDistance("embedding", theme)
        )
        similarity.update((row.product_id, 1 - row.distance) for row in rows.only("product_id"))


def _hit(product: Product, similarity: float, rrf: float, sources: list[str]) -> Hit:
    return Hit(
        product=product.pk,
        item_id=product.item_id,
        group=product.item_group_id,
        title=product.title,
        brand=product.brand,
        category=product.category,
        description=product.description[:300],
        labels=_labels(product),
        price=float(product.effective_price),
        rating=None if product.rating is None else float(product.rating),
        rating_count=product.rating_count,
        popularity=product.popularity,
        margin=None if product.margin is None else float(product.margin),
        quantity=product.quantity,
        listed_on=product.listed_on,
        on_sale=product.sale_price is not None,
        similarity=round(similarity, 4),
        rrf=round(rrf, 6),
        sources=sources,
    )


def _labels(product: Product) -> str:
    """The words among a product's attributes ("vegan, gluten free"), at most 200 characters."""
    found: list[str] = []
    for value in product.attributes.values():
        found += [str(part) for part in (value if isinstance(value, list) else [value]) if isinstance(part, str)]
    return ", ".join(part for part in found if len(part) <= 40)[:200]
