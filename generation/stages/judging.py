"""Stage 7: judging, cheap to dear: rules, duplicates, the evaluator on every pair, then the LLM judge if there is one.

Every drop has a reason and an author. Nothing here pads: a row that is short after judging is short, or dropped.
"""

from collections.abc import Container, Sequence

from rapidfuzz import fuzz, utils

from generation.llm.base import Call
from generation.llm.prompts import load
from generation.stages import fusion
from generation.stages.contracts import (
    Brief,
    Judged,
    JudgedPage,
    JudgeInput,
    JudgementOut,
    Keywords,
    ProductFacts,
    Ranked,
    Ranking,
    Theme,
    Verdicts,
)
from generation.stages.ports import Kit
from generation.stages.words import banned_in

LONGEST_TITLE, LONGEST_SUBTITLE = 60, 100
SAME_TITLE = 88  # token-set likeness of two titles from which a shopper reads the same row twice
PLACEMENT_FLOOR = 0.78  # mean fit of the shown products under which a row is not worth a person's time
RULES = "rules v1"


def least_products(brief: Brief) -> int:
    """Fewer than this is not a row: the campaign's density minimum, but never more than the row is long."""
    return min(brief.products, max(brief.density_min, 3))


def run(
    brief: Brief,
    theme: Theme,
    chosen: Keywords,
    density: int,
    ranking: Ranking,
    taken: Container[int],
    kept_titles: Sequence[str],
    kit: Kit,
    key: str = "",
) -> Judged:
    """Fill the row from `ranking` without `taken`, then judge it. `dropped_by` says who turned it down, if anybody."""
    shown, bench = fusion.fill(brief, ranking, taken, kit.fit_floor)
    said = [*_rules(brief, theme, density, shown, kept_titles), *_fits(shown, kit)]
    judged = Judged(shown=shown, bench=bench, judgements=said, score=_mean(shown))
    failed = [judgement for judgement in said if judgement.level == "placement" and not judgement.passes]
    if failed:
        return _dropped(judged, failed[0].judge, [judgement.reason for judgement in failed])
    if kit.judge is not None:
        judged = _ask_model(brief, theme, chosen, judged, kit, key)
        if judged.dropped_by:
            return judged
    receipts = kit.search.receipts([one.hit.product for one in judged.shown])
    judged = judged.model_copy(update={"receipts": receipts})
    broken = [receipt for receipt in receipts if not receipt.passes]
    if broken:
        return _dropped(judged, RULES, [f"Breaks “{receipt.constraint}”: {receipt.detail}." for receipt in broken])
    return judged


def page(brief: Brief, themes: Sequence[Theme], kit: Kit) -> JudgedPage:
    """Coherence with the objective, diversity between placements, and whether the page is as full as asked."""
    if not themes:
        return JudgedPage(judgements=[])
    rows = kit.encoder.encode([brief.objective, *(f"{theme.title}. {theme.subtitle}" for theme in themes)])
    objective, vectors = rows[0], rows[1:]
    coherence = float((vectors @ objective).mean())
    likeness = vectors @ vectors.T
    n = len(themes)
    diversity = 1.0 if n == 1 else 1 - float((likeness.sum() - likeness.trace()) / (n * (n - 1)))
    return JudgedPage(
        judgements=[
            JudgementOut(
                level="page",
                facet="coherence",
                passes=coherence >= 0.15,
                score=round(coherence, 4),
                reason=f"The titles are {_grade(coherence, 0.15, 0.35)} to the objective on average.",
                judge=kit.encoder.name,
            ),
            JudgementOut(
                level="page",
                facet="diversity",
                passes=diversity >= 0.3,
                score=round(diversity, 4),
                reason="The rows differ clearly from one another." if diversity >= 0.3 else "Some rows are much alike.",
                judge=kit.encoder.name,
            ),
            JudgementOut(
                level="page",
                facet="fullness",
                passes=n >= brief.placements,
                score=round(min(n / brief.placements, 1.0), 4),
                reason=f"{n} of {brief.placements} placements could be filled honestly.",
                judge=RULES,
            ),
        ]
    )


def _rules(
    brief: Brief, theme: Theme, density: int, shown: Sequence[Ranked], kept_titles: Sequence[str]
) -> list[JudgementOut]:
    """The deterministic checks on a placement, each with its sentence."""

    def say(facet: str, passes: bool, good: str, bad: str) -> JudgementOut:
        return JudgementOut(level="placement", facet=facet, passes=passes, reason=good if passes else bad, judge=RULES)

    least = least_products(brief)
    banned = banned_in(f"{theme.title} {theme.subtitle}", brief.banned_terms)
    twin = next((title for title in kept_titles if _likeness(title, theme.title) >= SAME_TITLE), "")
    free = "1 product fits the title and is" if len(shown) == 1 else f"{len(shown)} products fit the title and are"
    return [
        say(
            "density",
            density >= brief.density_min,
            f"{density} eligible products reached.",
            f"Its keywords reach {density} eligible products; the campaign asks for {brief.density_min} or more.",
        ),
        say(
            "enough products",
            len(shown) >= least,
            f"{len(shown)} products fit.",
            f"Only {free} free on this page; a row needs {least}.",
        ),
        say("banned terms", not banned, "No banned term.", f"The title or subtitle uses the banned term “{banned}”."),
        say("not a duplicate", not twin, "No other row says this.", f"Says the same as “{twin}”."),
        say(
            "length",
            len(theme.title) <= LONGEST_TITLE and len(theme.subtitle) <= LONGEST_SUBTITLE,
            "Title and subtitle fit the space.",
            f"Title over {LONGEST_TITLE} or subtitle over {LONGEST_SUBTITLE} characters.",
        ),
    ]


