"""How many products wait for a vector, how fast they are made, and how long that will take: measured, never guessed."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import cache

from accounts.models import Store
from generation.catalog import building, embed, spaces

KEPT = 90  # seconds after which a rate says nothing about now
WINDOW = 60.0  # seconds over which the rate is taken


@dataclass(frozen=True)
class Backlog:
    """`per_second` and `minutes_left` are None unless somebody embeds this store now."""

    waiting: int
    per_second: float | None
    minutes_left: float | None

    @property
    def sentence(self) -> str:
        """Empty when nothing waits."""
        if not self.waiting:
            return ""
        many = "1 product waits" if self.waiting == 1 else f"{self.waiting:,} products wait"
        if self.per_second is None or self.minutes_left is None:
            return f"{many} for a vector; nobody embeds them at the moment."
        left = "less than a minute" if self.minutes_left < 1 else _minutes(self.minutes_left)
        return f"{many} for a vector, {self.per_second:,.0f} a second are made: {left} left."

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _minutes(minutes: float) -> str:
    if minutes >= 120:
        return f"about {minutes / 60:,.0f} hours"
    return "about a minute" if minutes < 1.5 else f"about {minutes:,.0f} minutes"


@dataclass(frozen=True)
class Ahead:
    """How far the vectors of a space are that is being built. `trouble` says why it does not go on."""

    encoder: str
    kinds: list[building.Done]
    per_second: float | None
    minutes_left: float | None
    trouble: str

    @property
    def sentence(self) -> str:
        far = ", ".join(f"{one.done:,} of {one.total:,} {one.kind}" for one in self.kinds if one.total)
        text = f"Vectors of {self.encoder} are being made beside those that serve: {far or 'nothing to embed'}."
        if self.trouble:
            return f"{text} It does not go on: {self.trouble}"
        if self.per_second is None or self.minutes_left is None:
            return text
        left = "less than a minute" if self.minutes_left < 1 else _minutes(self.minutes_left)
        return f"{text} {self.per_second:,.0f} a second are made: {left} left. Searches and runs do not wait for it."

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "sentence": self.sentence}


class Meter:
    """Hears how many vectors a pass has made, and keeps its rate over the last minute for everybody: of a store's
    products, or (`what` is "space") of a space that is being built."""

    def __init__(self, number: int, what: str = "store") -> None:
        self.key = _key(number, what)
        self.marks: list[tuple[float, int]] = [(time.monotonic(), 0)]

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        recent = [mark for mark in self.marks if now - mark[0] <= WINDOW]
        self.marks = [*recent[-200:], (now, done)]
        began, before = self.marks[0]
        if now > began and done > before:
            cache.set(self.key, (done - before) / (now - began), KEPT)

    def ended(self) -> None:
        cache.delete(self.key)


def of(store: Store) -> Backlog:
    """Products without a vector of their present text by the encoder that serves. One query, which reads the store's
    products and vectors side by side, and one look into the cache."""
    space = spaces.serving(store)
    waiting = embed.stale(store, space.encoder if space else None).count()
    rate: float | None = cache.get(_key(store.pk)) if waiting else None
    return Backlog(waiting, rate and round(rate, 1), waiting / rate / 60 if rate else None)


def ahead(store: Store) -> Ahead | None:
    """The same for the space that is being built; None where none is. Reads the store's products once."""
    space = spaces.building(store)
    if space is None:
        return None
    kinds = building.progress(space)
    left = sum(one.total - one.done for one in kinds)
    rate: float | None = cache.get(_key(space.pk, "space")) if left else None
    return Ahead(space.encoder, kinds, rate and round(rate, 1), left / rate / 60 if rate else None, space.error)


def _key(number: int, what: str = "store") -> str:
    return f"embedding-rate:{number}" if what == "store" else f"embedding-rate:{what}:{number}"
