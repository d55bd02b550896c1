"""The quick road of a table's rows against the row by row road, which is the contract."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.catalog import reading
from generation.catalog.feed import DuplicateGuard, Mapping, ProductRow, RawRow, open_feed, validate
from generation.catalog.quick import Quick
from generation.catalog.staging import staged

COLUMNS = [
    "id", "title", "description", "link", "image_link", "availability", "price", "sale_price", "cost_of_goods_sold",
    "brand", "product_type", "google_product_category", "gtin", "mpn", "item_group_id", "color", "quantity", "rating",
    "rating_count", "popularity", "listed_on", "attr_diet", "organic", "product_detail", "shipping",
]  # fmt: skip
FIELDS = {name: name for name in COLUMNS[:21]}
MAPPINGS = [
    Mapping(fields=FIELDS),
    Mapping(
        fields={**FIELDS, "product_type": "{product_type} > {color} > {brand}", "title": "{title} {brand}, {color}"},
        options={"currency": "EUR", "extra_attributes": True, "attribute_prefixes": ["attr_"], "ignore": ["organic"]},
    ),
    Mapping(
        fields={"id": "id", "title": "title", "price": "price", "brand": "no such column"},
        attributes={"rating": "rating", "made of": "{color} {brand}", "mpn": "mpn"},
        defaults={"brand": "Acme & Söhne", "availability": "sold out", "rating": "4"},
        options={"currency": "USD", "price_divisor": 100, "decimal": ",", "extra_attributes": True},
    ),
    # two columns with one name: the last one that says something counts
    Mapping(
        fields={"id": "id", "title": "title", "price": "price"},
        attributes={"diet": "color"},
        options={"currency": "EUR", "extra_attributes": True, "attribute_prefixes": ["attr_"]},
    ),
]
CELLS = [
    "", " ", "n/a", "-", "Red lentils", " padded ", "two  blanks", "a\tb", "line\nbreak", "back\\slash", 'quo"te',
    "Café",
    "e\u0301", "\u200bhidden", "\x00", "<b>bold</b> &amp; more", "AT&T", "a < b", "<script>x</script>", "12345670",
    "1234567", "12.99", "12,99 EUR", "0.001 EUR", "9.99 USD", "$5", "0", "-3", "1e9 EUR", "1.234 KWD", "999999999999",
    "3 EUR", "3.00 EUR", "in stock", "out of stock", "maybe", "5", "4.5", "9/10", "85%", "0.4", "true", "False",
    "1e400",
    "2024-12-31", "31.12.2024", "30.02.2024", "https://shop.example/a?b=1&c=2", "javascript:alert(1)", "/own/path",
    "//evil.example", "https://shop.example/a b", "A > B > C", ">> A >", "x" * 65, "x" * 201, "word " * 60, "y" * 600,
    "p > " * 300, "\\N", "\x01", "{}", "SHIRT", "ﬁ", "٣", "3 EUR 4 USD",
]  # fmt: skip
cells = st.one_of(st.sampled_from(CELLS), st.text(max_size=12))


def road(raw: RawRow, mapping: Mapping) -> object:
    """What the row by row road makes of a row that it has nothing to say about, else None."""
    found = reading.checked(raw, mapping, DuplicateGuard())
    return staged(found[0]) if found[0] is not None and not found[1] else None


@pytest.mark.parametrize("mapping", MAPPINGS)
@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, cells)), min_size=1, max_size=6), sound=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_both_roads_give_the_same_line_or_leave_it_to_the_slower(
    mapping: Mapping, rows: list[dict[str, str]], sound: bool
) -> None:
    raws = []
    for number, row in enumerate(rows, start=2):
        kept = {"id": f"A{number}", "title": f"Lentils {row['title']}", "price": "5 EUR"} if sound else {}
        raws.append(RawRow(number, {name: kept.get(name, row[name]) for name in COLUMNS}))  # as a table has them
    for raw, line in zip(raws, Quick(mapping, COLUMNS).lines(raws), strict=True):
        if line is not None:
            assert line == road(raw, mapping), raw.values


def test_ordinary_rows_take_the_quick_road() -> None:
    row = dict.fromkeys(COLUMNS, "")
    row |= {"id": "A1", "title": "Red lentils", "price": "2.50 EUR", "sale_price": "2 EUR", "brand": "Acme & Co"}
    row |= {"product_type": "Grocery > Pulses", "link": "https://shop.example/a", "rating": "4.5", "organic": "yes"}
    raw = RawRow(2, row)
    for mapping in MAPPINGS[:2]:
        assert Quick(mapping, COLUMNS).lines([raw]) == [road(raw, mapping)] != [None]


@pytest.mark.parametrize(
    ("field", "cell"),
    [("rating", "many"), ("price", "free"), ("price", ""), ("title", " "), ("id", "x" * 129), ("brand", "b" * 251)],
)
def test_a_row_with_anything_to_report_is_left_to_the_other_road(field: str, cell: str) -> None:
    row = {**dict.fromkeys(COLUMNS, ""), "id": "A1", "title": "Red lentils", "price": "2.50 EUR", field: cell}
    assert Quick(MAPPINGS[0], COLUMNS).lines([RawRow(2, row)]) == [None]


def test_a_table_is_reported_as_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text(
        "id,title,price,rating\nA,Lentils,2 EUR,4\nB,,2 EUR,4\n"
        "A,Again,3 EUR,\nC,Rice,3 EUR,lots\nD,Salt\nE,Oats,1 EUR,5\n"
    )
    mapping = Mapping(fields={name: name for name in ("id", "title", "price", "rating")})
    feed, guard = open_feed(path), DuplicateGuard()
    found = [
        (line and line.id, [problem.reason for problem in problems]) for line, problems in reading.ready(feed, mapping)
    ]
    slow = []
    for raw in feed.rows():
        row, problems = reading.checked(raw, mapping, guard)
        slow.append((row and row.id, [problem.reason for problem in problems]))
    assert found == slow
    assert [id_ for id_, _reasons in found] == ["A", None, None, "C", None, "E"]
    assert isinstance(validate(RawRow(1, {"id": "A", "title": "T", "price": "1 EUR"}), mapping), ProductRow)
