"""Counts of who bought from which shelf and brand, in compact arrays: memory grows with people and their shelves, not
with the file."""

import math
import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from generation.campaigns.deriving.events import Purchase

FLUSH = 1_000_000  # triples in the buffer before equal ones are summed
NO_SHELF = -1
_NOT_KINDS = frozenset(
    {"the", "and", "for", "with", "set", "pack", "large", "small", "medium", "mini", "big", "tall", "assorted", "tier"}
    | {"colour", "color", "design", "finish", "style", "piece", "pieces", "size", "assortment", "asstd", "clear"}
    | {"red", "white", "pink", "blue", "green", "black", "grey", "gray", "silver", "gold", "ivory", "cream", "brown"}
    | {"yellow", "purple", "orange", "natural"}
)
"""Last words of titles that say which, not what."""
_NOT_GOODS = {"postage", "carriage", "manual", "charge", "charges", "fee", "discount", "adjust", "voucher", "sample"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the catalogue says of a product: its shelf (a category's name), its brand and price; empty when unknown."""

    shelf: str = ""
    brand: str = ""
    price: float | None = None


Lookup = Callable[[str], Facts]


def shelf_of(purchase: Purchase, facts: Facts) -> str:
    """The catalogue's shelf, else the event's own category, else the kind of thing that its title ends in."""
    if facts.shelf or purchase.category:
        return facts.shelf or leaf(purchase.category)
    words = [word for word in re.findall(r"[^\W\d_]{3,}", purchase.title.casefold()) if word not in _NOT_KINDS]
    kind = words[-1] if words else ""
    if len(kind) > 4 and re.search(r"[^aius]s$", kind):
        kind = kind[:-1]
    return "" if kind in _NOT_GOODS else kind.capitalize()


def leaf(path: str) -> str:
    """The second node of a category path, or the first: a department is too wide to say much, a leaf too narrow."""
    mark = next((mark for mark in (">", "|", "." if " " not in path else "/") if mark in path), ">")
    nodes = [node.strip() for node in path.split(mark) if node.strip()]
    return tidy(nodes[min(1, len(nodes) - 1)]) if nodes else ""


def tidy(name: str) -> str:
    """A shelf's name as a person would write it: exports shout."""
    name = " ".join(name.replace("_", " ").split())
    return name.capitalize() if name.isupper() or name.islower() else name


@dataclass
class Counts:
    """Buys per person and feature, summed: a CSR matrix (people, features). Values are lines of receipts."""

    rows: "array[int]" = field(default_factory=lambda: array("l"))
    columns: "array[int]" = field(default_factory=lambda: array("l"))
    kept: sparse.csr_matrix | None = None

    def add(self, row: int, column: int) -> None:
        self.rows.append(row)
        self.columns.append(column)
        if len(self.rows) >= FLUSH:
            self.flush()

    def flush(self) -> None:
        if not self.rows:
            return
        rows, columns = np.array(self.rows), np.array(self.columns)
        shape = (int(rows.max()) + 1, int(columns.max()) + 1)
        fresh = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
        if self.kept is not None:
            high = (max(shape[0], self.kept.shape[0]), max(shape[1], self.kept.shape[1]))
            self.kept.resize(high)
            fresh.resize(high)
            fresh = fresh + self.kept
        self.kept = fresh
        self.rows, self.columns = array("l"), array("l")

    def matrix(self, people: int, features: int) -> sparse.csr_matrix:
        self.flush()
        found = self.kept if self.kept is not None else sparse.csr_matrix((people, features), dtype=np.float32)
        found.resize((people, features))
        return found


class Tally:
    """One walk through the events. `people` maps an identifier to a row, and is forgotten with this object."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.people: dict[str, int] = {}
        self.shelves: dict[str, int] = {}
        self.brands: dict[str, int] = {}
        self._shelf_counts, self._brand_counts = Counts(), Counts()
        self._log_price, self._priced = array("d"), array("l")  # per person: sum of log prices, and how many
        self._shelf_log, self._shelf_priced = array("d"), array("l")  # the same per shelf
        self._priced_counts = Counts()
        self.lines = 0
        self.unknown = 0  # lines whose product has no shelf

    def add(self, purchase: Purchase) -> None:
        facts = self._lookup(purchase.product)
        shelf = shelf_of(purchase, facts)
        if not shelf:
            self.unknown += 1
            return
        self.lines += 1
        person = self.people.setdefault(purchase.customer, len(self.people))
        column = self.shelves.setdefault(shelf, len(self.shelves))
        _grow(self._log_price, self._priced, person)
        _grow(self._shelf_log, self._shelf_priced, column)
        self._shelf_counts.add(person, column)
        brand = facts.brand or purchase.brand
        if brand:
            self._brand_counts.add(person, self.brands.setdefault(brand, len(self.brands)))
        price = purchase.price or facts.price
        if price:
            self._log_price[person] += math.log(price)
            self._priced[person] += 1
            self._shelf_log[column] += math.log(price)
            self._shelf_priced[column] += 1
            self._priced_counts.add(person, column)

    def by_shelf(self) -> sparse.csr_matrix:
        """(people, shelves), lines."""
        return self._shelf_counts.matrix(len(self.people), len(self.shelves))

    def by_brand(self) -> sparse.csr_matrix:
        """(people, brands), lines."""
        return self._brand_counts.matrix(len(self.people), len(self.brands))

    def price_level(self) -> NDArray[np.float64]:
        """Per person, how much dearer than usual on the same shelves they buy: the mean log ratio; 0 where unknown."""
        shelf_mean = np.array(self._shelf_log) / np.maximum(np.array(self._shelf_priced), 1)
        expected = self._priced_counts.matrix(len(self.people), len(self.shelves)) @ shelf_mean
        counts = np.array(self._priced)
        return np.where(counts > 0, (np.array(self._log_price) - expected) / np.maximum(counts, 1), 0.0)


def _grow(sums: "array[float]", counts: "array[int]", place: int) -> None:
    while len(sums) <= place:
        sums.append(0.0)
        counts.append(0)
