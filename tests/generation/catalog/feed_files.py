"""Small feeds written on the spot, and the road from a file to products, for tests."""

import gzip
from pathlib import Path

from generation.catalog.feed import Mapping, ProductRow, RawRow, RowError, guess_mapping, open_feed, validate

BASICS = {"id": "7", "title": "Teapot", "price": "12.99 USD"}


def write(folder: Path, content: str | bytes, name: str = "feed.txt", *, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def packed(content: str) -> bytes:
    return gzip.compress(content.encode(), mtime=0)


def identity(*fields: str, **options: object) -> Mapping:
    return Mapping.from_dict({"fields": {name: name for name in fields}, "options": options})


def checked(values: dict[str, object], **options: object) -> ProductRow | list[RowError]:
    """Validate one row whose columns are named like the fields."""
    return validate(RawRow(2, values), identity(*values, **options))


def product(values: dict[str, object] | None = None, **options: object) -> ProductRow:
    result = checked({**BASICS, **(values or {})}, **options)
    assert isinstance(result, ProductRow), result
    return result


def refusal(values: dict[str, object]) -> RowError:
    result = checked({**BASICS, **values})
    assert isinstance(result, list)
    return result[0]


def read_all(path: Path, format: str = "auto", currency: str = "USD") -> tuple[list[ProductRow], list[RowError]]:
    """Everything a guessed mapping makes of a file: products and refusals."""
    feed = open_feed(path, format)
    mapping = guess_mapping(feed.columns, feed.sample()).mapping.with_currency(currency)
    products: list[ProductRow] = []
    errors: list[RowError] = []
    for raw in feed.rows():
        result = validate(raw, mapping)
        if isinstance(result, ProductRow):
            products.append(result)
        else:
            errors.extend(result)
    return products, errors
