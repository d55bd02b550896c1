"""The stand-in model server of the tests, in a process of its own, and a model that notes when it was asked."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generation.llm.base import Call, Reply, T, TextModel
from storefront_studio.lib.errors import Misconfigured

ROOT = Path(__file__).resolve().parents[2]
SERVER = "tests.contract.vendor_server"


def there() -> bool:
    """Whether this copy of the studio came with its tests."""
    return (ROOT / "tests" / "contract" / "vendor_server.py").exists()


class Timed:
    """A model that notes when each call began and ended, in seconds of one clock."""

    def __init__(self, model: TextModel) -> None:
        self._model = model
        self.name, self.label = model.name, model.label
        self.calls: list[tuple[str, float, float]] = []
        self._lock = threading.Lock()

    @property
    def options(self) -> Mapping[str, str]:
        return getattr(self._model, "options", {})

    def complete(self, call: Call[T]) -> Reply[T]:
        began = time.perf_counter()
        try:
            return self._model.complete(call)
        finally:
            with self._lock:
                self.calls.append((call.stage, began, time.perf_counter()))

    def slowest(self, stage: str) -> float:
        """Seconds of the slowest call of a stage; 0 when there was none."""
        return max((end - began for name, began, end in self.calls if name == stage), default=0.0)

    def rounds(self, stage: str) -> int:
        """How often a stage was waited for: calls that overlap in time are one wait."""
        count, until = 0, 0.0
        for _name, began, end in sorted((one for one in self.calls if one[0] == stage), key=lambda one: one[1]):
            count += began > until
            until = max(until, end)
        return count

    def waited(self, stage: str) -> float:
        """Seconds during which at least one call of a stage was under way."""
        total, until = 0.0, 0.0
        for _name, began, end in sorted((one for one in self.calls if one[0] == stage), key=lambda one: one[1]):
            total += max(0.0, end - max(began, until))
            until = max(until, end)
        return total


@contextmanager
def server(delay_ms: int, *options: str) -> Iterator[str]:
    """The address of a vendor that answers after `delay_ms`. Raises Misconfigured when it does not start."""
    command = [sys.executable, "-m", SERVER, "--delay-ms", str(delay_ms), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise Misconfigured("The stand-in model server did not start.")
        yield url
    finally:
        process.terminate()
        process.wait(10)
