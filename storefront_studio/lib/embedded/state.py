"""What is remembered about the services of a data folder, and the lock around changing it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storefront_studio.lib.errors import Misconfigured

LOCK_SECONDS = 180.0
"""Longer than a first start on a slow disk; whoever waits longer is told who to look for."""


def read_urls(data_dir: Path) -> dict[str, str]:
    """Service name -> URL with password, as written by the last start; empty before the first."""
    path = data_dir / "services.json"
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError as error:
        raise Misconfigured(f"{path} belongs to another user; use a STUDIO_DATA_DIR of your own") from error
    except ValueError:
        return {}  # a damaged file: the next start writes new addresses and passwords
    return {str(name): str(url) for name, url in found.items()} if isinstance(found, dict) else {}


def write_url(data_dir: Path, name: str, url: str) -> None:
    """Remember one address; the file is replaced in one step and only its owner may read it."""
    urls = {**read_urls(data_dir), name: url}
    new = data_dir / "services.json.new"
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(urls, file, indent=2)
    new.replace(data_dir / "services.json")


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's lock, which the system frees when its holder dies. Raises Misconfigured."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = open(data_dir / "services.lock", "w")  # noqa: SIM115 - closed below, with the lock
    except OSError as error:
        raise Misconfigured(f"cannot write in the data folder {data_dir}: {error.strerror}") from error
    with file:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Misconfigured(f"another process holds {file.name} and does not finish") from None
                time.sleep(0.05)
        yield
