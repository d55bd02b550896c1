"""A first mapping for a feed nobody described, by its column names and sampled values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from generation.catalog.feed import values as read
from generation.catalog.feed.mapping import LEVEL, Mapping
from generation.catalog.feed.money import parse_money
from generation.catalog.feed.names import (
    CANONICAL,
    CURRENT_PRICES,
    LEVELS,
    PATHS,
    PLAIN_PRICES,
    REGULAR_PRICES,
    REQUIRED,
    SYNONYMS,
    normalise,
)
from generation.catalog.feed.rows import shown
from generation.catalog.feed.text import clean

SURE, SYNONYM, PART, NEAR = 1.0, 0.9, 0.7, 0.6
"""Confidence: the field's own name, a usual name for it, a telling part of a name, a near miss."""
_NEAR_MISS = 88.0
_FUZZY_FROM = 5
"""Shorter names resemble each other by accident."""
_FITTING = 0.8
"""Share of sampled values that must read as the field's kind."""
_BARELY = 0.1
"""The same for a column that has the very name of the field: the rest are bad rows, not another column."""
_IMAGE_PARTS = ("image", "img", "picture", "photo")
_SMALL_PARTS = ("thumb", "low", "small", "icon", "additional", "alt")
_EXAMPLES = 3
_PREFIXES = ("attr_t_", "attr_n_", "attr_b_", "attribute_", "attr_")
_CURRENCY_NAMES = ("currency", "currencycode", "pricecurrency")


@dataclass(frozen=True, slots=True)
class GuessedField:
    """One line of a proposal a person may correct."""

    field: str
    source: str
    """Column or template, as in a Mapping."""
    confidence: float
    """0 to 1."""
    examples: tuple[str, ...]
    """Up to three values the source gave in the sample."""


@dataclass(frozen=True, slots=True)
class Guess:
    """`mapping` can be used as it stands when `missing` is empty; other columns become attributes."""

    mapping: Mapping
    fields: tuple[GuessedField, ...]
    unmapped: tuple[str, ...]
    missing: tuple[str, ...]
    """Required fields no column was found for."""


def guess_mapping(columns: list[str], samples: list[dict[str, Any]]) -> Guess:
    """Propose a mapping.

    No column feeds two fields, except inside a category path or a price with its currency.
    """
    return _Guesser(columns, samples).guess()


