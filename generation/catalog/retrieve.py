"""Keywords to eligible products: words, branches, values and meaning each give a ranking; `fusing` joins them.

The same answer is found in two ways, both for all rows of a page at once: among vectors that this process holds, or by
the database where there are too many of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from django.db.models import F, FloatField, Func, Q, QuerySet, Value
from pgvector.django import CosineDistance

from generation.catalog import facts, fusing
from generation.catalog.fusing import Way
from generation.catalog.held import Held, hold
from generation.catalog.reach import members, reach
from generation.encoders.base import Vectors
from generation.models import Product, ProductVector
from generation.stages.contracts import Candidate, Hits
from generation.stages.ports import Asked

VECTOR_FLOOR = 0.35  # cosine under which "nearest" no longer means near
Rankings = dict[tuple[int, Way], list[int]]  # keyword and way -> product ids, best first


class Unindexed(Func):
    """The same distance, written so that the planner cannot answer it from the approximate index."""

    template = "(%(expressions)s + 0)"
    output_field = FloatField()


def ranked_in_memory(
    products: "QuerySet[Product]", held: Held, asked: Sequence[Asked], vectors: Mapping[int, Vectors], pool: int
) -> list[tuple[Rankings, int]]:
    """For every row of a page its rankings and density; `vectors` are those of the keywords, by id."""
    words = {word.id: word for row in asked for word in row.keywords}
    reached = {id_: held.rows(found) for id_, found in members(products, list(words.values())).items()}
    phrases = [id_ for id_, word in words.items() if word.kind == "search" and id_ in vectors]
    meant: dict[int, list[int]] = {}
    if phrases:
        nearest = held.nearest(np.stack([vectors[id_] for id_ in phrases]), pool // 2)
        for id_, (rows, cosines) in zip(phrases, nearest, strict=True):
            meant[id_] = held.ids[rows[cosines >= VECTOR_FLOOR]].tolist()
    found: list[tuple[Rankings, int]] = []
    for row in asked:
        rankings: Rankings = {}
        for word in row.keywords:
            rankings[word.id, "words"] = held.ids[held.ordered(reached[word.id], row.vector, pool)].tolist()
            if word.id in meant:
                rankings[word.id, "meaning"] = meant[word.id]
        everything = [reached[word.id] for word in row.keywords]
        density = len(np.unique(np.concatenate(everything))) if everything else 0
        found.append((rankings | _together_in_order(rankings, held, row.vector, pool), density))
    return found


def from_memory(
    products: "QuerySet[Product]", held: Held, asked: Sequence[Asked], vectors: Mapping[int, Vectors], pool: int
) -> list[Hits]:
    """Hits for every row of a page; `vectors` are those of the keywords, by id. Two questions to the database."""
    weights = fusing.saved().weights
    chosen = [
        (rankings, fusing.fused(row, rankings, vectors, weights), density)
        for row, (rankings, density) in zip(asked, ranked_in_memory(products, held, asked, vectors, pool), strict=True)
    ]
    best = [_best(scores, pool) for _rankings, scores, _density in chosen]
    known = facts.products(sorted({id_ for ids in best for id_ in ids}))
    hits = []
    for row, ids, (rankings, scores, density) in zip(asked, best, chosen, strict=True):
        there = [id_ for id_ in ids if id_ in known]  # a product may have gone since its vector was read
        cosines = held.matrix[held.rows(there)] @ row.vector
        near = dict(zip(there, cosines.tolist(), strict=True))
        hits.append(_hits(row.keywords, there, rankings, scores, near, density, known))
    return hits


def from_database(
    products: "QuerySet[Product]",
    nearest: Callable[[Vectors, int], Sequence[Sequence[tuple[int, float]]]],
    asked: Sequence[Asked],
    vectors: Mapping[int, Vectors],
    pool: int,
) -> list[Hits]:
    """The same where there are too many vectors to hold: as many questions for a page as for a row, however many
    keywords. `nearest(vectors, limit)` gives products and cosines."""
    reached = _reached(products, asked, pool)
    phrases = list({word.id for row in asked for word in row.keywords if word.kind == "search" and word.id in vectors})
    meant: dict[int, list[int]] = {}
    if phrases:
        found = nearest(np.stack([vectors[id_] for id_ in phrases]), pool // 2)
        for id_, near_to in zip(phrases, found, strict=True):
            meant[id_] = [product for product, cosine in near_to if cosine >= VECTOR_FLOOR]
    brought: list[Rankings] = []
    for place, asking in enumerate(asked):
        rankings: Rankings = {}
        for word in asking.keywords:
            rankings[word.id, "words"] = reached[place, word.id]
            if word.id in meant:
                rankings[word.id, "meaning"] = meant[word.id]
        brought.append(rankings)
    everything = sorted({id_ for rankings in brought for ids in rankings.values() for id_ in ids})
    held = hold(
        ProductVector.objects.filter(product_id__in=everything)
        .annotate(id=F("product_id"))
        .values_list("id", "embedding")
    )
    weights = fusing.saved().weights
    chosen: list[tuple[Rankings, dict[int, float]]] = []
    for row, rankings in zip(asked, brought, strict=True):
        rankings = rankings | _together_in_order(rankings, held, row.vector, pool)
        chosen.append((rankings, fusing.fused(row, rankings, vectors, weights)))
    best = [_best(scores, pool) for _rankings, scores in chosen]
    known = facts.products(sorted({id_ for ids in best for id_ in ids}))
    densities = _densities(products, asked)
    hits = []
    for place, (row, ids, (rankings, scores)) in enumerate(zip(asked, best, chosen, strict=True)):
        there = [id_ for id_ in ids if id_ in known and id_ in held.places]
        near = dict(zip(there, (held.matrix[held.rows(there)] @ row.vector).tolist(), strict=True))
        hits.append(_hits(row.keywords, there, rankings, scores, near, densities.get(place, 0), known))
    return hits


def _together_in_order(rankings: Rankings, held: Held, vector: Vectors, pool: int) -> Rankings:
    """What all keywords of a row bring, nearest to the row's vector first."""
    if not rankings:
        return {}
    rows = held.rows(sorted({id_ for ids in rankings.values() for id_ in ids}))
    return {(fusing.ROW, "row"): held.ids[held.ordered(rows, vector, pool)].tolist()}


