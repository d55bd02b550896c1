"""Import speed beside the bare components: reading the same file, and COPY of the same rows; and an import cut off."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.models import Store
from generation.measure import made
from generation.measure.import_child import Watch
from generation.models import ImportJob, Product
from storefront_studio.lib.errors import BadInput, StudioError

# Peak memory of a process never goes down, so each import is measured in a process of its own.
CHILD = """
import sys, django
from storefront_studio import bootstrap
bootstrap.prepare()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[3]
django.setup()
from generation.measure import import_child
import_child.main(int(sys.argv[1]), sys.argv[2])
"""
ROOT = Path(__file__).resolve().parents[2]
CHANGED_EVERY = 100
Say = Callable[[str], object]


def measure(rows: int, *, kill: bool = False, leave: bool = False, say: Say = lambda text: None) -> dict[str, Any]:
    """Seconds, rows per second, peak MB and how many times faster the bare component is, one row a system.

    With `kill` an import is killed (SIGKILL) once half of its rows are in, and resumed; what is in is counted both
    times. `leave` is for a database that is thrown away afterwards: the stores need not be emptied.
    Raises BadInput for no rows, StudioError when rows were lost or doubled.
    """
    if rows < 1:
        raise BadInput("--rows must be 1 or more.")
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder, _stores(leave) as (store, cut):
        feed, edited = Path(folder) / "feed.csv", Path(folder) / "edited.csv"
        say(f"Writing {rows:,} rows")
        made.write(feed, rows)
        made.write(edited, rows, lambda number: number % CHANGED_EVERY == 0)
        copies, read, systems = [_copy(feed)], _read(feed), []
        for name, path in (
            ("our import", feed),
            ("our import, again and unchanged", feed),
            ("our import, again with 1 % changed", edited),
        ):
            say(name.capitalize())
            found = apart(store, path)
            systems.append(_row(name, rows, found))
            _check(store, rows, found)
            copies.append(_copy(feed))
        size = feed.stat().st_size
        copies.sort(key=lambda found: found["seconds"] or 0.0)
        bare = {"copy": copies[len(copies) // 2], "same": _same_work(store, Path(folder) / "rows.copy")}
        notes = _notes(rows, size, systems)
        if kill:
            say("An import that is killed halfway")
            _unlink(edited)
            notes.append(_kill_and_resume(store, cut, feed, rows, say))
    for system in systems:
        for key, found in bare.items():
            system[f"times_{key}"] = round(system["seconds"] / found["seconds"], 2)
            if system["cpu_s"] and found["cpu_s"]:
                system[f"cpu_times_{key}"] = round(system["cpu_s"] / found["cpu_s"], 2)
    systems += [
        _row("bare component: COPY of the file into a plain table", rows, bare["copy"]),
        _row("bare component: COPY of the checked rows into an equal table", rows, bare["same"]),
        _row("bare component: csv module reads the file", rows, read),
    ]
    return {"systems": systems, "rows": rows, "file_mb": round(size / 1e6, 1), "notes": notes}


def _row(name: str, rows: int, found: dict[str, Any]) -> dict[str, Any]:
    cpu = found["cpu_s"]
    return {
        "name": name,
        "seconds": round(found["seconds"], 3),
        "cpu_s": None if cpu is None else round(cpu, 3),
        "rows_per_s": round(rows / found["seconds"], 1),
        "peak_mb": found.get("peak_mb"),
        "postgres_mb": found.get("postgres_mb"),
        "created": found.get("created"),
        "updated": found.get("updated"),
        "times_copy": None,
        "times_same": None,
        "cpu_times_copy": None,
        "cpu_times_same": None,
    }


def _notes(rows: int, size: int, systems: list[dict[str, Any]]) -> list[str]:
    first, _same, edited = systems
    return [
        f"The file has {size / rows / 1000:.2f} kB a row. Of the 1 % changed only those {edited['updated']:,} "
        "rows were written.",
        "peak_mb: the importing process with Django. postgres_mb: what its database session held by itself, besides "
        "the shared buffers." + ("" if first["postgres_mb"] is not None else " Not known here."),
        "cpu_s: of the process and its database session together; times_copy is beside the median of four COPYs.",
        "An equal table has the catalogue's columns, search vector, constraints and indexes: what any loader must pay.",
    ]


@contextmanager
def _stores(leave: bool) -> Iterator[tuple[Store, Store]]:
    """Two throw-away stores."""
    name = f"bench-import-{time.time_ns()}"
    both = [Store.objects.create(slug=f"{name}-{n}", name="Import measurement", currency="EUR") for n in (1, 2)]
    try:
        yield both[0], both[1]
    finally:
        for store in [] if leave else both:
            store.delete()


def _start(store: Store, feed: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CHILD, str(store.pk), str(feed), str(connection.settings_dict["NAME"])]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def apart(store: Store, feed: Path) -> dict[str, Any]:
    """What `import_child` says of an import in a process of its own."""
    child = _start(store, feed)
    said, complaint = child.communicate()
    if child.returncode:
        raise BadInput(f"The import did not work: {(complaint.strip().splitlines() or ['no reason given'])[-1]}")
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def _check(store: Store, rows: int, found: dict[str, Any]) -> None:
    job = ImportJob.objects.filter(store=store).latest("id")
    touched = Product.objects.filter(store=store, updated_at__gte=job.started_at).count()
    if Product.objects.filter(store=store).count() != rows or touched != found["created"] + found["updated"]:
        raise StudioError(f"The catalogue is not what the import says: {touched:,} rows written, {found}.")


def _kill_and_resume(whole: Store, cut: Store, feed: Path, rows: int, say: Say) -> str:
    """SIGKILL once half of the rows are committed, then the same job again; the store must end as `whole` did."""
    child = _start(cut, feed)
    try:
        while child.poll() is None:
            job = ImportJob.objects.filter(store=cut).first()
            if job and job.rows_read >= rows // 2:
                break
            time.sleep(0.02)
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    time.sleep(1)  # the server needs a moment to notice that nobody is there, and to undo what was open
    job = ImportJob.objects.get(store=cut)
    at, there = job.rows_read, Product.objects.filter(store=cut).count()
    if job.status != ImportJob.Status.RUNNING or at >= rows:
        raise StudioError(f"The import of {rows:,} rows ended before it could be killed; use more rows.")
    if there != at:
        raise StudioError(f"{at:,} rows count as read, and {there:,} products are in.")
    say(f"Killed at {at:,} rows; resuming")
    found = apart(cut, feed)
    job.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(DISTINCT p.item_id), count(*) FILTER (WHERE w.content_hash = p.content_hash)
               FROM generation_product p LEFT JOIN generation_product w ON w.store_id = %s AND w.item_id = p.item_id
               WHERE p.store_id = %s""",
            [whole.pk, cut.pk],
        )
        products, ids, _equal = counted = cursor.fetchone()
    if (products, ids, job.created, job.rows_read) != (rows, rows, rows, rows):
        raise StudioError(f"After the resume: {products:,} products, {ids:,} ids, {job.created:,} created.")
    return (
        f"Killed (SIGKILL) at {at:,} of {rows:,} rows: {there:,} products in. The resume took {found['seconds']:.1f} s "
        f"and ended with {counted[0]:,} products, {counted[1]:,} different ids, {job.created:,} counted as created."
    )


