"""The vectors of the space that is being built: made beside those that serve, kept batch by batch.

Whatever is killed goes on where it stopped: what has a vector of its present text is not asked for again.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import Store
from generation.catalog import embed, vocabulary
from generation.catalog.texts import embedding_text
from generation.encoders.base import Encoder, Vectors
from generation.models import EmbeddingSpace, Keyword, Product, Ruling, SpaceVector
from generation.stages.meaning import meaning

Kind = SpaceVector.Kind
OnBatch = Callable[[str, int], Any]
"""Hears of which kind (`SpaceVector.Kind`'s label) how many were done in this pass."""
# The space is held for as long as the statement takes: one that was cancelled meanwhile gets nothing more.
_WRITE = """
INSERT INTO generation_spacevector (space_id, kind, row, text_hash, embedding)
SELECT space.id, %s, made.row, made.text_hash, made.embedding::halfvec
FROM (SELECT id FROM generation_embeddingspace WHERE id = %s AND state = 'building' FOR SHARE) AS space,
     unnest(%s::bigint[], %s::text[], %s::text[]) AS made(row, text_hash, embedding)
ON CONFLICT (space_id, kind, row) DO UPDATE SET text_hash = excluded.text_hash, embedding = excluded.embedding"""


@dataclass(frozen=True)
class Done:
    """Of `total` products, keywords or rulings `done` have their vector in the space."""

    kind: str
    done: int
    total: int


def progress(space: EmbeddingSpace) -> list[Done]:
    """How far the space is, kind by kind; reads the store's products once."""
    store = space.store
    return [
        _done(Kind.PRODUCT, Product.objects.filter(store=store).count(), products(space).count()),
        _done(Kind.KEYWORD, Keyword.objects.filter(store=store).count(), keywords(space).count()),
        _done(Kind.RULING, Ruling.objects.filter(store=store).count(), len(rulings(space))),
    ]


def _done(kind: SpaceVector.Kind, total: int, missing: int) -> Done:
    return Done(str(kind.label), max(total - missing, 0), total)


def fill(space: EmbeddingSpace, encoder: Encoder, on_batch: OnBatch = lambda kind, done: None) -> bool:
    """Make what is missing until nothing is, whatever changes meanwhile; False when the space is no longer being built.

    Raises what the encoder raises; every batch before that is kept.
    """
    while True:
        batches = _pass(space, encoder, on_batch)
        if batches is None:
            return False
        if not batches:
            return True
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE generation_spacevector")


def _pass(space: EmbeddingSpace, encoder: Encoder, on_batch: OnBatch) -> int | None:
    """Once over what is missing: how many batches that were, or None when the space is no longer being built."""
    batches = 0
    waiting = rulings(space)
    if waiting:
        vectors = encoder.encode([text(one) for one in waiting])
        if not _write(space, Kind.RULING, [one.pk for one in waiting], [hash_of(one) for one in waiting], vectors):
            return None
        on_batch(str(Kind.RULING.label), len(waiting))
        batches += 1
    done = 0
    missing: QuerySet[Any] = keywords(space).defer("embedding")
    for words, vectors in embed.encoded(embed.by_id(missing), vocabulary.embedding_text, encoder):
        if not _write(space, Kind.KEYWORD, [word.pk for word in words], [""] * len(words), vectors):
            return None
        done, batches = done + len(words), batches + 1
        on_batch(str(Kind.KEYWORD.label), done)
    done = 0
    missing = products(space).only("id", "title", "brand", "categories", "text_hash")
    for rows, vectors in embed.encoded(embed.by_id(missing), embedding_text, encoder):
        if not _write(space, Kind.PRODUCT, [one.pk for one in rows], [one.text_hash for one in rows], vectors):
            return None
        done, batches = done + len(rows), batches + 1
        on_batch(str(Kind.PRODUCT.label), done)
    return batches


def _write(space: EmbeddingSpace, kind: int, rows: Sequence[int], hashes: Sequence[str], vectors: Vectors) -> bool:
    """Keep a vector (d,) a row, with the hash of its text as it was read; False when the space is no longer built."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [kind, space.pk, list(rows), list(hashes), embed.as_text(vectors)])
        return bool(cursor.rowcount)


def products(space: EmbeddingSpace) -> "QuerySet[Product]":
    """The store's products without a vector of their present text in the space."""
    made = Coalesce(_made(space, Kind.PRODUCT, "text_hash"), Value(""))
    return Product.objects.filter(store=space.store_id).annotate(made=made).exclude(made=F("text_hash"))


def keywords(space: EmbeddingSpace) -> "QuerySet[Keyword]":
    """The same for keywords, whose text never changes."""
    made = _made(space, Kind.KEYWORD, "row")
    return Keyword.objects.filter(store=space.store_id).annotate(made=made).filter(made__isnull=True)


def _made(space: EmbeddingSpace, kind: int, column: str) -> Subquery:
    """A lookup for each row. NOT EXISTS becomes a join, which the planner does in a loop within a loop while it has not
    heard yet how full the table is."""
    return Subquery(SpaceVector.objects.filter(space=space, kind=kind, row=OuterRef("pk")).values(column)[:1])


def rulings(space: EmbeddingSpace) -> list[Ruling]:
    """The same for rulings; a store has hundreds."""
    there = dict(SpaceVector.objects.filter(space=space, kind=Kind.RULING).values_list("row", "text_hash"))
    every = Ruling.objects.filter(store=space.store_id).defer("embedding").order_by("pk")
    return [one for one in every if there.get(one.pk) != hash_of(one)]


def text(ruling: Ruling) -> str:
    return meaning(ruling.title, ruling.subtitle, ruling.concepts)


def hash_of(ruling: Ruling) -> str:
    return hashlib.blake2b(text(ruling).encode(), digest_size=16).hexdigest()


def due(store: Store) -> bool:
    """Whether nothing is missing any more, so that the space may serve."""
    space = EmbeddingSpace.objects.filter(store=store, state=EmbeddingSpace.State.BUILDING).first()
    return space is not None and not (products(space).exists() or keywords(space).exists() or rulings(space))
