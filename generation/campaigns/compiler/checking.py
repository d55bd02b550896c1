"""What a language model read, held against the text, the catalogue and the rules."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from generation.campaigns.compiler.known import Known
from generation.campaigns.compiler.money import NUMBER, money, number
from generation.campaigns.compiler.shapes import Reading
from generation.campaigns.compiler.text import Draft, stems
from generation.models import ObjectiveKind

Named = Literal[
    "objective_kind",
    "season",
    "starts_on",
    "ends_on",
    "segment",
    "placements",
    "products",
    "price_min",
    "price_max",
    "rating_min",
    "margin_min",
    "new_within_days",
    "max_per_brand",
    "in_stock",
    "include_brands",
    "exclude_brands",
    "include_categories",
    "exclude_categories",
    "exclude_terms",
    "brand_voice",
    "banned_terms",
    "concepts",
]
NUMERIC = {
    "placements": (1, 20),
    "products": (3, 40),
    "price_min": (0, 10**9),
    "price_max": (0, 10**9),
    "rating_min": (0, 5),
    "margin_min": (-100, 100),
    "new_within_days": (1, 3650),
    "max_per_brand": (1, 40),
}
WHOLE = frozenset(["placements", "products", "new_within_days", "max_per_brand"])
RULES_WIN = frozenset([*NUMERIC, "starts_on", "ends_on", "in_stock"])
Made = tuple[str | int | bool, str, bool, str]
"""Value, label, whether it is sure, and the note."""


class ReadAs(BaseModel):
    field: Named
    value: Annotated[str, Field(min_length=1, max_length=300)]
    quote: Annotated[str, Field(min_length=1, max_length=200)]


class _Unusable(ValueError):
    """What the model said cannot be used; the text says why."""


class Check:
    """Turns what the model said into readings, or into a sentence on why not."""

    def __init__(self, text: str, draft: Draft, known: Known, today: dt.date, label: str) -> None:
        self._text, self._draft, self._known, self._today, self._label = text, draft, known, today, label
        self._ruled = {reading.field: reading for reading in draft.readings if reading.field in RULES_WIN}
        self.dropped: list[str] = []

    def reading(self, one: ReadAs) -> Reading | None:
        """The reading that `one` stands for; None, with a sentence in `dropped`, when it cannot be used."""
        try:
            return self._read(one)
        except _Unusable as problem:
            what = f"{one.field.replace('_', ' ')} “{short(one.value, 60)}”"
            self.dropped.append(f"{self._label} read {what}, which was left out: {problem}.")
            return None

    def _read(self, one: ReadAs) -> Reading | None:
        quote = one.quote.strip(" \"'“”")
        start = self._text.casefold().find(quote.casefold())
        if start < 0 or len(self._text.casefold()) != len(self._text):
            start = self._text.find(quote)
        if not quote or start < 0:
            raise _Unusable(f"your text does not say “{short(one.quote, 60)}”")
        ruled = self._ruled.get(one.field)
        if ruled is not None and ruled.sure:
            if not _same(ruled.value, one.value):
                raise _Unusable(f"by its words your text says “{ruled.label}”")
            return None
        value, label, sure, note = self._value(one)
        return Reading(
            field=one.field,
            value=value,
            label=label,
            quote=self._text[start : start + len(quote)],
            start=start,
            end=start + len(quote),
            source=self._label,
            sure=sure,
            note=note,
        )

    def _value(self, one: ReadAs) -> Made:
        if one.field in NUMERIC:
            return self._number(one)
        makers: dict[str, Callable[[ReadAs, str], Made]] = {
            "objective_kind": self._kind,
            "starts_on": self._day,
            "ends_on": self._day,
            "segment": self._segment,
            "in_stock": self._stock,
            "include_brands": self._brand,
            "exclude_brands": self._brand,
            "include_categories": self._category,
            "exclude_categories": self._category,
            "exclude_terms": self._term,
            "concepts": self._concept,
        }
        value = " ".join(one.value.split())
        if one.field in makers:
            return makers[one.field](one, value)
        longest, label = {
            "season": (60, f"Season: {value}"),
            "brand_voice": (300, f"Voice: {value}"),
            "banned_terms": (80, f"Never say “{value}”"),
        }[one.field]
        if not value or len(value) > longest:
            raise _Unusable(f"it is longer than {longest} characters" if value else "it is empty")
        return value, label, True, ""

    def _number(self, one: ReadAs) -> Made:
        try:
            amount = Decimal(one.value.strip().rstrip("%").replace(",", ""))
        except InvalidOperation:
            raise _Unusable("it is no number") from None
        low, high = NUMERIC[one.field]
        if not amount.is_finite() or not low <= amount <= high or (one.field in WHOLE and amount != int(amount)):
            raise _Unusable(f"{one.value} is outside what the field takes")
        quoted = Draft(one.quote).folded
        if amount not in {number(found[0]) for found in re.finditer(NUMBER, quoted)} | _notes(quoted):
            raise _Unusable(f"“{short(one.quote, 60)}” holds no such number")
        plain, currency = f"{amount.normalize():f}", self._known.currency
        value, label = {
            "price_min": (plain, f"Price from {money(amount, currency)}"),
            "price_max": (plain, f"Price up to {money(amount, currency)}"),
            "rating_min": (plain, f"Rated {plain} or more"),
            "margin_min": (f"{(amount / 100).normalize():f}", f"Margin from {plain} %"),
            "new_within_days": (plain, f"Listed in the last {plain} days"),
            "max_per_brand": (plain, f"At most {plain} of a brand in a placement"),
            "placements": (plain, f"{plain} placements"),
            "products": (plain, f"{plain} products in each"),
        }[one.field]
        return (int(value) if one.field in WHOLE else value), label, True, ""

    def _kind(self, one: ReadAs, value: str) -> Made:
        if value not in ObjectiveKind.values:
            raise _Unusable("there is no such kind of objective")
        return value, f"Objective: {ObjectiveKind(value).label}", True, ""

    def _day(self, one: ReadAs, value: str) -> Made:
        try:
            day = dt.date.fromisoformat(value)
        except ValueError:
            raise _Unusable("it is no day") from None
        if not self._today <= day <= self._today + dt.timedelta(days=730):
            raise _Unusable(f"{day:%-d %b %Y} is over or far away")
        return value, f"{'From' if one.field == 'starts_on' else 'Until'} {day:%-d %b %Y}", True, ""

    def _segment(self, one: ReadAs, value: str) -> Made:
        found = self._known.segments.get(stems(value))
        if not found:
            raise _Unusable("there is no such audience")
        return found[0], f"Audience: {found[1]}", True, ""

    def _stock(self, one: ReadAs, value: str) -> Made:
        wanted = value.casefold() == "true"
        return wanted, "Only in stock" if wanted else "Also what is not in stock", True, ""

    def _brand(self, one: ReadAs, value: str) -> Made:
        brand = self._known.brand(value)
        if not brand:
            raise _Unusable("the catalogue has no such brand")
        return brand, f"{'Only' if one.field == 'include_brands' else 'Not'} by {brand}", True, ""

    def _category(self, one: ReadAs, value: str) -> Made:
        path = self._known.category(value)
        if not path:
            raise _Unusable("the catalogue has no such category")
        return path, f"{'Only' if one.field == 'include_categories' else 'Not'} in {path}", True, ""

    def _term(self, one: ReadAs, value: str) -> Made:
        term = value.casefold()
        if not 2 <= len(term) <= 60 or len(term.split()) > 4:
            raise _Unusable("it is no word that a product could carry")
        note = "" if self._known.sells(term) else f"No product of the catalogue names “{term}” now."
        return term, f"Without {term}", True, note

    def _concept(self, one: ReadAs, value: str) -> Made:
        if len(value) > 80:
            raise _Unusable("it is too long for a kind of product")
        known = self._known.phrases([value.casefold()]).get(stems(value))
        if known or stems(value) in self._known.categories:
            return known or value, f"About {known or value}", True, ""
        return value, f"About {value}", False, "Your vocabulary has no keyword of this name."


def _notes(quoted: str) -> set[Decimal | None]:
    """What folk call a bank note."""
    return {Decimal(value) for word, value in (("tenner", 10), ("fiver", 5)) if word in quoted}


def _same(value: object, other: str) -> bool:
    """Whether a rule's value is what the model wrote: shares are per cent there."""
    try:
        amount = Decimal(other.strip().rstrip("%").replace(",", ""))
        return Decimal(str(value)) in (amount, amount / 100)
    except InvalidOperation:
        return str(value).casefold() == other.strip().casefold()


def short(text: str, longest: int = 240) -> str:
    """One line of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
