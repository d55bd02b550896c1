"""A wrapper that answers a question asked before from a store, without a request and without cost."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import Any, Protocol

from pydantic import ValidationError

from generation.llm.base import NOTHING, Call, Reply, T, TextModel, fingerprint


class Store(Protocol):
    """Django's cache has this shape; so have `Memory` below and the answers of a store in the database."""

    def get(self, key: str) -> Any:
        """The text kept under the key, or None."""

    def set(self, key: str, value: str) -> Any:
        """Keep a text."""


class Memory(dict[str, str]):
    """A store for one process."""

    def set(self, key: str, value: str) -> None:
        self[key] = value


class Cached:
    """Keyed by `fingerprint`. A hit that no longer passes `check`, or cannot be read, is ignored.

    `alone` is entered with the key while a question is asked: who comes with the same question meanwhile waits there
    and then finds the answer, so that it is paid once.
    """

    def __init__(
        self,
        model: TextModel,
        store: Store,
        clock: Callable[[], float] = time.monotonic,
        alone: Callable[[str], AbstractContextManager[None]] = lambda key: nullcontext(),
    ) -> None:
        self._model, self._store, self._clock, self._alone = model, store, clock, alone
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
        """The kept answer (no tokens, no cost, `cached`), else the wrapped model's, which is then kept."""
        started = self._clock()
        key = fingerprint(self, call)
        kept = self._read(key, call, started)
        if kept is not None:
            return kept
        with self._alone(key):
            kept = self._read(key, call, started)
            if kept is not None:
                return kept
            reply = self._model.complete(call)
            self._store.set(key, json.dumps({"model": reply.model, "value": reply.value.model_dump(mode="json")}))
            return reply

    def _read(self, key: str, call: Call[T], started: float) -> Reply[T] | None:
        text = self._store.get(key)
        if text is None:
            return None
        try:
            kept = json.loads(text)
            value = call.answer.model_validate(kept["value"])
            call.check(value)
            model = str(kept["model"])
        except (ValidationError, ValueError, KeyError, TypeError):
            return None
        seconds = round(self._clock() - started, 3)
        return Reply(value, model, NOTHING, (), repaired=False, cached=True, seconds=seconds)
