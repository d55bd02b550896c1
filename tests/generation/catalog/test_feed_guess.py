import pytest

from generation.catalog.feed import guess_mapping


def fields(*rows):
    return guess_mapping(list(rows[0]), list(rows)).mapping.fields


def one(**values):
    return guess_mapping(list(values), [{name: str(value) for name, value in values.items()}])


def test_canonical_names_map_to_themselves():
    guess = one(
        id=1,
        title="Teapot",
        price="3 USD",
        link="https://a.example",
        **{"g:brand": "X", "image link": "/a.jpg"},
    )
    assert guess.mapping.fields["brand"] == "g:brand"
    assert guess.mapping.fields["image_link"] == "image link"
    assert {field.confidence for field in guess.fields} == {1.0}


@pytest.mark.parametrize(
    ("column", "field", "value"),
    [
        ("Product_Name", "title", "Teapot"),
        ("NAME", "title", "Teapot"),
        ("SKU", "id", "A1"),
        ("Item ID", "id", "A1"),
        ("handle", "id", "teapot"),
        ("cost", "price", "12.50"),
        ("List Price", "price", "$12.50"),
        ("IMG", "image_link", "https://a.example/x.jpg"),
        ("picture", "image_link", "/x.jpg"),
        ("front_image_500", "image_link", "/x.jpg"),
        ("dept", "product_type", "Kitchen"),
        ("vendor", "brand", "Iwachu"),
        ("Manufacturer", "brand", "Iwachu"),
        ("URL", "link", "https://a.example/x"),
        ("qty", "quantity", "4"),
        ("UPC", "gtin", "012345678905"),
        ("barcode", "gtin", "4006381333931"),
        ("released", "listed_on", "2024-05-01"),
        ("Colour", "color", "red"),
    ],
)
def test_usual_names_are_recognised(column, field, value):
    assert one(**{column: value, "other stuff": "x"}).mapping.fields == {field: column}


def test_a_typing_slip_is_recognised_with_less_confidence():
    guess = one(sku="A1", prodcut_name="Teapot", price=3)
    found = {field.field: field for field in guess.fields}
    assert found["title"].source == "prodcut_name"
    assert found["title"].confidence < 0.7


def test_category_columns_are_joined_widest_first():
    assert one(sub_category="Pots", category="Tea", dept="Kitchen").mapping.fields == {
        "product_type": "{dept} > {category} > {sub_category}"
    }


def test_market_and_sale_price_are_told_apart():
    found = one(market_price=220, sale_price=199).mapping.fields
    assert found == {"price": "market_price", "sale_price": "sale_price"}


def test_a_price_beside_a_list_price_is_what_is_paid_now():
    found = one(price="9.00", list_price="12.00").mapping.fields
    assert found == {"price": "list_price", "sale_price": "price"}


def test_an_old_price_that_is_often_empty_is_not_the_price():
    found = fields({"price": "9", "old_price": "12"}, {"price": "8", "old_price": ""})
    assert found == {"price": "price"}


def test_cost_beside_a_price_is_not_the_price():
    assert one(price="9.00", unit_cost="5").mapping.fields == {
        "price": "price",
        "cost_of_goods_sold": "unit_cost",
    }


def test_a_column_called_price_without_numbers_is_not_the_price():
    assert "price" not in one(price="cheap", id="1").mapping.fields


def test_a_currency_column_joins_a_bare_price():
    assert one(price="9.00", currency="EUR").mapping.fields == {"price": "{price} {currency}"}


def test_an_id_must_differ_from_row_to_row():
    assert "id" not in fields({"code": "A", "title": "x"}, {"code": "A", "title": "y"})


def test_no_column_feeds_two_fields():
    guess = one(name="Teapot", titel="x", price_usd="3", prize="4", brand_nam="b", brands="c")
    sources = list(guess.mapping.fields.values())
    assert len(sources) == len(set(sources))


def test_other_columns_become_attributes_and_missing_fields_are_named():
    guess = one(title="Teapot", shelf="A3")
    assert guess.mapping.options.extra_attributes
    assert (guess.unmapped, guess.missing) == (("shelf",), ("id", "price"))


def test_a_guess_shows_the_values_it_rests_on():
    guess = guess_mapping(["title"], [{"title": "Teapot"}, {"title": "Cup"}, {"title": "Cup"}])
    assert guess.fields[0].examples == ("Teapot", "Cup")


def test_no_columns_give_no_guess():
    assert guess_mapping([], []).mapping.fields == {}
