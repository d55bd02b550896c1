"""Audiences in a table, one a row: columns guessed by their names, rows taken whole or refused with line and reason."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generation.campaigns import segments
from generation.campaigns.segment_values import plain_name, text
from generation.campaigns.segments import Profile
from generation.catalog.feed import RowError, open_feed
from generation.catalog.feed.rows import shown
from storefront_studio.lib.errors import BadInput

MOST_ROWS = 5_000
_NAMES = {"name", "segment", "segmentname", "audience", "audiencename", "cluster", "title"}
_SIZES = {"size", "people", "customers", "members", "count", "headcount"}
_NOT_FOR_TABLES = {"evidence", "other"}


@dataclass(frozen=True)
class Columns:
    """Which column means what: `name` and `size` of the audience, fields of its profile by column, and the columns that
    are left out, with why."""

    name: str
    size: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SegmentRow:
    line: int
    name: str
    profile: Profile
    size: int | None


@dataclass
class Table:
    """What a file says: audiences to take, and what was refused."""

    columns: Columns
    rows: list[SegmentRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    read: int = 0

    @property
    def refused(self) -> int:
        return self.read - len(self.rows)


def columns_of(names: list[str]) -> Columns:
    """The meaning of each column, by its name. Raises BadInput when none names the audience."""
    name = next((one for one in names if plain_name(one) in _NAMES), "")
    if not name:
        raise BadInput(
            f"No column names the audience. Call one “name”. The columns are: {', '.join(names[:30]) or 'none'}."
        )
    size = next((one for one in names if plain_name(one) in _SIZES), "")
    fields: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for column in names:
        known = segments.field_of(column)
        if column in (name, size):
            continue
        if segments.identifies(column):
            left_out[column] = "it says who somebody is"
        elif not known or known in _NOT_FOR_TABLES:
            left_out[column] = "a profile has no such field"
        elif known in fields.values():
            left_out[column] = f"another column is {segments.FIELDS[known].label.lower()} already"
        else:
            fields[column] = known
    return Columns(name, size, fields, left_out)


def read(path: Path, file_name: str = "") -> Table:
    """Every row of the table at `path`. Raises BadInput when it is no table, has no name column or too many rows."""
    try:
        feed = open_feed(path, "csv")
    except BadInput as error:
        raise BadInput(str(error).replace(str(path), file_name or path.name).replace(path.name, file_name)) from None
    if not feed.columns:
        raise BadInput(f"{file_name or path.name} is empty. Its first line must name the columns.")
    table = Table(columns_of(feed.columns))
    seen: dict[str, int] = {}
    for raw in feed.rows():
        table.read += 1
        if table.read > MOST_ROWS:
            raise BadInput(f"The table has more than {MOST_ROWS:,} rows. One row is one audience, not one customer.")
        problems = list(raw.problems) or list(_problems(raw.line, raw.values, table.columns, seen))
        if problems:
            table.errors += problems
            continue
        row = _row(raw.line, raw.values, table.columns)
        seen[row.name.casefold()] = raw.line
        table.rows.append(row)
    return table


def _problems(line: int, values: dict[str, Any], columns: Columns, seen: dict[str, int]) -> Iterator[RowError]:
    """What is wrong with a row, column by column."""
    name = str(text(values[columns.name]))
    if not name:
        yield RowError(line, columns.name, "the audience has no name")
    elif len(name) > 120:
        yield RowError(line, columns.name, "the name is longer than 120 characters", value=shown(name))
    elif name.casefold() in seen:
        yield RowError(line, columns.name, f"line {seen[name.casefold()]} has this name already", value=shown(name))
    size = str(values[columns.size]).strip() if columns.size else ""
    if size and _people(size) is None:
        yield RowError(line, columns.size, "this is no whole number of people", value=shown(size))
    sound = True
    for column, known in columns.fields.items():
        cell = str(values[column]).strip()
        if not cell:
            continue
        try:
            segments.read({known: _value(known, cell)})
        except BadInput as error:
            sound = False
            yield RowError(line, column, _reason(str(error), known), value=shown(cell))
    if sound:
        try:
            segments.read(_profile(values, columns))
        except BadInput as error:
            yield RowError(line, "", _reason(str(error), ""))


def _row(line: int, values: dict[str, Any], columns: Columns) -> SegmentRow:
    size = _people(str(values[columns.size]).strip()) if columns.size else None
    return SegmentRow(line, str(text(values[columns.name])), segments.read(_profile(values, columns)), size)


def _profile(values: dict[str, Any], columns: Columns) -> dict[str, Any]:
    cells = {known: str(values[column]).strip() for column, known in columns.fields.items()}
    return {known: _value(known, cell) for known, cell in cells.items() if cell}


def _value(known: str, cell: str) -> Any:
    """A cell as the profile takes it: amounts may carry a currency and a decimal comma."""
    if known not in ("price_from", "price_to", "basket"):
        return cell
    number = re.sub(r"[^\d.,-]", "", cell)
    if re.fullmatch(r"-?\d+,\d{1,2}", number):
        number = number.replace(",", ".")
    return number.replace(",", "") or cell


def _people(cell: str) -> int | None:
    """A count of people, with or without separators of thousands; None when it is something else."""
    digits = re.sub(r"(?<=\d)[ ,.'\u00a0](?=\d{3}\b)", "", cell)
    return int(digits) if re.fullmatch(r"\d{1,9}", digits) else None


def _reason(sentence: str, known: str) -> str:
    """The sentence of a report: without the field's name, which stands beside it."""
    plain = sentence.removeprefix("The profile is not right: ").rstrip(".")
    label = segments.FIELDS[known].label if known else ""
    return plain.removeprefix(f"{label}: ") if label else plain
