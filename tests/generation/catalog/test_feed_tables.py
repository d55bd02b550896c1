import pytest

from generation.catalog.feed import open_feed
from storefront_studio.lib.errors import BadInput

from .feed_files import packed, read_all, write

HEADER = "id,title,price\n"


def titles(path):
    return [product.title for product in read_all(path)[0]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_file(tmp_path, delimiter):
    text = "id,title,price\n1,Teapot,12.99\n2,Cup,3.50\n".replace(",", delimiter)
    assert titles(write(tmp_path, text)) == ["Teapot", "Cup"]


def test_a_semicolon_feed_may_hold_decimal_commas(tmp_path):
    products, _ = read_all(write(tmp_path, "id;title;price\n1;Teapot;12,99\n2;Cup, blue;3,50\n"))
    assert [str(product.price) for product in products] == ["12.99", "3.50"]


def test_a_tab_feed_is_called_tsv(tmp_path):
    assert open_feed(write(tmp_path, "id\ttitle\n1\tTeapot\n")).format == "tsv"


def test_excels_separator_line_is_understood(tmp_path):
    feed = open_feed(write(tmp_path, "sep=;\r\nid;title;price\r\n1;Tea, pot;3\r\n"))
    assert [(row.line, row.values["title"]) for row in feed.rows()] == [(3, "Tea, pot")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_encoding_is_found_in_the_file(tmp_path, encoding):
    rows = "".join(f"{n},Crème brûlée à la façon d’été n° {n},4.00\n" for n in range(20))
    assert titles(write(tmp_path, HEADER + rows, encoding=encoding))[3] == "Crème brûlée à la façon d’été n° 3"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Чайник заварочный из белого фарфора с крышкой"),
        ("shift_jis", "急須とお茶のセット、白い磁器"),
    ],
)
def test_other_scripts_in_their_old_encodings_are_read(tmp_path, encoding, text):
    rows = "".join(f"{n},{text} {n},4.00\n" for n in range(40))
    assert titles(write(tmp_path, HEADER + rows, encoding=encoding))[0] == f"{text} 0"


def test_an_ascii_feed_that_turns_out_western_is_decoded_so_throughout(tmp_path):
    plain = "".join(f"{n},Teapot number {n},12.99\n" for n in range(20_000))
    path = write(tmp_path, (HEADER + plain).encode() + b"x,Caf\xe9 cr\xe8me,2\ny,Na\xefve,3\n")
    products, errors = read_all(path)
    assert (products[-2].title, products[-1].title, errors) == ("Café crème", "Naïve", [])


def test_bytes_that_are_not_utf8_refuse_their_row_only_and_name_the_column(tmp_path):
    good = "".join(f"{n},Café {n},2\n" for n in range(5))
    path = write(tmp_path, (HEADER + good).encode() + b"8,Th\xe9 \xff,2\n9,Cup,3\n")
    products, [error] = read_all(path)
    assert [product.id for product in products] == ["0", "1", "2", "3", "4", "9"]
    assert (error.line, error.column) == (7, "title")
    assert "not valid UTF-8" in error.reason


def test_gzip_is_told_by_content_not_by_name(tmp_path):
    assert titles(write(tmp_path, packed(HEADER + "1,Teapot,2\n"), "feed.csv")) == ["Teapot"]


def test_a_name_ending_in_gz_does_not_make_it_gzip(tmp_path):
    assert titles(write(tmp_path, HEADER + "1,Teapot,2\n", "feed.csv.gz")) == ["Teapot"]


def test_quoted_values_may_hold_line_breaks_and_lines_are_still_counted(tmp_path):
    path = write(tmp_path, HEADER + '1,"Tea\npot",2\n2,Cup,x\n')
    products, [error] = read_all(path)
    assert products[0].title == "Tea pot"
    assert error.line == 4


@pytest.mark.parametrize(("row", "word"), [("1,Tea,pot,2,9", "more"), ("1,Teapot", "fewer")])
def test_a_row_of_the_wrong_width_is_refused_with_its_line(tmp_path, row, word):
    products, [error] = read_all(write(tmp_path, f"{HEADER}0,Tray,2\n{row}\n2,Cup,3\n"))
    assert [product.id for product in products] == ["0", "2"]
    assert error.line == 3
    assert word in error.reason


def test_empty_columns_past_the_header_do_no_harm(tmp_path):
    assert titles(write(tmp_path, HEADER + "1,Teapot,2,,\n")) == ["Teapot"]


def test_blank_lines_are_no_rows(tmp_path):
    assert titles(write(tmp_path, HEADER + "\n1,Teapot,2\n,,\n\n")) == ["Teapot"]


def test_a_value_of_half_a_megabyte_is_read(tmp_path):
    path = write(tmp_path, f"id,title,price,description\n1,Teapot,2,{'very nice ' * 50_000}\n")
    products, _ = read_all(path)
    assert 9_900 <= len(products[0].description) <= 10_000


