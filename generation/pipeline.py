"""The order of the stages. Saves each output, resumes after the last good one, and knows no database.

Page stages come first; then placements are worked on in rounds: as many themes as the page still lacks, their
keywords and judgements asked for side by side, until the page is full or the themes are used up.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from pydantic import BaseModel

from generation.stages import candidates, context, fusion, judging, keywords, retrieval, themes
from generation.stages.contracts import (
    Brief,
    Candidates,
    Context,
    DraftPage,
    Hits,
    Judged,
    JudgedPage,
    Keywords,
    PlacementDraft,
    Ranking,
    Theme,
    Themes,
)
from generation.stages.ports import Kit

Output = TypeVar("Output", bound=BaseModel)
Item = TypeVar("Item")

PAGE_STAGES = ("context", "themes")
PLACEMENT_STAGES = ("candidates", "keywords", "retrieval", "fusion", "judging")
STAGES = (*PAGE_STAGES, *PLACEMENT_STAGES, "page")
PAGE = 0  # the key of outputs that belong to the page as a whole


class Ledger(Protocol):
    """Where outputs are kept. `load` gives what an earlier attempt saved, or None."""

    def load(self, stage: str, key: int, shape: type[Output]) -> Output | None: ...

    def save(self, stage: str, key: int, output: BaseModel, seconds: float) -> None: ...

    def check(self) -> None:
        """Called between stages; raises when the run was cancelled or is no longer ours."""

    def release(self) -> None:
        """Called at the end of work done in a thread of its own: give back what that thread holds."""


def execute(brief: Brief, store: str, currency: str, kit: Kit, ledger: Ledger, workers: int = 1) -> DraftPage:
    """From brief to ranked draft. `workers` placements ask their models at once.

    Raises what the stages raise (BadOutput, Transient, OverBudget, Misconfigured) and what `ledger.check` raises;
    everything saved before stays saved.
    """

    def step(stage: str, key: int, shape: type[Output], work: Callable[[], Output]) -> Output:
        saved = ledger.load(stage, key, shape)
        if saved is not None:
            return saved
        ledger.check()
        started = time.perf_counter()
        output = work()
        ledger.save(stage, key, output, time.perf_counter() - started)
        return output

    facts = step("context", PAGE, Context, lambda: context.run(brief, store, currency, kit))
    plan = step("themes", PAGE, Themes, lambda: themes.run(facts, kit))
    queue = list(enumerate(plan.themes, start=1))
    kept: list[PlacementDraft] = []
    dropped: list[PlacementDraft] = []
    while queue and len(kept) < brief.placements:
        size = brief.placements - len(kept)
        batch, queue = queue[:size], queue[size:]
        found = {key: step("candidates", key, Candidates, partial(candidates.run, theme, kit)) for key, theme in batch}

        def select(one: tuple[int, Theme], found: dict[int, Candidates] = found) -> Keywords:
            key, theme = one
            return step("keywords", key, Keywords, lambda: keywords.run(brief, theme, found[key], kit, str(key)))

        chosen = _together(workers, batch, select, ledger.release)
        for (key, theme), words in zip(batch, chosen, strict=True):
            done = _placement(brief, key, theme, words, kept, kit, step)
            (dropped if done.judged.dropped_by else kept).append(done)
    final = step("page", PAGE, JudgedPage, lambda: judging.page(brief, [one.theme for one in kept], kit))
    return DraftPage(placements=kept, dropped=dropped, judgements=final.judgements, note=_note(brief, kept, dropped))


def _placement(
    brief: Brief,
    key: int,
    theme: Theme,
    words: Keywords,
    kept: Sequence[PlacementDraft],
    kit: Kit,
    step: Callable[..., BaseModel],
) -> PlacementDraft:
    """Retrieval, fusion and judging of one theme, given the placements above it on the page."""
    hits: Hits = step("retrieval", key, Hits, lambda: retrieval.run(brief, theme, words, kit))  # type: ignore[assignment]
    ranking: Ranking = step("fusion", key, Ranking, lambda: fusion.run(brief, theme, hits, kit))  # type: ignore[assignment]
    taken = {one.hit.product for placement in kept for one in placement.judged.shown}
    judged: Judged = step(  # type: ignore[assignment]
        "judging",
        key,
        Judged,
        lambda: judging.run(
            brief,
            theme,
            words,
            hits.density,
            ranking,
            taken,
            [placement.theme.title for placement in kept],
            kit,
            key=str(key),
        ),
    )
    return PlacementDraft(key=key, theme=theme, keywords=words.keywords, density=hits.density, judged=judged)


def _together(
    workers: int, items: Sequence[Item], work: Callable[[Item], Output], release: Callable[[], None]
) -> list[Output]:
    """`work` on every item, `workers` at a time, answers in order. The first error stops what has not begun."""
    if workers <= 1 or len(items) <= 1:
        return [work(item) for item in items]

    def alone(item: Item) -> Output:
        try:
            return work(item)
        finally:
            release()

    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(alone, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _note(brief: Brief, kept: Sequence[PlacementDraft], dropped: Sequence[PlacementDraft]) -> str:
    """What the page says of itself when it is shorter than asked."""
    if len(kept) >= brief.placements:
        return ""
    tried = f"; {len(dropped)} more were tried and dropped" if dropped else ""
    return f"{len(kept)} of {brief.placements} placements could be filled honestly{tried}."
