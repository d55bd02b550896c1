"""Vectors for the products whose text changed, and for nothing else."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Store
from generation.catalog.texts import embedding_text
from generation.encoders.base import Encoder
from generation.models import Product, ProductVector

BATCH = 256


def stale(store: Store, encoder_name: str | None = None) -> "QuerySet[Product]":
    """Products without a vector, with one of an older text, or (when named) of another encoder."""
    old = Q(vector__isnull=True) | ~Q(vector__text_hash=F("text_hash"))
    if encoder_name:
        old |= ~Q(vector__encoder=encoder_name)
    return Product.objects.filter(old, store=store)


def embed_stale(store: Store, encoder: Encoder, on_batch: Callable[[int], Any] = lambda done: None) -> int:
    """Embed every stale product in batches; the number embedded. Safe to run twice or to kill: each batch is kept.

    The text is encoded outside any transaction. A product that changed meanwhile stays stale, since the vector says
    which text it is of. `on_batch` hears the number done so far.
    """
    done = 0
    last = 0
    while True:
        batch = list(stale(store, encoder.name).filter(id__gt=last).order_by("id")[:BATCH])
        if not batch:
            return done
        last = batch[-1].pk
        vectors = encoder.encode([embedding_text(product) for product in batch])
        ProductVector.objects.bulk_create(
            [
                ProductVector(
                    product=product,
                    store=store,
                    text_hash=product.text_hash,
                    encoder=encoder.name,
                    embedding=vector.tolist(),
                )
                for product, vector in zip(batch, vectors, strict=True)
            ],
            update_conflicts=True,
            unique_fields=["product"],
            update_fields=["text_hash", "encoder", "embedding"],
        )
        done += len(batch)
        on_batch(done)


def stores_behind() -> list[int]:
    """Ids of stores with products that wait for a vector."""
    old = Q(vector__isnull=True) | ~Q(vector__text_hash=F("text_hash"))
    return list(Product.objects.filter(old).order_by().values_list("store_id", flat=True).distinct())
