"""What runs over the same products share in this process: their vectors, and how many of them each keyword reaches.

A batch makes hundreds of pages under the same constraints; what only the catalogue and the constraints decide is found
once. The key says when the catalogue has changed, so nothing here is ever out of date, only forgotten.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

from generation.catalog.codes import BYTES, Codes
from generation.catalog.held import Held
from generation.models import DIMENSIONS

KEPT = 2  # sets of products
MOST_MB = 800  # of all sets together; the set in use stays whatever it holds


@dataclass
class Shared:
    """One set of eligible products. `reading` is held while vectors are read, so that they are read once."""

    reading: Lock = field(default_factory=Lock)
    held: Held | None = None
    codes: Codes | None = None
    counts: dict[Hashable, int] = field(default_factory=dict)


_sets: OrderedDict[Hashable, Shared] = OrderedDict()
_guard = Lock()


def of(key: Hashable) -> Shared:
    """What is shared under `key`, which must change with the products, their vectors and the constraints."""
    with _guard:
        found = _sets.setdefault(key, Shared())
        _sets.move_to_end(key)
        while len(_sets) > KEPT or (len(_sets) > 1 and _megabytes() > MOST_MB):
            _sets.popitem(last=False)
        return found


def _megabytes() -> float:
    whole = sum(len(one.held.ids) for one in _sets.values() if one.held is not None) * (DIMENSIONS * 4 + 8)
    return (whole + sum(len(one.codes.ids) for one in _sets.values() if one.codes is not None) * BYTES) / 1e6


def forget() -> None:
    """Begin anew; for measuring."""
    with _guard:
        _sets.clear()
