"""From feed file to products: in batches that commit products, errors and place together, so a kill loses nothing.

A thread reads and checks the next batch while the database works on the one before.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Store, User
from generation.catalog.feed import (
    REQUIRED,
    Feed,
    Mapping,
    RowError,
    guess_mapping,
    open_feed,
)
from generation.catalog.importer import upsert
from generation.catalog.reading import ready
from generation.catalog.staging import Staged
from generation.import_report import Report
from generation.models import ImportJob, ImportRowError
from storefront_studio.lib.errors import BadInput, StudioError, WrongState

log = logging.getLogger(__name__)
BATCH = 10_000
MOST_ERRORS_KEPT = 100_000  # a feed that is wrong in every row says so long before


def create(
    *,
    store: Store,
    path: Path,
    file_name: str,
    format: str = "auto",
    mapping: Mapping | None = None,
    requested_by: User | None = None,
) -> ImportJob:
    """A job for a file that stays where it is until the import ends. Without `mapping` the columns are guessed.

    Raises BadInput when the file is no feed or holds no products. Whether the columns are enough is asked by `confirm`:
    a person may choose them first.
    """
    guessed = mapping is None
    try:
        feed, mapping = opened(store, path, format, mapping)
    except BadInput as error:  # speak of the file as the person knows it, not of our copy
        raise BadInput(str(error).replace(str(path), file_name).replace(path.name, file_name)) from error
    return ImportJob.objects.create(
        store=store,
        file_name=file_name[:255],
        path=str(path),
        format=feed.format,
        mapping=mapping.to_dict(),
        guessed=guessed,
        status=ImportJob.Status.MAPPING,
        requested_by=requested_by,
    )


def keep_upload(upload: Any) -> Path:
    """Write an uploaded file into the data folder, in pieces, under a name of our own. Raises BadInput when too big."""
    if upload.size > settings.UPLOAD_LIMIT_MB * 1024 * 1024:
        raise BadInput(
            f"{upload.name} is larger than {settings.UPLOAD_LIMIT_MB} MB. Pack it with gzip, or import it with "
            "manage.py import_catalog on the server."
        )
    folder = uploads()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.time_ns()}.feed"
    with path.open("xb") as file:
        shutil.copyfileobj(upload, file, 1024 * 1024)
    return path


def opened(store: Store, path: Path, format: str, mapping: Mapping | None) -> tuple[Feed, Mapping]:
    """The feed and how to read it: `mapping`, or a guess; bare prices are in the store's currency.

    Raises BadInput when the file is no feed or holds no products.
    """
    feed = open_feed(path, format, mapping.options.delimiter if mapping else None)
    if next(feed.rows(), None) is None:
        raise BadInput(f"{path.name} has no products in it.")
    mapping = mapping or guess_mapping(feed.columns, feed.sample()).mapping
    return feed, mapping.with_currency(store.currency)


def require_columns(feed: Feed, mapping: Mapping) -> None:
    """Raises BadInput when a field that every product needs has no column, or a column named is not in the table."""
    known = ", ".join(feed.columns[:30]) + (" …" if len(feed.columns) > 30 else "")
    lacking = [name for name in REQUIRED if name not in mapping.fields and not mapping.defaults.get(name)]
    if lacking:
        raise BadInput(f"No column is chosen for {' and '.join(lacking)}. The columns are: {known}.")
    # Records of the other formats are sparse: a column may come later.
    missing = mapping.missing_columns(feed.columns) if feed.format in ("csv", "tsv") else []
    if missing:
        raise BadInput(f"The mapping names columns that are not in the file: {', '.join(missing)}. It has: {known}.")


def confirm(job: ImportJob, mapping: Mapping) -> None:
    """MAPPING -> QUEUED with the columns as a person left them.

    Raises WrongState when it went on already, BadInput when a needed column is missing.
    """
    require_columns(open_feed(Path(job.path), job.format, mapping.options.delimiter), mapping)
    taken = ImportJob.objects.filter(pk=job.pk, status=ImportJob.Status.MAPPING).update(
        status=ImportJob.Status.QUEUED, mapping=mapping.to_dict()
    )
    if not taken:
        raise WrongState("This import has started already.")


@transaction.atomic
def discard(job: ImportJob) -> None:
    """Forget a file whose columns were never confirmed. Raises WrongState when its import started."""
    deleted, _rows = ImportJob.objects.filter(pk=job.pk, status=ImportJob.Status.MAPPING).delete()
    if not deleted:
        raise WrongState("This import has started already.")
    transaction.on_commit(lambda: _drop_upload(job))


def _drop_upload(job: ImportJob) -> None:
    """Remove our copy of an uploaded file; a file that an operator named stays where it is."""
    if Path(job.path).parent == uploads():
        Path(job.path).unlink(missing_ok=True)


def uploads() -> Path:
    return Path(settings.MEDIA_ROOT) / "feeds"


def stuck() -> list[int]:
    """Open jobs; the lock tells a worker whether another is at it."""
    return list(ImportJob.objects.filter(status__in=ImportJob.OPEN).values_list("id", flat=True)[:20])


def execute(job: ImportJob, on_batch: Callable[[ImportJob], Any] = lambda job: None) -> ImportJob:
    """Run a queued job, or go on with one that was interrupted, from the last committed batch.

    Ends in DONE, or in FAILED with a sentence; good rows stay in either way.
    """
    ImportJob.objects.filter(pk=job.pk, started_at=None).update(started_at=timezone.now())
    ImportJob.objects.filter(pk=job.pk).update(status=ImportJob.Status.RUNNING)
    job.refresh_from_db()
    try:
        mapping = Mapping.from_dict(job.mapping)
        feed = open_feed(Path(job.path), job.format, mapping.options.delimiter)
        _read(job, feed, mapping, on_batch)
    except StudioError as error:
        ImportJob.objects.filter(pk=job.pk).update(
            status=ImportJob.Status.FAILED, error=str(error), finished_at=timezone.now()
        )
    except (DataError, IntegrityError) as error:  # a value our checks let through must not be tried for ever
        log.exception("import %s stopped", job.pk)
        ImportJob.objects.filter(pk=job.pk).update(
            status=ImportJob.Status.FAILED,
            error=f"The database refused rows after row {job.rows_read}: {str(error).splitlines()[0]}",
            finished_at=timezone.now(),
        )
    else:
        ImportJob.objects.filter(pk=job.pk).update(status=ImportJob.Status.DONE, finished_at=timezone.now())
    job.refresh_from_db()
    _drop_upload(job)
    return job


def _read(job: ImportJob, feed: Feed, mapping: Mapping, on_batch: Callable[[ImportJob], Any]) -> None:
    batches = _batches(feed, mapping, job.rows_read)
    fresh = job.store.products.count() == job.created  # a first import: no id of the file is there yet
    with ThreadPoolExecutor(1, thread_name_prefix="feed") as reader:
        coming = reader.submit(next, batches, None)
        while batch := coming.result():
            coming = reader.submit(next, batches, None)
            fresh = _commit(job, batch, fresh)
            on_batch(job)


@dataclass
class _Batch:
    """Rows `was` + 1 to `now` of a feed."""

    was: int
    now: int
    good: list[Staged] = field(default_factory=list)
    bad: list[RowError] = field(default_factory=list)
    refused: int = 0


def _batches(feed: Feed, mapping: Mapping, done: int) -> Iterator[_Batch]:
    """What comes after row `done`; rows that an earlier attempt committed are read again for their ids only."""
    batch = _Batch(done, done)
    for number, (line, problems) in enumerate(ready(feed, mapping), start=1):
        if number <= done:
            continue
        batch.now = number
        batch.bad += problems
        if line is None:
            batch.refused += 1
        else:
            batch.good.append(line)
        if number - batch.was >= BATCH:
            yield batch
            batch = _Batch(number, number)
    if batch.now > batch.was:
        yield batch


def _commit(job: ImportJob, batch: _Batch, fresh: bool) -> bool:
    """Products, errors and place together; whether all the products were new. A crash of the database may take the last
    batches with it, whole, and the import goes on from the place that is left: so no batch waits for the disk."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        if not ImportJob.objects.filter(pk=job.pk, rows_read=batch.was, status=ImportJob.Status.RUNNING).update(
            rows_read=batch.now
        ):
            raise WrongState("another worker has gone on with this import")
        counts = upsert(job.store, batch.good, fresh=fresh)
        job.refresh_from_db()
        job.created += counts.created
        job.updated += counts.updated
        job.unchanged += counts.unchanged
        job.refused += batch.refused
        job.save(update_fields=["created", "updated", "unchanged", "refused"])
        room = MOST_ERRORS_KEPT - job.row_errors.count()
        ImportRowError.objects.bulk_create(
            [
                ImportRowError(
                    job=job,
                    line=error.line,
                    column=error.column[:200],
                    reason=error.reason,
                    value=error.value[:200],
                    severity=error.severity,
                )
                for error in batch.bad[: max(room, 0)]
            ]
        )
    return fresh and counts.created == len(batch.good)


def dry_run(
    feed: Feed, store: Store, mapping: Mapping, on_batch: Callable[[Report], Any] = lambda report: None
) -> Report:
    """What an import would do, without writing anything."""
    report, good = Report(), list[Staged]()
    for line, problems in ready(feed, mapping):
        report.rows += 1
        report.note(problems)
        if line is None:
            report.refused += 1
        else:
            good.append(line)
        if report.rows % BATCH == 0:
            report.counts += upsert(store, good, write=False)
            good = []
            on_batch(report)
    report.counts += upsert(store, good, write=False)
    return report
