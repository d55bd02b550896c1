"""Start, stop and look at the embedded services of one data folder; see `postgres` and `redis` for each.

Everything about a data folder is in `services.json` there (mode 0600: the URLs hold passwords). Changes happen
under a file lock, so of two processes that race one starts the service and the other one finds it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import postgres, redis
from .state import locked, read_urls, write_url

NAMES = ("postgres", "redis")
VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
MODULES = {"postgres": postgres, "redis": redis}


@dataclass(frozen=True, slots=True)
class Services:
    """Where the services answer. `started` names those that this very call started."""

    database_url: str
    redis_url: str
    started: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service now. `pid` and `port` are None unless it is embedded and up."""

    name: str
    state: Literal["up", "down", "external"]
    pid: int | None = None
    port: int | None = None


def ensure(env: Mapping[str, str], data_dir: Path) -> Services:
    """External URLs where `env` has them, else embedded services, started when they are down.

    Costs a few milliseconds when they are up. Raises Misconfigured when one cannot be started.
    """
    wanted = [name for name in NAMES if not env.get(VARIABLES[name])]
    started = start_named(data_dir, wanted) if wanted else ()
    return _addresses(env, data_dir, started)


def start(data_dir: Path) -> Services:
    """Start what is down. Idempotent. Raises Misconfigured with the end of the log when a start fails."""
    started = start_named(data_dir, NAMES)
    return _addresses({}, data_dir, started)


def start_named(data_dir: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Start the named services that are down; returns the names of those it had to start."""
    data_dir = data_dir.resolve()
    urls = read_urls(data_dir)
    down = [name for name in names if not MODULES[name].running(data_dir, urls.get(name))]
    if not down:
        return ()
    started = []
    with locked(data_dir):
        for name in down:
            url = read_urls(data_dir).get(name)
            if MODULES[name].running(data_dir, url):
                continue
            write_url(data_dir, name, MODULES[name].start(data_dir, url))
            started.append(name)
    return tuple(started)


def stop(data_dir: Path, names: Iterable[str] = NAMES) -> tuple[str, ...]:
    """Stop the named services and wait until they are gone; returns the names of those that ran.

    Only processes that belong to this data folder are touched. Raises Misconfigured when one does not stop.
    """
    data_dir = data_dir.resolve()
    if not data_dir.is_dir():
        return ()
    with locked(data_dir):
        urls = read_urls(data_dir)
        return tuple(name for name in names if MODULES[name].stop(data_dir, urls.get(name)))


def status(data_dir: Path, env: Mapping[str, str] | None = None) -> list[ServiceStatus]:
    """Each service in the order of `NAMES`; starts nothing. With `env`, those set there are "external"."""
    data_dir = data_dir.resolve()
    urls = read_urls(data_dir)
    return [_status(name, data_dir, urls.get(name), env or {}) for name in NAMES]


def _status(name: str, data_dir: Path, url: str | None, env: Mapping[str, str]) -> ServiceStatus:
    if env.get(VARIABLES[name]):
        return ServiceStatus(name, "external")
    running = MODULES[name].running(data_dir, url)
    return ServiceStatus(name, "up", *running) if running else ServiceStatus(name, "down")


def _addresses(env: Mapping[str, str], data_dir: Path, started: tuple[str, ...]) -> Services:
    urls = read_urls(data_dir.resolve())
    database_url, redis_url = (env.get(VARIABLES[name]) or urls[name] for name in NAMES)
    return Services(database_url, redis_url, started)
