"""Audit tables as files: CSV that no spreadsheet takes for formulas, or JSON; streamed, so memory stays constant."""

import csv
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from accounts.models import AuditEntry, Store
from review.models import TurnedDown
from review.selectors import why_label

KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
CHUNK = 1000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TRAIL = ("id", "when", "who", "action", "subject", "summary", "old", "new", "through", "address", "agent")
REJECTED = (
    *("placement", "when", "title", "by", "why", "why_in_words", "judge", "person", "reason", "campaign"),
    *("run", "prompt"),
)
Row = dict[str, Any]


class Echo:
    """A file for csv that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def safe(cell: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def trail(store: Store, entries: QuerySet[AuditEntry], kind: str) -> StreamingHttpResponse:
    """`entries` as a file; times are ISO 8601 in UTC."""
    names = ("id", "created_at", "actor_name", "action", "subject", "summary", "old", "new", *TRAIL[8:])
    rows = entries.select_related(None).values_list(*names).iterator(chunk_size=CHUNK)
    return _file(f"trail-{store.slug}", TRAIL, (dict(zip(TRAIL, row, strict=True)) for row in rows), kind)


def rejected(store: Store, rows: QuerySet[TurnedDown], kind: str) -> StreamingHttpResponse:
    """What was turned down as a file; as `trail`."""
    return _file(f"rejected-{store.slug}", REJECTED, _turned_down(rows), kind)


def _turned_down(rows: QuerySet[TurnedDown]) -> Iterator[Row]:
    labels: dict[str, str] = {}
    for row in rows.iterator(chunk_size=CHUNK):
        label = labels.setdefault(row.why, why_label(row.why))
        person = str(row.person) if row.person else ""
        cells = (row.placement_id, row.at, row.title, row.by, row.why, label, row.judge, person, row.reason)
        yield dict(zip(REJECTED, (*cells, row.campaign.slug, row.run_id, row.prompt), strict=True))


def _file(name: str, head: Sequence[str], rows: Iterable[Row], kind: str) -> StreamingHttpResponse:
    filename = f"{name}-{timezone.now():%Y-%m-%d}.{kind}"
    return StreamingHttpResponse(
        (_json if kind == "json" else _csv)(head, rows),
        content_type=KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _csv(head: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(head)
    for row in rows:
        yield writer.writerow([safe(_flat(row[name])) for name in head])


def _json(head: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """One array; a line for each object, so that it can be read line by line too."""
    yield "["
    for place, row in enumerate(rows):
        yield (",\n" if place else "\n") + json.dumps(row, ensure_ascii=False, default=_plain)
    yield "\n]\n"


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def _flat(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {said}" for name, said in value.items())
    return _plain(value)
