"""What a shopper means by a text: the words of products, weighted by field, joined with nearness by meaning.

    words   = sum of idf(t) * rank(t) / sum of idf(t) * covered ** cover
    rank(t) = title / long ** length + B * brand and category + C * attributes + D * description / long ** length
    score   = a * words / best words + phrase * (the words stand side by side) + (1 - a) * cosine

Each field of rank(t) is PostgreSQL's ts_rank of t there, `long` the lexemes of that field in tens, `covered` the share
of the query's words, by idf, that a product holds. Weighted fields with lengths of their own are BM25F's idea
(Robertson, Zaragoza and Taylor, CIKM 2004); the inverse document frequency is what ts_rank has not; a convex
combination of scores, each brought to 0..1, keeps what ranks alone would lose (Bruch et al., TOIS 2023). The numbers
are learned from ratings (`generation.measure.tuning`) and kept in a versioned file with where they are from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import QuerySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generation.models import Product
from storefront_studio.lib.errors import Misconfigured

WEIGHTS = Path(__file__).parent / "weights" / "search-v1.json"
MOST_WORDS = 12  # of a query; the others are not looked for
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


class Saved(BaseModel):
    """A file of weights: what they are, and where they are from."""

    version: str
    weights: Weights
    provenance: dict[str, object]


@cache
def saved(path: Path = WEIGHTS) -> Saved:
    """A file's weights, read once. Raises Misconfigured when it holds none."""
    try:
        return Saved.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise Misconfigured(f"The search weights {path.name} cannot be read: {error}") from None


@dataclass(frozen=True)
class Matched:
    """What the words of a query find, before any weighing: ids (n,), ranks (n, words, 4) in the order of `LABELS`,
    title and description (n,) how long they are, in tens of lexemes, phrase (n,) 0 or 1."""

    ids: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.float64]
    title: Column
    description: Column
    phrase: Column


def lexemes(query: str) -> list[str]:
    """The words of `query` as the database knows them: stemmed, without stop words, each once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(to_tsvector('english', %s))", [query[:1000]])
        return list(cursor.fetchone()[0][:MOST_WORDS])


def matched(products: "QuerySet[Product]", query: str) -> Matched:
    """All of `products` that hold a word of `query`, with the parts of their score; for learning."""
    found = lexemes(query)
    rows: list[tuple[float, ...]] = []
    if found:
        inner, params = _matching(products, query, found)
        with connection.cursor() as cursor:
            cursor.execute(f"{inner} ORDER BY 1", params)
            rows = cursor.fetchall()
    table = np.asarray(rows, dtype=np.float64).reshape(len(rows), 4 + 4 * len(found))
    ranks = table[:, 4:].reshape(len(rows), len(found), len(LABELS))
    return Matched(table[:, 0].astype(np.int64), ranks, *table[:, 1:4].T)


def by_words(
    products: "QuerySet[Product]", total: int, query: str, weights: Weights, limit: int
) -> list[tuple[int, float]]:
    """The `limit` of `products`, `total` in number, that the words of `query` speak for most, best first: ids and
    what words and phrase add to the score. One question for the words, one for the products."""
    found = lexemes(query)
    if not found:
        return []
    inner, params = _matching(products, query, found)
    places = range(len(found))
    rank = {
        n: f"(a{n} / power(title, {weights.length}) + {weights.brand} * b{n} + {weights.attributes} * c{n}"
        f" + {weights.description} * d{n} / power(description, {weights.length}))"
        for n in places
    }
    held = {n: f"(a{n} + b{n} + c{n} + d{n} > 0)" for n in places}
    known = ", ".join(f"ln(({total} + 1) / (count(*) FILTER (WHERE {held[n]}) + 0.5)) AS idf{n}" for n in places)
    idfs = "(" + " + ".join(f"idf{n}" for n in places) + ")"
    ranked = " + ".join(f"idf{n} * {rank[n]}" for n in places)
    covered = " + ".join(f"idf{n} * {held[n]}::int" for n in places)
    sql = f"""
        WITH matched AS MATERIALIZED ({inner}), known AS (SELECT {known} FROM matched), scored AS (
            SELECT id, phrase, ({ranked}) / {idfs} * power(({covered}) / {idfs}, {weights.cover}) AS words
            FROM matched, known)
        SELECT id, {weights.words} * words / coalesce(nullif(max(words) OVER (), 0), 1)
                   + {weights.phrase} * phrase AS score
        FROM scored ORDER BY score DESC, id LIMIT {int(limit)}"""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [(id_, float(score)) for id_, score in cursor.fetchall()]


def word_scores(found: Matched, total: int, weights: Weights) -> Column:
    """What words and phrase add to the score of each product: the same as `by_words`, for learning."""
    if not len(found.ids):
        return np.zeros(0)
    held = found.ranks.sum(axis=2) > 0
    idf = np.log((total + 1) / (held.sum(axis=0) + 0.5))
    title, description = found.title**-weights.length, found.description**-weights.length
    beside = np.full_like(title, weights.brand), np.full_like(title, weights.attributes)
    fields = np.stack([title, *beside, weights.description * description], axis=1)
    words = np.einsum("ntf,nf,t->n", found.ranks, fields, idf) / idf.sum() * ((held @ idf) / idf.sum()) ** weights.cover
    scores: Column = weights.words * words / (words.max() or 1.0) + weights.phrase * found.phrase
    return scores


def _matching(products: "QuerySet[Product]", query: str, found: Sequence[str]) -> tuple[str, list[Any]]:
    """SQL and parameters of: id, the lengths of title and description, phrase, and for every word its rank in each
    field (a0, b0, c0, d0, a1, ...)."""
    quoted = [_quoted(word) for word in found]
    eligible, inside = products.order_by().values("id").query.sql_with_params()
    columns = [f"ts_rank('{weights}', w.words, %s::tsquery) AS {letter}{number}" for number in range(len(found))
               for letter, weights in zip("abcd", LABELS.values(), strict=True)]  # fmt: skip
    sql = f"""
        SELECT w.product_id AS id, greatest(length(ts_filter(w.words, '{{a}}')), 1) / 10.0::float8 AS title,
               greatest(length(ts_filter(w.words, '{{d}}')), 1) / 10.0::float8 AS description,
               (w.words @@ phraseto_tsquery('english', %s))::int AS phrase, {", ".join(columns)}
        FROM generation_productwords w WHERE w.words @@ %s::tsquery AND w.product_id IN ({eligible})"""
    ranks = [word for word in quoted for _label in LABELS]
    return sql, [query[:1000], *ranks, " | ".join(quoted), *inside]


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