def _likeness(title: str, other: str) -> float:
    """Of their words, 0 to 100, whatever their order, case and punctuation."""
    return fuzz.token_set_ratio(title, other, processor=utils.default_process)


def _fits(shown: Sequence[Ranked], kit: Kit) -> list[JudgementOut]:
    """The evaluator's word on every shown product, and on the row as a whole."""
    said = [
        JudgementOut(
            level="product",
            facet="fits the title",
            passes=one.fit >= kit.fit_floor,
            score=one.fit,
            reason=one.why,
            judge=kit.evaluator,
            product=one.hit.product,
        )
        for one in shown
    ]
    mean = _mean(shown)
    if mean is not None:
        sure = sum(one.fit >= kit.fit_floor for one in shown)
        said.append(
            JudgementOut(
                level="placement",
                facet="products fit the title",
                passes=mean >= PLACEMENT_FLOOR,
                score=mean,
                reason=f"{sure} of {len(shown)} products fit the title."
                if mean >= PLACEMENT_FLOOR
                else f"Only {sure} of {len(shown)} products fit the title.",
                judge=kit.evaluator,
            )
        )
    return said


def _ask_model(brief: Brief, theme: Theme, chosen: Keywords, judged: Judged, kit: Kit, key: str) -> Judged:
    """One question to the LLM judge about the row; products it turns down are replaced from the bench."""
    assert kit.judge is not None
    asked = [*judged.shown, *judged.bench]
    ids = {one.hit.item_id: one.hit.product for one in asked}
    call = Call(
        stage="judge",
        prompt=load("judge", kit.prompts["judge"]),
        data=JudgeInput(
            objective=brief.objective,
            segment=brief.segment,
            brand_voice=brief.brand_voice,
            theme=theme,
            keywords=[keyword.text for keyword in chosen.keywords],
            products=[
                ProductFacts(
                    id=one.hit.item_id, title=one.hit.title[:160], category=one.hit.category, price=one.hit.price
                )
                for one in asked
            ],
        ),
        answer=Verdicts,
        check=lambda answer: _known(answer, set(ids)),
        key=key,
    )
    verdicts = kit.judge.complete(call).value
    judge = kit.judge.label
    bad = {ids[verdict.id] for verdict in verdicts.products if not verdict.passes}
    good = [one for one in asked if one.hit.product not in bad]
    said = [
        *judged.judgements,
        *(
            JudgementOut(
                level="product",
                facet=verdict.facet,
                passes=verdict.passes,
                reason=verdict.reason,
                judge=judge,
                product=ids[verdict.id],
            )
            for verdict in verdicts.products
        ),
        *(
            JudgementOut(level="placement", facet=v.facet, passes=v.passes, reason=v.reason, judge=judge)
            for v in verdicts.placement
        ),
    ]
    # Filled anew: what comes up from the bench keeps to the same floor and the same limit for a brand.
    shown, bench = fusion.fill(brief, Ranking(ranked=good, unfit=0), (), kit.fit_floor)
    judged = judged.model_copy(update={"shown": shown, "bench": bench, "judgements": said, "score": _mean(shown)})
    reasons = [verdict.reason for verdict in verdicts.placement if not verdict.passes]
    if len(shown) < least_products(brief):
        reasons.append(f"Only {len(shown)} products passed the judge; a row needs {least_products(brief)}.")
    return _dropped(judged, judge, reasons) if reasons else judged


def _known(answer: Verdicts, ids: set[str]) -> None:
    strangers = sorted({verdict.id for verdict in answer.products} - ids)
    if strangers:
        raise ValueError(f"products {strangers} were not asked about; judge only the ids given")
    forgotten = sorted(ids - {verdict.id for verdict in answer.products})
    if forgotten:
        raise ValueError(f"products {forgotten} were not judged; give every id at least one verdict")
    if not answer.placement:
        raise ValueError("judge the placement too: at least one facet")


def _dropped(judged: Judged, by: str, reasons: Sequence[str]) -> Judged:
    return judged.model_copy(update={"dropped_by": by, "drop_reason": " ".join(reasons)})


def _mean(shown: Sequence[Ranked]) -> float | None:
    return round(sum(one.fit for one in shown) / len(shown), 4) if shown else None


def _grade(value: float, low: float, high: float) -> str:
    return "close" if value >= high else "related" if value >= low else "hardly related"
