"""Stage 7: judging, cheap to dear: rules, what people rejected before, the evaluator on every pair, then the panel of
language models if there is one; at last what only the whole page shows.

`run` judges one row by itself, so that all rows of a round are judged at once; `settle` is then called for one row
after another in page order; `page` ends it. The policy says what failing a facet does: drop, send to people with a
flag, or only say so. Every drop has a reason and an author, of products too. Nothing here pads: a row that is short
after judging is short, or dropped.
"""

from collections.abc import Sequence

from generation.stages import receipts as checks
from generation.stages.contracts import Brief, Flag, Judged, Keywords, PlacementDraft, Ranked, Theme
from generation.stages.judging import duplicates, evaluator, jurors, rules
from generation.stages.judging.page import run as page
from generation.stages.judging.page import texts
from generation.stages.judging.rules import RULES
from generation.stages.judging.verdicts import (
    added,
    dropped,
    fatal,
    least_products,
    mean_fit,
    say,
    turned_down,
    without,
)
from generation.stages.meaning import meaning
from generation.stages.ports import Kit
from generation.stages.themes import MEMORY

__all__ = ["MEMORY", "RULES", "least_products", "page", "run", "settle", "texts"]


def run(
    brief: Brief,
    theme: Theme,
    chosen: Keywords,
    density: int,
    shown: Sequence[Ranked],
    bench: Sequence[Ranked],
    kit: Kit,
    key: str = "",
) -> Judged:
    """Judge one row as `fusion.share_out` filled it, whatever becomes of the other rows.

    `shown` and `bench` are this row's alone: no other row of the page has any of their products. `density` counts the
    eligible products its keywords reach; `key` is for progress and logs. `dropped_by` of the result says who turned the
    row down, if anybody. Raises what asking a model raises.
    """
    if not chosen.keywords:
        return dropped(Judged(), RULES, "keywords", [chosen.reason or f"{kit.model.label} found no keyword that fits."])
    judged = Judged(shown=list(shown), bench=list(bench), score=mean_fit(shown))
    judged = without(judged, rules.products(brief, theme, [*shown, *bench]), brief, kit)
    said = rules.row(brief, theme, density, judged.shown, kit)
    judged = added(judged, said)
    if fatal(said):
        return dropped(judged, RULES, fatal(said)[0].facet, [one.reason for one in fatal(said)])
    judged = _remembered(judged, theme, kit)
    if judged.dropped_by:
        return judged
    alone = not jurors.panel(kit)
    said = evaluator.row(brief, theme, chosen, judged.shown, kit, alone=alone)
    judged = added(judged, said)
    if fatal(said):
        return turned_down(judged, judged, fatal(said), brief, key, kit)
    return judged if alone else jurors.judge(brief, theme, chosen, judged, kit, key)


def settle(brief: Brief, draft: PlacementDraft, above: Sequence[PlacementDraft], kit: Kit) -> Judged:
    """The last word on a row: near-duplicates of what is on the page already, then the receipts.

    `draft.judged` is what `run` said; `above` are the fixed rows of the page and the rows settled before this one and
    kept. Asks no language model. A row that was dropped stays as it is.
    """
    judged = draft.judged
    if judged.dropped_by:
        return judged
    twin = duplicates.check(draft, above, kit)
    judged = added(judged, [twin])
    if fatal([twin]):
        return dropped(judged, RULES, twin.facet, [twin.reason])
    receipts = checks.check(brief, judged.shown, draft.density, kit)
    judged = judged.model_copy(update={"receipts": receipts})
    broken = [receipt for receipt in receipts if not receipt.passes]
    if broken:
        reasons = [f"Breaks “{receipt.constraint}”: {receipt.detail}." for receipt in broken]
        return dropped(judged, RULES, broken[0].constraint, reasons)
    return judged


def _remembered(judged: Judged, theme: Theme, kit: Kit) -> Judged:
    """What people rejected before: a repeat of a theme is dropped, should one have been ruled on since the page was
    planned; a near one, or one that was rejected for what it showed, is flagged with the earlier ruling."""
    vectors = kit.encoder.encode([meaning(theme.title, theme.subtitle, theme.concepts)])
    (against,) = kit.memory.near(vectors, kit.policy.reject_near, against_theme=True)
    ruling = against or kit.memory.near(vectors, kit.policy.flag_near)[0]
    if ruling is None:
        return judged
    why = f"{ruling.reason[:1].lower()}{ruling.reason[1:]}"
    reason = f"Near to “{ruling.title}”, which {ruling.person} rejected: {why}."
    repeats = against is not None
    said = say(
        "placement",
        "rejected before",
        False,
        reason,
        MEMORY,
        kit,
        score=ruling.cosine,
        severity="drop" if repeats else "review",
    )
    judged = judged.model_copy(update={"judgements": [*judged.judgements, said]})
    if repeats:
        return dropped(judged, MEMORY, said.facet, [reason])
    flag = Flag(facet=said.facet, judge=MEMORY, reason=reason, ruling=ruling.placement)
    return judged.model_copy(update={"flags": [*judged.flags, flag]})
