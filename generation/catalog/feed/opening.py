"""Opens a feed file: finds out what it is, and reads it as often as asked, always from the start."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast, get_args

from generation.catalog.feed import shopify
from generation.catalog.feed.encoding import declared, detect
from generation.catalog.feed.google_xml import read_google_xml
from generation.catalog.feed.jsonlines import read_jsonl
from generation.catalog.feed.names import is_known
from generation.catalog.feed.rows import RawRow
from generation.catalog.feed.source import CHUNK, SAMPLE, ByteSource, Lines
from generation.catalog.feed.tables import read_header, read_table, sniff_delimiter
from storefront_studio.lib.errors import BadInput

Format = Literal["csv", "tsv", "jsonl", "google-xml", "shopify"]
FORMATS: tuple[str, ...] = get_args(Format)
LOOKED_AT = 200
"""Records whose keys make up the columns of a format without a header."""
_BINARY_SHARE = 0.05
"""Share of control characters above which a file is no text, whatever its first bytes."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_NOT_TEXT = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet; save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet; save it as CSV",
    b"%PDF": "a PDF; export the products as CSV",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"BZh": "packed with bzip2; unpack it or use gzip",
    b"\xfd7zXZ": "packed with xz; unpack it or use gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it or use gzip",
    b"\x1f\x8b": "packed twice; unpack it once",
    b"PAR1": "a Parquet file; export it as CSV or JSON Lines",
    b"SQLite format 3": "a database; export the products as CSV",
}


@dataclass(frozen=True)
class Feed:
    """A recognised feed file. `rows` streams: memory does not grow with the file."""

    path: Path
    format: Format
    encoding: str
    columns: list[str]
    """Header of a table; for JSON Lines and XML the names met in the first 200 records."""
    delimiter: str = ""

    def rows(self) -> Iterator[RawRow]:
        """Every record from the first, bad ones with their problems; BadInput for XML with entities."""
        with ByteSource(self.path) as source:
            if self.format == "google-xml":
                yield from read_google_xml(source, self.encoding)
                return
            lines = Lines(source, self.encoding)
            if self.format == "jsonl":
                yield from read_jsonl(lines)
            elif self.format == "shopify":
                yield from shopify.read_shopify(read_table(lines, self.delimiter))
            else:
                yield from read_table(lines, self.delimiter)

    def sample(self, n: int = 20) -> list[dict[str, Any]]:
        """The values of the first n records that have no problem."""
        return [row.values for row in islice((row for row in self.rows() if not row.problems), n)]


def open_feed(path: Path, format: str = "auto", delimiter: str | None = None) -> Feed:
    """Recognise the file at `path`; `delimiter` (of a table) is sniffed unless given.

    Raises BadInput when there is no such file, the format is unknown, or nothing in the file looks like
    products. An empty file is a feed with no rows.
    """
    if format != "auto" and format not in FORMATS:
        raise BadInput(f"format “{format}” is not known; use one of auto, {', '.join(FORMATS)}")
    head = _head(path)
    if not head.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        return Feed(path, cast(Format, format if format != "auto" else "csv"), "utf-8", [], delimiter or ",")
    for magic, what in _NOT_TEXT.items():
        if head.startswith(magic):
            raise BadInput(f"{path.name} is {what}")
    encoding = detect(head)
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    if len(_CONTROLS.findall(text)) > len(text) * _BINARY_SHARE:
        raise BadInput(f"{path.name} is not text; export the catalogue as CSV, JSON Lines or Google Merchant XML")
    kind = format if format != "auto" else _recognise(text, path.name)
    if kind == "google-xml":
        return _with_columns(Feed(path, "google-xml", declared(text, encoding), []))
    if kind == "jsonl":
        return _with_columns(Feed(path, "jsonl", encoding, []))
    return _table(path, kind, encoding, delimiter or ("\t" if kind == "tsv" else sniff_delimiter(text)))


def _head(path: Path) -> bytes:
    try:
        with ByteSource(path) as source:
            stream = io.BufferedReader(source, CHUNK)
            return stream.read(SAMPLE)
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror or error})") from error


def _recognise(text: str, name: str) -> str:
    start = text.lstrip()[:200]
    if start.startswith("<"):
        if start[:100].casefold().startswith(("<!doctype html", "<html")):
            raise BadInput(f"{name} is a web page, not a feed; save the feed itself (perhaps a login is needed)")
        return "google-xml"
    if start.startswith("{"):
        return "jsonl"
    if start.startswith(("[{", "[\n", "[\r", "[ ")):
        raise BadInput(f"{name} is one JSON list; write one object per line (jq -c '.[]' does it)")
    return "table"


def _table(path: Path, kind: str, encoding: str, delimiter: str) -> Feed:
    with ByteSource(path) as source:
        columns = read_header(Lines(source, encoding), delimiter)
    if kind == "table":
        if len(columns) < 2 and not any(map(is_known, columns)):
            raise BadInput(
                f"nothing in {path.name} looks like products: no table with a header, JSON Lines or XML; "
                "export the catalogue as CSV with column names in the first line"
            )
        kind = "shopify" if shopify.is_shopify(columns) else "tsv" if delimiter == "\t" else "csv"
    if kind == "shopify":
        if columns and "Handle" not in columns:
            raise BadInput(f"{path.name} has no Handle column, so it is no Shopify product export; use --format csv")
        options = _with_columns(Feed(path, "shopify", encoding, [], delimiter)).columns
        columns = [*shopify.COLUMNS, *(name for name in options if name not in shopify.COLUMNS)]
    return Feed(path, cast(Format, kind), encoding, columns, delimiter)


def _with_columns(feed: Feed) -> Feed:
    names: dict[str, None] = {}
    for row in islice(feed.rows(), LOOKED_AT):
        names.update(dict.fromkeys(row.values))
    return Feed(feed.path, feed.format, feed.encoding, list(names), feed.delimiter)