class _Guesser:
    def __init__(self, columns: Sequence[str], samples: Sequence[dict[str, Any]]) -> None:
        self.columns = list(columns)
        self.samples = samples
        self.names = {column: normalise(column) for column in columns}
        self.free = dict.fromkeys(columns)
        self.found: dict[str, tuple[str, float]] = {}
        self.ignored: list[str] = []

    def guess(self) -> Guess:
        for column in self.columns:
            field = CANONICAL.get(self.names[column])
            if field and field not in self.found and self.fits(field, column, share=_BARELY):
                self.take(field, column, SURE)
        self.prices()
        self.categories()
        for field, names in SYNONYMS.items():
            self.by_name(field, names)
        self.images()
        self.near_misses()
        self.currency()
        mapping = Mapping.from_dict(
            {
                "fields": {field: source for field, (source, _) in self.found.items()},
                "options": {
                    "extra_attributes": True,
                    "ignore": [column for column in self.ignored if column in self.free],
                    "attribute_prefixes": [
                        prefix for prefix in _PREFIXES if any(column.startswith(prefix) for column in self.free)
                    ],
                },
            }
        )
        fields = tuple(
            GuessedField(field, source, confidence, self.examples(mapping, field))
            for field, (source, confidence) in self.found.items()
        )
        missing = tuple(field for field in REQUIRED if field not in self.found)
        return Guess(mapping, fields, tuple(self.free), missing)

    # --- rules -------------------------------------------------------------------------------------------

    def take(self, field: str, source: str, confidence: float, *columns: str) -> None:
        self.found[field] = (source, confidence)
        for column in columns or (source,):
            self.free.pop(column, None)

    def named(self, names: Sequence[str]) -> str | None:
        """The free column with the first of these names."""
        by_name = {self.names[column]: column for column in reversed(list(self.free))}
        return next((by_name[name] for name in names if name in by_name), None)

    def by_name(self, field: str, names: Sequence[str], confidence: float = SYNONYM) -> None:
        if field in self.found:
            return
        for name in names:
            column = self.named((name,))
            if column and self.fits(field, column):
                self.take(field, column, confidence)
                return

    def prices(self) -> None:
        """The regular price and what is paid now; feeds differ in which of the two they call "price"."""
        regular = self.priced(REGULAR_PRICES)
        if "price" not in self.found:
            plain = self.priced(PLAIN_PRICES)
            if plain:
                self.take("price", plain, SYNONYM)
        current = self.priced(CURRENT_PRICES)
        if "sale_price" not in self.found and current:
            self.take("sale_price", current, SYNONYM)
        if "price" in self.found and "sale_price" not in self.found and regular and self.always_filled(regular):
            now, confidence = self.found.pop("price")
            self.take("sale_price", now, confidence)
        if "price" not in self.found and regular:
            self.take("price", regular, SYNONYM)
        if "price" not in self.found and "sale_price" in self.found:
            now, confidence = self.found.pop("sale_price")
            self.take("price", now, confidence)

    def priced(self, names: Sequence[str]) -> str | None:
        for name in names:
            column = self.named((name,))
            if column and self.fits("price", column):
                return column
        return None

    def always_filled(self, column: str) -> bool:
        return bool(self.samples) and all(clean(sample.get(column)) for sample in self.samples)

    def categories(self) -> None:
        if "product_type" in self.found:
            return
        path = self.named(PATHS)
        levels = [column for names in LEVELS if (column := self.named(names))]
        if path:
            self.take("product_type", path, SYNONYM)
        elif len(levels) == 1:
            self.take("product_type", levels[0], SYNONYM)
        elif levels:
            self.take("product_type", LEVEL.join(f"{{{column}}}" for column in levels), SYNONYM, *levels)

    def images(self) -> None:
        if "image_link" in self.found:
            return
        candidates = [
            column
            for column in self.free
            if any(part in self.names[column] for part in _IMAGE_PARTS) and self.fits("image_link", column)
        ]
        # Other sizes of the same picture say nothing as attributes.
        self.ignored = [column for column in candidates if self.values(column)]
        candidates.sort(key=lambda column: any(part in self.names[column] for part in _SMALL_PARTS))
        if candidates and self.values(candidates[0]):
            self.take("image_link", candidates[0], PART)

    def near_misses(self) -> None:
        """The closest pairs first, each column and each field once; typing slips, not other words."""
        known = {field: (normalise(field), *SYNONYMS.get(field, ())) for field in CANONICAL.values()}
        known["price"] = (*known["price"], *PLAIN_PRICES)
        known["product_type"] = (*known["product_type"], *PATHS)
        pairs = sorted(
            (
                (-fuzz.ratio(self.names[column], name), column, field)
                for field, names in known.items()
                if field not in self.found and not field.startswith("custom_label")
                for column in self.free
                for name in names
                if min(len(name), len(self.names[column])) >= _FUZZY_FROM
            ),
        )
        for score, column, field in pairs:
            if -score < _NEAR_MISS:
                return
            if field not in self.found and column in self.free and self.fits(field, column):
                self.take(field, column, round(NEAR * -score / 100, 2))

    def currency(self) -> None:
        """A column of currency codes joins the prices that are bare numbers."""
        column = self.named(_CURRENCY_NAMES)
        if not column or "price" not in self.found:
            return
        for field in ("price", "sale_price", "cost_of_goods_sold"):
            if field in self.found:
                source, confidence = self.found[field]
                if all(not any(map(str.isalpha, value)) for value in self.values(source)):
                    self.take(field, f"{{{source}}} {{{column}}}", confidence, column)

    # --- values ------------------------------------------------------------------------------------------

    def values(self, column: str) -> list[str]:
        return [text for sample in self.samples if not read.is_missing(text := clean(sample.get(column)))]

    def fits(self, field: str, column: str, share: float = _FITTING) -> bool:
        """Whether the sampled values can be of that field; an empty column fits anything."""
        if field == "id":
            texts = self.values(column)
            return len(texts) >= len(self.samples) * share and len(set(texts)) >= len(texts) * share
        check = _CHECKS.get(field)
        raw = [sample[column] for sample in self.samples if not read.is_missing(clean(sample.get(column)))]
        return check is None or not raw or sum(_reads(check, value) for value in raw) >= len(raw) * share

    def examples(self, mapping: Mapping, field: str) -> tuple[str, ...]:
        source = mapping.plan.fields[field]
        texts = (clean(source.read(sample)) for sample in self.samples)
        return tuple(dict.fromkeys(shown(text) for text in texts if text))[:_EXAMPLES]


def _priced(value: Any) -> object:
    return parse_money(value, currency="USD")


def _reads(check: Callable[[Any], object], value: Any) -> bool:
    try:
        check(value)
    except ValueError:
        return False
    return True


_CHECKS: dict[str, Callable[[Any], object]] = {
    "price": _priced,
    "sale_price": _priced,
    "cost_of_goods_sold": _priced,
    "link": read.url,
    "image_link": read.url,
    "availability": read.availability,
    "gtin": read.gtin,
    "rating": read.rating,
    "rating_count": read.count,
    "popularity": read.share,
    "quantity": read.count,
    "listed_on": read.day,
}