def _reached(products: "QuerySet[Product]", asked: Sequence[Asked], pool: int) -> dict[tuple[int, int], list[int]]:
    """By row and keyword: the products that the keyword reaches, nearest to the row's vector first."""
    found: dict[tuple[int, int], list[int]] = {}
    parts = []
    for place, row in enumerate(asked):
        for word in row.keywords:
            found[place, word.id] = []
            distance = Unindexed(CosineDistance("vector__embedding", row.vector))
            rows = (
                products.filter(reach(word), vector__isnull=False)
                .order_by()
                .annotate(place=Value(place), word=Value(word.id), distance=distance)
            )
            parts.append(rows.order_by("distance", "id")[:pool].values_list("place", "word", "id", "distance"))
    for place, word_id, id_, _distance in sorted(_together(parts), key=lambda row: (row[3], row[2])):
        found[place, word_id].append(id_)
    return found


def _densities(products: "QuerySet[Product]", asked: Sequence[Asked]) -> dict[int, int]:
    """By row: how many products its keywords reach together."""
    parts = []
    for place, row in enumerate(asked):
        if row.keywords:
            everything = reduce(or_, map(reach, row.keywords), Q())
            rows = products.filter(everything).order_by().annotate(place=Value(place)).values("place")
            parts.append(rows.annotate(n=Func("pk", function="Count")).values_list("place", "n"))
    return dict(_together(parts))


def _together(parts: "Sequence[QuerySet[Product, tuple[Any, ...]]]") -> list[tuple[Any, ...]]:
    """What all of them give, asked in one question."""
    if not parts:
        return []
    return list(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])


def cosines(vector: Vectors, ids: Sequence[int]) -> dict[int, float]:
    """The cosine of each of the products with `vector` (d,), where it has a vector."""
    if not ids:
        return {}
    rows = ProductVector.objects.filter(product_id__in=ids).annotate(distance=CosineDistance("embedding", vector))
    return {id_: 1 - distance for id_, distance in rows.values_list("product_id", "distance")}


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
        for id_ in found if word_id != fusing.ROW else ():
            sources[id_].setdefault(texts[word_id])
    return Hits(
        density=density, hits=[facts.as_hit(rows[id_], near[id_], scores[id_], list(sources[id_])) for id_ in ids]
    )
