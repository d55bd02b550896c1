"""Upsert of checked rows: COPY into a staging table, then set operations that touch only what changed.

The staging table is temporary: no other import sees it, nothing of it is written to the log, and a crash takes it
away. It never has to outlive one, because a batch is staged, merged and counted in a single transaction, and the feed
file itself is what a resumed import reads on from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Store
from generation.catalog.feed import ProductRow
from generation.catalog.texts import text_hash_of
from generation.models import Product
from storefront_studio.lib.hashing import canonical
from storefront_studio.lib.locks import in_turn

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
CUT = [  # place in FIELDS and length of columns whose length the feed does not promise
    (FIELDS.index(field.name), field.max_length)
    for field in Product._meta.concrete_fields
    if field.max_length and field.name in FIELDS
]
NULL = "\x01"  # cleaned texts hold no control characters
_values = attrgetter(*FIELDS)
_PRICE, _SALE, _COST, _BRAND, _ATTRIBUTES = map(
    FIELDS.index, ("price", "sale_price", "cost_of_goods_sold", "brand", "attributes")
)


@dataclass
class Counts:
    """Rows by what became of them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class Staged:
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
    for place, most in CUT:
        if len(values[place]) > most:
            values[place] = values[place][:most]
    categories, deepest = _categories(row.product_type)
    values[_ATTRIBUTES] = canonical(row.attributes) if row.attributes else "{}"
    line = _line([row.id, *values, categories])
    digest = f"sha256:{sha256(line.encode()).hexdigest()}"  # of what is stored: equal products, equal hash, anywhere
    return Staged(row.id, digest, f"{line}\t{digest}\t{text_hash_of(values[0], values[_BRAND], deepest)}")


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
def _categories(product_type: str) -> tuple[str, str]:
    """Every node from the root down as an array literal, and the deepest one."""
    levels = product_type.split(" > ") if product_type else []
    nodes = [" > ".join(levels[: depth + 1])[:PATH] for depth in range(len(levels))]
    quoted = ['"' + node.replace("\\", "\\\\").replace('"', '\\"') + '"' for node in nodes]
    return "{" + ",".join(quoted) + "}", nodes[-1] if nodes else ""


def upsert(store: Store, rows: Iterable[ProductRow | Staged], *, write: bool = True) -> Counts:
    """Insert new products and update changed ones, in a handful of statements whatever the number of rows.

    A row whose content hash is known is not touched at all, nor sent. With `write` False only the counting is done.
    Ids must not repeat within `rows`. Imports into one store write in turn.
    """
    ready = [row if isinstance(row, Staged) else staged(row) for row in rows]
    if not ready:
        return Counts()
    with transaction.atomic(), connection.cursor() as cursor:
        if write:
            in_turn(f"products:{store.pk}")
        cursor.execute(
            "SELECT item_id, content_hash FROM generation_product WHERE store_id = %s AND item_id = ANY(%s)",
            [store.pk, [row.id for row in ready]],
        )
        known = dict(cursor.fetchall())
        new = [row.line for row in ready if row.id not in known]
        changed = [row.line for row in ready if known.get(row.id, row.content_hash) != row.content_hash]
        if write and (new or changed):
            _merge(cursor, store, new, changed)
    return Counts(len(new), len(changed), len(ready) - len(new) - len(changed))


_NAMES = ", ".join(["item_id", *STORED])
_SET = ", ".join(f"{name} = s.{name}" for name in STORED)
_EXCLUDED = ", ".join(f"{name} = excluded.{name}" for name in [*STORED, "updated_at"])


def _merge(cursor: Any, store: Store, new: list[str], changed: list[str]) -> None:
    """Two set operations, so that the search column of each row is worked out once, and only where it is written."""
    # A long list beside the inverted indexes is merged in larger, cheaper pieces.
    cursor.execute("SET LOCAL gin_pending_list_limit = '16MB'; SET LOCAL work_mem = '64MB'")
    cursor.execute(
        f"""CREATE TEMPORARY TABLE IF NOT EXISTS import_staging ON COMMIT DROP AS
            SELECT {_NAMES}, false AS is_new FROM generation_product WITH NO DATA"""
    )
    cursor.execute("TRUNCATE import_staging")  # of the batch before, inside one outer transaction
    with cursor.copy(f"COPY import_staging ({_NAMES}, is_new) FROM STDIN (NULL '{NULL}')") as copy:
        for lines, end in ((new, "\tt\n"), (changed, "\tf\n")):
            if lines:
                copy.write(end.join(lines) + end)
    now = timezone.now()
    if changed:
        cursor.execute(
            f"""UPDATE generation_product p SET {_SET}, updated_at = %s FROM import_staging s
                WHERE p.store_id = %s AND p.item_id = s.item_id AND NOT s.is_new""",
            [now, store.pk],
        )
    if new:
        cursor.execute(
            f"""INSERT INTO generation_product (store_id, created_at, updated_at, {_NAMES})
                SELECT %s, %s, %s, {_NAMES} FROM import_staging WHERE is_new
                ON CONFLICT (store_id, item_id) DO UPDATE SET {_EXCLUDED}""",
            [store.pk, now, now],
        )
