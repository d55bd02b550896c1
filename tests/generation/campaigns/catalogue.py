"""A small grocery catalogue with its vocabulary, for reading briefs against."""

from decimal import Decimal
from typing import Any

from generation.models import KeywordKind
from tests.factories import KeywordFactory, ProductFactory

SHELF: tuple[tuple[str, str, str, str], ...] = (
    ("Pork sausages", "Corner Shop", "Grocery > Meat", "6.50"),
    ("Hazelnut spread with nuts", "Nutty & Sons", "Grocery > Breakfast", "3.20"),
    ("Pumpkin soup", "Corner Shop", "Grocery > Soups", "2.90"),
    ("Lentil soup", "Soup Works", "Grocery > Soups", "3.90"),
    ("Cheddar cheese", "Hill Farm", "Grocery > Dairy", "5.10"),
    ("Whole milk", "Hill Farm", "Grocery > Dairy", "1.30"),
    ("Plastic lunch box", "Boxwell", "Home > Kitchen", "7.00"),
    ("Onion and garlic relish", "Soup Works", "Grocery > Relishes", "4.20"),
    ("Orange juice", "Sunny", "Drinks > Juices", "2.10"),
    ("Pale ale beer alcohol", "Old Barrel", "Drinks > Beer", "2.40"),
    ("Wine glass", "Boxwell", "Home > Kitchen", "12.00"),
    ("Scented candle", "Lumen", "Home > Candles", "9.00"),
)
PHRASES = ("soup", "lentil soup", "lunch box", "candle", "orange juice", "cheese", "sausage", "wine glass")


def stocked(store: Any) -> Any:
    """`store` with the shelf above and the keywords that a vocabulary would have of it."""
    for title, brand, path, price in SHELF:
        top = path.split(" > ")[0]
        ProductFactory(
            store=store, title=title, brand=brand, product_type=path, categories=[top, path], price=Decimal(price)
        )
    nodes = sorted({node for _t, _b, path, _p in SHELF for node in (path.split(" > ")[0], path)})
    for node in nodes:
        KeywordFactory(store=store, kind=KeywordKind.CATEGORY, text=node)
    for brand in sorted({brand for _t, brand, _c, _p in SHELF}):
        KeywordFactory(store=store, kind=KeywordKind.ATTRIBUTE, field="brand", text=brand)
    for text in PHRASES:
        KeywordFactory(store=store, text=text)
    return store
