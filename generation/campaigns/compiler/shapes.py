"""What reading a brief's free text gives: readings with the words they come from, and what was left over."""

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from generation.campaigns.constraints import Constraints

RULES = "rules"
LISTS = frozenset(
    [
        "include_categories",
        "exclude_categories",
        "include_brands",
        "exclude_brands",
        "exclude_products",
        "exclude_terms",
        "banned_terms",
        "concepts",
    ]
)
LIMITS = tuple(Constraints.model_fields)
"""Fields of a reading that are hard constraints; the others describe the campaign."""
CHANGING = frozenset(["price_min", "price_max", "include_brands", "include_categories"])


class Reading(BaseModel):
    """One thing that was understood: `value` of `field`, in JSON (amounts as text, days in ISO form).

    `field` is a field of the campaign or of its constraints; for a list, `value` is one member. `quote` are the words
    it was read from, text[start:end]; a model that quotes nothing gets -1 for both. `source` is "rules" or the label
    of the model. What is not `sure` is offered and not taken; `note` says why, or what was assumed. `question` asks
    for what only the person knows; then there is no value.
    """

    model_config = ConfigDict(frozen=True)

    field: str
    value: str | int | bool | None
    label: str
    quote: str = ""
    start: int = -1
    end: int = -1
    source: str = RULES
    sure: bool = True
    note: str = ""
    question: str = ""

    @property
    def key(self) -> str:
        """The same for the same field and value, whatever words they were read from."""
        return f"{self.field}={self.value}"


class Leftover(BaseModel):
    """Words that ask for something and that no reading covers, and why where that is known."""

    model_config = ConfigDict(frozen=True)

    quote: str
    start: int
    end: int
    why: str = ""


class Asked(BaseModel):
    """What a language model was asked for and used: None is unknown, never zero. `cost` is USD."""

    model_config = ConfigDict(frozen=True)

    model: str
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost: str | None = "0"
    cached: bool = False

    @property
    def tokens(self) -> int | None:
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens


class Compiled(BaseModel):
    """A brief from free text. The fields hold what is sure; `readings` hold everything, sure or not.

    `objective` is the text without the clauses that became constraints. `dropped` are sentences about what a model
    named and the catalogue does not have; `note` says why no model took part although there is one.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    objective: str
    objective_kind: str = ""
    season: str = ""
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    segment: str = ""
    placements: int | None = None
    products: int | None = None
    brand_voice: str = ""
    banned_terms: list[str] = []
    concepts: list[str] = []
    constraints: Constraints = Constraints()
    readings: list[Reading] = []
    not_understood: list[Leftover] = []
    dropped: list[str] = []
    note: str = ""
    asked: Asked | None = None


class Instruction(BaseModel):
    """What a person asks to change about a page.

    `constraints` are the old ones with the changes in `readings` made. `kept` and `dropped` are row numbers from 1;
    a row named in neither may be written anew. `remaining` is what else the text says, for the model.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    constraints: Constraints
    readings: list[Reading] = []
    kept: list[int] = []
    dropped: list[int] = []
    remaining: str = ""
    not_understood: list[Leftover] = []


def with_readings(base: Constraints, readings: list[Reading]) -> tuple[Constraints, list[Reading]]:
    """`base` with each reading put over it, one after another, and the readings that do not fit together with it."""
    now, refused = base, []
    for reading in readings:
        if reading.field not in LIMITS or reading.value is None:
            continue
        changed: dict[str, Any] = now.model_dump()
        if reading.field in LISTS:
            changed[reading.field] = [*changed[reading.field], reading.value]
        else:
            changed[reading.field] = reading.value
        try:
            now = Constraints.model_validate(changed)
        except ValidationError:
            refused.append(reading)
    return now, refused
