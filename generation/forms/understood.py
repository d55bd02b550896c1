"""What a sentence was read as, held against the answers of the form: chips to accept or to strike.

A chip is ticked while the form holds its value. What the sentence surely asks for is put into empty fields at once and
the chip is ticked; what a person unticks, or changes in the field, stays struck however often the sentence is read
again. Four lists of keys travel with the form: `shown`, those `was` ticked, those `put` by a chip, and `struck`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from generation.campaigns.compiler import Compiled, Leftover, Reading
from generation.campaigns.compiler.shapes import LIMITS, LISTS
from generation.forms.campaign import CampaignForm, start_values
from storefront_studio.lib.hashing import digest

PER_CENT = Decimal(100)
READABLE = frozenset(CampaignForm.base_fields) & frozenset(
    [
        *LIMITS,
        "objective_kind",
        "season",
        "starts_on",
        "ends_on",
        "segment",
        "placements",
        "products",
        "brand_voice",
        "banned_terms",
        "concepts",
    ]
)
Values = dict[str, Any]


@dataclass(frozen=True)
class Chip:
    """One reading as the screen offers it."""

    reading: Reading
    ticked: bool
    note: str

    @property
    def html_id(self) -> str:
        """The same for the same chip, so that focus stays on it when the chips are exchanged."""
        return "chip-" + digest(self.reading.key).removeprefix("sha256:")[:12]


@dataclass(frozen=True)
class Piece:
    """A part of the sentence: `kind` is "read", "unread" or empty."""

    text: str
    kind: str


@dataclass
class Understood:
    """The chips, what was not understood, and the keys that travel with the form. `changed` are the fields into which
    something was put or from which it was taken, `questions` those that the person has not answered yet."""

    compiled: Compiled
    chips: list[Chip] = field(default_factory=list)
    put: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    questions: list[Reading] = field(default_factory=list)

    @property
    def was(self) -> list[str]:
        return [chip.reading.key for chip in self.chips if chip.ticked]

    @property
    def left(self) -> list[Leftover]:
        return self.compiled.not_understood

    @property
    def pieces(self) -> list[Piece]:
        """The sentence with what was read and what was not, for highlighting; empty when nothing was either."""
        return _pieces(self.compiled)


@dataclass(frozen=True)
class Ticks:
    """What the form says about chips as it was posted."""

    shown: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    was: frozenset[str] = frozenset()
    put: frozenset[str] = frozenset()
    struck: frozenset[str] = frozenset()

    @classmethod
    def of(cls, data: Any) -> "Ticks":
        """From a posted form (a QueryDict)."""
        return cls(*(frozenset(data.getlist(name)) for name in ("shown", "accept", "was", "put", "struck")))


def heed(values: Values, ticks: Ticks) -> tuple[Values, set[str], set[str]]:
    """`values` with the chips that were ticked or unticked since they were shown; which keys are put, and struck."""
    values, put, struck = dict(values), set(ticks.put), set(ticks.struck)
    for key in ticks.was - ticks.accepted:
        values = _taken_off(values, key)
        struck.add(key)
    for key in sorted(ticks.accepted & ticks.shown):
        if key not in ticks.was:
            values = _put(values, key)
            put.add(key)
            struck.discard(key)
        elif not _holds(values, key):
            struck.add(key)  # changed in its field: the person's own answer counts
    return values, put, struck


def settle(values: Values, compiled: Compiled, ticks: Ticks, *, apply: bool = True) -> tuple[Values, Understood]:
    """The answers after what the sentence says now, and the chips to show.

    Without `apply` nothing is put: what the form does not hold counts as struck, since somebody saved it so.
    """
    typed = values
    values, put, struck = heed(values, ticks)
    offered = sorted((one for one in compiled.readings if one.value is not None), key=lambda one: one.start)
    now = {reading.key for reading in offered}
    for key in put - now:  # the sentence no longer says it
        values = _taken_off(values, key)
    put &= now
    for reading in offered:
        key = reading.key
        if not reading.sure or key in struck or _holds(values, key):
            continue
        if not apply:
            struck.add(key)
        elif _is_free(values, reading.field):
            values = _put(values, key)
            put.add(key)
    chips = [
        Chip(reading, ticked := _holds(values, reading.key), _note(reading, values, ticked)) for reading in offered
    ]
    changed = [name for name in values if values[name] != typed.get(name)]
    asks = [reading for reading in compiled.readings if reading.question and not values.get(reading.field)]
    return values, Understood(compiled, chips, sorted(put), sorted(struck), changed, asks)


def missed(values: Values, compiled: Compiled, ticks: Ticks) -> list[Reading]:
    """Hard limits that the sentence names and that nobody was shown yet, nor holds the form them."""
    return [
        reading
        for reading in compiled.readings
        if reading.sure
        and reading.value is not None
        and reading.field in LIMITS
        and reading.key not in ticks.shown | ticks.struck
        and not _holds(values, reading.key)
    ]


def with_own_brand(values: Values, brand: str) -> Values:
    """The answer to "Which brand is yours?"."""
    return _put(values, f"include_brands={brand.strip()}") if brand.strip() else values


# --- One field ----------------------------------------------------------------------------------------------------
def _split(key: str) -> tuple[str, str]:
    name, _, value = key.partition("=")
    return name, value


def _typed(name: str, value: str) -> Any:
    """A reading's value as its field shows it."""
    if name == "margin_min":
        return f"{(Decimal(value) * PER_CENT).normalize():f}"
    if name == "in_stock":
        return value == "True"
    return value


