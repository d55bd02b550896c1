import pytest

from generation.catalog.feed import open_feed

from .feed_files import packed, read_all, write

GOOD = '{"id": 1, "title": "Teapot", "price": 12.5}\n'


def test_objects_become_products(tmp_path):
    products, errors = read_all(write(tmp_path, GOOD))
    assert (products[0].id, str(products[0].price), errors) == ("1", "12.50", [])


def test_columns_are_the_names_met_in_any_record(tmp_path):
    feed = open_feed(write(tmp_path, GOOD + '{"id": 2, "colour": "red"}\n'))
    assert (feed.format, feed.columns) == ("jsonl", ["id", "title", "price", "colour"])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[1, 2]", "a list, not an object"),
        ("42", "a single value"),
        ("{'id': 1}", "not JSON"),
        ('{"id": NaN}', "NaN"),
        ("[" * 100_000, "not JSON"),
        ('{"id": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_a_line_that_is_no_object_is_refused_with_its_line(tmp_path, line, words):
    products, [error] = read_all(write(tmp_path, GOOD + line + "\n" + GOOD))
    assert len(products) == 2
    assert error.line == 2
    assert words in error.reason


def test_a_file_cut_inside_an_object_says_so(tmp_path):
    products, [error] = read_all(write(tmp_path, GOOD + '{"id": 2, "ti'))
    assert len(products) == 1
    assert (error.line, "the file ends in the middle of an object" in error.reason) == (2, True)


def test_gzip_cut_in_the_middle_gives_complete_rows_and_one_error(tmp_path):
    text = "".join(f'{{"id": {n}, "title": "Cup {n * 7919 % 10007}", "price": {n % 9 + 1}}}\n' for n in range(9_000))
    whole = packed(text)
    products, [error] = read_all(write(tmp_path, whole[: len(whole) // 2]))
    assert [int(product.id) for product in products] == list(range(len(products)))
    assert error.line == len(products) + 1


def test_a_lone_surrogate_in_an_escape_is_dropped(tmp_path):
    products, _ = read_all(write(tmp_path, '{"id": 1, "title": "Tea\\ud83d<b>pot</b>", "price": 2}\n'))
    assert products[0].title == "Teapot"


def test_money_as_an_object_is_understood(tmp_path):
    line = '{"id": 1, "title": "Teapot", "price": {"amount": "12.99", "currency": "EUR"}}\n'
    products, _ = read_all(write(tmp_path, line))
    assert (str(products[0].price), products[0].currency) == ("12.99", "EUR")
