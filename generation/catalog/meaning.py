"""Products near to what a text means, for a process that holds no encoder: a worker places the text, once, and keeps
its vector where every process finds it."""

import numpy as np
from django.core.cache import cache
from django.db.models import QuerySet

from accounts.models import Store
from generation.catalog import nearest, spaces
from generation.catalog.nearest import Plan
from generation.catalog.retrieve import VECTOR_FLOOR
from generation.encoders.base import Vectors
from generation.models import Product
from storefront_studio.lib.hashing import digest

LISTED = 50
KEPT_SECONDS = 3600
ASKED_SECONDS = 20  # for which nobody asks again


def known(store: Store, text: str) -> Vectors | None:
    """The vector (d,) of a text, where a worker has placed it."""
    kept = cache.get(_key(store, text))
    return None if kept is None else np.frombuffer(kept, dtype=np.float32)


def keep(store: Store, text: str, vector: Vectors) -> None:
    cache.set(_key(store, text), np.asarray(vector, dtype=np.float32).tobytes(), KEPT_SECONDS)


def first_to_ask(store: Store, text: str) -> bool:
    """Whether nobody has asked a worker for it just now."""
    return bool(cache.add(f"{_key(store, text)}:asked", 1, ASKED_SECONDS))


def near(products: "QuerySet[Product]", vector: Vectors) -> list[int]:
    """The ids of the `products` nearest to `vector` (d,), nearest first; none that is far from it."""
    found = nearest.nearest(products, LISTED, vector[None], LISTED, Plan("index", nearest.LEAST_EFFORT))
    return [id_ for id_, cosine in found[0] if cosine >= VECTOR_FLOOR]


def _key(store: Store, text: str) -> str:
    return f"meaning:{store.pk}:{spaces.number(store.pk)}:{digest(' '.join(text.split()).casefold())}"
