import time
import tracemalloc
from pathlib import Path

import pytest

from generation.catalog.feed import open_feed
from storefront_studio.lib.errors import BadInput

from .feed_files import packed, read_all, write

FEEDS = Path(__file__).parents[2] / "data" / "feeds"
HEAD = '<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>\n'
ITEM = "<item><g:id>{n}</g:id><title>Cup {n}</title><g:price>3.50 EUR</g:price></item>\n"
TAIL = "</channel></rss>\n"


def items(count: int) -> str:
    return "".join(ITEM.format(n=n) for n in range(count))


def test_rss_items_become_products():
    products, errors = read_all(FEEDS / "google_rss.xml")
    assert errors == []
    assert [(p.id, p.title, str(p.price), p.currency) for p in products] == [
        ("TP-1", "Teapot, cast iron", "49.90", "EUR"),
        ("CUP-2", "Cup & saucer", "8.50", "EUR"),
    ]
    assert str(products[0].sale_price) == "39.90"
    assert products[1].availability == "out_of_stock"


def test_repeated_elements_are_lists_and_details_become_attributes():
    row = next(open_feed(FEEDS / "google_rss.xml").rows())
    assert row.values["additional_image_link"] == ["https://shop.example/a.jpg", "https://shop.example/b.jpg"]
    assert row.values["shipping"] == [{"country": "DE", "price": "4.90 EUR"}]
    [teapot, _], _ = read_all(FEEDS / "google_rss.xml")
    assert (teapot.attributes["Capacity"], teapot.attributes["Handmade"]) == ("0.8 l", True)


def test_atom_entries_become_products():
    products, errors = read_all(FEEDS / "google_atom.xml")
    assert [(p.id, p.title, p.link) for p in products] == [("A1", "Bowl", "https://shop.example/bowl")]
    assert errors == []


def test_the_line_of_an_item_is_where_it_starts(tmp_path):
    rows = open_feed(write(tmp_path, HEAD + items(3) + TAIL)).rows()
    assert [row.line for row in rows] == [3, 4, 5]


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252", "iso-8859-15", "utf-8-sig"])
def test_the_declared_encoding_is_used(tmp_path, encoding):
    name = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{name}"?>' + HEAD.split("?>")[1] + ITEM.replace("Cup", "Thé") + TAIL
    products, _ = read_all(write(tmp_path, text, encoding=encoding))
    assert products[0].title.startswith("Thé")


def test_a_declared_encoding_that_is_no_text_encoding_is_ignored(tmp_path):
    text = '<?xml version="1.0" encoding="hex"?>' + HEAD.split("?>")[1] + items(1) + TAIL
    assert len(read_all(write(tmp_path, text))[0]) == 1


def test_bytes_that_are_not_utf8_refuse_their_item_only(tmp_path):
    bad = ITEM.replace("Cup", "Th@").format(n=7).encode().replace(b"@", b"\xff")
    text = (HEAD + items(2)).encode() + "<!-- é é -->".encode() + bad + ITEM.format(n=8).encode() + TAIL.encode()
    products, [error] = read_all(write(tmp_path, text))
    assert [product.id for product in products] == ["0", "1", "8"]
    assert (error.column, "not valid UTF-8" in error.reason) == ("title", True)


def test_control_characters_do_not_end_the_feed(tmp_path):
    products, errors = read_all(write(tmp_path, HEAD + ITEM.replace("Cup", "C\x01u\x00p") + items(1) + TAIL))
    assert (len(products), errors) == (2, [])


def test_a_feed_cut_inside_an_item_gives_the_complete_ones_and_says_so(tmp_path):
    text = HEAD + items(3) + ITEM[:30]
    products, [error] = read_all(write(tmp_path, text))
    assert len(products) == 3
    assert (error.line, error.reason.startswith("the file ends in the middle of <item>")) == (6, True)


def test_a_feed_cut_between_items_is_noticed(tmp_path):
    products, [error] = read_all(write(tmp_path, HEAD + items(3)))
    assert len(products) == 3
    assert "the file ends in the middle of" in error.reason


def test_gzip_cut_in_the_middle_gives_the_complete_items(tmp_path):
    whole = packed(HEAD + "".join(ITEM.format(n=n * 7919 % 100_003) for n in range(9_000)) + TAIL)
    products, [error] = read_all(write(tmp_path, whole[: len(whole) // 2]))
    assert 1_000 < len(products) < 9_000
    assert "the file ends in the middle of" in error.reason


def test_broken_markup_stops_there_with_the_line(tmp_path):
    products, [error] = read_all(
        write(tmp_path, HEAD + items(2) + "<item><g:id>x</g:title></item>\n" + items(1) + TAIL)
    )
    assert len(products) == 2
    assert (error.line, "the XML is broken here" in error.reason) == (5, True)


def test_nested_entities_are_refused_at_once(tmp_path):
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    item = "<rss><channel><item><title>&l11;</title></item></channel></rss>"
    text = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{lol}]>{item}'
    start = time.perf_counter()
    with pytest.raises(BadInput, match="entities"):
        open_feed(write(tmp_path, text))
    assert time.perf_counter() - start < 2


def test_an_entity_that_names_a_file_is_refused(tmp_path):
    write(tmp_path, "secret", "secret.txt")
    declared = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
    with pytest.raises(BadInput, match="entities"):
        open_feed(write(tmp_path, f"<?xml version='1.0'?>{declared}<rss><item><title>&x;</title></item></rss>"))


def test_an_outside_document_type_is_never_fetched(tmp_path):
    text = f'<?xml version="1.0"?><!DOCTYPE rss SYSTEM "file://{tmp_path}/no.dtd"><rss/>'
    with pytest.raises(BadInput, match="outside references"):
        open_feed(write(tmp_path, text))


def test_deep_nesting_is_refused(tmp_path):
    with pytest.raises(BadInput, match="nested deeper"):
        open_feed(write(tmp_path, "<rss>" + "<a>" * 5_000))


def test_xml_of_another_kind_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="no <item> or <entry>"):
        open_feed(write(tmp_path, "<invoice><number>1</number></invoice>"))


def test_text_that_only_begins_like_xml_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="not readable XML"):
        open_feed(write(tmp_path, "< not xml at all"))


def test_a_channel_without_items_is_a_feed_without_rows(tmp_path):
    assert list(open_feed(write(tmp_path, HEAD + TAIL)).rows()) == []


def test_memory_does_not_grow_with_the_feed(tmp_path):
    path = write(tmp_path, HEAD + items(40_000) + TAIL)
    feed = open_feed(path)
    tracemalloc.start()
    assert sum(1 for _ in feed.rows()) == 40_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 2
