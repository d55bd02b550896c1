"""The shop's own rows, seen by the built-in judge: advice for the people who approve them, never a reason to drop one.

Products keep the order the shop gave them. R, S and their product are worked out as for any row, so that the screens
can show them.
"""

from collections.abc import Sequence

from generation.stages.contracts import Brief, FixedRows, Flag, JudgementOut, PlacementDraft, Ranked
from generation.stages.fusion import ALPHA, ALPHA_DEFAULT, BETA
from generation.stages.judging.verdicts import mean_fit, say
from generation.stages.ports import Kit

LEAST_FIT = 0.0001  # a fit of 0 stands for "not asked"


def judged(brief: Brief, start: FixedRows, kit: Kit) -> FixedRows:
    """`start` with a fit for every product of the rows that the shop wrote and nobody judged yet."""
    rows = [
        one.model_copy(update={"row": _row(brief, one.row, kit)})
        if one.row.source == "static" and one.kept_from is None
        else one
        for one in start.rows
    ]
    return start.model_copy(update={"rows": rows})


def _row(brief: Brief, row: PlacementDraft, kit: Kit) -> PlacementDraft:
    shown, bench = row.judged.shown, row.judged.bench
    try:
        ranked = _ranked(brief, row, [*shown, *bench], kit)
    except KeyError:  # a product was imported a moment ago and has no vector yet
        return row
    shown, bench = ranked[: len(shown)], ranked[len(shown) :]
    said = [
        say(
            "product",
            "fits_title",
            one.fit >= kit.fit_floor,
            one.why,
            kit.evaluator,
            kit,
            score=one.fit,
            product=one.hit.product,
            severity="pass",
        )
        for one in shown
    ]
    flags = list(row.judged.flags)
    score = mean_fit(shown)
    if score is not None:
        sure = sum(one.fit >= kit.fit_floor for one in shown)
        fits = score >= kit.policy.placement_floor
        reason = (
            f"{'' if fits else 'Only '}{sure} of {len(shown)} products of your row fit its title, as the judge sees it."
        )
        said.append(_of_row(fits, reason, score, kit))
        if not fits:
            flags.append(Flag(facet="products fit the title", judge=kit.evaluator, reason=reason))
    update = {"shown": shown, "bench": bench, "judgements": said, "flags": flags, "score": score}
    return row.model_copy(update={"judged": row.judged.model_copy(update=update)})


def _of_row(fits: bool, reason: str, score: float, kit: Kit) -> JudgementOut:
    facet = "products fit the title"
    return say("placement", facet, fits, reason, kit.evaluator, kit, score=score, severity="pass")


def _ranked(brief: Brief, row: PlacementDraft, products: Sequence[Ranked], kit: Kit) -> list[Ranked]:
    hits = [one.hit for one in products]
    alpha = ALPHA.get(brief.objective_kind, ALPHA_DEFAULT)
    found = []
    for one, rank, fit in zip(products, kit.ranker.score(brief, hits), kit.fits(row.theme, hits), strict=True):
        sure = max(round(fit.probability, 4), LEAST_FIT)
        update = {"rank_score": rank, "fit": sure, "score": round(rank**alpha * sure**BETA, 6), "why": fit.reason}
        found.append(one.model_copy(update=update))
    return found
