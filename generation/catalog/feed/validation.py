"""From a raw row to a product, or to the reasons why not."""

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from generation.catalog.feed import values as read
from generation.catalog.feed.mapping import Mapping, Source
from generation.catalog.feed.money import Money, parse_money
from generation.catalog.feed.product import AttributeValue, ProductRow
from generation.catalog.feed.rows import RawRow, RowError, Severity, shown
from generation.catalog.feed.text import clean, plain, shorten

T = TypeVar("T")
ID_LIMIT = 128
TITLE_LIMIT = 500
DESCRIPTION_LIMIT = 10_000
TEXT_LIMIT = 250
PATH_LIMIT = 750
SHORT = 64  # characters of a value that is likely to come again
ATTRIBUTE_LIMIT = 200
ATTRIBUTE_NAME_LIMIT = 80
ATTRIBUTE_VALUE_LIMIT = 500
LIST_LIMIT = 50
_TEXTS = (
    "brand", "mpn", "item_group_id", "color", "size", "material", "custom_label_0", "custom_label_1",
    "custom_label_2", "custom_label_3", "custom_label_4",
)  # fmt: skip
_PATHS = ("product_type", "google_product_category")
_ADDRESSES = ("link", "image_link")
SCALARS: dict[str, Callable[[Any], Any]] = {
    "rating": read.rating,
    "rating_count": read.count,
    "popularity": read.share,
    "quantity": read.count,
    "listed_on": read.day,
    "gtin": read.gtin,
}
# Says nothing about the product itself.
_NOT_ATTRIBUTES = frozenset({"shipping", "tax", "shipping_weight", "shipping_label"})
_NOWHERE = RawRow(0, {})
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?", re.ASCII)


def validate(raw: RawRow, mapping: Mapping) -> ProductRow | list[RowError]:
    """The product with its warnings, or every problem of the row when one is an error. Never raises."""
    if any(problem.severity == "error" for problem in raw.problems):
        return list(raw.problems)
    return _Row(raw, mapping).product()


def alone(mapping: Mapping, field: str, value: Any, beside: Any = None) -> tuple[Any] | None:
    """What `value` becomes as `field`, by itself, or None when there is something to report about it.

    `beside` is the quantity for an availability; for "attributes" it is the name of one, and a dict comes back."""
    row = _Row(_NOWHERE, mapping, {field: value} if _there(value) else {})
    found: Any
    if field == "id":
        found = row.id()
    elif field == "title":
        found = row.title()
    elif field == "description":
        found = shorten(plain(value), DESCRIPTION_LIMIT)
    elif field in ("price", "sale_price", "cost_of_goods_sold"):
        found = row.money(field, "error" if field == "price" else "warning")
    elif field == "availability":
        found = row.availability(beside)
    elif field == "attributes":
        row.add(found := {}, beside, value)
    elif field in _PATHS:
        found = row.path(field)
    elif field in _ADDRESSES:
        found = row.scalar(field, read.url) or ""
    elif field in SCALARS:
        found = row.scalar(field, SCALARS[field])
    else:
        found = row.text(field, TEXT_LIMIT)
    return None if row.notes else (found,)


def attribute_columns(mapping: Mapping, columns: Iterable[str]) -> list[tuple[str, Source]]:
    """The attributes of a table with these columns, as names and where they are read from."""
    row = _Row(_NOWHERE, mapping, {})
    found = list(mapping.plan.attributes.items())
    if mapping.options.extra_attributes:
        others = [name for name in columns if name not in mapping.plan.taken and name not in _NOT_ATTRIBUTES]
        found += [(row.short_name(name), Source(name, (name,), ())) for name in others]
    return [(kept, source) for name, source in found if (kept := _name(name))]


