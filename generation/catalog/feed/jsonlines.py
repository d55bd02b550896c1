"""One JSON object per line."""

import json
from collections.abc import Iterator
from typing import NoReturn

from generation.catalog.feed.rows import RawRow, broken, shown
from generation.catalog.feed.source import Lines
from generation.catalog.feed.tables import damage


def read_jsonl(lines: Lines) -> Iterator[RawRow]:
    """Every line that is not blank; a line that is not an object becomes a row with a problem."""
    for text in lines:
        if not text.strip():
            continue
        yield _row(text, lines)
    if lines.cut and not lines.unfinished:
        yield broken(lines.number + 1, "the file ends in the middle of its compressed data; send it again whole")


def _row(text: str, lines: Lines) -> RawRow:
    line = lines.number
    if lines.overlong:
        lines.overlong = lines.damaged = False
        return broken(line, "the line is longer than 8 MB; shorten its values")
    try:
        record = json.loads(text, parse_constant=_no_such_number)
    except (ValueError, RecursionError) as error:
        lines.damaged = False
        if lines.unfinished:
            return broken(line, "the file ends in the middle of an object; send it again whole", value=shown(text))
        return broken(line, f"the line is not JSON ({_why(error)}); write one object per line", value=shown(text))
    if not isinstance(record, dict):
        kind = "a list" if isinstance(record, list) else "a single value"
        return broken(line, f"the line is {kind}, not an object; write one object per line", value=shown(text))
    if lines.damaged:
        lines.damaged = False
        return RawRow(line, record, tuple(damage(line, record, lines.encoding)))
    return RawRow(line, record)


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()} at character {error.pos + 1}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error).split(";")[0]


def _no_such_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
