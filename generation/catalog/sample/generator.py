"""Makes the rows of the sample catalogue: the same seed and day give the same bytes on every machine."""

import datetime
import json
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random

from generation.catalog.sample import drawings, shelves
from generation.catalog.sample.shelves import Kind, Variant

TODAY = datetime.date(2026, 11, 1)
NEW_DAYS = 30
OLDEST_DAYS = 1500
SALE_SHARE, OUT_OF_STOCK_SHARE, PREORDER_SHARE = 0.19, 0.055, 0.06
UNRATED_SHARE, NEW_SHARE = 0.15, 0.08

Offer = tuple[str, str]  # size, colour
Family = tuple[str, Variant, list[Offer]]  # brand, variant and the offers of it that we stock


def products(seed: int = 1, today: datetime.date | None = None) -> Iterator[dict[str, object]]:
    """Yields about 4,200 products as plain feed values under Google Merchant field names.

    Every row has the same core fields ("" where a field does not apply); a department's own attributes
    (`diet`, `scent`, `age_range`, ...) are there only where they mean something.
    """
    day = today or TODAY
    number = group = 0
    for kind in shelves.kinds():
        # A generator of its own keeps the other kinds' rows as they are when one list is edited.
        rng = Random(f"{seed} {kind.product_type}")
        for brand, variant, offers in _families(kind, rng):
            group += 1
            level = rng.uniform(0.92, 1.08) * kind.brands[brand] * variant.factor
            uses = rng.sample(kind.uses, k=min(len(kind.uses), rng.choice((1, 1, 2))))
            for size, color in offers:
                number += 1
                yield {
                    "id": f"gs-{number:05}",
                    "title": ", ".join(part for part in (f"{brand} {variant.name}", size, color) if part),
                    "description": describe(variant, uses, color, kind.attributes),
                    "link": f"/product/gs-{number:05}",
                    "image_link": drawings.link(kind.image, drawings.hue(kind.image, color or variant.name, rng)),
                    "brand": brand,
                    "product_type": kind.product_type,
                    "google_product_category": kind.google,
                    "gtin": gtin(number),
                    "item_group_id": f"group-{group:05}" if len(offers) > 1 else "",
                    "size": size,
                    "color": color,
                    "custom_label_0": variant.attributes.get("season", kind.season),
                    **_money(kind.sizes[size] * level, kind.margin, rng),
                    **_shelf_life(kind, day, rng),
                    **_opinion(rng),
                    "material": "",
                    **_facets({**kind.attributes, **variant.attributes}),
                }


def _facets(attributes: dict[str, str]) -> dict[str, object]:
    """Attributes as a feed gives them: a list where there are several values ("vegan, gluten free")."""
    facets: dict[str, object] = {}
    for name, value in attributes.items():
        if name != "season":
            facets[name] = value.split(", ") if name == "diet" and ", " in value else value
    return facets


def write_jsonl(path: Path, seed: int = 1, today: datetime.date | None = None) -> int:
    """Writes one product per line and returns how many."""
    rows = [json.dumps(row, ensure_ascii=False) for row in products(seed, today)]
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8", newline="\n")
    return len(rows)


def describe(variant: Variant, uses: list[str], color: str, attributes: dict[str, str]) -> str:
    """One to four sentences: what it is, what it is good for, and the facts a shopper filters by."""
    facts = {**attributes, **variant.attributes}
    sentences = [variant.detail, *uses]
    if diet := facts.get("diet"):
        sentences.append(f"Suitable for these diets: {diet}.")
    elif color and "material" in facts:
        sentences.append(f"Made of {facts['material']}, here in {color.lower()}.")
    elif "material" in facts:
        sentences.append(f"Made of {facts['material']}.")
    return " ".join(sentence for sentence in sentences if sentence)


