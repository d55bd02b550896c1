"""Shopify's product CSV, told in the names of the product specification.

Rows of one Handle follow each other; those below the first leave the product's own columns empty. Each
variant becomes a product of the group `item_group_id` = Handle; rows that only add an image become
`additional_image_link`. An unpublished product is refused with that reason, not left out in silence: the
shop asked not to show it, and the person importing should see why it is missing.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from generation.catalog.feed.rows import RawRow, RowError

SIGNS = frozenset({"Variant Price", "Variant SKU", "Option1 Name", "Body (HTML)", "Variant Inventory Qty"})
COLUMNS = [
    "id", "item_group_id", "title", "description", "brand", "product_type", "google_product_category",
    "price", "sale_price", "cost_of_goods_sold", "availability", "quantity", "gtin", "mpn", "image_link",
    "additional_image_link", "color", "size", "material", "custom_label_0", "custom_label_1",
    "custom_label_2", "custom_label_3", "custom_label_4", "gender", "age_group", "condition", "tags",
]  # fmt: skip
_COPIED = {
    "description": "Body (HTML)",
    "brand": "Vendor",
    "google_product_category": "Google Shopping / Google Product Category",
    "mpn": "Google Shopping / MPN",
    "gender": "Google Shopping / Gender",
    "age_group": "Google Shopping / Age Group",
    "condition": "Google Shopping / Condition",
    **{f"custom_label_{n}": f"Google Shopping / Custom Label {n}" for n in range(5)},
}
_OPTION_FIELDS = {"color": "color", "colour": "color", "size": "size", "material": "material"}
_NO = frozenset({"false", "no", "0"})


def is_shopify(columns: list[str]) -> bool:
    """Whether a header is that of a Shopify product export."""
    return "Handle" in columns and "Title" in columns and bool(SIGNS.intersection(columns))


def read_shopify(rows: Iterable[RawRow]) -> Iterator[RawRow]:
    """Products from the raw rows of the table; raw rows with problems pass through unchanged."""
    for key, group in groupby(rows, key=_group_key):
        if isinstance(key, int):
            yield from group
        else:
            yield from _product(key, list(group))


def _group_key(row: RawRow) -> str | int:
    handle = _cell(row, "Handle")
    # A row that cannot be grouped stands alone, under its line number.
    return row.line if row.problems or not handle else handle


def _cell(row: RawRow, column: str) -> str:
    return str(row.values.get(column) or "").strip()


def _product(handle: str, rows: list[RawRow]) -> Iterator[RawRow]:
    first = rows[0]
    variants = [row for row in rows if _cell(row, "Variant Price") or _options(row, first)] or [first]
    distinct = {_option_values(row) for row in variants}
    several = len(variants) > 1 and len(distinct) > 1
    images = [src for row in rows if (src := _cell(row, "Image Src"))]
    shared = {field: _cell(first, column) for field, column in _COPIED.items()}
    shared |= {
        "item_group_id": handle,
        "product_type": _cell(first, "Type") or _cell(first, "Product Category"),
    }
    tags = [tag for part in _cell(first, "Tags").split(",") if (tag := part.strip())]
    for number, row in enumerate(variants if several else variants[:1], start=1):
        values: dict[str, Any] = dict(shared)
        values["id"] = _cell(row, "Variant SKU").lstrip("'") or f"{handle}-{number}"
        label = " / ".join(_option_values(row))
        title = _cell(first, "Title")
        values["title"] = f"{title} - {label}" if several and label else title
        values["image_link"] = _cell(row, "Variant Image") or _cell(row, "Image Src") or next(iter(images), "")
        values["additional_image_link"] = [src for src in images if src != values["image_link"]]
        values["tags"] = tags
        values["gtin"] = _cell(row, "Variant Barcode").lstrip("'")
        values["cost_of_goods_sold"] = _cell(row, "Cost per item")
        values |= _prices(row) | _stock(row)
        for name, value in _options(row, first):
            values[_OPTION_FIELDS.get(name.casefold(), name)] = value
        yield RawRow(row.line, values, _unpublished(first, row.line))


def _options(row: RawRow, first: RawRow) -> list[tuple[str, str]]:
    """Named options of a variant; a product without options carries the one value "Default Title"."""
    pairs = []
    for n in (1, 2, 3):
        value = _cell(row, f"Option{n} Value")
        if value and value != "Default Title":
            pairs.append((_cell(first, f"Option{n} Name") or f"option {n}", value))
    return pairs


def _option_values(row: RawRow) -> tuple[str, ...]:
    return tuple(value for _, value in _options(row, row))


def _prices(row: RawRow) -> dict[str, str]:
    """Shopify's price is what is paid now; the compare-at price is the old one, when it is filled."""
    now, before = _cell(row, "Variant Price"), _cell(row, "Variant Compare At Price")
    try:
        reduced = bool(before) and float(before) > float(now)
    except ValueError:
        reduced = False
    return {"price": before, "sale_price": now} if reduced else {"price": now, "sale_price": ""}


def _stock(row: RawRow) -> dict[str, str]:
    quantity = _cell(row, "Variant Inventory Qty")
    try:
        sold_out = int(float(quantity)) <= 0
    except (ValueError, OverflowError):
        # Not tracked: Shopify always sells it.
        return {"quantity": "", "availability": "in_stock"}
    tracked = "Variant Inventory Tracker" not in row.values or bool(_cell(row, "Variant Inventory Tracker"))
    if not sold_out or not tracked:
        return {"quantity": quantity if tracked or not sold_out else "", "availability": "in_stock"}
    more_to_come = _cell(row, "Variant Inventory Policy").casefold() == "continue"
    return {"quantity": quantity, "availability": "backorder" if more_to_come else "out_of_stock"}


def _unpublished(first: RawRow, line: int) -> tuple[RowError, ...]:
    status = _cell(first, "Status").casefold()
    if _cell(first, "Published").casefold() in _NO or status in {"draft", "archived"}:
        reason = "the product is not published in Shopify; publish it there and export again to include it"
        column = "Published" if _cell(first, "Published").casefold() in _NO else "Status"
        return (RowError(line, column, reason, "error", _cell(first, column)),)
    return ()
