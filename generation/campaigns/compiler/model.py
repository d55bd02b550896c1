"""A language model reads the text; what it answers counts only as far as the text and the catalogue bear it out."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from generation.campaigns import names
from generation.campaigns.compiler.known import Known
from generation.campaigns.compiler.money import NUMBERS, money
from generation.campaigns.compiler.shapes import LISTS, Asked, Leftover, Reading
from generation.campaigns.compiler.text import Draft, stems
from generation.llm.base import Call, Reply, Spent, TextModel, Usage
from generation.llm.prompts import load
from generation.models import ObjectiveKind
from storefront_studio.lib.errors import StudioError

PROMPT = "v1"
OFFERED = 80  # categories and brands named to the model; what else the text names is looked up in the whole catalogue
MAX_TOKENS = 2000
_FIELDS = Literal[
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


class BriefInput(BaseModel):
    """What the model is told: the text, and what the shop has by name."""

    text: str
    today: dt.date
    currency: str
    categories: list[str]
    brands: list[str]
    audiences: list[str]


class ReadAs(BaseModel):
    field: _FIELDS
    value: Annotated[str, Field(min_length=1, max_length=300)]
    quote: Annotated[str, Field(min_length=1, max_length=200)]


class BriefAnswer(BaseModel):
    """The model's reading of a brief."""

    objective: Annotated[str, Field(max_length=1000)] = ""
    readings: Annotated[list[ReadAs], Field(max_length=60)] = []
    not_understood: Annotated[list[str], Field(max_length=20)] = []


@dataclass
class ModelRead:
    """Readings of model and rules together; `dropped` says what of the model's answer could not be used and why."""

    readings: list[Reading]
    leftovers: list[Leftover]
    objective: str = ""
    dropped: list[str] = field(default_factory=list)
    note: str = ""
    asked: Asked | None = None


def read(text: str, draft: Draft, known: Known, today: dt.date, model: TextModel, prompt: str = PROMPT) -> ModelRead:
    """Ask `model` once. `draft` holds what the rules have read; on any failure that is what counts, and `note` says
    so."""
    call = Call(
        stage="brief",
        prompt=load("brief", prompt),
        data=BriefInput(
            text=text,
            today=today,
            currency=known.currency,
            categories=names.categories(known.store, OFFERED),
            brands=names.brands(known.store, OFFERED),
            audiences=[name for _slug, name in known.segments.values()][:OFFERED],
        ),
        answer=BriefAnswer,
        max_tokens=MAX_TOKENS,
    )
    try:
        reply = model.complete(call)
    except StudioError as error:
        usage = error.usage if isinstance(error, Spent) else None
        return ModelRead(
            draft.readings,
            draft.leftovers,
            note=f"{model.label} could not read it, so the built-in rules did: {_short(str(error))}",
            asked=_asked(model, usage) if usage is not None and usage.requests else None,
        )
    return _merged(text, draft, known, today, model, reply)


def _merged(
    text: str, draft: Draft, known: Known, today: dt.date, model: TextModel, reply: Reply[BriefAnswer]
) -> ModelRead:
    check = _Check(text, draft, known, today, model.label)
    found: dict[str, Reading] = {}
    for one in reply.value.readings:
        reading = check.reading(one)
        if reading is not None:
            found.setdefault(reading.key, reading)
    taken = {reading.field for reading in found.values()}
    # Of a field with one value the model's word replaces the rules'; lists and numbers of the rules stay.
    kept = [
        reading
        for reading in draft.readings
        if reading.key not in found
        and (reading.field in LISTS or reading.field in RULES_WIN or reading.field not in taken)
    ]
    leftovers = [one for one in draft.leftovers if not any(_overlap(one, reading) for reading in found.values())]
    for quote in reply.value.not_understood:
        start = text.casefold().find(quote.casefold().strip())
        if quote.strip() and start >= 0 and not any(one.start <= start < one.end for one in leftovers):
            quoted = text[start : start + len(quote.strip())]
            leftovers.append(Leftover(quote=quoted, start=start, end=start + len(quoted)))
    return ModelRead(
        [*found.values(), *kept],
        leftovers,
        reply.value.objective.strip(),
        check.dropped,
        asked=_asked(model, reply.usage, reply.cached),
    )


