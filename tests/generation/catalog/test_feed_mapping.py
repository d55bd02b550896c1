from pathlib import Path

import pytest

from generation.catalog.feed import Mapping, ProductRow, RawRow, open_feed, validate
from storefront_studio.lib.errors import BadInput

from .feed_files import write

MAPPINGS = Path(__file__).parents[3] / "docs" / "mappings"
ISSUE = """
[fields]
id = "index"
title = "product"
product_type = "{category} > {sub_category} > {type}"
price = "{market_price} INR"
sale_price = "{sale_price} INR"
brand = "brand"

[attributes]
rating = "rating"

[defaults]
availability = "in_stock"
"""
ROW = {
    "index": "1", "product": "Garlic Oil", "category": "Beauty & Hygiene", "sub_category": "Hair Care",
    "brand": "Sri Sri", "sale_price": "199", "market_price": "220", "type": "Hair Oil", "rating": "4.1",
}  # fmt: skip


def load(tmp_path, text=ISSUE):
    return Mapping.load(write(tmp_path, text, "mapping.toml"))


def made(tmp_path, mapping=ISSUE, **values):
    result = validate(RawRow(2, {**ROW, **values}), load(tmp_path, mapping))
    assert isinstance(result, ProductRow), result
    return result


def test_templates_join_columns_and_fixed_text(tmp_path):
    row = made(tmp_path)
    assert (row.id, row.title, row.brand, row.availability) == ("1", "Garlic Oil", "Sri Sri", "in_stock")
    assert row.product_type == "Beauty & Hygiene > Hair Care > Hair Oil"
    assert (str(row.price), str(row.sale_price), row.currency) == ("220.00", "199.00", "INR")


def test_a_rating_listed_as_attribute_counts_as_the_rating_too(tmp_path):
    row = made(tmp_path)
    assert (row.attributes, str(row.rating)) == ({"rating": 4.1}, "4.1")


def test_a_template_with_an_empty_column_is_an_empty_value(tmp_path):
    row = made(tmp_path, sale_price="  ")
    assert (row.sale_price, row.warnings) == (None, ())


def test_empty_levels_of_a_path_are_left_out(tmp_path):
    assert made(tmp_path, sub_category="").product_type == "Beauty & Hygiene > Hair Oil"
    assert made(tmp_path, sub_category="", category="", type="").product_type == ""


def test_a_title_template_uses_what_is_there(tmp_path):
    text = ISSUE.replace('title = "product"', 'title = "{product}, {finish}"')
    assert made(tmp_path, text).title == "Garlic Oil"


def test_a_default_fills_an_empty_field(tmp_path):
    text = ISSUE.replace("[defaults]", '[defaults]\nbrand = "House"')
    assert made(tmp_path, text, brand="").brand == "House"


def test_other_columns_become_attributes_only_when_asked(tmp_path):
    assert "shelf" not in made(tmp_path, shelf="A3").attributes
    text = ISSUE + '[options]\nextra_attributes = true\nattribute_prefixes = ["attr_"]\nignore = ["secret"]\n'
    row = made(tmp_path, text, attr_shelf="A3", secret="x")
    assert row.attributes == {"rating": 4.1, "shelf": "A3"}


def test_a_mapping_survives_storage_as_json(tmp_path):
    mapping = load(tmp_path)
    assert Mapping.from_dict(mapping.to_dict()) == mapping


def test_a_currency_is_filled_in_only_where_none_is_set(tmp_path):
    mapping = load(tmp_path).with_currency("INR")
    assert mapping.options.currency == "INR"
    assert mapping.with_currency("USD").options.currency == "INR"


def test_columns_the_feed_lacks_are_named(tmp_path):
    assert load(tmp_path).missing_columns(["index", "product", "brand", "rating", "type"]) == [
        "category", "sub_category", "market_price", "sale_price",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[fields]\ntitel = "name"', "fields: “titel” is not a product field; did you mean “title”"),
        ('[field]\ntitle = "name"', "field is not a known key; use .fields."),
        ('[options]\ncurency = "USD"', "options.curency is not a known key"),
        ('[options]\ncurrency = "DOLLARS"', "not an ISO 4217 code"),
        ('[options]\ndecimal = ";"', "options.decimal"),
        ("[options]\nprice_divisor = 0", "options.price_divisor"),
        ('[fields]\ntitle = ""', "“title” has no column"),
        ('[fields]\ntitle = "{name"', "brace without its partner"),
        ("[fields]\ntitle = 3", "fields.title"),
        ("[fields\n", "not valid TOML"),
        ('[defaults]\nshelf = "A"', "“shelf” is not a product field"),
    ],
)
def test_a_wrong_mapping_file_names_the_key_and_the_way_out(tmp_path, text, words):
    with pytest.raises(BadInput, match=words):
        load(tmp_path, text)


def test_a_missing_mapping_file_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        Mapping.load(tmp_path / "none.toml")


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_documented_mappings_load(path):
    assert {"id", "title", "price"} <= set(Mapping.load(path).fields)


def test_cents_decimal_comma_and_currency_come_from_the_options(tmp_path):
    fields = '[fields]\nid = "id"\ntitle = "t"\nprice = "p"\n'
    text = fields + '[options]\ncurrency = "sar"\ndecimal = ","\nprice_divisor = 100\n'
    [raw] = open_feed(write(tmp_path, "id;t;p\n1;Cup;129.900,0\n")).rows()
    row = validate(raw, load(tmp_path, text))
    assert (str(row.price), row.currency) == ("1299.00", "SAR")
