"""Upsert of checked rows: COPY of the new ones, and of the changed ones into a staging table for one UPDATE.

The staging table is temporary: no other import sees it, nothing of it is written to the log, and a crash takes it
away. It never has to outlive one, because a batch is staged, merged and counted in a single transaction, and the feed
file itself is what a resumed import reads on from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Store
from generation.catalog.feed import ProductRow
from generation.catalog.staging import NULL, STORED, Staged, staged
from storefront_studio.lib.locks import in_turn


@dataclass
class Counts:
    """Rows by what became of them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


def upsert(store: Store, rows: Iterable[ProductRow | Staged], *, write: bool = True, fresh: bool = False) -> Counts:
    """Insert new products and update changed ones, in a handful of statements whatever the number of rows.

    A row whose content hash is known is not touched at all, nor sent. With `write` False only the counting is done.
    `fresh` says that all the ids are likely new, and saves asking. Ids must not repeat within `rows`. Imports into one
    store write in turn.
    """
    ready = [row if isinstance(row, Staged) else staged(row) for row in rows]
    if not ready:
        return Counts()
    with transaction.atomic(), connection.cursor() as cursor:
        if write:
            in_turn(f"products:{store.pk}")
            # What waits beside the inverted indexes is merged in larger, cheaper pieces.
            cursor.execute("SET LOCAL gin_pending_list_limit = '64MB'; SET LOCAL work_mem = '64MB'")
            if fresh and _all_inserted(cursor, store, ready):
                return Counts(len(ready))
        cursor.execute(
            "SELECT item_id, content_hash FROM generation_product WHERE store_id = %s AND item_id = ANY(%s)",
            [store.pk, [row.id for row in ready]],
        )
        known = dict(cursor.fetchall())
        new = [row.line for row in ready if row.id not in known]
        changed = [row.line for row in ready if known.get(row.id, row.content_hash) != row.content_hash]
        if write and changed:
            _update(cursor, store, changed)
        if write and new:
            _insert(cursor, store, new)
    return Counts(len(new), len(changed), len(ready) - len(new) - len(changed))


_NAMES = ", ".join(["item_id", *STORED])
_SET = ", ".join(f"{name} = s.{name}" for name in STORED)


def _all_inserted(cursor: Any, store: Store, ready: list[Staged]) -> bool:
    """False, and nothing is in, when one of the ids was there already."""
    try:
        with transaction.atomic():
            _insert(cursor, store, [row.line for row in ready])
    except IntegrityError:  # for another reason it comes up again where the new rows are added
        return False
    return True


def _insert(cursor: Any, store: Store, lines: list[str]) -> None:
    """COPY into the catalogue itself."""
    now = timezone.now().isoformat()
    end = f"\t{store.pk}\t{now}\t{now}\n"
    into = f"generation_product ({_NAMES}, store_id, created_at, updated_at)"
    with connection.wrap_database_errors, cursor.copy(f"COPY {into} FROM STDIN (NULL '{NULL}')") as copy:
        copy.write(end.join(lines) + end)


def _update(cursor: Any, store: Store, lines: list[str]) -> None:
    """One set operation, so that the search column of each row is worked out once."""
    cursor.execute(
        f"""CREATE TEMPORARY TABLE IF NOT EXISTS import_staging ON COMMIT DROP AS
            SELECT {_NAMES} FROM generation_product WITH NO DATA"""
    )
    cursor.execute("TRUNCATE import_staging")  # of the batch before, inside one outer transaction
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY import_staging ({_NAMES}) FROM STDIN (NULL '{NULL}')") as copy,
    ):
        copy.write("\n".join(lines) + "\n")
    cursor.execute(
        f"""UPDATE generation_product p SET {_SET}, updated_at = %s FROM import_staging s
            WHERE p.store_id = %s AND p.item_id = s.item_id""",
        [timezone.now(), store.pk],
    )
