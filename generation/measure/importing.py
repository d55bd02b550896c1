"""Import speed beside the bare components: reading the same file, and COPY of the same rows into a plain table."""

import csv
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.models import Store
from generation.catalog.sample import generator
from generation.measure import stores
from storefront_studio.lib.errors import BadInput

# Peak memory of a process never goes down, so each import is measured in a process of its own.
CHILD = """
import sys, django
from storefront_studio import bootstrap
bootstrap.prepare()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[3]
django.setup()
from generation.measure import importing
importing.child()
"""


def write_feed(path: Path, rows: int) -> None:
    """A CSV feed of `rows` products: the sample catalogue, gone round as often as needed, ids made distinct."""
    sample = list(generator.products())
    columns = list(dict.fromkeys(name for row in sample for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        for number, row in enumerate(itertools.islice(itertools.cycle(sample), rows)):
            writer.writerow({**row, "id": f"bench-{number:07}", "title": f"{row['title']} no. {number}"})


def measure(rows: int, say: Callable[[str], object] = lambda text: None) -> dict[str, Any]:
    """Rows per second, peak MB, and how many times faster the bare component is. Raises BadInput for no rows."""
    if rows < 1:
        raise BadInput("--rows must be 1 or more.")
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        feed = Path(folder) / "feed.csv"
        say(f"Writing {rows:,} rows")
        write_feed(feed, rows)
        store = Store.objects.create(slug=f"bench-import-{time.time_ns()}", name="Import measurement", currency="EUR")
        try:
            say("Importing")
            first = _apart(store, feed)
            say("Importing again")
            again = _apart(store, feed)
        finally:
            store.delete()
        say("Reading and copying")
        read, copied = _read(feed), _copy(feed)
    systems = [
        _row("our import", rows, *first),
        _row("our import, again and unchanged", rows, *again),
        _row("bare component: csv module reads the file", rows, read, None),
        _row("bare component: COPY into a temporary table", rows, copied, None),
    ]
    for system, (seconds, _peak) in zip(systems, (first, again), strict=False):
        system["times_csv_read"] = round(seconds / read, 2)
        system["times_copy"] = round(seconds / copied, 2)
    return {"systems": systems, "rows": rows}


def _row(name: str, rows: int, seconds: float, peak: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "rows_per_s": round(rows / seconds, 1),
        "seconds": round(seconds, 3),
        "peak_mb": None if peak is None else round(peak, 1),
        "times_csv_read": None,
        "times_copy": None,
    }


def _apart(store: Store, feed: Path) -> tuple[float, float]:
    """Seconds of an import and the peak MB of the process that did it, Django's own included."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(store.pk), str(feed), str(connection.settings_dict["NAME"])],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    if done.returncode:
        raise BadInput(f"The import did not work: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), float(peak)


def child() -> None:
    """What `_apart` runs: import argv[2] into the store argv[1]; print seconds and peak MB."""
    store = Store.objects.get(pk=int(sys.argv[1]))
    began = time.perf_counter()
    stores.bring_in(store, Path(sys.argv[2]))
    seconds = time.perf_counter() - began
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024  # ru_maxrss is in kB on Linux, in bytes on macOS
    sys.stdout.write(f"{seconds} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit}\n")


def _read(feed: Path) -> float:
    began = time.perf_counter()
    with feed.open(encoding="utf-8", newline="") as file:
        for _row in csv.DictReader(file):
            pass
    return time.perf_counter() - began


def _copy(feed: Path) -> float:
    """Seconds for COPY of the file, as it is, into a temporary table of text columns without an index."""
    with feed.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bench_copy ({names.replace(',', ' text,')} text)")
        try:
            began = time.perf_counter()
            with feed.open("rb") as raw, cursor.copy("COPY bench_copy FROM STDIN (FORMAT csv, HEADER true)") as copy:
                while block := raw.read(1 << 16):
                    copy.write(block)
            return time.perf_counter() - began
        finally:
            cursor.execute("DROP TABLE bench_copy")
