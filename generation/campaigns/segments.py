"""The typed profile of an audience: what it buys, at which prices, for whom. It knows no database and no clock.

A profile describes a group. Its fields stand in one table, `FIELDS`, which says which of them are about persons: those
stay in the studio unless the policy in force names them (`generation.stages.context`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from generation.campaigns import segment_values as values
from storefront_studio.lib.errors import BadInput

LARGEST = 12_000  # characters of a profile as JSON; a group is said in less
LEAST_PEOPLE = 50  # behind a derived audience; with fewer, a profile begins to speak of persons
MONTHS = values.MONTHS

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Money = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Affinity = Literal["low", "middle", "high"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Liking(_Value):
    """A category or brand and its share of what the audience buys, 0..1; an unknown share is None."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    share: Share | None = None


class Evidence(_Value):
    """What the profile was derived from: people, their purchases (lines), first and last day."""

    customers: Annotated[int, Field(ge=0)] | None = None
    purchases: Annotated[int, Field(ge=0)] | None = None
    first_day: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    last_day: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None


Likings = Annotated[list[Liking], BeforeValidator(values.likings), Field(max_length=40)]
Lines = Annotated[list[Line], BeforeValidator(values.lines), Field(max_length=20)]


class Profile(_Value):
    """An audience. Every field may be left out; what is typical comes first in its lists.

    `price_affinity` compares with the shop's own prices; `price_from` and `price_to` are what they usually pay for one
    product, `basket` for a whole order, in the store's currency. `seasonality` gives a share of the year's purchases
    by month (1..12). `products` are ids of the feed. `other` keeps what an older or foreign profile said besides.
    """

    categories: Likings = []
    brands: Likings = []
    price_affinity: Annotated[Affinity | None, BeforeValidator(values.affinity)] = None
    price_from: Money | None = None
    price_to: Money | None = None
    basket: Money | None = None
    diet: Lines = []
    household: Text = ""
    part_of_day: Text = ""
    seasonality: Annotated[dict[int, Share], BeforeValidator(values.months)] = {}
    products: Annotated[list[Line], BeforeValidator(values.lines), Field(max_length=50)] = []
    life_stage: Text = ""
    age_band: Text = ""
    location: Text = ""
    notes: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    evidence: Evidence = Evidence()
    other: dict[str, Any] = {}

    @field_validator("household", "part_of_day", "life_stage", "age_band", "location", "notes", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return "" if value is None else values.text(value)

    @model_validator(mode="after")
    def _fits_together(self) -> "Profile":
        if self.price_from is not None and self.price_to is not None and self.price_from > self.price_to:
            raise ValueError("price_from is above price_to")
        if any(not 1 <= month <= 12 for month in self.seasonality):
            raise ValueError("seasonality has a month that is not 1 to 12")
        for kind in ("categories", "brands"):
            shares = [one.share for one in getattr(self, kind) if one.share is not None]
            if sum(shares) > 1.05:
                raise ValueError(f"the shares of {kind} add up to {sum(shares):.2f}; together they are at most 1")
        return self

    def stored(self) -> dict[str, Any]:
        """As JSON, without what was left out."""
        return cast("dict[str, Any]", compact(self.model_dump(mode="json")))

    def names(self, kind: Literal["categories", "brands"]) -> list[str]:
        """The names, most typical first."""
        found: Sequence[Liking] = getattr(self, kind)
        return [one.name for one in found]


@dataclass(frozen=True)
class ProfileField:
    """`personal`: it is about persons and stays here unless the policy names it. `aliases`: names it goes by elsewhere,
    as `values.plain_name` leaves them."""

    name: str
    label: str
    personal: bool = False
    aliases: tuple[str, ...] = ()


TABLE: tuple[ProfileField, ...] = (
    ProfileField("categories", "Categories", aliases=("topcategories", "favouritecategories", "favoritecategories")),
    ProfileField("brands", "Brands", aliases=("topbrands", "favouritebrands", "favoritebrands")),
    ProfileField("price_affinity", "Price level", aliases=("pricelevel", "priceband", "pricetier")),
    ProfileField("price_from", "Usual price from", aliases=("pricemin",)),
    ProfileField("price_to", "Usual price to", aliases=("pricemax",)),
    ProfileField("basket", "Usual basket", aliases=("basketvalue", "averagebasket", "avgbasket", "averageordervalue")),
    ProfileField("diet", "Diet", aliases=("diets", "dietary", "dietarypreference")),
    ProfileField("household", "Household", aliases=("householdtype", "householdcomp", "householdcomposition")),
    ProfileField("part_of_day", "Part of the day", aliases=("daypart", "timeofday")),
    ProfileField("seasonality", "Months", aliases=("months", "seasonalpattern")),
    ProfileField("products", "Typical products", aliases=("topproducts", "productids")),
    ProfileField("evidence", "Derived from"),
    ProfileField("life_stage", "Stage of life", True, ("lifestage", "lifecycle")),
    ProfileField("age_band", "Age", True, ("age", "agegroup", "agerange")),
    ProfileField("location", "Place", True, ("region", "city", "area", "postcode", "zip")),
    ProfileField("notes", "Notes", True, ("note", "comment", "comments", "description")),
    ProfileField("other", "Other", True),
)
FIELDS: Mapping[str, ProfileField] = {one.name: one for one in TABLE}
PERSONAL = frozenset(one.name for one in TABLE if one.personal)
_KNOWN = {values.plain_name(name): one.name for one in TABLE for name in (one.name, *one.aliases)}
IDENTIFIERS = frozenset(
    {"email", "mail", "phone", "telephone", "mobile", "firstname", "lastname", "surname", "fullname", "customerid"}
    | {"customer", "userid", "username", "address", "street", "ip", "ipaddress", "deviceid", "birthday", "dateofbirth"}
)
"""Names of columns and keys that say who somebody is; a profile has no place for them."""


def field_of(name: str) -> str:
    """The field that a column or key of this name means, or "" for none."""
    return _KNOWN.get(values.plain_name(name), "")


def identifies(name: str) -> bool:
    """Whether a column or key of this name says who somebody is."""
    return values.plain_name(name) in IDENTIFIERS


def read(data: Any) -> Profile:
    """A profile under its own names or their aliases. Raises BadInput with one sentence per thing that is not right."""
    if isinstance(data, Profile):
        return data
    if not isinstance(data, Mapping):
        raise BadInput("A profile is an object of fields, such as {“diet”: [“vegetarian”]}.")
    given: dict[str, Any] = {}
    for key, value in data.items():
        name = field_of(str(key))
        if identifies(str(key)):
            raise BadInput(f"A profile describes a group, not a person: leave out “{key}”.")
        if not name:
            known = ", ".join(one.name for one in TABLE if one.name != "evidence")
            raise BadInput(f"A profile has no field “{key}”. Its fields are {known}.")
        if name in given:
            raise BadInput(f"The profile says {FIELDS[name].label.lower()} twice; “{key}” means the same as {name}.")
        if value is not None:
            given[name] = value
    try:
        profile = Profile.model_validate(given)
    except ValidationError as error:
        raise BadInput(f"The profile is not right: {problems(error)}.") from None
    return _bounded(profile)


def read_loosely(data: Mapping[str, Any]) -> Profile:
    """A profile whose author did not know our fields: known names and aliases where their values fit, the rest as it
    was under `other`. Raises BadInput only for one that is too long."""
    given: dict[str, Any] = {}
    other = dict(data["other"]) if isinstance(data.get("other"), Mapping) else {}
    for key, value in data.items():
        if (key == "other" and isinstance(value, Mapping)) or value in (None, "", [], {}):
            continue
        name = field_of(str(key))
        if name and name != "other" and name not in given and _fits(name, value):
            given[name] = value
        else:
            other[str(key)[:80]] = value
    try:
        return _bounded(Profile.model_validate({**given, "other": other}))
    except ValidationError:  # fields that fit alone contradict each other
        return _bounded(Profile(other={str(key)[:80]: value for key, value in data.items()}))


def problems(error: ValidationError) -> str:
    """What pydantic found, for people: the field's name and what it should be."""
    parts = []
    for found in error.errors(include_url=False):
        where = [str(part) for part in found["loc"] if part not in ("name", "share") or len(found["loc"]) == 1]
        text = found["msg"].removeprefix("Value error, ").replace("Input should", "should")
        text = text.partition(", unable to parse")[0]
        text = re.sub("^String should", "should", text).replace("'", "")
        if found["type"] == "extra_forbidden":
            text = f"“{found['loc'][-1]}” is not known there"
        label = FIELDS[where[0]].label if where and where[0] in FIELDS else ".".join(where)
        parts.append(f"{label}: {text}" if label else text)
    return "; ".join(dict.fromkeys(parts))


def compact(value: Any) -> Any:
    """`value` without nulls and empty texts, lists and objects, all the way down; zero and false stay."""
    if isinstance(value, Mapping):
        kept = {key: compact(one) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [one for one in map(compact, value) if one not in (None, "", [], {})]
    return value


def _fits(name: str, value: Any) -> bool:
    try:
        Profile.model_validate({name: value})
    except ValidationError:
        return False
    return True


def _bounded(profile: Profile) -> Profile:
    try:
        length = len(json.dumps(profile.stored(), ensure_ascii=False))
    except (TypeError, ValueError):
        raise BadInput("The profile holds values that are not text, numbers, lists or objects.") from None
    if length > LARGEST:
        raise BadInput(f"The profile has {length:,} characters; {LARGEST:,} is the most. Keep what is typical.")
    return profile
