"""What a shopper means by a text: the words of products, weighted by field, joined with nearness by meaning.

    words   = sum of idf(t) * rank(t) / sum of idf(t) * covered ** cover
    rank(t) = title / long ** length + B * brand and category + C * attributes + D * description / long ** length
    score   = a * words / best words + phrase * (the words stand side by side) + (1 - a) * cosine

Each field of rank(t) is PostgreSQL's ts_rank of t there, `long` the lexemes of that field in tens, `covered` the share
of the query's words, by idf, that a product holds; idf counts the store's products. Weighted fields with lengths of
their own are BM25F's idea (Robertson, Zaragoza and Taylor, CIKM 2004); the inverse document frequency is what ts_rank
has not; a convex combination of scores, each brought to 0..1, keeps what ranks alone would lose (Bruch et al., TOIS
2023). The numbers are learned from ratings (`generation.measure.tuning`) and kept in a versioned file with where they
are from.

Not every product that holds a word is scored: at most `LOOKED_AT` are looked at, those that hold most of the query's
weight first (`tiers`), and the best `RANKED` of them by a rough score are scored in full.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import QuerySet
from pydantic import BaseModel, ConfigDict, Field

from accounts.models import Store
from generation.catalog import shipped, tiers
from generation.models import Product

WEIGHTS = shipped.FOLDER / "search-v1.json"
MOST_WORDS = 12  # of a query, the rarest ones; the others are not looked for
LOOKED_AT = 5000  # products, for each question
RANKED, RANKED_EACH = 1000, 5  # scored in full: so many, and so many for each that is wanted
COUNTED = 1000  # a word that was not counted yet is taken to stand in no more products than this
# Words of the query that the store counted; a rare one, or one of a store that has not counted yet, is counted here.
COUNTS = r"""
    SELECT asked.word,
           coalesce(known.products, (
               SELECT count(*) FROM (
                   SELECT FROM generation_productwords w
                   WHERE w.store_id = %(store)s
                     AND w.words @@ ('''' || replace(replace(asked.word, '\', '\\'), '''', '''''') || '''')::tsquery
                   LIMIT %(most)s) AS few)),
           coalesce((SELECT products FROM generation_wordcount WHERE store_id = %(store)s AND word = ''),
                    (SELECT count(*) FROM generation_productwords WHERE store_id = %(store)s))
    FROM unnest(tsvector_to_array(to_tsvector('english', %(query)s))) AS asked(word)
    LEFT JOIN generation_wordcount known ON known.store_id = %(store)s AND known.word = asked.word"""
LABELS = {"title": "{0,0,0,1}", "brand": "{0,0,1,0}", "attributes": "{0,1,0,0}", "description": "{1,0,0,0}"}
Column = npt.NDArray[np.float64]


class Weights(BaseModel):
    """How much each part of a score counts; the title's weight is 1, the others are beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: float = Field(default=1.0, ge=0)
    attributes: float = Field(default=0.5, ge=0)
    description: float = Field(default=0.5, ge=0)
    cover: float = Field(default=3.0, ge=0)
    length: float = Field(default=0.75, ge=0)
    words: float = Field(default=0.5, ge=0, le=1)
    phrase: float = Field(default=0.1, ge=0)


@cache
def saved(path: Path = WEIGHTS) -> shipped.Saved[Weights]:
    """A file's weights, read once. Raises Misconfigured when it holds none."""
    return shipped.read(shipped.Saved[Weights], path)


@dataclass(frozen=True)
class Words:
    """A query as the database knows it: in how many of the store's `total` products each of its words stands, the
    rarest first; `unknown` are those that stand in none."""

    query: str
    counts: Mapping[str, int]
    total: int
    unknown: tuple[str, ...] = ()

    def idf(self) -> dict[str, float]:
        return {word: max(math.log((self.total + 1) / (n + 0.5)), 0.01) for word, n in self.counts.items()}


@dataclass(frozen=True)
class Matched:
    """What the words of a query find, before any weighing: ids (n,), ranks (n, words, 4) in the order of `LABELS`,
    title and description (n,) how long they are, in tens of lexemes, phrase (n,) 0 or 1, idf (words,)."""

    ids: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.float64]
    title: Column
    description: Column
    phrase: Column
    idf: Column