Found = dict[str, float | None]


def _read(feed: Path) -> Found:
    began, cpu = time.perf_counter(), time.process_time()
    with feed.open(encoding="utf-8", newline="") as file:
        for _row in csv.DictReader(file):
            pass
    return {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}


def _copy(feed: Path) -> Found:
    """Seconds for COPY of the file, as it is, into a plain table of text columns without an index."""
    with feed.open(encoding="utf-8", newline="") as file:
        names = [connection.ops.quote_name(name) for name in next(csv.reader(file))]
    return _timed_copy(feed, ", ".join(f"{name} text" for name in names), ", ".join(names), "FORMAT csv, HEADER true")


def _same_work(store: Store, path: Path) -> Found:
    """Seconds for COPY of the store's rows, ready made, into a table like the catalogue's: all that must be paid."""
    columns = [f for f in Product._meta.concrete_fields if not f.generated and not f.primary_key]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in columns)
    rows = f"SELECT {names} FROM generation_product WHERE store_id = {store.pk}"
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(f"COPY ({rows}) TO STDOUT") as out:
        file.writelines(out)
    try:
        return _timed_copy(path, "LIKE generation_product INCLUDING ALL", names, "FORMAT text")
    finally:
        _unlink(path)


def _timed_copy(path: Path, definition: str, names: str, options: str) -> Found:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_copy ({definition})")
        try:
            statement = f"COPY bench_copy ({names}) FROM STDIN ({options})"
            with Watch() as watch, path.open("rb") as raw, cursor.copy(statement) as copy:
                shutil.copyfileobj(raw, copy, 1 << 16)
            return {"seconds": watch.seconds, "cpu_s": watch.cpu}
        finally:
            cursor.execute("DROP TABLE bench_copy")


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
