"""Where an act comes from: a screen, the API, a key, a command or the worker, and from which network.

Whoever opens a door says so once (`entering`); every audit entry written until it closes takes it from here. Without a
door, the process itself is the origin.
"""

import ipaddress
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

BROWSERS = (
    *(("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox")),
    *(("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari")),
)
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"))
MORE_SYSTEMS = (("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))


@dataclass(frozen=True)
class Origin:
    """`through` in words ("the studio", "the API", "API key shop front", "command", "worker"); `address` as much of it
    as AUDIT_ADDRESS keeps, `agent` the program, both empty where there is none."""

    through: str
    address: str = ""
    agent: str = ""


_current: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)


def current() -> Origin:
    return _current.get() or _here()


def through() -> str:
    return current().through[:120]


def address() -> str:
    return current().address[:50]


def agent() -> str:
    return current().agent[:80]


@contextmanager
def entering(origin: Origin) -> Iterator[None]:
    """Everything written inside comes from `origin`."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


def by_key(name: str) -> None:
    """The request under way turned out to be an API key's."""
    here = current()
    _current.set(Origin(f"API key {name}", here.address, here.agent))


@cache
def _here() -> Origin:
    return of_process(sys.argv)


def of_process(argv: Sequence[str]) -> Origin:
    """What a process started as `argv` is to the trail."""
    started = Path(argv[0] if argv else "")
    words = [word for word in argv[1:] if not word.startswith("-")]
    if started.name == "manage.py":
        return Origin(f"command {words[0]}" if words else "command")
    return Origin("worker" if "celery" in started.parts else "the studio itself")


# --- Requests -----------------------------------------------------------------------------------------------------
def of_request(request: HttpRequest) -> Origin:
    where = "the API" if request.path.startswith("/api/") else "the studio"
    return Origin(where, _coarse(_client(request)), program(request.headers.get("User-Agent", "")))


def _client(request: HttpRequest) -> str:
    """The caller's address; behind our own proxy, the one which that proxy added last."""
    if settings.BEHIND_PROXY:
        added = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if added:
            return str(added)
    return str(request.META.get("REMOTE_ADDR", ""))


def _coarse(text: str) -> str:
    """`text` as AUDIT_ADDRESS keeps it: the network (/24 of IPv4, /48 of IPv6), all of it, or nothing."""
    if settings.AUDIT_ADDRESS == "none":
        return ""
    try:
        found = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return ""
    if settings.AUDIT_ADDRESS == "full":
        return str(found)
    known = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((known, 24 if known.version == 4 else 48), strict=False))


def program(user_agent: str) -> str:
    """ "Firefox on Windows", or the name a program gives itself; never the whole header, which tells people apart."""
    browser = next((name for mark, name in BROWSERS if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in (*SYSTEMS, *MORE_SYSTEMS) if mark in user_agent), "")
    if browser:
        return f"{browser} on {system}" if system else browser
    first = re.match(r"[\w.+-]{1,40}", user_agent)
    return first.group() if first else ""