def words(store: Store, query: str) -> Words:
    """The words of `query`, stemmed, without stop words, each once. One question."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"store": store.pk, "most": COUNTED, "query": query[:1000]})
        rows = cursor.fetchall()
    counts, total = {word: n for word, n, _total in rows}, rows[0][2] if rows else 0
    unknown = tuple(word for word, n in counts.items() if not n)
    return Words(query[:1000], rarest(counts), total, unknown)


def rarest(counts: Mapping[str, int]) -> dict[str, int]:
    """The words that a search looks for, of all that a query has."""
    held = sorted((word for word, n in counts.items() if n), key=lambda word: (counts[word], word))
    return {word: counts[word] for word in held[:MOST_WORDS]}


def matched(products: "QuerySet[Product]", asked: Words) -> Matched:
    """All of `products` that hold a word of the query, with the parts of their score; for learning."""
    rows: list[tuple[float, ...]] = []
    if asked.counts:
        inner, params = products.order_by().values("id").query.sql_with_params()
        columns, given = _parts(asked)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM generation_productwords w "
                f"WHERE w.words @@ %s::tsquery AND w.product_id IN ({inner}) ORDER BY 1",
                [*given, any_of(asked), *params],
            )
            rows = cursor.fetchall()
    size = len(asked.counts)
    table = np.asarray(rows, dtype=np.float64).reshape(len(rows), 4 + 4 * size)
    ranks = table[:, 4:].reshape(len(rows), size, len(LABELS))
    title, description, phrase = table[:, 1:4].T
    idf = np.asarray([*asked.idf().values()])
    return Matched(table[:, 0].astype(np.int64), ranks, title, description, phrase, idf)


def by_words(
    products: "QuerySet[Product]", eligible: int, asked: Words, weights: Weights, limit: int
) -> list[tuple[int, float]]:
    """The `limit` of `products`, `eligible` in number, that the words speak for most, best first: ids and what words
    and phrase add to the score. One question."""
    if not asked.counts:
        return []
    looked, looking = _looked_at(products, eligible, asked, weights)
    columns, given = _parts(asked)
    idf = [f"{value:.6f}::float8" for value in asked.idf().values()]
    rank = [
        f"(a{n} / power(title, {weights.length}) + {weights.brand} * b{n} + {weights.attributes} * c{n}"
        f" + {weights.description} * d{n} / power(description, {weights.length}))"
        for n in range(len(idf))
    ]
    ranked = " + ".join(f"{value} * {one}" for value, one in zip(idf, rank, strict=True))
    covered = " + ".join(f"{value} * (a{n} + b{n} + c{n} + d{n} > 0)::int" for n, value in enumerate(idf))
    idfs = f"({' + '.join(idf)})"
    sql = f"""
        WITH looked AS ({looked}),
        likely AS MATERIALIZED (SELECT id FROM looked GROUP BY id ORDER BY max(rough) DESC, id
                                LIMIT {max(RANKED, int(limit) * RANKED_EACH)}),
        parts AS MATERIALIZED (SELECT {columns} FROM likely JOIN generation_productwords w ON w.product_id = likely.id),
        scored AS (SELECT id, phrase, ({ranked}) / {idfs} * power(({covered}) / {idfs}, {weights.cover}) AS words
                   FROM parts)
        SELECT id, {weights.words} * words / coalesce(nullif(max(words) OVER (), 0), 1)
                   + {weights.phrase} * phrase AS score
        FROM scored ORDER BY score DESC, id LIMIT {int(limit)}"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*looking, *given])
        return [(id_, float(score)) for id_, score in cursor.fetchall()]


def word_scores(found: Matched, weights: Weights) -> Column:
    """What words and phrase add to the score of each product: the same as `by_words`, for learning."""
    if not len(found.ids):
        return np.zeros(0)
    held, idf = found.ranks.sum(axis=2) > 0, found.idf
    title, description = found.title**-weights.length, found.description**-weights.length
    beside = np.full_like(title, weights.brand), np.full_like(title, weights.attributes)
    fields = np.stack([title, *beside, weights.description * description], axis=1)
    words = np.einsum("ntf,nf,t->n", found.ranks, fields, idf) / idf.sum() * ((held @ idf) / idf.sum()) ** weights.cover
    scores: Column = weights.words * words / (words.max() or 1.0) + weights.phrase * found.phrase
    return scores


