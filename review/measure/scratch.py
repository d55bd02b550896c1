"""A database and a cache of their own for a measurement, thrown away afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from storefront_studio.lib import embedded
from storefront_studio.lib.errors import StudioError

ROOT = Path(__file__).resolve().parents[2]
ENDINGS = (signal.SIGTERM, signal.SIGHUP)
END_SECONDS = 10  # that a command has for tidying up


@contextmanager
def scratch() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder, and the environment of processes whose database and cache live in it. Told to end (SIGTERM, SIGHUP), it
    takes them away first; only SIGKILL leaves them running."""
    with _tidy_when_told(), _services() as made:
        yield made


@contextmanager
def _tidy_when_told() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        for ending in ENDINGS:  # told twice, it still tidies up once
            signal.signal(ending, signal.SIG_IGN)
        sys.exit(128 + number)

    before = {ending: signal.signal(ending, end) for ending in ENDINGS}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


@contextmanager
def _services() -> Iterator[tuple[Path, dict[str, str]]]:
    folder = Path(tempfile.mkdtemp(prefix="studio-bench-"))
    data = folder / "var"
    data.mkdir()
    try:
        services = embedded.start(data)
        own = {
            "STUDIO_DATA_DIR": str(data),
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "CELERY_BROKER_URL": services.redis_url,
            "API_RATE": "1000000000/min",
            "LOG_LEVEL": "WARNING",
        }
        yield folder, {**os.environ, **own}
    finally:
        embedded.stop(data)
        shutil.rmtree(folder, ignore_errors=True)


def run(command: list[str], env: dict[str, str]) -> str:
    """What a command printed. It ends with us, and so does what it started. Raises StudioError with the last line of
    its complaint."""
    child = subprocess.Popen(
        command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        said, complaint = child.communicate()
    except BaseException:
        _end(child)
        raise
    if child.returncode:
        raise StudioError(f"{' '.join(command[1:])} failed: {(complaint.strip().splitlines() or ['?'])[-1]}")
    return said


def _end(child: "subprocess.Popen[str]") -> None:
    """The child and what it started, asked first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_SECONDS)
    child.communicate()
