"""What shoppers did, as arrays: who, which product, what, when. The rankers that learn are fitted to this."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]

DAY = 86_400.0
KINDS = ("view", "cart", "order")
WORTH = (1.0, 4.0, 8.0)
"""What a view, a cart add and an order count for, in `KINDS`' order. An order is rare and meant."""


@dataclass(frozen=True)
class EventLog:
    """Events by time, oldest first. All arrays have one entry an event.

    `time` is seconds since 1970 in UTC; `visitor` and `item` are numbers from 0, `item` a place in `items`, the
    shop's product ids; `kind` is a place in `KINDS`.
    """

    time: Times
    visitor: Numbers
    item: Numbers
    kind: Numbers
    items: tuple[str, ...]
    visitors: int

    def __len__(self) -> int:
        return len(self.time)

    @property
    def worth(self) -> Weights:
        """What each event counts for."""
        return np.asarray(WORTH)[self.kind]

    def where(self, keep: NDArray[np.bool_]) -> "EventLog":
        """The events of `keep`; the numbers of visitors and items stay what they are."""
        return EventLog(
            self.time[keep], self.visitor[keep], self.item[keep], self.kind[keep], self.items, self.visitors
        )

    def before(self, moment: float) -> "EventLog":
        return self.where(self.time < moment)

    def since(self, moment: float) -> "EventLog":
        return self.where(self.time >= moment)

    def counts(self) -> dict[str, int]:
        """How many events, visitors, products, and how many of each kind."""
        kinds = {name: int((self.kind == place).sum()) for place, name in enumerate(KINDS)}
        return {
            "events": len(self),
            "visitors": len(np.unique(self.visitor)),
            "products": len(np.unique(self.item)),
            **kinds,
        }


def gather(rows: Sequence[tuple[float, str, str, int]], known: Sequence[str] = ()) -> EventLog:
    """A log of (time, visitor, product id, place in `KINDS`), in any order. Products of `known` come first in `items`,
    whether anything happened to them or not."""
    items = {name: place for place, name in enumerate(dict.fromkeys(known))}
    visitors: dict[str, int] = {}
    ordered = sorted(rows, key=lambda row: row[0])
    item = [items.setdefault(row[2], len(items)) for row in ordered]
    visitor = [visitors.setdefault(row[1], len(visitors)) for row in ordered]
    return EventLog(
        time=np.asarray([row[0] for row in ordered], dtype=np.float64),
        visitor=np.asarray(visitor, dtype=np.int64),
        item=np.asarray(item, dtype=np.int64),
        kind=np.asarray([row[3] for row in ordered], dtype=np.int64),
        items=tuple(items),
        visitors=len(visitors),
    )


def day(moment: float) -> dt.date:
    """The day of a time of the log, in UTC."""
    return dt.datetime.fromtimestamp(moment, dt.UTC).date()
