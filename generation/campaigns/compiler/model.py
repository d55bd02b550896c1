"""A language model reads the text; what it answers counts only as far as the text and the catalogue bear it out."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, Field

from generation.campaigns import names
from generation.campaigns.compiler.checking import RULES_WIN, Check, ReadAs, short
from generation.campaigns.compiler.known import Known
from generation.campaigns.compiler.shapes import LISTS, Asked, Leftover, Reading
from generation.campaigns.compiler.text import Draft
from generation.llm.base import Call, Reply, Spent, TextModel, Usage
from generation.llm.prompts import load
from storefront_studio.lib.errors import StudioError

PROMPT = "v1"
OFFERED = 80  # categories and brands named to the model; what else the text names is looked up in the whole catalogue
MAX_TOKENS = 2000


class BriefInput(BaseModel):
    """What the model is told: the text, and what the shop has by name."""

    text: str
    today: dt.date
    currency: str
    categories: list[str]
    brands: list[str]
    audiences: list[str]


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
            note=f"{model.label} could not read it, so the built-in rules did: {short(str(error))}",
            asked=_asked(model, usage) if usage is not None and usage.requests else None,
        )
    return _merged(text, draft, known, today, model, reply)


def _merged(
    text: str, draft: Draft, known: Known, today: dt.date, model: TextModel, reply: Reply[BriefAnswer]
) -> ModelRead:
    check = Check(text, draft, known, today, model.label)
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


def _asked(model: TextModel, usage: Usage, cached: bool = False) -> Asked:
    return Asked(
        model=model.label,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost=None if usage.cost is None else str(usage.cost),
        cached=cached,
    )


def _overlap(one: Leftover, reading: Reading) -> bool:
    return reading.start < one.end and one.start < reading.end