def test_a_nul_byte_is_dropped_from_the_text(tmp_path):
    assert titles(write(tmp_path, HEADER + "1,Tea\0pot,2\n")) == ["Teapot"]


def test_a_file_cut_inside_quotes_gives_its_complete_rows_and_says_where_it_ends(tmp_path):
    products, [error] = read_all(write(tmp_path, HEADER + '1,Teapot,2\n2,"Cup and'))
    assert [product.id for product in products] == ["1"]
    assert (error.line, "the file ends in the middle of" in error.reason) == (3, True)


def test_a_file_cut_inside_a_row_says_so(tmp_path):
    _, [error] = read_all(write(tmp_path, HEADER + "1,Teapot,2\n2,Cu"))
    assert (error.line, "the file ends in the middle of a row" in error.reason) == (3, True)


def test_a_last_line_without_a_line_end_is_a_row(tmp_path):
    assert titles(write(tmp_path, HEADER + "1,Teapot,2\n2,Cup,3")) == ["Teapot", "Cup"]


def test_gzip_cut_in_the_middle_gives_its_complete_rows_and_one_error(tmp_path):
    rows = "".join(f"{n},Teapot {n * 7919 % 10_007},{n % 90 + 1}.50\n" for n in range(20_000))
    whole = packed(HEADER + rows)
    products, [error] = read_all(write(tmp_path, whole[: len(whole) // 2]))
    assert 1_000 < len(products) < 20_000
    assert [int(product.id) for product in products] == list(range(len(products)))
    assert error.line == len(products) + 2
    assert "the file ends in the middle of" in error.reason


def test_a_stray_quotation_mark_costs_one_row_not_the_rest(tmp_path):
    rows = "".join(f"{n},Cup {n},3\n" for n in range(2, 30))
    products, [error] = read_all(write(tmp_path, HEADER + '1,"Teapot,2\n' + rows + '30,"Tray",4\n31,Bowl,5\n'))
    assert [int(product.id) for product in products] == list(range(2, 32))
    assert error.line == 2


def test_a_quotation_mark_never_closed_costs_one_row(tmp_path):
    products, [error] = read_all(write(tmp_path, HEADER + '1,"Teapot,2\n2,Cup,3\n3,Bowl,4\n'))
    assert [product.id for product in products] == ["2", "3"]
    assert error.line == 2


def test_inches_written_as_quotation_marks_are_kept(tmp_path):
    assert titles(write(tmp_path, HEADER + '1,5" pipe,2\n2,"5"" pipe",2\n3,"5 inch" pipe,2\n')) == [
        '5" pipe',
        '5" pipe',
        "5 inch pipe",
    ]


def test_a_quotation_mark_never_closed_in_a_long_file_costs_one_row(tmp_path):
    rows = "".join(f"{n},Cup {'x' * 100},3\n" for n in range(2, 12_000))
    products, [error] = read_all(write(tmp_path, HEADER + '1,"Teapot,2\n' + rows))
    assert len(products) == 11_998
    assert (error.line, "never closed" in error.reason) == (2, True)


def test_a_line_without_end_is_refused_not_kept_in_memory(tmp_path):
    products, [error] = read_all(write(tmp_path, HEADER + f"1,{'x,' * 5_000_000}\n2,Cup,3\n"))
    assert [product.id for product in products] == ["2"]
    assert "longer than 8 MB" in error.reason


def test_columns_named_alike_stay_apart(tmp_path):
    assert open_feed(write(tmp_path, "id,title,title,\n1,a,b,c\n")).columns == [
        "id",
        "title",
        "title_2",
        "column_4",
    ]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_a_feed_without_rows(tmp_path, content):
    assert list(open_feed(write(tmp_path, content)).rows()) == []


def test_a_header_alone_is_a_feed_without_rows(tmp_path):
    feed = open_feed(write(tmp_path, HEADER))
    assert (feed.columns, list(feed.rows())) == (["id", "title", "price"], [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + bytes(40), "save it as CSV"),
        (b"Dear all\nplease find attached\n", "nothing in"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        (b'[{"id": 1}, {"id": 2}]', "one object per line"),
        (bytes(range(32)) * 40, "not text"),
    ],
)
def test_a_file_without_anything_recognisable_is_bad_input(tmp_path, content, words):
    with pytest.raises(BadInput, match=words):
        open_feed(write(tmp_path, content))


def test_a_missing_file_and_an_unknown_format_are_bad_input(tmp_path):
    with pytest.raises(BadInput, match="no file"):
        open_feed(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match="use one of auto, csv"):
        open_feed(write(tmp_path, HEADER), "xlsx")


def test_a_feed_can_be_read_again_from_the_start(tmp_path):
    feed = open_feed(write(tmp_path, HEADER + "1,Teapot,2\n"))
    assert feed.sample(5) == feed.sample(5) == [row.values for row in feed.rows()]
