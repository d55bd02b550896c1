"""A database and a cache of their own for a measurement, thrown away afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storefront_studio.lib import embedded
from storefront_studio.lib.errors import StudioError

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def scratch() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder, and the environment of processes whose database and cache live in it."""
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
    """What a command printed. Raises StudioError with the last line of its complaint."""
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise StudioError(f"{' '.join(command[1:])} failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return done.stdout
