"""Places that few may have at once, across all workers: seats at a vendor, the right to ask a question.

A place is a row with an end. Its holder's process renews it while it works; a process that was killed renews nothing,
and RUN_LEASE_SECONDS later the place is free again. Nobody waits inside a transaction, and nobody holds a connection
while waiting.
"""

import datetime as dt
import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models.functions import Now

from generation.models import Lease

log = logging.getLogger(__name__)
ASK_EVERY = 0.1  # seconds between two looks for a free place, of one thread per process and name
TAKE = """
    INSERT INTO generation_lease (name, seat, holder, until)
    SELECT %(name)s, place, %(holder)s, now() + make_interval(secs => %(seconds)s)
    FROM generate_series(1, %(seats)s) AS place
    WHERE NOT EXISTS (SELECT 1 FROM generation_lease held
                      WHERE held.name = %(name)s AND held.seat = place AND held.until > now())
    ORDER BY place LIMIT 1
    ON CONFLICT (name, seat) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE generation_lease.until <= now()
    RETURNING seat
"""


@contextmanager
def seat(name: str, seats: int) -> Iterator[None]:
    """One of `seats` places called `name` for the block; waits for one as long as it takes."""
    me, name = _mine(), name[:120]
    with me.at(name) as place:
        taken = _wait(place, name, seats, me.holder)
        me.count(1)
        try:
            yield
        finally:
            _leave(name, taken, me.holder)
            me.count(-1)
            place.freed.set()


def forget_ended() -> int:
    """Remove the places of killed processes that nobody came to take, a further lease after their end; how many.

    A question whose answer was saved just before its worker died is never asked again, so nobody takes its place."""
    return Lease.objects.filter(until__lt=Now() - _length()).delete()[0]


def give_back_connection() -> None:
    """Return this thread's connection to the pool before a long wait; not in the middle of a transaction."""
    if not connection.in_atomic_block:
        connection.close()


class _Place:
    """A name as the threads of this process meet at it: one looks for a place, the others queue behind it."""

    def __init__(self) -> None:
        self.users = 0
        self.turn = threading.Lock()
        self.freed = threading.Event()


class _Process:
    """What this process holds, and the thread that renews it."""

    def __init__(self) -> None:
        self.holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
        self.places: dict[str, _Place] = {}
        self.held = 0
        self.lock = threading.Lock()
        self.keeper: threading.Thread | None = None
        self.nothing_held = threading.Event()

    @contextmanager
    def at(self, name: str) -> Iterator[_Place]:
        """The meeting place of a name, forgotten with its last user."""
        with self.lock:
            place = self.places.setdefault(name, _Place())
            place.users += 1
        try:
            yield place
        finally:
            with self.lock:
                place.users -= 1
                if not place.users:
                    del self.places[name]

    def count(self, by: int) -> None:
        with self.lock:
            self.held += by
            if not self.held:
                self.nothing_held.set()
                return
            self.nothing_held.clear()
            if self.keeper is None:
                self.keeper = threading.Thread(target=self._keep, name="leases", daemon=True)
                self.keeper.start()

    def _keep(self) -> None:
        """Renew all that is held, three times within a lease, until nothing is held."""
        while True:
            self.nothing_held.wait(settings.RUN_LEASE_SECONDS / 3)
            with self.lock:
                if not self.held:
                    self.keeper = None
                    return
            try:
                close_old_connections()
                Lease.objects.filter(holder=self.holder).update(until=Now() + _length())
            except Exception:
                log.warning("leases could not be renewed; trying again", exc_info=True)
            finally:
                connection.close()


@cache
def _of_process(pid: int) -> _Process:
    return _Process()


def _mine() -> _Process:
    return _of_process(os.getpid())


def _length() -> dt.timedelta:
    return dt.timedelta(seconds=settings.RUN_LEASE_SECONDS)


def _wait(place: _Place, name: str, seats: int, holder: str) -> int:
    """The number of the place. In a process one thread at a time looks for a place of a name; the others queue."""
    give_back_connection()  # there may be a queue
    with place.turn:
        while True:
            place.freed.clear()
            taken = _take(name, seats, holder)
            if taken is not None:
                return taken
            give_back_connection()
            place.freed.wait(ASK_EVERY)


def _take(name: str, seats: int, holder: str) -> int | None:
    seconds = settings.RUN_LEASE_SECONDS
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"name": name, "seats": seats, "holder": holder, "seconds": seconds})
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _leave(name: str, taken: int, holder: str) -> None:
    try:
        Lease.objects.filter(name=name, seat=taken, holder=holder).delete()
    except Exception:
        log.warning("a lease could not be given back; it ends by itself", exc_info=True)
