"""Reads an event log from a file: the smallest set of columns that rankers need.

JSON Lines or CSV (with a header), plain or gzip, one event a line:

| column | holds |
| --- | --- |
| `time` | when, ISO 8601 (without a zone: UTC) or seconds since 1970 |
| `visitor` or `session` | who, any text; it is only compared |
| `product` | the product's `id` in the feed |
| `kind` | `view`, `cart` or `order`; GA4's `view_item`, `select_item`, `add_to_cart` and `purchase` are understood |

Other columns are left alone. Lines may come in any order.
"""

import csv
import datetime as dt
import gzip
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from generation.rankers.log import KINDS
from storefront_studio.lib.errors import BadInput

MOST = 5_000_000  # events; they are held in memory, about 200 bytes each while they are read
TOLD = 20  # refused lines that are told one by one
LONGEST = 200  # characters of a visitor or a product
MEANS: Mapping[str, str] = {
    "view": "view",
    "view_item": "view",
    "select_item": "view",
    "cart": "cart",
    "add_to_cart": "cart",
    "order": "order",
    "purchase": "order",
}
EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC).timestamp()
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC).timestamp()


@dataclass
class EventRows:
    """What a file held: (time in seconds, visitor, product, place in `KINDS`), and the lines that were refused."""

    rows: list[tuple[float, str, str, int]] = field(default_factory=list)
    refused: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    digest: str = ""


def read(path: Path) -> EventRows:
    """The events of a file. Raises BadInput when it cannot be read, lacks a column, or holds no event or too many."""
    found = EventRows()
    shas = hashlib.sha256()
    try:
        with path.open("rb") as raw:
            while block := raw.read(1 << 20):
                shas.update(block)
        found.digest = f"sha256:{shas.hexdigest()}"
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            for line, row in _lines(file, path):
                _take(found, line, row)
    except (OSError, UnicodeDecodeError, EOFError, csv.Error) as error:
        raise BadInput(f"The events {path} cannot be read: {error}.") from None
    if not found.rows:
        first = f" The first line that was refused: {found.errors[0]['reason']}" if found.errors else ""
        raise BadInput(f"{path.name} holds no event.{first}")
    return found


def _lines(file: TextIO, path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line numbers with rows; a line that is no row comes as the reason."""
    start = file.read(1)
    file.seek(0)
    if start == "{" or ".jsonl" in path.suffixes:
        for number, text in enumerate(file, start=1):
            if text.strip():
                yield number, _parsed(text)
        return
    rows = csv.DictReader(file)
    named = set(rows.fieldnames or [])
    missing = [name for name in ("time", "product", "kind") if name not in named]
    missing += [] if named & {"visitor", "session"} else ["visitor (or session)"]
    if missing:
        raise BadInput(f"{path.name} has no column {', '.join(missing)}; it needs time, visitor, product and kind.")
    for row in rows:
        yield rows.line_num, row


def _parsed(text: str) -> Mapping[str, Any] | str:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return "This line is not JSON."
    return row if isinstance(row, dict) else "This line is not a JSON object."


def _take(found: EventRows, line: int, row: Mapping[str, Any] | str) -> None:
    event = row if isinstance(row, str) else _event(row)
    if isinstance(event, str):
        found.refused += 1
        if len(found.errors) < TOLD:
            found.errors.append({"line": line, "reason": event})
        return
    if len(found.rows) == MOST:
        raise BadInput(f"There are more than {MOST:,} events. Leave out the oldest; what is old hardly counts.")
    found.rows.append(event)


def _event(row: Mapping[str, Any]) -> tuple[float, str, str, int] | str:
    """An event, or why it is none."""
    who = _text(row.get("visitor")) or _text(row.get("session"))
    product, kind = _text(row.get("product")), MEANS.get(_text(row.get("kind")).lower())
    moment = _moment(row.get("time"))
    if moment is None:
        return f"The time {_shown(row.get('time'))} is no ISO 8601 time or number of seconds."
    if not who or not product:
        return f"There is no {'product' if who else 'visitor or session'}, or it has more than {LONGEST} characters."
    if kind is None:
        return f"The kind {_shown(row.get('kind'))} is not view, cart or order."
    return moment, who, product, KINDS.index(kind)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return text if len(text) <= LONGEST and "\x00" not in text else ""


def _moment(value: Any) -> float | None:
    try:
        if isinstance(value, str):
            try:
                seconds = float(value)
            except ValueError:
                there = dt.datetime.fromisoformat(value.strip())
                seconds = (there if there.tzinfo else there.replace(tzinfo=dt.UTC)).timestamp()
        elif isinstance(value, int | float) and not isinstance(value, bool):
            seconds = float(value)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and EARLIEST <= seconds <= LATEST else None


def _shown(value: Any) -> str:
    return f"“{str(value)[:40]}”"
