"""Vectors for what people turned down, made by the worker after the rejection was saved."""

from django.db.models import Q, QuerySet

from accounts.models import Store
from generation.catalog import spaces
from generation.encoders.base import Encoder
from generation.models import Ruling
from generation.stages.meaning import meaning

BATCH = 256


def waiting(store: Store, encoder_name: str) -> "QuerySet[Ruling]":
    """Rulings without a vector, or with one of another encoder; inactive ones too, since they may come back."""
    return Ruling.objects.filter(Q(embedding__isnull=True) | ~Q(encoder=encoder_name), store=store)


def embed(store: Store, encoder: Encoder) -> int:
    """Place every waiting ruling in the encoder's space; the number placed. Safe to run twice or to kill.

    Encoded outside any transaction: a ruling whose words changed meanwhile keeps waiting.
    """
    done = last = 0
    while True:
        batch = list(waiting(store, encoder.name).filter(pk__gt=last).order_by("pk")[:BATCH])
        if not batch:
            return done
        last = batch[-1].pk
        vectors = encoder.encode([meaning(one.title, one.subtitle, one.concepts) for one in batch])
        for one, vector in zip(batch, vectors, strict=True):
            same = Ruling.objects.filter(
                pk=one.pk, title=one.title, subtitle=one.subtitle, concepts=one.concepts, ruled_at=one.ruled_at
            )
            done += same.update(embedding=vector.tolist(), encoder=encoder.name)


def stores_behind() -> list[int]:
    """Ids of stores with rulings that wait for a vector, or have one by another encoder than the one that serves."""
    missing = Ruling.objects.filter(embedding__isnull=True).order_by().values_list("store_id", flat=True).distinct()
    mixed = [row.store_id for row in spaces.every_serving() if waiting(row.store, row.encoder).exists()]
    return sorted({*missing, *mixed})
