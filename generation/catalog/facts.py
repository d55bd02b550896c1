"""A product as the stages see it."""

from collections.abc import Sequence

from generation.models import Product
from generation.stages.contracts import Hit

COLUMNS = (
    "id",
    "item_id",
    "item_group_id",
    "title",
    "brand",
    "categories",
    "description",
    "attributes",
    "effective_price",
    "rating",
    "rating_count",
    "popularity",
    "margin",
    "quantity",
    "listed_on",
    "sale_price",
)


def products(ids: Sequence[int]) -> dict[int, Product]:
    """The products of `ids` that are still there, with what `as_hit` reads of them."""
    return Product.objects.only(*COLUMNS).in_bulk(ids)


def as_hit(product: Product, similarity: float, rrf: float, sources: list[str]) -> Hit:
    """A product with the facts that later stages need."""
    return Hit(
        product=product.pk,
        item_id=product.item_id,
        group=product.item_group_id,
        title=product.title,
        brand=product.brand,
        category=product.category,
        description=product.description[:300],
        labels=_labels(product),
        price=float(product.effective_price),
        rating=None if product.rating is None else float(product.rating),
        rating_count=product.rating_count,
        popularity=product.popularity,
        margin=None if product.margin is None else float(product.margin),
        quantity=product.quantity,
        listed_on=product.listed_on,
        on_sale=product.sale_price is not None,
        similarity=round(similarity, 4),
        rrf=round(rrf, 6),
        sources=sources,
    )


def _labels(product: Product) -> str:
    """The words among a product's attributes ("vegan, gluten free"), at most 200 characters."""
    found: list[str] = []
    for value in product.attributes.values():
        found += [str(part) for part in (value if isinstance(value, list) else [value]) if isinstance(part, str)]
    return ", ".join(part for part in found if len(part) <= 40)[:200]
