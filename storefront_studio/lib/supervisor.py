"""Runs the studio's processes in the foreground: one prefix per line, a dead one comes back, all end together.

Written here because honcho stops everything when one process ends; docs/decisions/0002-supervisor.md has the reasons.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

LONG_RUN = 30.0
"""Seconds after which an end counts as the first one again."""
TRIES_BEFORE_READY = 3
SHOWN_LINES = 20


@dataclass(frozen=True, slots=True)
class Process:
    """A program to keep running. `env` is added to our environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


def run(
    processes: Sequence[Process],
    *,
    ready: Callable[[], bool] = lambda: True,
    on_ready: Callable[[], None] | None = None,
    ready_seconds: float = 120.0,
    stop_seconds: float = 10.0,
    quiet: bool = False,
    log_dir: Path | None = None,
    out: TextIO | None = None,
) -> int:
    """Keep the processes running until SIGINT, SIGTERM or SIGHUP; 0 then.

    `ready` is asked every quarter of a second; once it is true `on_ready` is called. 1 comes back, after the last
    lines of what failed, when a process ends three times before that or `ready_seconds` pass. `quiet` shows only our
    own lines; `log_dir` gets all lines in NAME.log. Call it from the main thread.
    """
    return _Supervisor(processes, stop_seconds, quiet, log_dir, out or sys.stdout).run(ready, on_ready, ready_seconds)


class _Child:
    """One process over its restarts."""

    def __init__(self, process: Process, log: TextIO | None) -> None:
        self.process = process
        self.log = log
        self.popen: subprocess.Popen[bytes] | None = None
        self.start_at = 0.0
        self.started = 0.0
        self.ends = 0
        self.unfinished = b""
        self.last_lines: deque[str] = deque(maxlen=SHOWN_LINES)


