"""A table of audiences on its way into a store: what it would do, and doing it, all rows at once or none."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction

from accounts import audit
from accounts.models import Store, User
from generation import audiences, imports
from generation.campaigns.segment_table import SegmentRow, Table
from generation.models import Segment
from storefront_studio.lib.errors import BadInput, WrongState

LARGEST = 10 * 1024 * 1024
KEPT = 24 * 3600  # seconds that an upload waits for its confirmation
SALT = "segment-table"


@dataclass
class Counts:
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def would(store: Store, table: Table) -> Counts:
    """What taking the table would do."""
    there = _there(store, table)
    counts = Counts()
    for row in table.rows:
        _count(counts, there.get(row.name.casefold()), row)
    return counts


@transaction.atomic
def take(*, store: Store, actor: User | None, table: Table) -> Counts:
    """Write the table's rows; an audience of the same name takes the new profile. Raises what `audiences.save` raises,
    and then nothing was written."""
    there = _there(store, table)
    counts = Counts()
    for row in table.rows:
        old = there.get(row.name.casefold())
        _count(counts, old, row)
        if not _same(old, row):
            audiences.save(
                store=store,
                actor=actor,
                name=row.name,
                profile=row.profile,
                segment=old,
                size=row.size if row.size is not None else (old.size if old else None),
                source=Segment.Source.CSV,
            )
    audit.record(
        store=store,
        actor=actor,
        action="segment.import",
        subject="segments",
        summary=f"Imported {len(table.rows)} audiences; {table.refused} rows were refused",
        new={**counts.as_dict(), "refused": table.refused},
    )
    return counts


def keep(store: Store, upload: Any) -> str:
    """Put an uploaded table aside until it is confirmed; what comes back is the name it goes by, for this store only.

    Raises BadInput when it is too large."""
    if upload.size > LARGEST:
        raise BadInput(f"{upload.name} is larger than {LARGEST // 1024 // 1024} MB. One row is one audience.")
    _forget_old()
    path = imports.keep_upload(upload)
    mine = _folder() / f"{path.stem}.csv"
    mine.parent.mkdir(parents=True, exist_ok=True)
    path.replace(mine)
    return signing.dumps({"store": store.pk, "file": mine.name, "name": upload.name[:120]}, salt=SALT)


def kept(store: Store, token: str) -> tuple[Path, str]:
    """Where a kept table lies, and what the person called it. Raises WrongState when it is gone or another store's."""
    try:
        told = signing.loads(token, salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        told = {}
    path = _folder() / str(told.get("file", ""))
    if told.get("store") != store.pk or not path.is_file():
        raise WrongState("This file is no longer here: it was imported, discarded, or waited for more than a day.")
    return path, str(told["name"])


def discard(store: Store, token: str) -> None:
    """Forget a kept table. Raises WrongState when it is gone."""
    kept(store, token)[0].unlink(missing_ok=True)


def _forget_old() -> None:
    if _folder().exists():
        for path in _folder().glob("*.csv"):
            if time.time() - path.stat().st_mtime > KEPT:
                path.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "segments"


def _there(store: Store, table: Table) -> dict[str, Segment]:
    names = {row.name.casefold() for row in table.rows}
    return {one.name.casefold(): one for one in Segment.objects.filter(store=store) if one.name.casefold() in names}


def _same(old: Segment | None, row: SegmentRow) -> bool:
    return old is not None and old.profile == row.profile.stored() and (row.size is None or old.size == row.size)


def _count(counts: Counts, old: Segment | None, row: SegmentRow) -> None:
    if old is None:
        counts.created += 1
    elif _same(old, row):
        counts.unchanged += 1
    else:
        counts.updated += 1
