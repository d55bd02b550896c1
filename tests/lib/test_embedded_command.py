"""`manage.py services` as a person or a script calls it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="studio-test-"))
    yield folder
    services(folder, "down")
    shutil.rmtree(folder, ignore_errors=True)


def services(data_dir: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.run(
        [sys.executable, "manage.py", "services", *arguments],
        cwd=ROOT,
        env={**inherited, "STUDIO_DATA_DIR": str(data_dir), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_up_status_and_down_need_no_migrations(data_dir: Path) -> None:
    def states(action: str) -> list[str]:
        done = services(data_dir, action, "--json")
        assert done.returncode == 0, done.stderr
        return [service["state"] for service in json.loads(done.stdout)["services"]]

    assert states("status") == ["down", "down"]
    assert states("up") == ["up", "up"]
    assert states("status") == ["up", "up"]
    assert states("down") == ["down", "down"]


def test_external_services_are_said_to_be_external(data_dir: Path) -> None:
    done = services(data_dir, "up", DATABASE_URL="postgresql://u:p@db.example/shop", REDIS_URL="redis://r.example/0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("left alone") == 2
    assert not (data_dir / "services.lock").exists() or "down" in services(data_dir, "status").stdout


def test_a_failure_is_one_clear_line_and_a_non_zero_exit(data_dir: Path) -> None:
    (data_dir / "file").touch()
    done = services(data_dir / "file", "up", SECRET_KEY="for this test only")
    assert done.returncode == 1
    assert "data folder" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
