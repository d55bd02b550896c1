"""How long a whole page takes beside what cannot be faster: the model calls that have to wait for one another."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.conf import settings

from accounts.models import Store
from generation import kit as kits
from generation import pipeline
from generation.campaigns.brief import read
from generation.catalog import shared
from generation.catalog.sample import generator
from generation.llm import registry
from generation.llm.base import TextModel
from generation.measure import stand_in
from generation.measure.pages import Memory, staged
from generation.stages.contracts import DraftPage

WORTH_SAYING = 1.15  # wall over critical path from which the report says where the time goes
CHAIN = ("themes", "keywords", "judge", "page")  # one call of each has to wait for the one before
PAGES = 3
OBJECTIVE = "Coffee, soup, pasta, tents, candles, lamps, headphones, chocolate"
BRIEF = {
    "brief_id": "bench",
    "objective": OBJECTIVE,
    "objective_kind": "season",
    "season": "winter",
    "placements": 8,
    "products": 8,
    "constraints": {"density_min": 3},
}


def measure(
    store: Store,
    delay_ms: int,
    objective: str = "",
    say: Callable[[str], object] = lambda text: None,
) -> dict[str, Any]:
    """A page of 8 placements with a model that answers after `delay_ms`, and with the built-in library: the median of
    three pages each, those with a model of texts that were never encoded before."""
    notes: list[str] = []
    kits.encoder().encode(["warm"])
    kits.themes_shelf()
    systems = []
    objective = objective or OBJECTIVE
    if stand_in.there():
        with stand_in.server(delay_ms) as url:
            say(f"Pages with a model that takes {delay_ms} ms")
            _page(store, "Tea and biscuits for visitors", _model(url))  # plans, pages and threads warm
            found = [_with_model(store, objective, _model(url), delay_ms) for _ in range(PAGES)]
            systems.append(sorted(found, key=lambda row: row["seconds"])[PAGES // 2])
            notes += _spent(systems[-1])
    else:
        notes.append("The row with a language model is left out: the stand-in server comes with the tests folder.")
    say("Pages with the built-in library")
    systems.append(_row("studio, built-in library, a worker's first page", *_page(store, objective, None)))
    rows = [_row("studio, built-in library", *_page(store, objective, None, known=True)) for _ in range(PAGES)]
    systems.append(sorted(rows, key=lambda row: row["seconds"])[PAGES // 2])
    return {"systems": systems, "products": store.products.count(), "notes": notes}


def _model(url: str) -> stand_in.Timed:
    return stand_in.Timed(registry.build("openai", {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": "stub"}))


def _with_model(store: Store, objective: str, model: stand_in.Timed, delay_ms: int) -> dict[str, Any]:
    seconds, ledger, page = _page(store, objective, model)
    path = sum(model.slowest(stage) for stage in CHAIN)
    row = _row(f"studio, model of {delay_ms} ms", seconds, ledger, page)
    return {
        **row,
        "critical_path_s": round(path, 3),
        "times_critical_path": round(seconds / path, 3) if path else None,
        "model_calls": len(model.calls),
        "waited_s": {stage: round(model.waited(stage), 3) for stage in CHAIN},
        "rounds": {stage: model.rounds(stage) for stage in CHAIN},
    }


def _spent(row: dict[str, Any]) -> list[str]:
    """Where the time of a page with a model went, in sentences."""
    waited, stages, path = row["waited_s"], row["stages_s"], row["critical_path_s"]
    own = {name: spent for name, spent in stages.items() if name not in ("keywords", "judging")}
    own["themes"], own["page"] = stages["themes"] - waited["themes"], stages["page"] - waited["page"]
    notes = [
        f"The critical path is one call of each that waits for another: {', '.join(CHAIN)}. Wall time beyond it: "
        f"{row['seconds'] - path:.2f} s. Own work, in part side by side: "
        + ", ".join(f"{name} {max(spent, 0.0):.2f} s" for name, spent in own.items())
        + "."
    ]
    again = [stage for stage in ("keywords", "judge") if row["rounds"][stage] > 1]
    if again:
        notes.append(
            f"Rows were dropped and replaced by reserve themes, so the {' and the '.join(again)} had to be waited for "
            "more than once; the critical path counts each once."
        )
    return notes


def _page(
    store: Store, objective: str, model: TextModel | None, known: bool = False
) -> tuple[float, Memory, DraftPage]:
    """Seconds, ledger and result of one page; its texts are encoded anew unless they are `known`."""
    if not known:
        kits.forget_texts()
        shared.forget()
    brief, search = staged(store, read({**BRIEF, "objective": objective}), generator.TODAY)
    ledger = Memory()
    kit = kits.assemble(search, model)
    workers = settings.MODEL_CONCURRENCY if model else 1
    began = perf_counter()
    page = pipeline.execute(brief, store.name, store.currency, kit, ledger, workers)
    return perf_counter() - began, ledger, page


def _row(name: str, seconds: float, ledger: Memory, page: DraftPage) -> dict[str, Any]:
    return {
        "name": name,
        "seconds": round(seconds, 3),
        "critical_path_s": None,
        "times_critical_path": None,
        "placements": len(page.placements),
        "model_calls": None,
        "stages_s": {stage: round(spent, 3) for stage, spent in ledger.seconds.items()},
    }
