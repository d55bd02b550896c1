"""Purchase events as shops export them: columns guessed by name, lines streamed, what cannot be used counted."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generation.campaigns.segment_values import plain_name
from generation.catalog.feed import open_feed
from generation.catalog.feed.text import plain
from storefront_studio.lib.errors import BadInput

NAMES: Mapping[str, tuple[str, ...]] = {
    "customer": (
        *("customerid", "customer", "customernumber", "userid", "user", "householdid", "household", "visitorid"),
        *("clientid", "accountid", "memberid", "buyerid", "shopperid", "cardid"),
    ),
    "product": ("productid", "itemid", "sku", "stockcode", "articleid", "product", "item", "asin", "productcode", "id"),
    "quantity": ("quantity", "qty", "units", "pieces", "count"),
    "price": ("unitprice", "priceperunit", "price", "itemprice"),
    "value": ("salesvalue", "linetotal", "lineamount", "amount", "revenue", "total", "value"),
    "date": (
        *("date", "invoicedate", "orderdate", "purchasedate", "transactiontimestamp", "transactiondate", "timestamp"),
        *("datetime", "eventtime", "time", "createdat", "day"),
    ),
    "event": ("eventtype", "event", "eventname", "action"),
    "title": ("title", "producttitle", "productname", "description", "itemname", "name"),
    "category": ("category", "producttype", "productcategory", "categorycode", "department"),
    "brand": ("brand", "brandname", "manufacturer"),
}
NEEDED = ("customer", "product")
PURCHASES = {"purchase", "purchased", "order", "buy", "bought", "transaction", "sale", "checkout"}


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line of a receipt. `price` is what one piece cost, when known; the last three are the file's own words."""

    customer: str
    product: str
    price: float | None
    day: dt.date | None
    title: str = ""
    category: str = ""
    brand: str = ""


@dataclass
class Events:
    """A file of events. `skipped` counts, after each walk through `purchases`, the lines that said no purchase."""

    path: Path
    columns: dict[str, str]
    skipped: Counter[str] = field(default_factory=Counter)
    lines: int = 0

    def purchases(self) -> Iterator[Purchase]:
        """Every usable line, from the start of the file each time."""
        self.skipped, self.lines = Counter(), 0
        for raw in open_feed(self.path, "csv").rows():
            self.lines += 1
            found = "the line is broken" if raw.problems else self._read(raw.values)
            if isinstance(found, str):
                self.skipped[found] += 1
            else:
                yield found

    def _read(self, values: Mapping[str, Any]) -> Purchase | str:
        get = {name: str(values.get(column) or "").strip() for name, column in self.columns.items()}
        if get.get("event") and plain_name(get["event"]) not in PURCHASES:
            return "it is no purchase"
        if not get["customer"]:
            return "it names no customer"
        if not get["product"]:
            return "it names no product"
        quantity = _number(get.get("quantity", "")) if get.get("quantity") else 1.0
        if quantity is None or quantity <= 0:
            return "its quantity is not above zero"
        price = _number(get.get("price", ""))
        if price is None and (value := _number(get.get("value", ""))) is not None:
            price = value / quantity
        if price is not None and price <= 0:
            return "its price is not above zero"
        return Purchase(
            customer=get["customer"],
            product=get["product"][:128],
            price=price,
            day=_day(get.get("date", "")),
            title=plain(get.get("title", ""))[:200],
            category=plain(get.get("category", ""))[:200],
            brand=plain(get.get("brand", ""))[:120],
        )


def opened(path: Path, given: Mapping[str, str]) -> Events:
    """The events at `path`; `given` says which column is which where a guess would be wrong.

    Raises BadInput when there is no such file, a column named is not in it, or customer or product have none.
    """
    columns = open_feed(path, "csv").columns
    known = ", ".join(columns[:40]) or "none"
    for name, column in given.items():
        if name not in NAMES:
            raise BadInput(f"“{name}” is nothing an event has. Name one of {', '.join(NAMES)}.")
        if column not in columns:
            raise BadInput(f"{path.name} has no column “{column}”. It has: {known}.")
    found = dict(given)
    for name, aliases in NAMES.items():
        by_name = {plain_name(column): column for column in columns if column not in found.values()}
        match = next((by_name[alias] for alias in aliases if alias in by_name), None)
        if name not in found and match:
            found[name] = match
    lacking = [name for name in NEEDED if name not in found]
    if lacking:
        raise BadInput(
            f"No column of {path.name} says the {' and the '.join(lacking)}. Say it with "
            f"--column {lacking[0]}=COLUMN. The columns are: {known}."
        )
    return Events(path, found)


def customers(path: Path, given: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Customer and what a table of customers says of them in the fields of a profile that describe people.

    Raises BadInput when no column says the customer."""
    feed = open_feed(path, "csv")
    by_name = {plain_name(column): column for column in feed.columns}
    key = given.get("customer") or next((by_name[name] for name in NAMES["customer"] if name in by_name), "")
    if key not in feed.columns:
        raise BadInput(f"No column of {path.name} says the customer. The columns are: {', '.join(feed.columns[:40])}.")
    fields = {
        name: column
        for name, aliases in TRAITS.items()
        if (column := next((by_name[alias] for alias in aliases if alias in by_name), ""))
    }
    for raw in feed.rows():
        who = "" if raw.problems else str(raw.values[key]).strip()
        if who:
            yield who, {name: plain(raw.values[column])[:80] for name, column in fields.items()}


TRAITS: Mapping[str, tuple[str, ...]] = {
    "household": ("householdcomp", "householdcomposition", "householdtype", "familystatus", "household"),
    "life_stage": ("lifestage", "lifecycle"),
    "age_band": ("ageband", "agegroup", "agerange", "age"),
    "location": ("region", "country", "location", "city"),
}
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


def _number(text: str) -> float | None:
    plain_text = re.sub(r"[^\d.,-]", "", text)
    if re.fullmatch(r"-?\d+,\d+", plain_text):
        plain_text = plain_text.replace(",", ".")
    try:
        return float(plain_text.replace(",", ""))
    except ValueError:
        return None


def _day(text: str) -> dt.date | None:
    """A day written as 2017-01-28 or 28/01/2017, or seconds since 1970; anything else is not known."""
    try:
        if found := _ISO.match(text):
            return dt.date(*map(int, found.groups()))
        if found := _SLASHED.match(text):
            first, second, year = map(int, found.groups())
            return dt.date(year, second, first) if second <= 12 else dt.date(year, first, second)
        if re.fullmatch(r"\d{9,10}", text):
            return dt.datetime.fromtimestamp(int(text), dt.UTC).date()
    except ValueError:
        pass
    return None
