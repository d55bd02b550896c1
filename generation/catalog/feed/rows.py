"""What a reader hands on: one raw row, and what can be wrong with it."""

from dataclasses import dataclass
from typing import Any, Literal

SHOWN = 80
"""Characters of an offending value that a report repeats."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class RowError:
    """A plain sentence about one place of the feed; an error refuses the row, a warning only a field."""

    line: int
    """Line of the file (1 is the header of a table), where the row starts."""
    column: str
    """The file's own column where there is one, else the field; empty when the whole row is meant."""
    reason: str
    severity: Severity = "error"
    value: str = ""

    def __post_init__(self) -> None:
        if len(self.value) > SHOWN:
            object.__setattr__(self, "value", self.value[: SHOWN - 1] + "…")


@dataclass(frozen=True, slots=True)
class RawRow:
    """One record as the file tells it, before any mapping.

    `problems` holds what the reader already knows to be wrong (a cut line, bytes that are not text);
    `validate` returns them, so a caller has one road for every kind of bad row.
    """

    line: int
    values: dict[str, Any]
    problems: tuple[RowError, ...] = ()


def broken(line: int, reason: str, *, column: str = "", value: str = "") -> RawRow:
    """A row of which nothing can be used."""
    return RawRow(line, {}, (RowError(line, column, reason, "error", value),))


def shown(value: object) -> str:
    """The value as a sentence quotes it: one line, at most 80 characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
