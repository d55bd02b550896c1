"""Places that few may have at once, across threads and processes, and what becomes of those whose holder died."""

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from generation import leases
from generation.models import Lease

pytestmark = pytest.mark.django_db(transaction=True)


def held_by_another(seat: int = 1, seconds: float = 60) -> Lease:
    until = timezone.now() + dt.timedelta(seconds=seconds)
    return Lease.objects.create(name="vendor:test", seat=seat, holder="elsewhere:1:x", until=until)


def test_no_more_than_the_seats_are_taken_at_once_and_everybody_gets_one() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def work(_number: int) -> None:
        nonlocal now, most
        try:
            with leases.seat("vendor:test", 3):
                with lock:
                    now += 1
                    most = max(most, now)
                time.sleep(0.02)
                with lock:
                    now -= 1
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(24)))
    assert most <= 3
    assert Lease.objects.count() == 0


def test_a_seat_that_another_worker_holds_is_waited_for() -> None:
    row = held_by_another()
    got = threading.Event()

    def work() -> None:
        try:
            with leases.seat("vendor:test", 1):
                got.set()
        finally:
            connection.close()

    waiting = threading.Thread(target=work)
    waiting.start()
    assert not got.wait(0.4)
    row.delete()
    assert got.wait(5)
    waiting.join()


def test_the_seat_of_a_killed_worker_is_free_when_its_time_is_over() -> None:
    held_by_another(seconds=-1)
    with leases.seat("vendor:test", 1):
        assert Lease.objects.get().holder != "elsewhere:1:x"


def test_a_seat_is_kept_for_as_long_as_the_work_takes(settings: Any) -> None:
    settings.RUN_LEASE_SECONDS = 3
    with leases.seat("vendor:test", 1):
        time.sleep(3.5)
        assert Lease.objects.get().until > timezone.now()


def test_places_that_killed_workers_left_behind_are_cleared_away_and_no_others() -> None:
    kept = [held_by_another(1, seconds=60), held_by_another(2, seconds=-1)]
    held_by_another(3, seconds=-3600)
    assert leases.forget_ended() == 1
    assert set(Lease.objects.all()) == set(kept)


def test_work_that_fails_gives_its_seat_back() -> None:
    with pytest.raises(ValueError, match="broken"), leases.seat("vendor:test", 1):
        raise ValueError("broken")
    assert not Lease.objects.exists()


def test_two_names_do_not_wait_for_each_other() -> None:
    held_by_another()
    with leases.seat("vendor:other", 1):
        assert Lease.objects.count() == 2