class _Check:
    """Turns what the model said into readings, or into a sentence on why not."""

    def __init__(self, text: str, draft: Draft, known: Known, today: dt.date, label: str) -> None:
        self._text, self._draft, self._known, self._today, self._label = text, draft, known, today, label
        self._ruled = {reading.field: reading for reading in draft.readings if reading.field in RULES_WIN}
        self.dropped: list[str] = []

    def reading(self, one: ReadAs) -> Reading | None:
        """The reading that `one` stands for; None, with a sentence in `dropped`, when it cannot be used."""
        quote = one.quote.strip(" \"'“”")
        start = self._text.casefold().find(quote.casefold())
        if start < 0 or len(self._text.casefold()) != len(self._text):
            start = self._text.find(quote)
        if not quote or start < 0:
            return self._drop(one, f"your text does not say “{_short(one.quote, 60)}”")
        ruled = self._ruled.get(one.field)
        if ruled is not None and ruled.sure:
            if str(ruled.value) != one.value.strip() and not _same(ruled.value, one.value):
                self._drop(one, f"the text reads as {ruled.label.lower()}")
            return None
        made = self._value(one)
        if made is None:
            return None
        value, label, sure, note = made
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

    def _value(self, one: ReadAs) -> tuple[str | int | bool, str, bool, str] | None:
        if one.field in NUMERIC:
            return self._number(one)
        makers: dict[str, Callable[[ReadAs, str], Any]] = {
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
            made: tuple[str | int | bool, str, bool, str] | None = makers[one.field](one, value)
            return made
        longest, label = {
            "season": (60, f"Season: {value}"),
            "brand_voice": (300, f"Voice: {value}"),
            "banned_terms": (80, f"Never say “{value}”"),
        }[one.field]
        return (value, label, True, "") if value and len(value) <= longest else None

    def _number(self, one: ReadAs) -> tuple[str | int | bool, str, bool, str] | None:
        try:
            amount = Decimal(one.value.strip().rstrip("%").replace(",", ""))
        except InvalidOperation:
            return self._drop(one, "it is no number")
        low, high = NUMERIC[one.field]
        if not amount.is_finite() or not low <= amount <= high or (one.field in WHOLE and amount != int(amount)):
            return self._drop(one, f"{one.value} is outside what the field takes")
        spoken = {Decimal(number) for word, number in NUMBERS.items() if word in one.quote.casefold().split()}
        digits = one.quote.replace(",", "")
        if f"{amount.normalize():f}" not in digits and amount not in spoken:
            return self._drop(one, f"“{_short(one.quote, 60)}” holds no such number")
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

    def _kind(self, one: ReadAs, value: str) -> tuple[str, str, bool, str] | None:
        if value not in ObjectiveKind.values:
            return self._drop(one, "there is no such kind of objective")
        return value, f"Objective: {ObjectiveKind(value).label}", True, ""

    def _day(self, one: ReadAs, value: str) -> tuple[str, str, bool, str] | None:
        try:
            day = dt.date.fromisoformat(value)
        except ValueError:
            return self._drop(one, "it is no day")
        if not self._today <= day <= self._today + dt.timedelta(days=730):
            return self._drop(one, f"{day:%-d %b %Y} is over or far away")
        return value, f"{'From' if one.field == 'starts_on' else 'Until'} {day:%-d %b %Y}", True, ""

    def _segment(self, one: ReadAs, value: str) -> tuple[str, str, bool, str] | None:
        found = self._known.segments.get(stems(value))
        return (found[0], f"Audience: {found[1]}", True, "") if found else self._drop(one, "there is no such audience")

    def _stock(self, one: ReadAs, value: str) -> tuple[bool, str, bool, str] | None:
        wanted = value.casefold() == "true"
        return wanted, "Only in stock" if wanted else "Also what is not in stock", True, ""

    def _brand(self, one: ReadAs, value: str) -> tuple[str, str, bool, str] | None:
        brand = self._known.brand(value)
        if not brand:
            return self._drop(one, "the catalogue has no such brand")
        return brand, f"{'Only' if one.field == 'include_brands' else 'Not'} by {brand}", True, ""

    def _category(self, one: ReadAs, value: str) -> tuple[str, str, bool, str] | None:
        path = self._known.category(value)
        if not path:
            return self._drop(one, "the catalogue has no such category")
        return path, f"{'Only' if one.field == 'include_categories' else 'Not'} in {path}", True, ""

    def _term(self, one: ReadAs, value: str) -> tuple[str, str, bool, str] | None:
        term = value.casefold()
        if not 2 <= len(term) <= 60 or len(term.split()) > 4:
            return self._drop(one, "it is no word that a product could carry")
        note = "" if self._known.sells(term) else f"No product of the catalogue names “{term}” now."
        return term, f"Without {term}", True, note

    def _concept(self, one: ReadAs, value: str) -> tuple[str, str, bool, str] | None:
        if len(value) > 80:
            return self._drop(one, "it is too long for a kind of product")
        known = self._known.phrases([value.casefold()]).get(stems(value))
        if known or stems(value) in self._known.categories:
            return known or value, f"About {known or value}", True, ""
        return value, f"About {value}", False, "Your vocabulary has no keyword of this name."

    def _drop(self, one: ReadAs, why: str) -> None:
        what = f"{one.field.replace('_', ' ')} “{_short(one.value, 60)}”"
        self.dropped.append(f"{self._label} read {what}, which was left out: {why}.")


def _asked(model: TextModel, usage: Usage, cached: bool = False) -> Asked:
    return Asked(
        model=model.label,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost=None if usage.cost is None else str(usage.cost),
        cached=cached,
    )


def _same(value: object, other: str) -> bool:
    try:
        return Decimal(str(value)) in (Decimal(other.strip().rstrip("%")), Decimal(other.strip().rstrip("%")) / 100)
    except InvalidOperation:
        return str(value).casefold() == other.strip().casefold()


def _overlap(one: Leftover, reading: Reading) -> bool:
    return reading.start < one.end and one.start < reading.end


def _short(text: str, longest: int = 240) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
