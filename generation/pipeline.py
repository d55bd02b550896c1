"""The order of the stages. Saves each output, resumes after the last good one, and knows no database.

Page stages come first; then placements are worked on in rounds: as many themes as the page still lacks, side by side,
until the page is full, the themes are used up or the budget is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from generation.llm.base import BadAnswer
from generation.stages import arrange, candidates, context, fusion, judging, keywords, retrieval, themes
from generation.stages.contracts import (
    Brief,
    Candidates,
    Context,
    DraftPage,
    Filled,
    Fixed,
    FixedRows,
    Hits,
    Judged,
    JudgedPage,
    Keywords,
    OtherRow,
    PlacementDraft,
    Ranking,
    Theme,
    Themes,
)
from generation.stages.ports import Kit
from generation.steps import Ledger, Output, Steps
from storefront_studio.lib.errors import OverBudget

__all__ = ["PAGE_STAGES", "PLACEMENT_STAGES", "STAGES", "Ledger", "Output", "execute"]

PAGE_STAGES = ("context", "themes")
PLACEMENT_STAGES = (
    "candidates",
    "keywords",
    "sharing",
    "retrieval",
    "fusion",
    "filling",
    "judging",
    "settling",
)
STAGES = (*PAGE_STAGES, *PLACEMENT_STAGES, "page")
PAGE = 0  # the key of outputs that belong to the page as a whole


def execute(
    brief: Brief,
    store: str,
    currency: str,
    kit: Kit,
    ledger: Ledger,
    workers: int = 1,
    fixed: Sequence[Fixed] = (),
    notes: Sequence[str] = (),
) -> DraftPage:
    """From brief to ranked draft. `workers` placements ask their models at once; `fixed` rows are on the page already,
    and `notes` is what the page has to say of them from before.

    A budget that is reached ends the page with the rows that are finished, and `stopped` says so. Raises what the
    stages raise (BadOutput, Transient, Misconfigured, Pending; OverBudget when no row is finished) and what
    `ledger.check` raises; everything saved before stays saved.
    """
    steps = Steps(ledger, workers)
    start = FixedRows(rows=[])
    if fixed:
        start = steps.one("fixed", PAGE, FixedRows, lambda: arrange.check(fixed, kit))
    standing = [one.row for one in start.rows]
    wanted = max(brief.placements - len(standing), 0)
    titles = [row.theme.title for row in standing]
    steps.ahead(kit.search.prepare)
    facts = steps.one("context", PAGE, Context, lambda: context.run(brief, store, currency, kit, titles))
    kept: list[PlacementDraft] = []
    dropped: list[PlacementDraft] = []
    plan = _plan(facts, kit, steps) if wanted else Themes()
    queue = list(enumerate(plan.themes, start=1))
    while queue and len(kept) < wanted and steps.stopped is None:
        size = wanted - len(kept)
        for row in _round(brief, dict(queue[:size]), [*standing, *kept], kit, steps):
            (dropped if row.judged.dropped_by else kept).append(row)
        queue = queue[size:]
    page = arrange.in_order(start.rows, kept)
    if steps.stopped is not None and not page:
        raise steps.stopped
    final = _judge_page(brief, page, kit, steps)
    page, taken_off = arrange.parted(page, final.dropped)
    dropped += taken_off
    stopped = "" if steps.stopped is None else arrange.stopped(brief, len(page), steps.stopped)
    return DraftPage(
        placements=page,
        dropped=dropped,
        left_out=plan.left_out,
        judgements=final.judgements,
        note=arrange.note(brief, len(page), len(dropped), [*notes, *start.notes, *([stopped] if stopped else [])]),
        stopped=stopped,
    )


def _plan(facts: Context, kit: Kit, steps: Steps) -> Themes:
    """The themes; none when the budget does not allow to ask for them."""
    try:
        return steps.one("themes", PAGE, Themes, lambda: themes.run(facts, kit))
    except OverBudget as error:
        steps.stopped = error
        return Themes()


def _round(
    brief: Brief, plan: Mapping[int, Theme], above: Sequence[PlacementDraft], kit: Kit, steps: Steps
) -> list[PlacementDraft]:
    """One placement for every theme, kept or dropped; those that the budget left unfinished are missing.

    `above` are the rows that are on the page already. The rows meet three times, each time in page order: to share
    out the keywords, to share out the products, and at the end, when each is held against those before it.
    """
    found = steps.all(
        "candidates",
        list(plan),
        Candidates,
        lambda keys, _saved: _by_key(keys, candidates.run([plan[key] for key in keys], kit)),
    )

    unusable: dict[int, BadAnswer] = {}

    def select(key: int, near: Candidates) -> Keywords:
        others = [
            *(OtherRow(title=row.theme.title, keywords=[word.text for word in row.keywords]) for row in above),
            *(OtherRow(title=theme.title) for other, theme in plan.items() if other != key),
        ]
        try:
            return steps.one(
                "keywords", key, Keywords, lambda: keywords.run(brief, plan[key], near, kit, str(key), others)
            )
        except BadAnswer as error:
            unusable[key] = error
            return Keywords(keywords=[], reason=f"{kit.model.label} gave no usable keywords, also after one repair.")

    asked = steps.each(found, select)
    if unusable and not above and len(unusable) == len(asked):
        raise next(iter(unusable.values()))  # a model that answers nothing usable is not asked for more
    chosen = steps.all(
        "sharing",
        list(asked),
        Keywords,
        lambda keys, saved: keywords.share(
            {key: asked[key] for key in keys}, [*saved.values(), *(Keywords(keywords=row.keywords) for row in above)]
        ),
    )

    drafts = {key: PlacementDraft(key=key, theme=plan[key], keywords=row.keywords) for key, row in chosen.items()}
    steps.ahead(lambda: kit.encoder.encode(judging.texts(brief, list(drafts.values()))))
    hits = steps.all(
        "retrieval",
        list(chosen),
        Hits,
        lambda keys, _saved: _by_key(
            keys, retrieval.run(brief, [retrieval.Row(plan[key], chosen[key], found[key]) for key in keys], kit)
        ),
    )
    ranked = steps.all(
        "fusion",
        list(hits),
        Ranking,
        lambda keys, _saved: {key: fusion.run(brief, plan[key], hits[key], kit) for key in keys},
    )
    taken = {one.hit.product for row in above for one in row.judged.shown}
    filled = steps.all(
        "filling",
        list(ranked),
        Filled,
        lambda keys, saved: fusion.share_out(
            brief,
            [(key, plan[key], ranked[key]) for key in keys],
            taken.union(*(row.products for row in saved.values())),
            kit.fit_floor,
            near=fusion.vectors(brief, [ranked[key] for key in keys], kit),
        ),
    )
    drafts = {
        key: drafts[key].model_copy(
            update={"keywords": [*drafts[key].keywords, *row.broadened], "density": row.density}
        )
        for key, row in hits.items()
    }

    def judge(key: int, row: Filled) -> Judged:
        draft, added = drafts[key], hits[key].broadened
        words = Keywords(keywords=draft.keywords, reason=chosen[key].reason, broadened=[word.id for word in added])
        return steps.one(
            "judging",
            key,
            Judged,
            lambda: judging.run(brief, draft.theme, words, draft.density, row.shown, row.bench, kit, str(key)),
        )

    settled: list[PlacementDraft] = []
    for key, judged in steps.each(filled, judge).items():
        draft = drafts[key].model_copy(update={"judged": judged})
        before = [*above, *(row for row in settled if not row.judged.dropped_by)]
        last = steps.one("settling", key, Judged, partial(judging.settle, brief, draft, before, kit))
        settled.append(draft.model_copy(update={"judged": last}))
    return settled


def _by_key(keys: Sequence[int], outputs: Sequence[Output]) -> dict[int, Output]:
    return dict(zip(keys, outputs, strict=True))


def _judge_page(brief: Brief, page: Sequence[PlacementDraft], kit: Kit, steps: Steps) -> JudgedPage:
    """The word on the page as a whole; without the models' where the budget does not allow to ask them."""
    try:
        return steps.one("page", PAGE, JudgedPage, lambda: judging.page(brief, page, kit))
    except OverBudget as error:
        steps.stopped = steps.stopped or error
        alone = replace(kit, judge=None, jurors=())
        return steps.one("page", PAGE, JudgedPage, lambda: judging.page(brief, page, alone))
