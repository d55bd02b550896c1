"""Delimited text: the dialect is found, records are read, and what is broken is said with its line."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping

from generation.catalog.feed.rows import RawRow, RowError, broken, shown
from generation.catalog.feed.source import DAMAGE, Lines
from storefront_studio.lib.errors import BadInput

DELIMITERS = ",;\t|"
FIELD_LIMIT = 1 << 20
"""Characters of one value; a longer one means a quotation mark that is never closed."""
csv.field_size_limit(FIELD_LIMIT)
COLUMN_LIMIT = 2_000
_EXCEL_HINT = re.compile(r"^sep=(.)\s*$")


def sniff_delimiter(sample: str) -> str:
    """The separator that cuts the sampled records most evenly into most columns; a comma when none does."""
    hint = _EXCEL_HINT.match(sample.split("\n", 1)[0])
    if hint:
        return hint[1]
    lines = sample.splitlines(keepends=True)[:60]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        even = sum(width == widths[0] for width in widths) / len(widths)
        score = even * widths[0]
        if score > best_score:
            best, best_score = delimiter, score
    return best


def header(names: list[str]) -> list[str]:
    """Column names, trimmed, each once: a repeated name gets a number, an empty one its position.

    Raises BadInput when there are more than 2,000.
    """
    if len(names) > COLUMN_LIMIT:
        raise BadInput(f"the first line has {len(names)} columns, more than {COLUMN_LIMIT}; is it the header?")
    columns: list[str] = []
    for position, name in enumerate(names, start=1):
        plain = " ".join(name.replace("\x00", "").split()) or f"column_{position}"
        unique, count = plain, 1
        while unique in columns:
            count += 1
            unique = f"{plain}_{count}"
        columns.append(unique)
    return columns


def read_table(lines: Lines, delimiter: str) -> Iterator[RawRow]:
    """Every record below the header. A bad record becomes a row with a problem; nothing raises."""
    records = _Records(lines, delimiter)
    columns: list[str] = []
    for line, record, problem in records:
        if problem:
            yield broken(line, problem)
        elif not columns:
            columns = header(record)
            records.width = len(columns)
        elif not any(map(str.strip, record)):
            continue
        else:
            row = _row(line, record, columns, lines)
            if row.problems and records.spanned > 1 and not row.values:
                # A stray quotation mark swallowed the lines below; give them their own chance.
                records.reread_after_first()
            yield row
    if lines.cut and not lines.unfinished:
        yield broken(lines.number + 1, "the file ends in the middle of its compressed data; send it again whole")


def read_header(lines: Lines, delimiter: str) -> list[str]:
    """The column names; empty for an empty file."""
    for _, record, problem in _Records(lines, delimiter):
        return [] if problem else header(record)
    return []


def _row(line: int, record: list[str], columns: list[str], lines: Lines) -> RawRow:
    width = len(columns)
    if len(record) != width:
        if len(record) > width and not any(map(str.strip, record[width:])):
            record = record[:width]
        elif lines.unfinished and len(record) < width:
            return broken(line, "the file ends in the middle of a row; send it again whole", value=shown(record[0]))
        else:
            more = "more" if len(record) > width else "fewer"
            reason = (
                f"the row has {len(record)} columns, {more} than the {width} of the header; "
                "put values that contain the separator in quotation marks"
            )
            return broken(line, reason, value=shown(record[0]))
    values = dict(zip(columns, record, strict=True))
    if lines.damaged:
        lines.damaged = False
        return RawRow(line, values, tuple(damage(line, values, lines.encoding)))
    return RawRow(line, values)


def damage(line: int, values: Mapping[str, object], encoding: str) -> Iterator[RowError]:
    """One error for each value that holds bytes the encoding does not know."""
    for column, value in values.items():
        if DAMAGE in str(value):
            name = encoding.upper().replace("_", "-")
            text = shown(str(value).replace(DAMAGE, "\ufffd"))
            reason = f"{column} is not valid {name}; save the file as UTF-8"
            yield RowError(line, column, reason, "error", text)


class _Records(Iterator[tuple[int, list[str], str]]):
    """(first line, fields, problem) of each record; remembers a record's lines so they can be read again."""

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self._lines = lines
        self._held: list[str] = []
        self._again: deque[str] = deque()
        self._ended = False
        self._line = 0
        self.width = 0
        """Columns of the header, once it is read."""
        self._delimiter = delimiter
        self._reader = self._start()

    @property
    def spanned(self) -> int:
        return len(self._held)

    def _start(self) -> Iterator[list[str]]:
        # strict, because quotes that do not fit are how a stray one shows itself
        return csv.reader(self._feed(), delimiter=self._delimiter, strict=True)

    def reread_after_first(self) -> None:
        """Read the lines below the record's first one again, as records of their own."""
        if self._ended:
            self._ended, self._reader = False, self._start()
        self._again.extendleft(reversed(self._held[1:]))
        self._line -= len(self._held) - 1
        self._held = self._held[:1]

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                self._ended = True
                return
            self._line += 1
            if self._line == 1 and _EXCEL_HINT.match(line):
                continue
            self._held.append(line)
            yield line

    def __next__(self) -> tuple[int, list[str], str]:
        while True:
            self._held = []
            try:
                record = next(self._reader)
            except csv.Error:
                start, record, problem = self._misquoted()
            else:
                start, problem = self._line - len(self._held) + 1, ""
            if self._lines.overlong:
                self._lines.overlong = False
                problem = "the line is longer than 8 MB; shorten its values"
            elif self._lines.cut and self._lines.unfinished and not self._again:
                # The packed data broke off inside this line; its last value may be half a value.
                problem = "the file ends in the middle of a row; send it again whole"
            if record or problem:
                return start, record, problem

    def _misquoted(self) -> tuple[int, list[str], str]:
        """What to make of a record whose quotation marks do not pair."""
        start = self._line - len(self._held) + 1
        if len(self._held) == 1 and not self._ended:
            # "5 inch" pipe: odd, but one line and readable
            return start, self._alone(self._held[0]), ""
        if self._ended and not self._swallowed_rows():
            return start, [], "the file ends in the middle of a quoted value; send it again whole"
        self.reread_after_first()
        return start, [], "a quotation mark opens a value and is never closed; close it or double it"

    def _swallowed_rows(self) -> bool:
        """Whether the line below the opening one is a whole row by itself, so the mark is a stray one."""
        return self.width > 1 and len(self._held) > 1 and len(self._alone(self._held[1])) == self.width

    def _alone(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self._delimiter), [])
        except csv.Error:
            return []
