"""Brokers for tests that run real workers: nothing else in the tests uses them, nor does the process beside."""

import os
from urllib.parse import urlsplit

BESIDE = 4  # processes of pytest-xdist that can run at once without sharing one; Redis has 16 databases


def own(first: int) -> str:
    """The address of one of the Redis databases from `first` on, by the number of this process of pytest-xdist."""
    from django.conf import settings

    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlsplit(settings.REDIS_URL)._replace(path=f"/{first + number % BESIDE}").geturl()
