"""Asking the database without waiting for one that is gone."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from psycopg_pool import PoolTimeout

Answer = TypeVar("Answer")
PATIENCE = 2.0  # seconds to wait for a connection; pages that wait longer are worse than pages a little old
PAUSE = 5.0  # seconds during which, after a failure, nobody asks again


class Unreachable(Exception):
    """The database did not answer."""


class _Breaker:
    """Open until `until` (monotonic seconds of this process)."""

    until = 0.0


def ask(question: Callable[[], Answer]) -> Answer:
    """What `question` answers. Raises Unreachable when the database fails, at once for a while after a failure."""
    if time.monotonic() < _Breaker.until:
        raise Unreachable("the database failed a moment ago")
    try:
        _connect_soon()
        return question()
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        _Breaker.until = time.monotonic() + PAUSE
        raise Unreachable(str(error)) from error


def forgive() -> None:
    """Ask again at once."""
    _Breaker.until = 0.0


def _connect_soon() -> None:
    """Fail after PATIENCE when the pool has no working connection, where Django would wait for the pool's own time."""
    pool = getattr(connection, "pool", None)
    if connection.connection is None and pool is not None:
        pool.open()  # a fresh process has not; opening twice is harmless
        pool.putconn(pool.getconn(timeout=PATIENCE))
