"""Keywords to eligible products: words, branches, values and meaning each give a ranking; reciprocal rank joins them.

The same answer is found in two ways: among vectors that this process holds, for all rows of a page at once; or by the
database, row by row, where there are too many of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import F, FloatField, Func, Q, QuerySet
from django.db.models.expressions import ExpressionWrapper
from pgvector.django import CosineDistance

from generation.catalog import facts
from generation.catalog.held import Held
from generation.catalog.reach import members, reach
from generation.encoders.base import Vectors
from generation.models import Product, ProductVector
from generation.stages.contracts import Candidate, Hits
from generation.stages.fusion import reciprocal_rank
from generation.stages.ports import Asked

VECTOR_FLOOR = 0.35  # cosine under which "nearest" no longer means near
Rankings = dict[tuple[int, str], list[int]]  # keyword and way -> product ids, best first


class Unindexed(Func):
    """The same distance, written so that the planner cannot answer it from the approximate index."""

    template = "(%(expressions)s + 0)"
    output_field = FloatField()


def from_memory(
    products: "QuerySet[Product]", held: Held, asked: Sequence[Asked], vectors: Mapping[int, Vectors], pool: int
) -> list[Hits]:
    """Hits for every row of a page; `vectors` are those of the keywords, by id. Two questions to the database."""
    words = {word.id: word for row in asked for word in row.keywords}
    reached = {id_: held.rows(found) for id_, found in members(products, list(words.values())).items()}
    phrases = [id_ for id_, word in words.items() if word.kind == "search" and id_ in vectors]
    meant: dict[int, list[int]] = {}
    if phrases:
        nearest = held.nearest(np.stack([vectors[id_] for id_ in phrases]), pool // 2)
        for id_, (rows, cosines) in zip(phrases, nearest, strict=True):
            meant[id_] = held.ids[rows[cosines >= VECTOR_FLOOR]].tolist()
    chosen: list[tuple[Rankings, dict[int, float], int, Vectors]] = []
    for row in asked:
        rankings: Rankings = {}
        for word in row.keywords:
            rankings[word.id, "words"] = held.ids[held.ordered(reached[word.id], row.vector, pool)].tolist()
            if word.id in meant:
                rankings[word.id, "meaning"] = meant[word.id]
        everything = [reached[word.id] for word in row.keywords]
        density = len(np.unique(np.concatenate(everything))) if everything else 0
        chosen.append((rankings, reciprocal_rank(rankings.values()), density, row.vector))
    best = [_best(scores, pool) for _rankings, scores, _density, _vector in chosen]
    known = facts.products(sorted({id_ for ids in best for id_ in ids}))
    hits = []
    for row, ids, (rankings, scores, density, vector) in zip(asked, best, chosen, strict=True):
        there = [id_ for id_ in ids if id_ in known]  # a product may have gone since its vector was read
        cosines = held.matrix[held.rows(there)] @ vector
        near = dict(zip(there, cosines.tolist(), strict=True))
        hits.append(_hits(row.keywords, there, rankings, scores, near, density, known))
    return hits


def from_database(
    products: "QuerySet[Product]", exact: bool, row: Asked, vectors: Mapping[int, Vectors], pool: int
) -> Hits:
    """Hits for one row. `exact`: nearness by looking at every product, not through the index."""
    if not row.keywords:
        return Hits(density=0, hits=[])
    rankings: Rankings = {}
    near: dict[int, float] = {}
    everything = Q()
    for word in row.keywords:
        everything |= reach(word)
        reached = ordered(products.filter(reach(word)), row.vector, pool, exact=True)
        near.update((found["id"], 1 - found["distance"]) for found in reached)
        rankings[word.id, "words"] = [found["id"] for found in reached]
        if word.kind == "search" and word.id in vectors:
            meant = ordered(products, vectors[word.id], pool // 2, exact=exact)
            rankings[word.id, "meaning"] = [one["id"] for one in meant if 1 - one["distance"] >= VECTOR_FLOOR]
    scores = reciprocal_rank(rankings.values())
    rows = facts.products(_best(scores, pool))
    ids = [id_ for id_ in _best(scores, pool) if id_ in rows]
    missing = ProductVector.objects.filter(product_id__in=[id_ for id_ in ids if id_ not in near])
    distances = missing.annotate(distance=CosineDistance("embedding", row.vector)).values_list("product_id", "distance")
    near.update((id_, 1 - distance) for id_, distance in distances)
    return _hits(row.keywords, ids, rankings, scores, near, products.filter(everything).count(), rows)


def ordered(products: "QuerySet[Product]", vector: Vectors, limit: int, *, exact: bool) -> list[dict[str, Any]]:
    """Ids, distances and categories of the `limit` of `products` nearest to `vector` (d,), nearest first."""
    distance: Func = CosineDistance("vector__embedding", vector)
    if exact:
        distance = Unindexed(distance)
    rows = products.annotate(distance=ExpressionWrapper(distance, output_field=FloatField()))
    rows = rows.filter(vector__isnull=False).order_by("distance", F("id"))[:limit]
    return [dict(row) for row in rows.values("id", "distance", "categories")]


def _best(scores: Mapping[int, float], pool: int) -> list[int]:
    return sorted(scores, key=lambda id_: (-scores[id_], id_))[:pool]


def _hits(
    keywords: Iterable[Candidate],
    ids: Sequence[int],
    rankings: Rankings,
    scores: Mapping[int, float],
    near: Mapping[int, float],
    density: int,
    rows: Mapping[int, Product],
) -> Hits:
    texts = {word.id: word.text for word in keywords}
    sources: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for (word_id, _way), found in rankings.items():
        for id_ in found:
            sources[id_].setdefault(texts[word_id])
    return Hits(
        density=density, hits=[facts.as_hit(rows[id_], near[id_], scores[id_], list(sources[id_])) for id_ in ids]
    )
