"""One product as every later step knows it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from generation.catalog.feed.rows import RowError
from generation.catalog.feed.text import shorten
from generation.catalog.feed.values import Availability

AttributeValue = str | float | bool | list[str]
EMBEDDING_LIMIT = 600
_DESCRIPTION_PART = 240
_ATTRIBUTE_PART = 40


@dataclass(frozen=True, slots=True)
class ProductRow:
    """Checked and cleaned; texts are NFC, one line, without markup. Empty text means "not given"."""

    id: str
    title: str
    price: Decimal
    """Above 0, below a billion, at most 3 decimal places."""
    currency: str
    """ISO 4217, of every amount in the row."""
    availability: Availability = "in_stock"
    description: str = ""
    link: str = ""
    image_link: str = ""
    sale_price: Decimal | None = None
    """Always below `price`."""
    brand: str = ""
    product_type: str = ""
    """Category levels parted by " > "."""
    google_product_category: str = ""
    gtin: str = ""
    mpn: str = ""
    item_group_id: str = ""
    color: str = ""
    size: str = ""
    material: str = ""
    custom_label_0: str = ""
    custom_label_1: str = ""
    custom_label_2: str = ""
    custom_label_3: str = ""
    custom_label_4: str = ""
    cost_of_goods_sold: Decimal | None = None
    rating: Decimal | None = None
    """Stars, 0 to 5."""
    rating_count: int | None = None
    popularity: float | None = None
    """0 to 1."""
    quantity: int | None = None
    listed_on: date | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    warnings: tuple[RowError, ...] = ()
    """What was left out or shortened; no part of the product."""

    def embedding_text(self) -> str:
        """What the product is, in at most 600 characters, for a sentence encoder: no prices, no addresses."""
        parts = [self.title]
        if self.brand and self.brand.casefold() not in self.title.casefold():
            parts.append(self.brand)
        parts.append(self.product_type.replace(" > ", ", "))
        if self.description.casefold() != self.title.casefold():
            parts.append(shorten(self.description, _DESCRIPTION_PART))
        parts.extend(part for part in (self.color, self.material, self.size) if part)
        parts.extend(self._telling_attributes())
        return shorten(". ".join(bare for part in parts if (bare := part.rstrip(" ."))), EMBEDDING_LIMIT)

    def _telling_attributes(self) -> list[str]:
        """Short words a shopper would say; numbers and yes/no mean little to an encoder."""
        found = []
        for name, value in sorted(self.attributes.items()):
            if isinstance(value, list):
                value = ", ".join(value)
            if isinstance(value, str) and len(value) <= _ATTRIBUTE_PART and "://" not in value:
                found.append(f"{name.replace('_', ' ')}: {value}")
        return found
