"""Doing several things at the same moment, each in a thread and connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned, or the exception it raised, in order."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            ready.wait(timeout=10)
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
