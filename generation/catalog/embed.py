"""Vectors for the products whose text changed, and for nothing else."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection
from django.db.models import F, Q, QuerySet

from accounts.models import Store
from generation.catalog import spaces
from generation.catalog.texts import embedding_text
from generation.encoders.base import Encoder, Vectors
from generation.models import Product

BATCH = 512
"""Rows that are encoded, written and kept together: more than an encoder does with one core, a second's work."""
Row = TypeVar("Row")

# Values as arrays: half the time of a statement with a parameter for each. The products are locked as they are counted,
# so that one that is deleted meanwhile is left out instead of failing the rest.
_WRITE = """
INSERT INTO generation_productvector (product_id, store_id, text_hash, encoder, embedding)
SELECT p.id, p.store_id, made.text_hash, %s, made.embedding::halfvec
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS made(id, text_hash, embedding)
JOIN (SELECT id, store_id FROM generation_product WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE) p ON p.id = made.id
ON CONFLICT (product_id) DO UPDATE SET text_hash = excluded.text_hash, encoder = excluded.encoder,
    embedding = excluded.embedding"""


def stale(store: Store, encoder_name: str | None = None) -> "QuerySet[Product]":
    """Products without a vector, with one of an older text, or (when named) of another encoder."""
    return Product.objects.filter(_old(encoder_name), store=store)


def _old(encoder_name: str | None) -> Q:
    old = Q(vector__isnull=True) | ~Q(vector__text_hash=F("text_hash"))
    return old | ~Q(vector__encoder=encoder_name) if encoder_name else old


def embed_stale(store: Store, encoder: Encoder, on_batch: Callable[[int], Any] = lambda done: None) -> int:
    """Embed every stale product in batches; the number embedded. Safe to run twice or to kill: each batch is kept.

    The text is encoded outside any transaction. A product that changed meanwhile stays stale, since the vector says
    which text it is of; one that was deleted is left out. `on_batch` hears the number done so far.
    """
    waiting = stale(store, encoder.name).only("id", "title", "brand", "categories", "text_hash")
    done = 0
    for batch, vectors in encoded(by_id(waiting), embedding_text, encoder):
        write(batch, vectors, encoder.name)
        done += len(batch)
        on_batch(done)
    return done


def write(products: Sequence[Product], vectors: Vectors, encoder_name: str) -> None:
    """Keep a vector (d,) a product, with the hash of the text as it was read; deleted products are left out."""
    ids, hashes = [product.pk for product in products], [product.text_hash for product in products]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [encoder_name, ids, hashes, as_text(vectors), ids])


def by_id(waiting: "QuerySet[Any]") -> Iterator[list[Any]]:
    """The rows in batches by rising id; a row that stops or goes on waiting meanwhile is met at most once."""
    last = 0
    while batch := list(waiting.filter(id__gt=last).order_by("id")[:BATCH]):
        last = batch[-1].pk
        yield batch


def encoded(
    batches: Iterator[list[Row]], text: Callable[[Row], str], encoder: Encoder
) -> Iterator[tuple[list[Row], Vectors]]:
    """Each batch with its vectors. The next one is being encoded while the caller writes this one, so that neither the
    processor nor the database waits for the other; the database is spoken to from the caller's thread alone."""
    with ThreadPoolExecutor(1, thread_name_prefix="embed") as ahead:
        before = None
        for batch in batches:
            under_way = batch, ahead.submit(encoder.encode, [text(row) for row in batch])
            if before is not None:
                yield before[0], before[1].result()
            before = under_way
        if before is not None:
            yield before[0], before[1].result()


def as_text(vectors: Vectors) -> list[str]:
    """Vectors as PostgreSQL reads them: a halfvec holds 11 bits of each number, which five digits say in full."""
    return [f"[{','.join([f'{number:.5g}' for number in row])}]" for row in vectors.tolist()]


def between_encoders(store: Store, encoder_name: str) -> bool:
    """Whether products or keywords still have a vector of another encoder: then nearness means nothing."""
    first, last = spaces.written_by(store)
    return bool(first) and (first, last) != (encoder_name, encoder_name)


def stores_behind() -> list[int]:
    """Ids of stores with products that wait for a vector, or whose vectors are not all by the encoder that serves."""
    waiting = Product.objects.filter(_old(None)).order_by().values_list("store_id", flat=True).distinct()
    mixed = [row.store_id for row in spaces.every_serving() if between_encoders(row.store, row.encoder)]
    return sorted({*waiting, *mixed})