class _Row:
    def __init__(self, raw: RawRow, mapping: Mapping, cells: dict[str, Any] | None = None) -> None:
        self.raw = raw
        self.mapping = mapping
        self.plan = mapping.plan
        self.notes: list[RowError] = list(raw.problems)
        self.refused = False
        self.cells = self.given() if cells is None else cells

    def product(self) -> ProductRow | list[RowError]:
        cells = self.cells
        found: dict[str, Any] = {"id": self.id(), "title": self.title()}
        price = self.money("price", "error")
        if self.refused or price is None:
            return self.notes
        found["price"], found["currency"] = price
        if "sale_price" in cells:
            found["sale_price"] = self.sale_price(price)
        if "cost_of_goods_sold" in cells and (cost := self.money("cost_of_goods_sold", "warning")):
            found["cost_of_goods_sold"] = self.same_currency("cost_of_goods_sold", cost, price)
        for field in _TEXTS:
            if field in cells:
                found[field] = self.text(field, TEXT_LIMIT)
        for field in _PATHS:
            if field in cells:
                found[field] = self.path(field)
        if "description" in cells:
            found["description"] = shorten(plain(cells["description"]), DESCRIPTION_LIMIT)
        for field in _ADDRESSES:
            if field in cells and (address := self.scalar(field, read.url)):
                found[field] = address
        for field, reader in SCALARS.items():
            if field in cells and (value := self.scalar(field, reader)) is not None:
                found[field] = value
        found["availability"] = self.availability(found.get("quantity"))
        found["attributes"] = self.attributes()
        return ProductRow(**found, warnings=tuple(self.notes))

    # --- reading -------------------------------------------------------------------------------------

    def given(self) -> dict[str, Any]:
        """Fields that have a value, or a default when theirs is empty.

        A number that ranking knows (a rating, say) and that the mapping lists under [attributes] counts too.
        """
        plan, values = self.plan, self.raw.values
        found: dict[str, Any] = {field: value for field, value in self.mapping.defaults.items() if value}
        for field, column in plan.columns:
            value = values.get(column)
            if (value and not value.isspace()) if type(value) is str else _there(value):
                found[field] = value
        for field, source in plan.joined:
            if _there(value := source.read(values, partial=field == "title")):
                found[field] = value
        if plan.attributes:
            for field in plan.attributes.keys() & SCALARS.keys() - plan.fields.keys():
                if _there(value := plan.attributes[field].read(values)):
                    found[field] = value
        return found

    def note(self, field: str, reason: str, value: Any, severity: Severity) -> None:
        source = self.plan.fields.get(field)
        column = (source.column if source else "") or field
        self.notes.append(RowError(self.raw.line, column, reason, severity, shown(value)))
        self.refused = self.refused or severity == "error"

    def text(self, field: str, limit: int) -> str:
        value = self.cells.get(field, "")
        text = (_plain(value) if type(value) is str and len(value) <= SHORT else plain(value)) if value else ""
        if len(text) > limit:
            self.note(field, f"{field} was shortened to {limit} characters; shorten it in the feed", text, "warning")
            text = shorten(text, limit)
        return text

    def path(self, field: str) -> str:
        value = self.cells.get(field, "")
        # A feed may name several categories; the first is the main one.
        value = value[0] if isinstance(value, list) and value else value
        return _path(value) if type(value) is str and len(value) <= PATH_LIMIT else _path.__wrapped__(value)

    def scalar(self, field: str, reader: Callable[[Any], T]) -> T | None:
        value = self.cells.get(field, "")
        try:
            if type(value) is str and len(value) <= SHORT and field not in _ADDRESSES:
                return _known(reader, value)  # type: ignore[no-any-return]  # the same few numbers in most rows
            return _known.__wrapped__(reader, value)  # type: ignore[no-any-return]
        except ValueError as error:
            self.note(field, f"{field} was left out: {error}", value, "warning")
            return None

    # --- fields with rules of their own ------------------------------------------------------------------

    def id(self) -> str:
        text = clean(self.cells.get("id", ""))
        if not text:
            self.note("id", "id is empty; every product needs its own", "", "error")
        elif len(text) > ID_LIMIT:
            self.note("id", f"id is longer than {ID_LIMIT} characters; use a shorter one", text, "error")
        return text

    def title(self) -> str:
        text = self.text("title", TITLE_LIMIT)
        if not text:
            self.note("title", "title is empty; every product needs a name", "", "error")
        return text

    def money(self, field: str, severity: Severity) -> Money | None:
        value = self.cells.get(field, "")
        options = self.mapping.options
        if read.is_missing(clean(value)):
            if severity == "error":
                self.note(field, f"{field} is empty; write it like 12.99 USD", "", severity)
            return None
        try:
            return parse_money(value, currency=options.currency, decimal=options.decimal, divisor=options.price_divisor)
        except ValueError as error:
            left_out = " was left out:" if severity == "warning" else ""
            self.note(field, f"{field}{left_out} {error}", value, severity)
            return None

    def same_currency(self, field: str, money: Money, price: Money) -> Any:
        if money.currency == price.currency:
            return money.amount
        both = f"it is in {money.currency} and the price in {price.currency}"
        reason = f"{field} was left out: {both}; use one currency"
        self.note(field, reason, f"{money.amount} {money.currency}", "warning")
        return None

    def sale_price(self, price: Money) -> Any:
        sale = self.money("sale_price", "warning")
        amount = self.same_currency("sale_price", sale, price) if sale else None
        return amount if amount is not None and amount < price.amount else None

    def availability(self, quantity: int | None) -> read.Availability:
        """As the feed says; without a word on it, by the quantity; without that too, in stock."""
        value = self.cells.get("availability", "")
        try:
            short = type(value) is str and len(value) <= SHORT
            known = (_known if short else _known.__wrapped__)(read.availability, value)
            return known or ("out_of_stock" if quantity == 0 else "in_stock")
        except ValueError as error:
            # Offering what cannot be bought is the worse mistake.
            self.note("availability", f"availability is taken as out_of_stock: {error}", value, "warning")
            return "out_of_stock"

    def attributes(self) -> dict[str, AttributeValue]:
        found: dict[str, AttributeValue] = {}
        if not self.plan.attributes and not self.mapping.options.extra_attributes:
            return found
        for name, source in self.plan.attributes.items():
            self.add(found, name, source.read(self.raw.values))
        if self.mapping.options.extra_attributes:
            for column, value in self.raw.values.items():
                if column in self.plan.taken or column in _NOT_ATTRIBUTES:
                    continue
                if column == "product_detail" and isinstance(value, list):
                    for detail in value:
                        if isinstance(detail, dict):
                            self.add(found, detail.get("attribute_name"), detail.get("attribute_value"))
                else:
                    self.add(found, self.short_name(column), value)
        if len(found) > ATTRIBUTE_LIMIT:
            reason = f"only {ATTRIBUTE_LIMIT} of {len(found)} attributes were kept; name those you need"
            self.note("attributes", reason, "", "warning")
            found = dict(list(found.items())[:ATTRIBUTE_LIMIT])
        return found

    def short_name(self, column: str) -> str:
        for prefix in self.mapping.options.attribute_prefixes:
            if column.startswith(prefix) and len(column) > len(prefix):
                return column[len(prefix) :]
        return column

    def add(self, found: dict[str, AttributeValue], name: Any, value: Any) -> None:
        if not value and value is not False and value != 0:
            return
        name = _name(name) if type(name) is str else _name.__wrapped__(name)
        kept = _attribute(value) if type(value) is str and len(value) <= SHORT else attribute(value)
        if name and kept != "" and kept != []:
            found[name] = kept


