"""Small questions to the machine that both services ask."""

from __future__ import annotations

import importlib.util
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from storefront_studio.lib.errors import Misconfigured

HOST = "127.0.0.1"


def package_folder(package: str) -> Path:
    """The folder of an installed package, without importing it. Raises Misconfigured when it is not there."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured(
            f"the package {package} is not installed; run `make demo` once, or set DATABASE_URL and REDIS_URL"
        )
    return Path(spec.submodule_search_locations[0]).resolve()


def command_line(pid: int) -> list[str]:
    """Arguments of a live process; empty when there is none, or a zombie, under that number."""
    try:
        return [str(part) for part in psutil.Process(pid).cmdline()]
    except psutil.Error:
        return []


def works_in(pid: int, folder: Path) -> bool:
    """Whether that process has the folder as its working directory; False also when we may not know."""
    try:
        return Path(psutil.Process(pid).cwd()) == folder
    except psutil.Error:
        return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return bool(command_line(pid))


def answers(port: int, seconds: float = 5.0) -> bool:
    """Whether something accepts connections there; a closed port refuses at once, so the wait is for a busy one."""
    try:
        socket.create_connection((HOST, port), timeout=seconds).close()
    except OSError:
        return False
    return True


def free_port(preferred: int | None) -> int:
    """The preferred port when nobody listens there, else one the system picks."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Misconfigured(f"no free port on {HOST}")


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end_of(log: Path, lines: int = 5) -> str:
    """The last lines of a log in one line, to show beside an error."""
    try:
        return " | ".join(log.read_text(errors="replace").strip().splitlines()[-lines:])
    except OSError:
        return "(no log)"
