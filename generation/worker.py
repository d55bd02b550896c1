"""Signs of life of the worker process, for /readyz and for commands that must know whether anybody works."""

import datetime as dt
import logging
import threading

from django.db import connection
from django.utils import timezone

from generation.models import Heartbeat

log = logging.getLogger(__name__)
EVERY = 5.0  # seconds
DEAD_AFTER = dt.timedelta(seconds=20)
_stop = threading.Event()


def beat(name: str, detail: str = "") -> None:
    """Say that `name` is alive now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": timezone.now(), "detail": detail[:200]})


def alive(name: str = "worker") -> bool:
    """Whether `name` was seen within the last `DEAD_AFTER`."""
    return Heartbeat.objects.filter(name=name, seen_at__gt=timezone.now() - DEAD_AFTER).exists()


def start() -> None:
    """Beat from now on, in a thread; load the encoder meanwhile, so that the first job does not wait for it."""
    _stop.clear()
    threading.Thread(target=_run, name="heartbeat", daemon=True).start()


def stop() -> None:
    """Stop beating and take the sign down, so that nobody waits for a worker that left."""
    _stop.set()
    Heartbeat.objects.filter(name__in=["worker", "embedder"]).delete()


def _run() -> None:
    from generation import kit

    detail = ""
    loaded = False
    while True:
        try:
            beat("worker")
            if not loaded:
                kit.encoder().encode(["ready"])
                kit.themes_shelf()
                loaded = True
            beat("embedder", detail)
        except Exception:
            log.warning("the worker could not give a sign of life", exc_info=True)
        finally:
            connection.close()
        if _stop.wait(EVERY):
            return