def _there(value: Any) -> bool:
    return value is not None and value != [] and not (isinstance(value, str) and not value.strip())


@lru_cache(maxsize=8192)
def _plain(value: str) -> str:
    return plain(value)


@lru_cache(maxsize=1024)
def _name(name: Any) -> str:
    return shorten(clean(name), ATTRIBUTE_NAME_LIMIT)


@lru_cache(maxsize=8192)
def _attribute(value: str) -> AttributeValue:
    return attribute(value)


@lru_cache(maxsize=8192)
def _path(value: Any) -> str:
    return shorten(read.path(plain(value)) if value else "", PATH_LIMIT).rstrip(" >")


@lru_cache(maxsize=16384)
def _known(reader: Callable[[Any], Any], value: Any) -> Any:
    """None for a cell that says nothing, else what `reader` makes of it."""
    return None if value == "" or read.is_missing(clean(value)) else reader(value)


def attribute(value: Any) -> AttributeValue:
    """A value worth keeping as such: yes/no, a number, a list of texts, or text; "" for nothing."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e15 and math.isfinite(value) else ""
    if isinstance(value, list):
        texts = (shorten(plain(item), ATTRIBUTE_VALUE_LIMIT) for item in value[:LIST_LIMIT])
        return list(dict.fromkeys(text for text in texts if text))
    text = shorten(plain(value), ATTRIBUTE_VALUE_LIMIT)
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    return float(text) if _NUMBER.fullmatch(text) else text
