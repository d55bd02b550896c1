"""The sample catalogue is fiction, but a shop could open with it."""

import datetime
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from generation.catalog.sample import drawings
from generation.catalog.sample.generator import NEW_DAYS, TODAY, gtin, products, write_jsonl

PRICE = re.compile(r"\d+\.\d\d EUR")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return list(products())


def amount(value: object) -> Decimal:
    return Decimal(str(value).removesuffix(" EUR"))


def test_the_same_seed_and_day_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert write_jsonl(first) == write_jsonl(second)
    assert first.read_bytes() == second.read_bytes()


def test_another_seed_gives_another_shop(rows: list[dict[str, object]]) -> None:
    assert next(products(seed=2)) != rows[0]


def test_a_catalogue_holds_several_thousand_products(rows: list[dict[str, object]]) -> None:
    assert 4000 <= len(rows) <= 4500


def test_there_are_at_least_ten_departments_of_some_depth(rows: list[dict[str, object]]) -> None:
    departments = Counter(str(row["product_type"]).split(" > ")[0] for row in rows)
    assert len(departments) >= 10
    assert min(departments.values()) >= 100


@pytest.mark.parametrize("field", ["id", "title", "gtin", "link"])
def test_no_two_products_share_what_identifies_them(rows: list[dict[str, object]], field: str) -> None:
    assert [value for value, count in Counter(row[field] for row in rows).items() if count > 1] == []


def test_every_price_is_an_amount_with_its_currency(rows: list[dict[str, object]]) -> None:
    fields = ("price", "cost_of_goods_sold")
    assert [row["id"] for row in rows for field in fields if not PRICE.fullmatch(str(row[field]))] == []


def test_a_sale_price_lies_between_cost_and_price(rows: list[dict[str, object]]) -> None:
    reduced = [row for row in rows if row["sale_price"]]
    assert 0.12 < len(reduced) / len(rows) < 0.24
    assert [
        row["id"]
        for row in reduced
        if not amount(row["cost_of_goods_sold"]) < amount(row["sale_price"]) < amount(row["price"])
    ] == []


def test_no_product_costs_more_than_it_brings(rows: list[dict[str, object]]) -> None:
    assert [row["id"] for row in rows if amount(row["cost_of_goods_sold"]) >= amount(row["price"])] == []


def test_nothing_is_in_stock_without_stock(rows: list[dict[str, object]]) -> None:
    wrong = [row for row in rows if (row["availability"] == "in_stock") != (row["quantity"] != 0)]
    assert wrong == []


def test_some_products_are_new_on_the_given_day() -> None:
    day = datetime.date(2030, 5, 1)
    newest = [datetime.date.fromisoformat(str(row["date_listed"])) for row in products(today=day)]
    assert max(newest) <= day
    assert 0.05 < sum((day - listed).days <= NEW_DAYS for listed in newest) / len(newest) < 0.15


def test_nothing_is_listed_after_the_fixed_day(rows: list[dict[str, object]]) -> None:
    assert max(str(row["date_listed"]) for row in rows) <= TODAY.isoformat()


def test_a_known_barcode_gets_its_check_digit() -> None:
    code = gtin(1)
    assert (len(code), code[:2]) == (13, "24")
    assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(code)) % 10 == 0


def test_every_product_image_is_drawn(rows: list[dict[str, object]], tmp_path: Path) -> None:
    count = drawings.write_images(tmp_path)
    drawn = {f"/static/sample/{path.name}" for path in tmp_path.iterdir()}
    assert len(drawn) == count
    assert {str(row["image_link"]) for row in rows} <= drawn


def test_drawings_are_small_and_carry_no_script_style_or_text() -> None:
    pictures = [drawings.svg(kind, hue) for kind, (_, hues) in drawings.DRAWINGS.items() for hue in hues]
    assert max(len(picture) for picture in pictures) < 3000
    unwanted = re.compile(r"<script|<style|style=|<text|\son\w+=|href")
    assert [picture for picture in pictures if unwanted.search(picture)] == []


def test_rows_are_plain_values(rows: list[dict[str, object]]) -> None:
    assert {type(value) for row in rows for value in row.values()} <= {str, int, float, list}
    assert json.loads(json.dumps(rows[0])) == rows[0]


def test_descriptions_are_whole_sentences(rows: list[dict[str, object]]) -> None:
    whole = re.compile(r"(?:[A-Z].*[.!?])(?: [A-Z].*[.!?])*")
    broken = re.compile(r"\. [a-z]")
    texts = {str(row["description"]) for row in rows}
    assert [text for text in texts if not whole.fullmatch(text) or broken.search(text)] == []
