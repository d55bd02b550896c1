"""Feeds read, mapped and checked: from a file of any supported format to `ProductRow`s.

    feed = open_feed(path)
    mapping = Mapping.load(file) if file else guess_mapping(feed.columns, feed.sample()).mapping
    for raw in feed.rows():
        result = validate(raw, mapping)     # a ProductRow, or the list of what is wrong

Nothing here knows a database or settings. Formats are told apart by content, never by the file's name.
"""

from generation.catalog.feed.duplicates import DuplicateGuard
from generation.catalog.feed.guess import Guess, GuessedField, guess_mapping
from generation.catalog.feed.mapping import Mapping, Options
from generation.catalog.feed.money import Money, parse_money
from generation.catalog.feed.names import FIELDS, REQUIRED
from generation.catalog.feed.opening import FORMATS, Feed, open_feed
from generation.catalog.feed.product import AttributeValue, ProductRow
from generation.catalog.feed.rows import RawRow, RowError
from generation.catalog.feed.validation import validate

__all__ = [
    "FIELDS",
    "FORMATS",
    "REQUIRED",
    "AttributeValue",
    "DuplicateGuard",
    "Feed",
    "Guess",
    "GuessedField",
    "Mapping",
    "Money",
    "Options",
    "ProductRow",
    "RawRow",
    "RowError",
    "guess_mapping",
    "open_feed",
    "parse_money",
    "validate",
]
