"""Signs of life of the worker process, for /readyz and for commands that must know whether anybody works."""

import datetime as dt
import logging
import threading
from collections.abc import Collection

from django.db import connection
from django.utils import timezone

from generation.models import Heartbeat
from storefront_studio.lib.errors import StudioError

log = logging.getLogger(__name__)
EVERY = 5.0  # seconds
DEAD_AFTER = dt.timedelta(seconds=20)
WORKER, EMBEDDER, EMBEDDING, RERANKER = "worker", "embedder", "embedding", "reranker"
"""Signs: a worker of the main queue; the same once it has its encoder; a worker of the embedding queue; one of the
main queue once it has the model that orders search results again, where settings name one."""
_stop = threading.Event()
_loaded = threading.Event()
_reranking = threading.Event()
_signs: list[str] = []


def beat(name: str, detail: str = "") -> None:
    """Say that `name` is alive now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": timezone.now(), "detail": detail[:200]})


def alive(name: str = WORKER) -> bool:
    """Whether `name` was seen within the last `DEAD_AFTER`."""
    return Heartbeat.objects.filter(name=name, seen_at__gt=timezone.now() - DEAD_AFTER).exists()


def start(queues: Collection[str]) -> None:
    """Beat from now on, in a thread, for the queues we take work from; load the encoder meanwhile, so that the first
    job does not wait for it."""
    _stop.clear()
    _signs[:] = [sign for queue, sign in (("celery", WORKER), ("embedding", EMBEDDING)) if queue in queues]
    # Two threads: loading takes longer than DEAD_AFTER on a small machine, and the worker is at work meanwhile.
    threading.Thread(target=_load, name="encoder", daemon=True).start()
    threading.Thread(target=_run, name="heartbeat", daemon=True).start()


def stop() -> None:
    """Stop beating and take our signs down, so that nobody waits for a worker that left."""
    _stop.set()
    Heartbeat.objects.filter(name__in=[*_signs, *[EMBEDDER, RERANKER] * (WORKER in _signs)]).delete()


def _load() -> None:
    from generation import kit

    while not _loaded.is_set():
        try:
            kit.encoder().encode(["ready"])
            kit.themes_shelf()
            _loaded.set()
        except Exception:
            log.warning("the encoder could not be loaded", exc_info=True)
            if _stop.wait(EVERY):
                return
    load_reranker()


def load_reranker() -> bool:
    """Load the model that orders search results again, where settings name one; whether it is ready. What is wrong with
    it is logged: a person has to put it right, and everything else works without it."""
    from generation import kit

    found = kit.reranker()
    if found is None:
        return False
    try:
        found.load()
    except StudioError as error:
        log.error("%s", error)
        return False
    _reranking.set()
    return True


def _run() -> None:
    while True:
        try:
            for sign in _signs:
                beat(sign)
            if _loaded.is_set() and WORKER in _signs:
                beat(EMBEDDER)
            if _reranking.is_set() and WORKER in _signs:
                beat(RERANKER)
        except Exception:
            log.warning("the worker could not give a sign of life", exc_info=True)
        finally:
            connection.close()
        if _stop.wait(EVERY):
            return
