"""Upsert of checked rows: in bulk, touching only what changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from accounts.models import Store
from generation.catalog.feed import ProductRow
from generation.catalog.texts import text_hash
from generation.models import Product

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
MOST_COST = 100  # times the price
CUT = {  # columns whose length the feed does not promise
    field.name: field.max_length for field in Product._meta.concrete_fields if field.max_length and field.name in FIELDS
}


@dataclass
class Counts:
    """Rows by what became of them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


def upsert(store: Store, rows: Sequence[ProductRow], *, write: bool = True) -> Counts:
    """Insert new products and update changed ones, in two statements whatever the number of rows.

    A row whose content hash is known is not touched at all. With `write` False only the counting is done. Ids must
    not repeat within `rows`.
    """
    known = dict(
        Product.objects.filter(store=store, item_id__in=[row.id for row in rows]).values_list("item_id", "content_hash")
    )
    counts = Counts()
    changed: list[Product] = []
    for row in rows:
        digest = row.content_hash()
        if known.get(row.id) == digest:
            counts.unchanged += 1
            continue
        if row.id in known:
            counts.updated += 1
        else:
            counts.created += 1
        changed.append(_product(store, row, digest))
    if write and changed:
        Product.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["store", "item_id"],
            update_fields=[*FIELDS, "categories", "content_hash", "text_hash", "updated_at"],
        )
    return counts


def _sale(row: ProductRow) -> Decimal | None:
    """The sale price, unless it is the price itself once both have the two places that are stored."""
    sale = row.sale_price
    return sale if sale is not None and 0 < round(sale, 2) < round(row.price, 2) else None


def _cost(row: ProductRow) -> Decimal | None:
    """The cost, unless it is hundreds of times the price: a slip of the feed, and no margin worth storing."""
    paid = _sale(row) or row.price
    cost = row.cost_of_goods_sold
    return cost if cost is not None and cost <= paid * MOST_COST else None


def _product(store: Store, row: ProductRow, digest: str) -> Product:
    values = {name: getattr(row, name) for name in FIELDS}
    values["sale_price"], values["cost_of_goods_sold"] = _sale(row), _cost(row)
    for name, most in CUT.items():
        if isinstance(values[name], str):
            values[name] = values[name][:most]
    levels = row.product_type.split(" > ") if row.product_type else []
    categories = [" > ".join(levels[: depth + 1])[:750] for depth in range(len(levels))]
    product = Product(
        store=store,
        item_id=row.id,
        categories=categories,
        content_hash=digest,
        updated_at=timezone.now(),
        **values,
    )
    product.text_hash = text_hash(product)
    return product