def _looked_at(products: "QuerySet[Product]", eligible: int, asked: Words, weights: Weights) -> tuple[str, list[Any]]:
    """SQL and parameters of id and a rough score (one rank for all words and fields, by how much of them is held) of
    the products that are worth scoring in full."""
    idf = asked.idf()
    share = [f"{value / sum(idf.values()):.6f}::float8 * (w.words @@ %s::tsquery)::int" for value in idf.values()]
    fields = [weights.description, weights.attributes, weights.brand, 1.0]
    scaled = ",".join(f"{value / max(fields):.4f}" for value in fields)
    rough = f"ts_rank('{{{scaled}}}', w.words, %s::tsquery) * power({' + '.join(share)}, {weights.cover}) AS rough"
    roughly = [any_of(asked), *map(tiers.quoted, idf)]
    passed = min(LOOKED_AT * asked.total / max(eligible, 1), sum(asked.counts.values()))
    if eligible * 2 <= passed:  # walking the words would pass by more products than there are eligible ones
        inner, inside = products.order_by().values("id").query.sql_with_params()
        sql = f"""SELECT w.product_id AS id, {rough} FROM ({inner}) AS inside CROSS JOIN LATERAL (
                      SELECT * FROM generation_productwords WHERE product_id = inside.id OFFSET 0) w
                  WHERE w.words @@ %s::tsquery"""
        return sql, [*roughly, *inside, any_of(asked)]
    # One product after another, as far as the limit: the planner would look all eligible ones up beforehand.
    here = products.order_by().extra(where=["generation_product.id = w.product_id"]).values("id")[:1]
    inner, inside = here.query.sql_with_params()
    holding = f"SELECT w.product_id AS id, {rough} FROM generation_productwords w CROSS JOIN LATERAL ({inner}) here"
    parts = [f"({holding} WHERE w.words @@ %s::tsquery)"] * len(levels := tiers.levels(idf))
    params = [one for level in levels for one in (*roughly, *inside, level)]
    if min(asked.counts.values()) > LOOKED_AT:  # more hold all the words than are looked at: named so ones come first
        named = products.order_by().extra(where=["generation_product.search @@ %s::tsquery"], params=[all_of(asked)])
        inner, inside = named.values("id")[:LOOKED_AT].query.sql_with_params()
        parts.insert(0, f"(SELECT w.product_id AS id, {rough} FROM ({inner}) named "
                        "JOIN generation_productwords w ON w.product_id = named.id)")  # fmt: skip
        params = [*roughly, *inside, *params]
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS every LIMIT {LOOKED_AT}", params


def _parts(asked: Words) -> tuple[str, list[Any]]:
    """Columns and their parameters: id, the lengths of title and description, phrase, and for every word its rank in
    each field (a0, b0, c0, d0, a1, ...)."""
    found = [tiers.quoted(word) for word in asked.counts]
    columns = [f"ts_rank('{weights}', w.words, %s::tsquery) AS {letter}{number}" for number in range(len(found))
               for letter, weights in zip("abcd", LABELS.values(), strict=True)]  # fmt: skip
    sql = f"""w.product_id AS id, greatest(length(ts_filter(w.words, '{{a}}')), 1) / 10.0::float8 AS title,
              greatest(length(ts_filter(w.words, '{{d}}')), 1) / 10.0::float8 AS description,
              (w.words @@ phraseto_tsquery('english', %s))::int AS phrase, {", ".join(columns)}"""
    return sql, [asked.query, *(word for word in found for _label in LABELS)]


def any_of(asked: Words) -> str:
    """A full-text query for the products that hold some of the words."""
    return " | ".join(map(tiers.quoted, asked.counts))


def all_of(asked: Words) -> str:
    """The same for those that hold all of them."""
    return " & ".join(map(tiers.quoted, asked.counts))
