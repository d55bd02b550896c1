"""`make demo` from nothing: services, sample catalogue, a generated and published page, and nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = 420, 120  # seconds a busy machine may take; what it really takes stands in the README


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data: Path) -> dict[str, str]:
    """Ours without the tests' own services."""
    dropped = {"DATABASE_URL", "REDIS_URL", "STUDIO_STARTED_SERVICES", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "STUDIO_DATA_DIR": str(data), "GENERATOR": "library"}


def start(data: Path, port: int) -> subprocess.Popen[bytes]:
    with (data / "said.txt").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env={**environment(data), "PORT": str(port)},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_for(data: Path, process: subprocess.Popen[bytes], text: str, seconds: float) -> str:
    """Everything printed up to the line that holds `text`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        said = (data / "said.txt").read_text(encoding="utf-8")
        if text in said:
            return said
        assert process.poll() is None, f"the demo ended: {said}"
        time.sleep(0.2)
    pytest.fail(f"“{text}” was not printed within {seconds} s: {said}")


def stop(process: subprocess.Popen[bytes]) -> int:
    os.kill(process.pid, signal.SIGINT)
    return process.wait(timeout=60)


def left_behind(data: Path) -> list[str]:
    """Processes that still work in the data folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "environ"]):
        words = " ".join(process.info["cmdline"] or []) + str((process.info["environ"] or {}).get("STUDIO_DATA_DIR"))
        if str(data) in words and process.pid != os.getpid():
            found.append(f"{process.pid} {words[:200]}")
    return found


def read(url: str, key: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Api-Key {key}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    subprocess.run(
        [sys.executable, "manage.py", "services", "down"],
        cwd=ROOT,
        env=environment(tmp_path),
        check=False,
        capture_output=True,
    )


def test_the_demo_goes_from_nothing_to_a_page_a_shop_can_read_and_leaves_nothing_running(data: Path) -> None:
    port = free_port()
    first = start(data, port)
    try:
        said = wait_for(data, first, "Storefront Studio is ready", FIRST)
        facts = json.loads((data / "demo.json").read_text())
        page = read(f"{facts['url']}/api/v1/storefront/{facts['page']}/", facts["api_key"])
        assert len(page["placements"]) >= 5
        assert min(len(placement["products"]) for placement in page["placements"]) >= 6
        assert page["manifest"].startswith("sha256:")
        assert all(login["password"] in said for login in facts["logins"].values())
        assert set(facts["logins"]) == {"marketing", "merchandiser", "admin"}
        assert read(f"{facts['url']}/readyz", "")["status"] == "ready"
    finally:
        code = stop(first)
    assert code == 0, (data / "said.txt").read_text(encoding="utf-8")[-2000:]
    assert left_behind(data) == []

    again = start(data, port)
    try:
        wait_for(data, again, "Storefront Studio is ready", SECOND)
        kept = json.loads((data / "demo.json").read_text())
        assert kept == facts, "the second start keeps logins and key"
        assert read(f"{kept['url']}/api/v1/storefront/home/", kept["api_key"])["manifest"] == page["manifest"]
    finally:
        stop(again)
    assert left_behind(data) == []
