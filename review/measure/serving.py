"""The storefront API under load, beside a bare WSGI application that sends the same bytes from the same server.

Everything is thrown away afterwards: database, cache and server are started in a folder of their own, because what
was published can never be deleted from a real one.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from generation.measure import metrics
from review.measure.scratch import ROOT, run, scratch
from storefront_studio.lib.errors import BadInput, StudioError

WORKERS, THREADS = 2, 8  # as make demo runs it
PATIENCE = 60.0  # seconds for a server to answer for the first time
OURS, BARE = "ours", "bare WSGI application"
PATH = "/api/v1/storefront/home/"


@dataclass
class Load:
    """What a number of threads met: milliseconds of every answer, statuses that were not expected."""

    wall: float
    times: list[float] = field(default_factory=list)
    wrong: dict[int, int] = field(default_factory=dict)
    size: int = 0


def measure(seconds: float, concurrency: int, say: Callable[[str], object] = lambda text: None) -> dict[str, Any]:
    """Rows for 200 and 304 answers of both servers. Raises BadInput for senseless numbers."""
    if seconds <= 0 or concurrency < 1:
        raise BadInput("--seconds must be above 0 and --concurrency 1 or more.")
    say("Starting a database and a cache of its own")
    with scratch() as (folder, env):
        facts = json.loads(run([sys.executable, "-m", "review.measure.seed"], env).splitlines()[-1])
        headers = {"Authorization": f"Api-Key {facts['api_key']}"}
        rows = []
        with _gunicorn("storefront_studio.wsgi", env) as port:
            status, etag, body = _fetch(port, headers)
            if status != 200:
                raise StudioError(f"The page answered {status} instead of 200: {body[:200]!r}")
            say("Loading ours")
            rows.append(_row(OURS, "200", load(port, headers, seconds, concurrency, 200), concurrency))
            known = {**headers, "If-None-Match": etag}
            rows.append(_row(OURS, "304", load(port, known, seconds, concurrency, 304), concurrency))
        (folder / "body.json").write_bytes(body)
        with _gunicorn("review.measure.bare:application", {**env, "BENCH_BODY": str(folder / "body.json")}) as port:
            say("Loading the bare application")
            rows.append(_row(BARE, "200", load(port, headers, seconds, concurrency, 200), concurrency))
            known = {**headers, "If-None-Match": '"bare"'}
            rows.append(_row(BARE, "304", load(port, known, seconds, concurrency, 304), concurrency))
    for ours, bare in zip(rows[:2], rows[2:], strict=True):
        ours["p50_times_bare"] = round(ours["p50_ms"] / bare["p50_ms"], 2)
        ours["p95_times_bare"] = round(ours["p95_ms"] / bare["p95_ms"], 2)
        ours["requests_per_s_of_bare"] = round(ours["requests_per_s"] / bare["requests_per_s"], 4)
    return {
        "systems": rows,
        "body_bytes": len(body),
        "notes": [
            f"gunicorn with {WORKERS} workers of {THREADS} threads, and the load, share this machine's "
            f"{os.cpu_count()} processors. The rate limit is counted but set too high to be met."
        ],
    }


def load(port: int, headers: dict[str, str], seconds: float, concurrency: int, expected: int) -> Load:
    """`concurrency` threads, each on one kept-alive connection, asking again as soon as they are answered."""
    found = [Load(0.0) for _ in range(concurrency)]
    until = time.perf_counter() + seconds

    def ask(mine: Load) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.perf_counter() < until:
            began = time.perf_counter()
            try:
                connection.request("GET", PATH, headers=headers)
                answer = connection.getresponse()
                mine.size = len(answer.read())
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()  # the next request opens a new one
                status = 0
            if status == expected:
                mine.times.append((time.perf_counter() - began) * 1000)
            else:
                mine.wrong[status] = mine.wrong.get(status, 0) + 1
        connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=ask, args=(mine,)) for mine in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = Load(time.perf_counter() - began)
    for one in found:
        together.times += one.times
        together.size = max(together.size, one.size)
        for status, count in one.wrong.items():
            together.wrong[status] = together.wrong.get(status, 0) + count
    if not together.times:
        raise StudioError(f"No request was answered as expected: {together.wrong}.")
    return together


def _row(name: str, answer: str, found: Load, concurrency: int) -> dict[str, Any]:
    return {
        "name": f"{name}, {answer}",
        "requests_per_s": round(len(found.times) / found.wall, 1),
        "p50_ms": round(metrics.percentile(found.times, 0.5), 3),
        "p95_ms": round(metrics.percentile(found.times, 0.95), 3),
        "requests": len(found.times),
        "errors": sum(found.wrong.values()),
        "concurrency": concurrency,
        "p50_times_bare": None,
        "p95_times_bare": None,
        "requests_per_s_of_bare": None,
    }


@contextmanager
def _gunicorn(application: str, env: dict[str, str]) -> Iterator[int]:
    """The port of a gunicorn that serves `application`, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        application,
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
    ]
    command += ["--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "30", "--log-level", "error"]
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int, process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise StudioError("The web server did not start.")


def _fetch(port: int, headers: dict[str, str]) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", PATH, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.headers.get("ETag", ""), answer.read()
    connection.close()
    return found