def gtin(number: int) -> str:
    """An EAN-13 for use inside one shop (GS1 prefix 20 to 29), with its check digit.

    The check digit completes the sum of the digits, weighted 1 and 3 in turn from the left, to a multiple of
    ten (GS1 General Specifications, section 7.9).
    """
    body = f"24{number * 7919 % 10**10:010}"
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def _families(kind: Kind, rng: Random) -> Iterator[Family]:
    """Chooses which brands make which variants, and in which sizes and colours, until the shelf is full."""
    pairs = [(brand, variant) for variant in kind.variants for brand in kind.brands]
    # Shuffled, but with every variant once before any comes a second time.
    rng.shuffle(pairs)
    turns: dict[str, int] = {}
    order = []
    for place, (brand, variant) in enumerate(pairs):
        turns[variant.name] = turns.get(variant.name, 0) + 1
        order.append((turns[variant.name], place, brand, variant))
    left = kind.rows
    for _, _, brand, variant in sorted(order, key=lambda item: item[:2]):
        if left <= 0:
            return
        sizes = [size for size in kind.sizes if len(kind.sizes) == 1 or rng.random() < 0.75]
        sizes = sizes or [rng.choice(list(kind.sizes))]
        colors = sorted(rng.sample(kind.colors, k=min(len(kind.colors), rng.choice((1, 2, 3, 3)))))
        offers = [(size, color) for size in sizes for color in colors][:left]
        left -= len(offers)
        yield brand, variant, offers


def _money(amount: float, margin: tuple[float, float], rng: Random) -> dict[str, object]:
    """Prices in EUR with cost < sale price < price; a sale price is left out where it would not pay."""
    price = shop_price(amount)
    cost = max(1, round(price * (1 - rng.uniform(*margin) / 100)))
    sale = ""
    if rng.random() < SALE_SHARE:
        reduced = shop_price(price / 100 * (1 - rng.choice((0.1, 0.15, 0.2, 0.2, 0.25, 0.3, 0.4))))
        if cost >= reduced:
            reduced = shop_price((price + cost) / 200)
        sale = f"{reduced / 100:.2f} EUR" if cost < reduced < price else ""
    return {
        "price": f"{price / 100:.2f} EUR",
        "sale_price": sale,
        "cost_of_goods_sold": f"{cost / 100:.2f} EUR",
    }


def shop_price(amount: float) -> int:
    """The cents of the price a shop would print for `amount` EUR: 0.79, 3.49, 24.99, 249.00, 1199.00."""
    cents = round(amount * 100)
    if cents < 1000:
        return max(19, round((cents + 1) / 10) * 10 - 1)
    if cents < 5000:
        return round((cents + 1) / 50) * 50 - 1
    if cents < 15000:
        return round((cents + 10) / 500) * 500 - 10
    return round((cents + 100) / 1000) * 1000 - 100


def _shelf_life(kind: Kind, day: datetime.date, rng: Random) -> dict[str, object]:
    """Availability, stock and the day it was listed."""
    availability, quantity = "in_stock", 1 + int(rng.lognormvariate(3.4, 1.0))
    age = rng.randint(NEW_DAYS + 1, OLDEST_DAYS)
    if rng.random() < NEW_SHARE:
        age = rng.randint(0, NEW_DAYS)
    draw = rng.random()
    if draw < OUT_OF_STOCK_SHARE:
        availability, quantity = "out_of_stock", 0
    elif kind.preorder and draw < OUT_OF_STOCK_SHARE + PREORDER_SHARE:
        availability, quantity, age = "preorder", 0, rng.randint(0, NEW_DAYS)
    # Google asks for the day a preorder can be sent.
    ready = day + datetime.timedelta(days=rng.randint(10, 60)) if availability == "preorder" else ""
    return {
        "availability": availability,
        "availability_date": str(ready),
        "quantity": quantity,
        "date_listed": str(day - datetime.timedelta(days=age)),
    }


def _opinion(rng: Random) -> dict[str, object]:
    """Popularity from 0 to 1 with a heavy tail, and ratings that follow it in number but not in height."""
    popularity = min(1.0, 0.012 * rng.paretovariate(0.95))
    if rng.random() < UNRATED_SHARE:
        return {"rating": "", "rating_count": 0, "popularity": round(popularity, 4)}
    rating = max(1.0, 5.0 - rng.gammavariate(2.0, 0.33))
    count = 1 + int(2500 * popularity * math.exp(rng.gauss(-0.5, 0.7)))
    return {"rating": round(rating, 1), "rating_count": count, "popularity": round(popularity, 4)}
