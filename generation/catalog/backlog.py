"""How many products wait for a vector, how fast they are made, and how long that will take: measured, never guessed."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import cache

from accounts.models import Store
from generation.catalog import embed

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


class Meter:
    """Hears how many products an embedding pass has done, and keeps its rate over the last minute for everybody."""

    def __init__(self, store_id: int) -> None:
        self.key = _key(store_id)
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
    """One query, which reads the store's products and vectors side by side, and one look into the cache."""
    waiting = embed.stale(store).count()
    rate: float | None = cache.get(_key(store.pk)) if waiting else None
    return Backlog(waiting, rate and round(rate, 1), waiting / rate / 60 if rate else None)


def _key(store_id: int) -> str:
    return f"embedding-rate:{store_id}"
