"""A brief as it arrives from outside (one JSON object), and the same thing as the stages see it."""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from accounts.models import Store
from generation.campaigns.constraints import Constraints, rules
from generation.models import ObjectiveKind
from generation.models.campaign import VARIETY
from generation.stages.contracts import Brief, SegmentFacts
from storefront_studio.lib.errors import BadInput


def _text(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]


class SegmentIn(BaseModel):
    """A segment by name, with its profile."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=120)] = "Everyone"
    profile: dict[str, Any] = {}


class BriefIn(BaseModel):
    """The contract's brief. Every field but `brief_id` and `objective` may be left out; `max_price` at the top is read
    as ``constraints.price_max``."""

    model_config = ConfigDict(extra="forbid")

    brief_id: Annotated[str, Field(min_length=1, max_length=80)]
    objective: Annotated[str, Field(min_length=3, max_length=1000)]
    name: Annotated[Text, Field(max_length=120)] = ""
    objective_kind: ObjectiveKind = ObjectiveKind.DISCOVERY
    segment: SegmentIn | None = None
    season: Annotated[Text, Field(max_length=60)] = ""
    brand_voice: Annotated[Text, Field(max_length=300)] = ""
    banned_terms: list[Annotated[str, Field(min_length=1, max_length=80)]] = []
    concepts: list[Annotated[str, Field(min_length=1, max_length=80)]] = []
    placements: Annotated[int, Field(ge=1, le=20)] = 6
    products: Annotated[int, Field(ge=3, le=40)] = 12
    variety: Annotated[float, Field(ge=0, le=1)] = VARIETY
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    page: Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=80)] = "home"
    constraints: Constraints = Constraints()
    max_price: Annotated[Decimal, Field(ge=0)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _lenient(cls, data: Any) -> Any:
        """Nulls mean "left out"; that is what writers of JSON mean by them."""
        if not isinstance(data, dict):
            return data
        data = {key: value for key, value in data.items() if value is not None}
        if isinstance(data.get("constraints"), dict):
            kept = {key: value for key, value in data["constraints"].items() if value is not None}
            data["constraints"] = kept
        return data

    @model_validator(mode="after")
    def _dates(self) -> "BriefIn":
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("ends_on is before starts_on")
        return self

    def hard(self) -> Constraints:
        """The constraints with `max_price` folded in; the lower of two highest prices counts."""
        if self.max_price is None:
            return self.constraints
        limits = [price for price in (self.constraints.price_max, self.max_price) if price is not None]
        return Constraints.model_validate({**self.constraints.model_dump(), "price_max": min(limits)})


def read(data: Any) -> BriefIn:
    """A brief from JSON; raises BadInput with one sentence per field that is not right."""
    try:
        return BriefIn.model_validate(data)
    except ValidationError as error:
        raise BadInput(f"The brief is not right: {in_words(error)}.") from None


def in_words(error: ValidationError) -> str:
    """What pydantic found, for people: ``products: should be 3 or more; …``."""
    parts = []
    for found in error.errors(include_url=False):
        place = ".".join(str(part) for part in found["loc"])
        text = re.sub(r"^(Input|Value error,|String) ", "", found["msg"].replace("Input should", "should"))
        parts.append(f"{place}: {text}" if place else text)
    return "; ".join(parts)


def for_stages(
    *,
    store: Store,
    objective_kind: str,
    objective: str,
    segment: SegmentFacts,
    season: str,
    brand_voice: str,
    banned_terms: list[str],
    placements: int,
    products: int,
    constraints: Constraints,
    today: dt.date,
    seed: int,
    variety: float,
    concepts: Sequence[str] = (),
    instruction: str = "",
    avoid: Sequence[str] = (),
) -> Brief:
    """The stages' view: the constraints only in words, since the search enforces them."""
    return Brief(
        objective_kind=objective_kind,
        objective=objective,
        segment=segment,
        season=season,
        brand_voice=brand_voice,
        banned_terms=banned_terms,
        concepts=list(concepts),
        instruction=instruction,
        avoid=list(avoid),
        exclude_terms=constraints.exclude_terms,
        exclude_brands=constraints.exclude_brands,
        placements=placements,
        products=products,
        density_min=constraints.density_min,
        max_per_brand=constraints.max_per_brand,
        variety=variety,
        limits=[rule.label for rule in rules(constraints, today, store.currency)],
        today=today,
        seed=seed,
    )