def _holds(values: Mapping[str, Any], key: str) -> bool:
    name, value = _split(key)
    if name not in READABLE:
        return False
    held = values.get(name, "")
    if name in LISTS:
        return value.casefold() in {part.casefold() for part in _parts(name, held)}
    if name == "in_stock":
        return bool(held) is (value == "True")
    try:
        return Decimal(str(held)) == Decimal(_typed(name, value))
    except (InvalidOperation, ValueError):
        return str(held).strip().casefold() == value.casefold()


def _put(values: Values, key: str) -> Values:
    name, value = _split(key)
    if name not in READABLE or _holds(values, key):
        return values
    if name in LISTS:
        return {**values, name: _joined(name, [*_parts(name, values.get(name, "")), value])}
    return {**values, name: _typed(name, value)}


def _taken_off(values: Values, key: str) -> Values:
    name, value = _split(key)
    if name not in READABLE or not _holds(values, key):
        return values
    if name in LISTS:
        kept = [part for part in _parts(name, values[name]) if part.casefold() != value.casefold()]
        return {**values, name: _joined(name, kept)}
    plain = start_values()[name]
    return {**values, name: "" if plain is None else plain}


def _is_free(values: Mapping[str, Any], name: str) -> bool:
    """Whether nobody has answered this field: it is empty, or as a new campaign has it."""
    if name in LISTS:
        return True
    held, plain = values.get(name, ""), start_values().get(name)
    return held in ("", None) or str(held) == str(plain)


def _note(reading: Reading, values: Mapping[str, Any], ticked: bool) -> str:
    if ticked or reading.note or reading.field in LISTS or _is_free(values, reading.field):
        return reading.note
    return "The field below says otherwise."


def _separator(name: str) -> str:
    return str(CampaignForm.base_fields[name].separator)  # type: ignore[attr-defined]


def _parts(name: str, held: Any) -> list[str]:
    if isinstance(held, list | tuple):
        return list(held)
    return [part.strip() for part in str(held or "").split(_separator(name)) if part.strip()]


def _joined(name: str, parts: list[str]) -> str:
    separator = _separator(name)
    return (", " if separator == "," else f" {separator} ").join(parts)


def _pieces(compiled: Compiled) -> list[Piece]:
    kinds = [""] * len(compiled.text)
    for reading in compiled.readings:
        if reading.start >= 0 and reading.field not in ("objective_kind",):
            kinds[reading.start : reading.end] = ["read"] * (reading.end - reading.start)
    for left in compiled.not_understood:
        kinds[left.start : left.end] = ["unread"] * (left.end - left.start)
    if not any(kinds):
        return []
    pieces: list[Piece] = []
    start = 0
    for place in range(1, len(kinds) + 1):
        if place == len(kinds) or kinds[place] != kinds[start]:
            pieces.append(Piece(compiled.text[start:place], kinds[start]))
            start = place
    return pieces
