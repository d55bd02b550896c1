"""How long a whole page takes beside what cannot be faster: the model calls that have to wait for one another."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import Store
from generation import kit as kits
from generation import pipeline
from generation.campaigns.brief import read
from generation.catalog.sample import generator
from generation.llm import registry
from generation.llm.base import Call, Reply, T, TextModel
from generation.measure.pages import Memory, staged
from storefront_studio.lib.errors import Misconfigured

ROOT = Path(__file__).resolve().parents[2]
SERVER = "tests.contract.vendor_server"
WORTH_SAYING = 1.15  # wall over critical path from which the report says where the time goes
BRIEF = {
    "brief_id": "bench",
    "objective": "Coffee, chocolate, soup, bread, cheese and pasta for a winter kitchen",
    "objective_kind": "season",
    "season": "winter",
    "placements": 8,
    "products": 8,
    "constraints": {"density_min": 3},
}


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

    def waited(self, stage: str) -> float:
        """Seconds during which at least one call of a stage was under way."""
        total, until = 0.0, 0.0
        for _name, began, end in sorted((one for one in self.calls if one[0] == stage), key=lambda one: one[1]):
            total += max(0.0, end - max(began, until))
            until = max(until, end)
        return total


def measure(store: Store, delay_ms: int, say: Callable[[str], object] = lambda text: None) -> dict[str, Any]:
    """A page of 8 placements with a model that answers after `delay_ms`, and with the built-in library."""
    notes: list[str] = []
    kits.encoder().encode(["warm"])
    kits.themes_shelf()
    systems = []
    if (ROOT / "tests" / "contract" / "vendor_server.py").exists():
        with _server(delay_ms) as url:
            model = Timed(registry.build("openai", {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": "stub"}))
            say(f"A page with a model that takes {delay_ms} ms")
            systems.append(_with_model(store, model, delay_ms, notes))
    else:
        notes.append("The row with a language model is left out: the stand-in server comes with the tests folder.")
    say("A page with the built-in library")
    systems.append(_row("studio, built-in library", *_page(store, None), None, None))
    return {"systems": systems, "products": store.products.count(), "notes": notes}


def _with_model(store: Store, model: Timed, delay_ms: int, notes: list[str]) -> dict[str, Any]:
    seconds, ledger, placements = _page(store, model)
    path = sum(model.slowest(stage) for stage in ("themes", "keywords", "judge"))
    row = _row(f"studio, model of {delay_ms} ms", seconds, ledger, placements, path, len(model.calls))
    if path and seconds / path > WORTH_SAYING:
        waits = {stage: model.waited(stage) for stage in ("themes", "keywords", "judge")}
        own = {name: spent for name, spent in ledger.seconds.items() if name not in ("themes", "keywords", "judging")}
        own["judging"] = max(ledger.seconds.get("judging", 0.0) - waits["judge"], 0.0)
        notes.append(
            f"{seconds:.2f} s are {seconds / path:.2f} times the critical path of {path:.2f} s. Waiting for the model: "
            + ", ".join(f"{name} {spent:.2f} s" for name, spent in waits.items())
            + ". Own work: "
            + ", ".join(f"{name} {spent:.2f} s" for name, spent in own.items())
            + "."
        )
        rounds = round(waits["judge"] / model.slowest("judge")) if model.slowest("judge") else 0
        if rounds > 1:
            notes.append(
                f"The judge was waited for {rounds} times, one placement after another: each must know what the rows "
                "above it show."
            )
    return row


def _page(store: Store, model: TextModel | None) -> tuple[float, Memory, int]:
    """Seconds, ledger and placements of one page."""
    brief, search = staged(store, read(BRIEF), generator.TODAY)
    ledger = Memory()
    kit = kits.assemble(search, model)
    workers = settings.MODEL_CONCURRENCY if model else 1
    began = time.perf_counter()
    page = pipeline.execute(brief, store.name, store.currency, kit, ledger, workers)
    return time.perf_counter() - began, ledger, len(page.placements)


def _row(
    name: str, seconds: float, ledger: Memory, placements: int, path: float | None, calls: int | None
) -> dict[str, Any]:
    return {
        "name": name,
        "seconds": round(seconds, 3),
        "critical_path_s": None if path is None else round(path, 3),
        "times_critical_path": round(seconds / path, 3) if path else None,
        "placements": placements,
        "model_calls": calls,
        "stages_s": {stage: round(spent, 3) for stage, spent in ledger.seconds.items()},
    }


@contextmanager
def _server(delay_ms: int) -> Iterator[str]:
    """The address of a stand-in vendor in a process of its own."""
    command = [sys.executable, "-m", SERVER, "--delay-ms", str(delay_ms)]
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
