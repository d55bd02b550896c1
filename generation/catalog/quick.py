"""Rows of a table made ready column by column, for the many rows in which there is nothing to report.

What a cell becomes is decided by `feed.validation`, once for each different cell of a column. A row in which a cell has
anything to report is left to the row by row road, which alone refuses rows and writes the sentences; both give the same
line for the same row.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from generation.catalog.feed import Mapping, RawRow
from generation.catalog.feed.mapping import Source
from generation.catalog.feed.text import MARKUP
from generation.catalog.feed.validation import (
    ATTRIBUTE_LIMIT,
    DESCRIPTION_LIMIT,
    ID_LIMIT,
    SCALARS,
    TITLE_LIMIT,
    alone,
    attribute_columns,
)
from generation.catalog.staging import FIELDS, LONGEST, MOST_COST, NULL, Staged, categories, sealed
from storefront_studio.lib.hashing import canonical

SHORT = 200  # characters of a cell that is likely to come again
KEPT = 20_000  # different cells of one column remembered: a few MB each
TABS = len(FIELDS) + 1
# Texts that are nearly always different, and how long they may be as they are; codes are in `_code`.
_LONG = {
    "id": ID_LIMIT,
    "title": TITLE_LIMIT,
    "description": DESCRIPTION_LIMIT,
    "mpn": LONGEST["mpn"],
    "item_group_id": LONGEST["item_group_id"],
}
_ONE_BY_ONE = ["id", *(name for name in FIELDS if name not in ("currency", "attributes"))]
_PLAIN_ADDRESS = re.compile(r"https?://[a-zA-Z0-9.-]+(?:/[a-zA-Z0-9._~/%?=+:,-]*)?")
_PLAIN_ADDRESS_LIMIT = 1000
Convert = Callable[[str], Any]


class _Known(dict[str, Any]):
    """What the cells of a column become; `make` is asked for each different one."""

    def __init__(self, make: Convert) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, cell: str) -> Any:
        found = self.make(cell)
        if len(cell) <= SHORT:
            if len(self) >= KEPT:
                self.clear()
            self[cell] = found
        return found


class _Amount(NamedTuple):
    cents: int
    currency: str
    text: str


_NO_AMOUNT = _Amount(0, "", NULL)


class Quick:
    """Makes the rows of a table with these `columns` ready."""

    def __init__(self, mapping: Mapping, columns: Sequence[str]) -> None:
        self.mapping = mapping
        self._width = len(columns)
        self._places = {name: place for place, name in enumerate(columns)}
        plan = mapping.plan
        # A number that ranking knows may stand under [attributes], and counts as the field too.
        self._sources = {name: source for name, source in plan.attributes.items() if name in SCALARS}
        self._sources.update(plan.fields)
        self._converts: dict[str, Convert] = {name: self._convert(name) for name in _ONE_BY_ONE}
        self._attributes = [
            (source, _Known(partial(_fragment, mapping, name)).__getitem__)
            for name, source in sorted(attribute_columns(mapping, columns), key=itemgetter(0))
        ]
        names = [name for name, _source in attribute_columns(mapping, columns)]
        self.suits = len(set(names)) == len(names) <= ATTRIBUTE_LIMIT

    def lines(self, raws: Sequence[RawRow]) -> "list[Staged | None]":
        """For each of `raws` what `staged` makes of it, or None where the row by row road must decide."""
        found: list[Staged | None] = [None] * len(raws)
        if not self.suits:
            return found
        places = [place for place, raw in enumerate(raws) if not raw.problems and len(raw.values) == self._width]
        values = [raws[place].values for place in places]
        if values:
            for place, line in zip(places, self._made(values), strict=True):
                found[place] = line
        return found

    def _made(self, values: "list[dict[str, Any]]") -> "Iterable[Staged | None]":
        columns = list(zip(*map(dict.values, values), strict=True))
        cells = {name: self._cells(name, values, columns) for name in self._converts}
        amounts = list(map(_weighed, cells["price"], cells["sale_price"], cells["cost_of_goods_sold"]))
        for place, name in enumerate(("price", "sale_price", "cost_of_goods_sold", "currency")):
            cells[name] = [amount[place] for amount in amounts]
        cells["availability"] = [
            pair and pair[quantity != "0"]
            for pair, quantity in zip(cells["availability"], cells["quantity"], strict=True)
        ]
        cells["attributes"] = self._objects(values, columns)
        nodes = list(map(categories, cells["product_type"]))
        rows = zip(cells["id"], *(cells[name] for name in FIELDS), [node for node, _deepest in nodes], strict=True)
        return map(_sealed, rows, [deepest for _node, deepest in nodes])

    def _cells(self, name: str, values: "list[dict[str, Any]]", columns: "list[tuple[str, ...]]") -> list[Any]:
        source, convert = self._sources.get(name), self._converts[name]
        if source is None:
            return [convert("")] * len(values)
        return list(map(convert, self._read(source, values, columns, joined=name == "title")))

    def _read(
        self, source: Source, values: "list[dict[str, Any]]", columns: "list[tuple[str, ...]]", *, joined: bool = False
    ) -> Iterable[str]:
        if source.levels:
            return [source.read(one, partial=joined) for one in values]
        place = self._places.get(source.text)
        return [""] * len(values) if place is None else columns[place]

    def _objects(self, values: "list[dict[str, Any]]", columns: "list[tuple[str, ...]]") -> list[str]:
        """The attributes of each row as JSON with sorted keys."""
        if not self._attributes:
            return ["{}"] * len(values)
        parts = [list(map(convert, self._read(source, values, columns))) for source, convert in self._attributes]
        return ["{" + ",".join(filter(None, row)) + "}" for row in zip(*parts, strict=True)]

    def _convert(self, name: str) -> Convert:
        default = self.mapping.defaults.get(name) or ""

        def slowly(cell: str) -> Any:
            if not cell or cell.isspace():
                cell = default
            if name == "availability":  # without a word on it the quantity decides
                none, some = (alone(self.mapping, name, cell, quantity) for quantity in (0, 1))
                return None if none is None or some is None else (none[0], some[0])
            read = alone(self.mapping, name, cell)
            if read is None:
                return None
            if name in ("price", "sale_price", "cost_of_goods_sold"):
                return _amount(read[0])
            return _text(name, read[0])

        if name in _LONG:
            return _as_it_is(_LONG[name], slowly)
        if name in ("link", "image_link"):
            return lambda cell: (
                cell if len(cell) <= _PLAIN_ADDRESS_LIMIT and _PLAIN_ADDRESS.fullmatch(cell) else slowly(cell)
            )
        if name == "gtin":
            return lambda cell: cell if 8 <= len(cell) <= 14 and cell.isascii() and cell.isdigit() else slowly(cell)
        return _Known(slowly).__getitem__


def _as_it_is(most: int, otherwise: Convert) -> Convert:
    """For texts without anything that cleaning would touch: one line of ASCII, no markup, no blanks too many."""

    def convert(cell: str) -> Any:
        if (
            0 < len(cell) <= most
            and cell.isascii()
            and cell.isprintable()
            and "  " not in cell
            and (("<" not in cell and "&" not in cell) or not MARKUP.search(cell))
            and cell[0] != " " != cell[-1]
        ):
            return cell
        return otherwise(cell)

    return convert


def _text(name: str, value: Any) -> str:
    if value is None:
        return "" if name == "gtin" else NULL
    if type(value) is not str:
        return str(value)
    return value[: LONGEST[name]] if name in LONGEST else value


def _amount(money: Any) -> _Amount | None:
    if money is None:
        return _NO_AMOUNT
    amount = round(money.amount, 2)
    return _Amount(int(amount * 100), money.currency, str(amount)) if amount == money.amount else None


def _weighed(
    price: _Amount | None, sale: _Amount | None, cost: _Amount | None
) -> tuple[str, str, str, str] | tuple[None, None, None, None]:
    """Price, sale price, cost and currency as stored; None when they do not go together."""
    if price is None or sale is None or cost is None:
        return None, None, None, None
    least, sold = price.cents, NULL
    if sale is not _NO_AMOUNT:
        if sale.currency != price.currency:
            return None, None, None, None
        if sale.cents < price.cents:
            least, sold = sale.cents, sale.text
    if cost is not _NO_AMOUNT and cost.currency != price.currency:
        return None, None, None, None
    return price.text, sold, cost.text if cost.cents <= least * MOST_COST else NULL, price.currency


def _fragment(mapping: Mapping, name: str, cell: str) -> str:
    read = alone(mapping, "attributes", cell, name)
    return canonical(read[0])[1:-1] if read and read[0] else ""


def _sealed(cells: tuple[Any, ...], deepest: str) -> Staged | None:
    if None in cells:
        return None
    line = "\t".join(cells)
    if line.count("\t") != TABS or "\n" in line or "\r" in line:
        return None
    if "\\" in line:
        line = line.replace("\\", "\\\\")
    return sealed(cells[0], line, cells[1], cells[_BRAND], deepest)


_BRAND = FIELDS.index("brand") + 1
