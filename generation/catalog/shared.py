"""What runs over the same products share in this process: their vectors, and how many of them each keyword reaches.

A batch makes hundreds of pages under the same constraints; what only the catalogue and the constraints decide is found
once. The key says when the catalogue has changed, so nothing here is ever out of date, only forgotten.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

from generation.catalog.held import Held

KEPT = 2  # sets of products; the vectors of one may take 100 MB


@dataclass
class Shared:
    """One set of eligible products. `reading` is held while `held` is read, so that it is read once."""

    reading: Lock = field(default_factory=Lock)
    held: Held | None = None
    counts: dict[Hashable, int] = field(default_factory=dict)


_sets: OrderedDict[Hashable, Shared] = OrderedDict()
_guard = Lock()


def of(key: Hashable) -> Shared:
    """What is shared under `key`, which must change with the products, their vectors and the constraints."""
    with _guard:
        found = _sets.setdefault(key, Shared())
        _sets.move_to_end(key)
        while len(_sets) > KEPT:
            _sets.popitem(last=False)
        return found


def forget() -> None:
    """Begin anew; for measuring."""
    with _guard:
        _sets.clear()
