"""A feed of any size with fields as long as real ones: the sample catalogue gone round, each product under other words.

About 0.8 kB a row: titles of 60 to 70 characters with a model number each, descriptions of 300 to 500, full addresses,
real categories. The same number gives the same row anywhere, so a second file can differ in chosen rows only.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generation.catalog.sample import generator

COLUMNS = [
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "availability",
    "price",
    "sale_price",
    "brand",
    "product_type",
    "google_product_category",
    "gtin",
    "item_group_id",
    "color",
    "size",
    "material",
    "cost_of_goods_sold",
    "quantity",
    "rating",
    "rating_count",
    "popularity",
    "date_listed",
]
_TEXT = "Classic Everyday Kitchen Family Country Winter Summer Garden Travel Studio Nordic Harbour Orchard Meadow"
WORDS = tuple(_TEXT.split())
_TEXT = "Brothers Works Trading Supply Company Goods Makers House Mill Market"
MAKERS = tuple(_TEXT.split())


def write(path: Path, rows: int, changed: Callable[[int], bool] = lambda number: False) -> None:
    """A CSV feed of `rows` products; those whose number is `changed` cost one cent more than they would."""
    sample = list(generator.products())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_row(sample, number, changed(number)) for number in range(rows))


def _row(sample: list[dict[str, Any]], number: int, dearer: bool) -> list[Any]:
    size = len(sample)
    base, round_ = sample[number % size], number // size
    word, maker = WORDS[(number * 7 + round_) % len(WORDS)], MAKERS[(number + round_ * 3) % len(MAKERS)]
    model = f"{chr(65 + number % 23)}{chr(65 + round_ % 23)}-{(number * 7919) % 90_000 + 10_000}"
    brand = base["brand"] if round_ % 3 == 0 else f"{base['brand']} {maker}"
    text = " ".join(
        [base["description"], *(sample[(number * 31 + step * 977) % size]["description"] for step in range(1, 4))]
    )
    shelf = base["product_type"].rpartition(" > ")[2]
    amount, currency = base["price"].split()
    cents = round(float(amount) * 100) + round_ % 50 + dearer
    return [
        f"made-{number:08}",
        f"{base['title'].replace(base['brand'], brand, 1)} {word} {model}",
        text[: 300 + (number * 13) % 200],
        f"https://shop.example.com/catalogue/{shelf.split()[0].lower()}/made-{number:08}",
        f"https://images.shop.example.com/products/large/{number % 997:03}/{number:08}_front.jpg",
        base["availability"],
        f"{cents // 100}.{cents % 100:02} {currency}",
        base["sale_price"],
        brand,
        base["product_type"],
        base["google_product_category"],
        f"{24_000_000_000_000 + number}",
        f"group-{number // 3:08}",
        base["color"],
        base["size"],
        base["material"],
        base["cost_of_goods_sold"],
        (number * 17) % 240,
        base["rating"],
        base["rating_count"],
        base["popularity"],
        base["date_listed"],
    ]
