"""The supervisor, run as a process of its own and watched from outside."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from storefront_studio.lib.supervisor import Process, run

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; time.sleep(600)"
CHILD_OF_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{SLEEP}', 'MARK']); {SLEEP}"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"
RUN = """
import sys
from storefront_studio.lib.supervisor import Process, run
programs = dict(zip(sys.argv[3::2], sys.argv[4::2]))
processes = [Process(n, [sys.executable, "-c", code, sys.argv[1]]) for n, code in programs.items()]
sys.exit(run(processes, on_ready=lambda: print("ready", flush=True), stop_seconds=float(sys.argv[2])))
"""


class Running:
    """A supervisor in a process of its own; every process below it carries `mark` in its arguments."""

    def __init__(self, mark: str, stop_seconds: float, programs: dict[str, str]) -> None:
        self.mark = mark
        flat = [word.replace("MARK", mark) for pair in programs.items() for word in pair]
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, mark, str(stop_seconds), *flat],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def read_until(self, text: str) -> str:
        assert self.process.stdout
        seen = ""
        for line in self.process.stdout:
            seen += line
            if text in line:
                return seen
        raise AssertionError(f"{text!r} did not come; seen: {seen}")

    def below(self) -> list[psutil.Process]:
        """The live processes with our mark, the supervisor left out."""
        found = psutil.process_iter(["pid", "cmdline", "status"])
        return [
            p
            for p in found
            if self.mark in (p.info["cmdline"] or [])
            and p.pid != self.process.pid
            and p.info["status"] != psutil.STATUS_ZOMBIE
        ]


@pytest.fixture
def supervise(request: pytest.FixtureRequest) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(stop_seconds: float = 10.0, **programs: str) -> Running:
        mark = f"studio-test-{os.getpid()}-{request.node.name}"
        started.append(Running(mark, stop_seconds, programs))
        return started[-1]

    yield begin
    for running in started:
        running.process.kill()
        for process in running.below():
            process.kill()
        running.process.communicate()


def eventually(condition: Callable[[], object], seconds: float = 8.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_every_line_says_whose_it_is(supervise: Callable[..., Running]) -> None:
    running = supervise(web=f"print('hello', flush=True); {SLEEP}", worker=SLEEP)
    assert "web    | hello\n" in running.read_until("hello")


def test_a_killed_worker_comes_back(supervise: Callable[..., Running]) -> None:
    running = supervise(worker=SLEEP)
    running.read_until("ready")
    (worker,) = running.below()
    worker.kill()
    assert "worker was ended by SIGKILL; starting it again in 0.5 s" in running.read_until("SIGKILL")
    assert eventually(lambda: [p.pid for p in running.below()] not in ([], [worker.pid]), 4)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_with_one_calm_line(supervise: Callable[..., Running], number: signal.Signals) -> None:
    running = supervise(web=CHILD_OF_CHILD, worker=SLEEP)
    running.read_until("ready")
    assert eventually(lambda: len(running.below()) == 3)
    os.killpg(running.process.pid, number)
    output, _ = running.process.communicate(timeout=8)
    assert output.split() == ["Stopping", "web,", "worker."]
    assert running.process.returncode == 0
    assert running.below() == []


def test_a_process_deaf_to_sigterm_is_killed_when_time_is_up(supervise: Callable[..., Running]) -> None:
    running = supervise(stop_seconds=0.5, worker=DEAF)
    running.read_until("deaf")
    running.process.terminate()
    running.process.communicate(timeout=5)
    assert running.below() == []


def test_a_second_ctrl_c_does_not_wait(supervise: Callable[..., Running]) -> None:
    running = supervise(stop_seconds=60, worker=DEAF)
    running.read_until("deaf")
    running.process.send_signal(signal.SIGINT)
    running.read_until("Stopping")
    running.process.send_signal(signal.SIGINT)
    running.process.communicate(timeout=5)
    assert running.below() == []


def test_a_killed_supervisor_leaves_nothing_behind(supervise: Callable[..., Running]) -> None:
    running = supervise(stop_seconds=0.5, web=CHILD_OF_CHILD, worker=DEAF)
    running.read_until("deaf")
    assert eventually(lambda: len(running.below()) == 3)
    running.process.kill()
    assert eventually(lambda: running.below() == [])


def test_a_process_that_never_starts_ends_the_whole_with_its_last_words(tmp_path: Path) -> None:
    out = io.StringIO()
    bad = Process("web", [sys.executable, "-c", "raise SystemExit('port 8000 is taken')"])
    code = run([bad], ready=lambda: False, quiet=True, log_dir=tmp_path, out=out)
    assert code == 1
    assert "port 8000 is taken" in out.getvalue()
    assert out.getvalue().endswith("Giving up: web does not start.\n")
    assert (tmp_path / "web.log").read_text().count("port 8000 is taken") == 3


def test_a_start_that_takes_too_long_is_given_up() -> None:
    out = io.StringIO()
    slow = Process("web", [sys.executable, "-c", SLEEP])
    assert run([slow], ready=lambda: False, ready_seconds=0.3, out=out) == 1
    assert out.getvalue() == "Giving up: not ready after 0 seconds.\n"


def test_an_error_when_ready_still_stops_the_processes() -> None:
    seen: list[psutil.Process] = []

    def fail() -> None:
        seen.extend(p for p in psutil.Process().children() if "-I" not in p.cmdline())
        raise ValueError("the demo could not print its address")

    with pytest.raises(ValueError, match="address"):
        run([Process("web", [sys.executable, "-c", SLEEP])], on_ready=fail, out=io.StringIO())
    assert len(seen) == 1
    assert not seen[0].is_running()
