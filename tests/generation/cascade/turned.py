"""A second encoder for the shop, and a store on its way to it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from generation import kit, spacing
from generation.encoders.base import Vectors
from generation.models import EmbeddingSpace, Keyword, ProductVector, Ruling
from tests.generation.cascade import shop as shops

OLD, NEW = "all-MiniLM-L6-v2", "newer"


class Turned:
    """The shop's encoder in a space of its own: the same distances, and nothing in common with the other's numbers."""

    name = NEW

    def __init__(self) -> None:
        self.inner, self.asked = shops.encoder(), list[str]()
        self.dimensions = self.inner.dimensions
        self.before: Callable[[int], object] = lambda call: None
        self.calls = 0

    def encode(self, texts: Sequence[str], batch_size: int = 16) -> Vectors:
        self.before(self.calls)
        self.calls += 1
        self.asked += texts
        return np.roll(self.inner.encode(texts, batch_size), 100, axis=1)


def installed(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Turned:
    made = Turned()
    roads: dict[str, Any] = {"sentence": shops.encoder(), NEW: made}
    monkeypatch.setattr(kit, "encoder_like", lambda recipe: roads[recipe.road])
    monkeypatch.setattr(kit, "encoder", lambda: roads[settings.ENCODER])
    kit.forget_texts()
    return made


def begin(shop: Any, settings: Any) -> EmbeddingSpace:
    """As somebody who sets ENCODER=newer and waits for beat."""
    settings.ENCODER = NEW
    (space,) = [one for one in spacing.follow_settings() if one.store_id == shop.pk]
    return space


def names(shop: Any) -> set[str]:
    """Of the encoders whose vectors the searches of the shop meet."""
    rows = (
        ProductVector.objects.filter(store=shop),
        Keyword.objects.filter(store=shop),
        Ruling.objects.filter(store=shop),
    )
    return {name for found in rows for name in found.exclude(encoder="").values_list("encoder", flat=True)}
