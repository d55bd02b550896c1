"""A checked row as the database takes it: one line of COPY's text format, with the hash of what it says."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import Any, NamedTuple

from generation.catalog.feed import ProductRow
from generation.catalog.texts import text_hash_of
from generation.models import Product
from storefront_studio.lib.hashing import canonical

FIELDS = [
    "title",
    "description",
    "link",
    "image_link",
    "availability",
    "price",
    "sale_price",
    "currency",
    "brand",
    "product_type",
    "google_product_category",
    "gtin",
    "mpn",
    "item_group_id",
    "color",
    "size",
    "material",
    "custom_label_0",
    "custom_label_1",
    "custom_label_2",
    "custom_label_3",
    "custom_label_4",
    "cost_of_goods_sold",
    "rating",
    "rating_count",
    "popularity",
    "quantity",
    "listed_on",
    "attributes",
]
STORED = [*FIELDS, "categories", "content_hash", "text_hash"]
MOST_COST = 100  # times the price
PATH = 750  # characters of a category path
LONGEST = {  # of columns whose length the feed does not promise
    field.name: field.max_length for field in Product._meta.concrete_fields if field.max_length and field.name in FIELDS
}
NULL = "\x01"  # cleaned texts hold no control characters
_CUT = [(FIELDS.index(name), most) for name, most in LONGEST.items()]
_values = attrgetter(*FIELDS)
_PRICE, _SALE, _COST, _BRAND, _ATTRIBUTES = map(
    FIELDS.index, ("price", "sale_price", "cost_of_goods_sold", "brand", "attributes")
)


class Staged(NamedTuple):
    """A product as the database takes it: a line of COPY's text format, without its end."""

    id: str
    content_hash: str
    line: str


def staged(row: ProductRow) -> Staged:
    """Needs no database, so that rows are made ready while the database is busy with those before."""
    values: list[Any] = [*_values(row)]
    sale = _sale(row)
    values[_PRICE] = round(row.price, 2)
    values[_SALE] = None if sale is None else round(sale, 2)
    cost = row.cost_of_goods_sold
    # Hundreds of times the price: a slip of the feed, and no margin worth storing.
    values[_COST] = round(cost, 2) if cost is not None and cost <= (sale or row.price) * MOST_COST else None
    for place, most in _CUT:
        if len(values[place]) > most:
            values[place] = values[place][:most]
    nodes, deepest = categories(row.product_type)
    values[_ATTRIBUTES] = canonical(row.attributes) if row.attributes else "{}"
    return sealed(row.id, _line([row.id, *values, nodes]), values[0], values[_BRAND], deepest)


def sealed(id_: str, line: str, title: str, brand: str, category: str) -> Staged:
    """A line with its two hashes: of what is stored (equal products, equal hash, anywhere), of what is embedded."""
    digest = f"sha256:{sha256(line.encode()).hexdigest()}"
    return Staged(id_, digest, f"{line}\t{digest}\t{text_hash_of(title, brand, category)}")


def _line(cells: Sequence[Any]) -> str:
    line = "\t".join([NULL if cell is None else cell if type(cell) is str else str(cell) for cell in cells])
    if line.count("\t") != len(cells) - 1 or "\n" in line or "\r" in line:  # a text that is not as clean as promised
        line = "\t".join([NULL if cell is None else " ".join(str(cell).split()) for cell in cells])
    return line.replace("\\", "\\\\") if "\\" in line else line


def _sale(row: ProductRow) -> Decimal | None:
    """The sale price, unless it is the price itself once both have the two places that are stored."""
    sale = row.sale_price
    return sale if sale is not None and 0 < round(sale, 2) < round(row.price, 2) else None


@lru_cache(maxsize=8192)
def categories(product_type: str) -> tuple[str, str]:
    """Every node from the root down as an array literal, and the deepest one."""
    levels = product_type.split(" > ") if product_type else []
    nodes = [" > ".join(levels[: depth + 1])[:PATH] for depth in range(len(levels))]
    quoted = ['"' + node.replace("\\", "\\\\").replace('"', '\\"') + '"' for node in nodes]
    return "{" + ",".join(quoted) + "}", nodes[-1] if nodes else ""
