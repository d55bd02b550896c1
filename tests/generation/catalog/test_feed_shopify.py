from pathlib import Path

import pytest

from generation.catalog.feed import open_feed

from .feed_files import read_all

FEED = Path(__file__).parents[2] / "data" / "feeds" / "shopify.csv"


@pytest.fixture(scope="module")
def products():
    return {product.id: product for product in read_all(FEED)[0]}


def test_a_shopify_export_is_recognised_by_its_header():
    assert open_feed(FEED).format == "shopify"


def test_each_variant_is_a_product_of_one_group(products):
    assert [product for product in products if product.startswith(("TS", "tea"))] == [
        "TS-S",
        "tea-shirt-2",
        "tea-shirt-3",
    ]
    assert {products[id].item_group_id for id in ("TS-S", "tea-shirt-2", "tea-shirt-3")} == {"tea-shirt"}


def test_a_variant_is_titled_with_its_options(products):
    assert products["tea-shirt-2"].title == "Tea Shirt - L / Green"


def test_known_options_fill_their_fields(products):
    assert (products["tea-shirt-3"].size, products["tea-shirt-3"].color) == ("XL", "Green")


def test_a_product_without_options_keeps_its_title(products):
    assert products["plain-mug-1"].title == "Plain Mug"


def test_the_body_becomes_plain_text_in_every_variant(products):
    assert products["tea-shirt-2"].description == "Soft cotton. Warm"


def test_the_compare_at_price_is_the_old_one(products):
    assert (str(products["TS-S"].price), str(products["TS-S"].sale_price)) == ("25.00", "20.00")
    assert (str(products["tea-shirt-2"].price), products["tea-shirt-2"].sale_price) == ("20.00", None)


def test_stock_decides_availability(products):
    found = [products[id].availability for id in ("TS-S", "tea-shirt-2", "tea-shirt-3", "plain-mug-1")]
    assert found == ["in_stock", "out_of_stock", "backorder", "in_stock"]


def test_rows_with_only_an_image_add_it_to_the_product(products):
    shirt = products["TS-S"]
    assert shirt.image_link == "https://cdn.example/shirt.jpg"
    assert shirt.attributes["additional_image_link"] == ["https://cdn.example/shirt-back.jpg"]


def test_tags_are_a_list_of_words(products):
    assert products["TS-S"].attributes["tags"] == ["summer", "cotton"]


def test_an_unpublished_product_is_refused_with_that_reason():
    _, [error] = read_all(FEED)
    assert (error.line, error.column) == (8, "Published")
    assert "not published" in error.reason
