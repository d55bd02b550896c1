"""Whether the process lives, and whether it could do work now. For probes: no sign-in, no secrets, no long waits."""

from collections.abc import Callable

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.connection import Connection

from generation import worker

OK = "ok"
WAIT = 1  # seconds


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part answers, else 503; each check is "ok" or a sentence."""
    database = _checked(_database, "The database does not answer.")
    lost = "Not known while the database does not answer."
    checks = {
        "database": database,
        "broker": _checked(_broker, "The broker does not answer."),
        "worker": _beats("worker", "No worker has been seen for 20 seconds.") if database == OK else lost,
        "embedder": _beats("embedder", "The worker has not loaded its encoder yet.") if database == OK else lost,
    }
    if settings.RERANKER:
        wanted = "The worker has not loaded the model that RERANKER names; its log says why."
        checks["reranker"] = _beats("reranker", wanted) if database == OK else lost
    ready = all(said == OK for said in checks.values())
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def _checked(check: Callable[[], None], otherwise: str) -> str:
    try:
        check()
    except Exception:  # whatever the driver says may name addresses and users; this answer is public
        return otherwise
    return OK


def _database() -> None:
    """A connection of its own: waiting for the pool takes too long when the database is gone."""
    wanted = connection.settings_dict
    parts = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    given = {name: wanted[key] for name, key in parts.items() if wanted.get(key)}
    with psycopg.connect(**given, connect_timeout=WAIT + 1) as own:
        own.execute("SELECT 1")


def _broker() -> None:
    options = {"socket_connect_timeout": WAIT, "socket_timeout": WAIT}
    url = settings.CELERY_BROKER_URL
    redis = url.startswith(("redis", "rediss", "sentinel"))
    broker_at = Connection(  # type: ignore[no-untyped-call]
        url, connect_timeout=WAIT, transport_options=options if redis else {}
    )
    with broker_at as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=WAIT)
        broker.default_channel.close()


def _beats(name: str, otherwise: str) -> str:
    def check() -> None:
        if not worker.alive(name):
            raise LookupError(name)

    return _checked(check, otherwise)
