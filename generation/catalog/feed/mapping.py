"""Which column of a feed is which field of a product."""

import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from rapidfuzz import process

from generation.catalog.feed.money import CURRENCIES
from generation.catalog.feed.names import FIELDS
from generation.catalog.feed.text import clean
from storefront_studio.lib.errors import BadInput

_PLACE = re.compile(r"\{([^{}]+)\}")
LEVEL = " > "


def _text(value: Any) -> Any:
    # TOML writes numbers and yes/no without quotes; they mean the text of a cell.
    return clean(value) if isinstance(value, bool | int | float) else value


Text = Annotated[str, BeforeValidator(_text)]


class Options(BaseModel):
    """How the values of this feed are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str = ""
    """ISO 4217 code for prices that name none."""
    decimal: Literal[",", "."] | None = None
    """The decimal sign of prices; worked out price by price when absent."""
    price_divisor: int = Field(default=1, ge=1, le=10_000)
    """100 when prices are in cents."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    extra_attributes: bool = False
    """Whether columns named nowhere in the mapping become attributes."""
    ignore: list[str] = []
    """Columns that never become attributes."""
    attribute_prefixes: list[str] = []
    """Beginnings such as "attr_t_" cut from the names of extra attributes."""

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        if code and code.upper() not in CURRENCIES:
            raise ValueError(f"“{code}” is not an ISO 4217 code; write one like USD or EUR")
        return code.upper()


@dataclass(frozen=True, slots=True)
class Source:
    """A column, or a template with {columns}, ready to read from a row."""

    text: str
    columns: tuple[str, ...]
    levels: tuple[tuple[str, tuple[str, ...]], ...]
    """Parts of a path, each with the columns it needs; empty for a plain column."""

    @classmethod
    def of(cls, text: str) -> "Source":
        columns = tuple(dict.fromkeys(_PLACE.findall(text)))
        if not columns:
            return cls(text, (text,), ())
        return cls(text, columns, tuple((part, tuple(_PLACE.findall(part))) for part in text.split(LEVEL)))

    @property
    def column(self) -> str:
        """The one column behind this source, or nothing when it joins several."""
        return self.columns[0] if len(self.columns) == 1 else ""

    def read(self, values: AnyMapping[str, Any], *, partial: bool = False) -> Any:
        """The value of a row; "" when a needed column is empty (or just without it, when `partial`)."""
        if not self.levels:
            return values.get(self.text)
        filled = {column: clean(values.get(column)) for column in self.columns}
        parts = []
        for part, needs in self.levels:
            if all(filled[column] for column in needs) or (partial and any(filled[column] for column in needs)):
                parts.append(_PLACE.sub(lambda match: filled[match[1]], part))
        return LEVEL.join(parts).strip(" ,;-/|") if partial else LEVEL.join(parts)


@dataclass(frozen=True)
class Plan:
    """A mapping taken apart once, for the thousands of rows it is used on."""

    fields: dict[str, Source]
    attributes: dict[str, Source]
    taken: frozenset[str]
    """Columns that must not become extra attributes."""
    columns: tuple[tuple[str, str], ...]
    """(field, column) of the fields that are a column as it is."""
    joined: tuple[tuple[str, Source], ...]
    """Fields made from a template."""


class Mapping(BaseModel):
    """Fields and attributes of a product, each from a column or from a template such as "{price} INR".

    A template with " > " is a path: levels whose columns are empty are left out. Any other template with
    an empty column gives an empty value; only a title is made from what is there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: dict[str, str] = {}
    attributes: dict[str, str] = {}
    defaults: dict[str, Text] = {}
    """Values of fields whose source is empty or absent."""
    options: Options = Options()

    @field_validator("fields", "defaults")
    @classmethod
    def _canonical(cls, entries: dict[str, str]) -> dict[str, str]:
        for name in entries:
            if name not in FIELDS:
                near = process.extractOne(name, FIELDS, score_cutoff=70)
                hint = (
                    f"did you mean “{near[0]}”?"
                    if near
                    else "put it under [attributes], or use one of: " + ", ".join(FIELDS)
                )
                raise ValueError(f"“{name}” is not a product field; {hint}")
        return entries

    @field_validator("fields", "attributes")
    @classmethod
    def _usable(cls, entries: dict[str, str]) -> dict[str, str]:
        for name, source in entries.items():
            if not source.strip():
                raise ValueError(f"“{name}” has no column; name one, or remove the line")
            if _PLACE.sub("", source).count("{") or _PLACE.sub("", source).count("}"):
                raise ValueError(f"“{source}” has a brace without its partner; write columns like {{price}}")
        return entries

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a mapping file (TOML). Raises BadInput that names the key and the way out."""
        try:
            return cls.from_dict(tomllib.loads(path.read_text(encoding="utf-8-sig")), name=path.name)
        except OSError as error:
            raise BadInput(f"the mapping file {path} cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise BadInput(f"{path.name} is not UTF-8; save it as UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            raise BadInput(f'{path.name} is not valid TOML: {error}; write lines like title = "name"') from error

    @classmethod
    def from_dict(cls, data: AnyMapping[str, Any], *, name: str = "the mapping") -> Self:
        """The reverse of `to_dict`. Raises BadInput likewise."""
        try:
            return cls.model_validate(dict(data))
        except ValidationError as error:
            raise BadInput(f"{name}: " + "; ".join(map(_sentence, error.errors()))) from error

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; what is as usual is left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def with_currency(self, code: str) -> Self:
        """The same mapping with a currency for bare prices, unless it names its own."""
        if self.options.currency or not code:
            return self
        return self.from_dict({**self.to_dict(), "options": {**self.options.model_dump(), "currency": code}})

    def missing_columns(self, columns: Iterable[str]) -> list[str]:
        """Columns the mapping needs and the feed does not have, in order; sparse feeds may lack some."""
        have = set(columns)
        sources = [*self.plan.fields.values(), *self.plan.attributes.values()]
        return list(dict.fromkeys(column for source in sources for column in source.columns if column not in have))

    @cached_property
    def plan(self) -> Plan:
        fields = {field: Source.of(source) for field, source in self.fields.items()}
        attributes = {name: Source.of(source) for name, source in self.attributes.items()}
        taken = {column for source in (*fields.values(), *attributes.values()) for column in source.columns}
        return Plan(
            fields,
            attributes,
            frozenset(taken.union(self.options.ignore)),
            columns=tuple((field, source.text) for field, source in fields.items() if not source.levels),
            joined=tuple((field, source) for field, source in fields.items() if source.levels),
        )


def _sentence(error: Any) -> str:
    place = ".".join(map(str, error["loc"])) or "the file"
    if error["type"] == "extra_forbidden":
        return f"{place} is not a known key; use [fields], [attributes], [defaults] and [options]"
    if error["type"] == "value_error":
        return f"{place}: {error['ctx']['error']}"
    return f"{place}: {error['msg'].lower()}"