class _Supervisor:
    def __init__(
        self,
        processes: Sequence[Process],
        stop_seconds: float,
        quiet: bool,
        log_dir: Path | None,
        out: TextIO,
    ) -> None:
        self.stop_seconds, self.quiet, self.out = stop_seconds, quiet, out
        self.width = max(len(process.name) for process in processes)
        self.selector = selectors.DefaultSelector()
        self.signals = 0
        if log_dir:
            log_dir.mkdir(parents=True, exist_ok=True)
        self.children = [
            _Child(process, open(log_dir / f"{process.name}.log", "a") if log_dir else None)  # noqa: SIM115
            for process in processes
        ]
        script = str(Path(__file__).with_name("leash.py"))
        self.leash = subprocess.Popen(
            [sys.executable, "-I", "-S", script, str(stop_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, ready: Callable[[], bool], on_ready: Callable[[], None] | None, ready_seconds: float) -> int:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            return self._loop(ready, on_ready, ready_seconds)
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _loop(self, ready: Callable[[], bool], on_ready: Callable[[], None] | None, ready_seconds: float) -> int:
        is_ready, deadline, ask_at = False, time.monotonic() + ready_seconds, 0.0
        while not self.signals:
            for child in self.children:
                self._keep_running(child)
            self._read(0.1)
            tired = [child for child in self.children if child.ends >= TRIES_BEFORE_READY]
            if is_ready or self.signals:
                continue
            if tired:
                return self._give_up(f"{tired[0].process.name} does not start", tired)
            if time.monotonic() > deadline:
                return self._give_up(f"not ready after {ready_seconds:.0f} seconds", self.children)
            if time.monotonic() >= ask_at:
                ask_at = time.monotonic() + 0.25
                is_ready = ready()
                if is_ready and on_ready and not self.signals:
                    on_ready()
        return 0

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

    def _keep_running(self, child: _Child) -> None:
        now = time.monotonic()
        if child.popen is None:
            if now >= child.start_at:
                self._start(child)
        elif child.popen.poll() is not None:
            code = child.popen.returncode
            self._end_group(child)
            child.ends = 1 if now - child.started > LONG_RUN else child.ends + 1
            wait = _wait(child.ends)
            child.start_at = now + wait
            self._print(f"{child.process.name} {_how(code)}; starting it again in {wait:g} s")

    def _start(self, child: _Child) -> None:
        child.started = time.monotonic()
        try:
            child.popen = subprocess.Popen(
                list(child.process.argv),
                env={**os.environ, **child.process.env},
                cwd=child.process.cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C reaches us alone, and whatever it starts can be ended with it
            )
        except OSError as error:
            child.ends += 1
            child.start_at = child.started + _wait(child.ends)
            child.last_lines.append(str(error))
            return
        assert child.popen.stdout
        os.set_blocking(child.popen.stdout.fileno(), False)
        self.selector.register(child.popen.stdout, selectors.EVENT_READ, child)
        self._tell_leash(f"+{child.popen.pid}\n")

    def _end_group(self, child: _Child) -> None:
        """After the leader has ended: what it started and left behind, and its last words."""
        assert child.popen and child.popen.stdout
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.popen.pid, signal.SIGKILL)
        self._drain(child)
        with suppress(KeyError):
            self.selector.unregister(child.popen.stdout)
        child.popen.stdout.close()
        if child.unfinished:
            self._show(child, child.unfinished)
            child.unfinished = b""
        self._tell_leash(f"-{child.popen.pid}\n")
        child.popen = None

    def _read(self, seconds: float) -> None:
        if not self.selector.get_map():
            time.sleep(seconds)
        for key, _ in self.selector.select(seconds):
            self._drain(key.data)

    def _drain(self, child: _Child) -> None:
        assert child.popen and child.popen.stdout
        for _ in range(64):  # a chatty process must not keep us from the others
            try:
                part = os.read(child.popen.stdout.fileno(), 65536)
            except BlockingIOError:
                return
            if not part:
                with suppress(KeyError):
                    self.selector.unregister(child.popen.stdout)
                return
            *lines, child.unfinished = (child.unfinished + part).split(b"\n")
            for line in lines:
                self._show(child, line)

    def _show(self, child: _Child, raw: bytes) -> None:
        line = raw.decode(errors="replace").rstrip("\r")
        child.last_lines.append(line)
        if child.log:
            print(line, file=child.log, flush=True)
        if not self.quiet:
            self._print(f"{child.process.name:<{self.width}} | {line}")

    def _print(self, line: str) -> None:
        with suppress(OSError):  # a closed terminal or pipe is no reason to leave processes behind
            print(line, file=self.out, flush=True)

    def _give_up(self, why: str, shown: Sequence[_Child]) -> int:
        for child in shown if self.quiet else ():
            for line in child.last_lines:
                self._print(f"{child.process.name:<{self.width}} | {line}")
        self._print(f"Giving up: {why}.")
        return 1

    def _stop(self) -> None:
        calls = self.signals
        running = [child for child in self.children if child.popen]
        if running and self.signals:
            self._print("\nStopping " + ", ".join(child.process.name for child in running) + ".")
        for child in running:
            if child.popen:
                child.popen.terminate()
        deadline = time.monotonic() + self.stop_seconds
        while any(child.popen and child.popen.poll() is None for child in running):
            if time.monotonic() > deadline or self.signals > calls:  # a second Ctrl-C means now
                for child in running:
                    if child.popen and child.popen.poll() is None:
                        child.popen.kill()
            self._read(0.05)
        for child in running:
            self._end_group(child)
        for child in self.children:
            if child.log:
                child.log.close()
        if self.leash.stdin:
            self.leash.stdin.close()
        self.leash.wait()

    def _tell_leash(self, line: str) -> None:
        with suppress(BrokenPipeError):
            if self.leash.stdin:
                self.leash.stdin.write(line.encode())
                self.leash.stdin.flush()


def _wait(ends: int) -> float:
    """Seconds before the next try: 0.5, 1, 2 ... 30."""
    return float(min(0.5 * 2 ** min(ends - 1, 10), LONG_RUN))


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"
