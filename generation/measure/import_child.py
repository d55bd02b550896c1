"""What `importing` runs in a process of its own: one import, with the memory that it and its database session took."""

import json
import resource
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil  # type: ignore[import-untyped]
from django.db import connection

from accounts.models import Store
from generation import imports
from generation.measure import stores
from generation.models import ImportJob
from storefront_studio.lib.errors import BadInput

EVERY = 0.1  # seconds


def main(store_id: int, path: str) -> None:
    """Import `path`, or go on with the store's import that was cut off; print one JSON object."""
    store = Store.objects.get(pk=store_id)
    with Watch() as watch:
        cut_off = ImportJob.objects.filter(store=store, status__in=ImportJob.OPEN).first()
        job = imports.execute(cut_off) if cut_off else stores.bring_in(store, Path(path))
    if job.error:
        raise BadInput(job.error)
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024  # ru_maxrss is in kB on Linux, in bytes on macOS
    found = {
        "seconds": watch.seconds,
        "cpu_s": watch.cpu,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1),
        "postgres_mb": watch.most and round(watch.most / 1024**2, 1),
        "created": job.created,
        "updated": job.updated,
        "unchanged": job.unchanged,
    }
    sys.stdout.write(json.dumps(found) + "\n")


class Watch:
    """Seconds, and seconds of processor, of us and of the server process of our connection, at which it looks now and
    then for its memory: `most` bytes. `cpu` and `most` stay None where the server is on another machine."""

    def __init__(self) -> None:
        self.most: int | None = None
        self.cpu: float | None = None
        self.seconds = 0.0
        self._over = threading.Event()
        self._server: Any = None
        with suppress(psutil.Error), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_backend_pid(), inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() IS NULL"
            )
            pid, here = cursor.fetchone()
            server = psutil.Process(pid) if here else None
            self._server = server if server and "postgres" in " ".join(server.cmdline()) else None

    def __enter__(self) -> Self:
        self._before = self._spent()
        self._began = time.perf_counter()
        threading.Thread(target=self._look, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.seconds = time.perf_counter() - self._began
        self._over.set()
        if self._before is not None and (after := self._spent()) is not None:
            self.cpu = after - self._before

    def _spent(self) -> float | None:
        if self._server is None:
            return None
        with suppress(psutil.Error):
            server = self._server.cpu_times()
            return float(server.user + server.system) + time.process_time()
        return None

    def _look(self) -> None:
        with suppress(psutil.Error):
            while self._server is not None and not self._over.wait(EVERY):
                self.most = max(self.most or 0, self._server.memory_full_info().uss)
