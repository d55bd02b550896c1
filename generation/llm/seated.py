"""A wrapper that asks a vendor only while a place is free, whatever number of workers and runs ask it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from generation.llm.base import Call, Reply, T, TextModel


class Seated:
    """`seat` is entered around every request, retries and repairs included, and not between them."""

    def __init__(self, model: TextModel, seat: Callable[[], AbstractContextManager[None]]) -> None:
        self._model, self._seat = model, seat
        self.name, self.label = model.name, model.label
        self.gated = bool(getattr(model, "gated", False))

    @property
    def options(self) -> Mapping[str, str]:
        return getattr(self._model, "options", {})

    def ceiling(self, call: Call[Any], repair: bool = False) -> Decimal | None:
        """See `Metered.ceiling`."""
        found: Callable[..., Decimal | None] | None = getattr(self._model, "ceiling", None)
        return None if found is None else found(call, repair)

    def complete(self, call: Call[T]) -> Reply[T]:
        return self._model.complete(replace(call, seat=self._seat))
