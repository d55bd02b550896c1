"""What only the whole page shows: does it hang together, differ, cover the objective and hold its constraints?"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from generation.llm.base import Call
from generation.llm.prompts import load
from generation.stages import selection
from generation.stages.contracts import (
    Brief,
    JudgedPage,
    JudgementOut,
    PageDrop,
    PageJudgeInput,
    PageRow,
    PageVerdicts,
    PlacementDraft,
    Question,
)
from generation.stages.facets import Severity
from generation.stages.judging.duplicates import jaccard
from generation.stages.judging.jurors import SILENT, Voice, Votes, panel, poll, questions
from generation.stages.judging.rules import RULES
from generation.stages.judging.verdicts import say, settles_alone
from generation.stages.ports import Kit

BELONGS = 0.15  # cosine of a row's words to the objective under which a shopper would wonder why it is there
DIFFERENT = 0.65  # 1 - mean over pairs of rows of (likeness + shared products) / 2, from which a page is diverse
COVERED = 0.5  # share of the things asked for that a row should be about
PRODUCTS_TOLD = 6


def run(brief: Brief, placements: Sequence[PlacementDraft], kit: Kit) -> JudgedPage:
    """The word on the page: `placements` are its rows in order, fixed ones included.

    The panel of models answers where there is one; what arithmetic says is then only said. Raises what asking a model
    raises.
    """
    if not placements:
        return JudgedPage(judgements=[])
    alone = not panel(kit)
    said = _computed(brief, placements, kit, None if alone else "pass")
    if alone:
        return JudgedPage(judgements=said)
    voices, drops = _asked(brief, placements, kit)
    return JudgedPage(judgements=[*said, *voices], dropped=drops)


def _computed(
    brief: Brief, placements: Sequence[PlacementDraft], kit: Kit, severity: Severity | None
) -> list[JudgementOut]:
    kit.encoder.encode(texts(brief, placements))  # all at once: what asks for some of them below finds them remembered
    lines = [_line(one) for one in placements]
    rows = kit.encoder.encode([brief.objective, *lines])
    near = np.asarray(rows[1:] @ rows[0], dtype=np.float64)
    likeness = np.asarray(rows[1:] @ rows[1:].T, dtype=np.float64)
    n = len(placements)
    full = n >= brief.placements
    return [
        _cohesive(placements, near, kit, severity),
        _diverse(placements, likeness, kit, severity),
        _covered(brief, placements, kit, severity),
        _held(placements, kit),
        say(
            "page",
            "fullness",
            full,
            f"{n} of {brief.placements} placements could be filled honestly.",
            RULES,
            kit,
            score=min(n / brief.placements, 1.0),
            severity="pass",
        ),
    ]


def texts(brief: Brief, placements: Sequence[PlacementDraft]) -> list[str]:
    """Everything about a page whose meaning is looked at."""
    words = [text for one in placements for text in (_line(one), *_words(one))]
    return list(dict.fromkeys([brief.objective, *selection.asked_for(brief.concepts, brief.objective), *words]))


def _line(row: PlacementDraft) -> str:
    return f"{row.theme.title}. {row.theme.subtitle}".rstrip(". ")


def _words(row: PlacementDraft) -> list[str]:
    return [row.theme.title, *row.theme.concepts, *(keyword.text for keyword in row.keywords)]


def _cohesive(
    placements: Sequence[PlacementDraft], near: selection.Matrix, kit: Kit, severity: Severity | None
) -> JudgementOut:
    odd = [one.theme.title for one, cosine in zip(placements, near, strict=True) if cosine < BELONGS]
    score = float(near.mean())
    reason = f"Hardly about the objective: {_named(odd)}." if odd else f"Every row is {_grade(score)} to the objective."
    return say("page", "cohesive", not odd, reason, kit.evaluator, kit, score=score, severity=severity)


def _diverse(
    placements: Sequence[PlacementDraft], likeness: selection.Matrix, kit: Kit, severity: Severity | None
) -> JudgementOut:
    """1 - mean over pairs of (cosine + Jaccard of products) / 2; and no two rows with the same products."""
    shown = [{one.hit.product for one in row.judged.shown} for row in placements]
    pairs = list(combinations(range(len(placements)), 2))
    overlap = [(likeness[a, b] + jaccard(shown[a], shown[b])) / 2 for a, b in pairs]
    score = 1 - sum(overlap) / len(overlap) if overlap else 1.0
    passes = score >= DIFFERENT
    if passes:
        reason = "The rows differ clearly from one another."
    else:
        a, b = pairs[int(np.argmax(overlap))]
        reason = f"Rows are much alike, most “{placements[a].theme.title}” and “{placements[b].theme.title}”."
    return say("page", "diverse", passes, reason, kit.evaluator, kit, score=score, severity=severity)


def _covered(brief: Brief, placements: Sequence[PlacementDraft], kit: Kit, severity: Severity | None) -> JudgementOut:
    """Of the things asked for, how many a row's title, concept or keyword comes near to."""
    asks, asked = selection.asked_vectors(brief.concepts, brief.objective, kit.encoder.encode)
    best = np.full(len(asks), -1.0)
    for one in placements:
        best = np.maximum(best, (kit.encoder.encode(_words(one)) @ asked.T).max(axis=0))
    missing = [ask for ask, cosine in zip(asks, best, strict=True) if cosine < selection.MET]
    score = 1 - len(missing) / len(asks)
    passes = score >= COVERED
    reason = f"No row is plainly about {_named(missing)}." if missing else "Everything that was asked for has a row."
    return say("page", "objective_covered", passes, reason, kit.evaluator, kit, score=score, severity=severity)


def _held(placements: Sequence[PlacementDraft], kit: Kit) -> JudgementOut:
    """By the receipts, which each row was settled with; a row that broke one is not on the page."""
    broken = [
        f"“{row.theme.title}” breaks “{one.constraint}”"
        for row in placements
        for one in row.judged.receipts
        if not one.passes
    ]
    reason = f"{'; '.join(broken[:3])}." if broken else "Every row holds every constraint."
    return say("page", "constraints_held", not broken, reason, RULES, kit, severity="review")


def _asked(brief: Brief, placements: Sequence[PlacementDraft], kit: Kit) -> tuple[list[JudgementOut], list[PageDrop]]:
    """What the panel says, and the rows that break a constraint in its eyes. Fixed rows are never taken off: people
    put them there."""
    rows = [
        PageRow(
            row=number,
            title=one.theme.title,
            subtitle=one.theme.subtitle,
            products=[ranked.hit.title[:160] for ranked in one.judged.shown[:PRODUCTS_TOLD]],
        )
        for number, one in enumerate(placements, start=1)
    ]
    facets = questions("page")
    call = Call(
        stage="page",
        prompt=load("page_judge", kit.prompts["page_judge"]),
        data=PageJudgeInput(
            objective=brief.objective,
            segment=brief.segment,
            brand_voice=brief.brand_voice,
            limits=[*brief.limits, *(f"without {term}" for term in brief.exclude_terms)],
            rows=rows,
            facets=facets,
        ),
        answer=PageVerdicts,
        check=lambda answer: check(answer, len(rows), facets),
    )
    polled = poll(kit, call)
    answers = polled.answers
    votes = Votes()
    for juror, answer in answers:
        for verdict in answer.page:
            votes.add(verdict.facet, None, Voice(juror, verdict.passes, verdict.reason))
    said = votes.judgements("page", kit)
    said += [say("page", SILENT, False, reason, juror, kit, severity="review") for juror, reason in polled.silent]
    against = [one for one in said if one.facet == "constraints_held" and not one.passes and one.severity == "drop"]
    if not against:
        return said, []
    blamed: dict[int, list[str]] = {}
    for juror, answer in answers:
        for verdict in answer.page:
            if verdict.facet == "constraints_held" and not verdict.passes:
                for number in verdict.rows:
                    blamed.setdefault(number, []).append(juror)
    reasons = " ".join(dict.fromkeys(one.reason for one in against))
    drops = []
    for number, jurors in sorted(blamed.items()):
        row = placements[number - 1]
        share = min(kit.settling.of(juror) for juror in jurors)
        generated = row.source == "generated" and row.key < FIXED_FROM
        if generated and len(jurors) * 2 >= len(answers) and settles_alone(brief, str(row.key), jurors[0], share):
            drops.append(PageDrop(key=row.key, by=", ".join(jurors)[:120], facet="constraints_held", reason=reasons))
    return said, drops


FIXED_FROM = 900  # keys of fixed rows count down from 1000; a run plans far fewer themes than this


def check(answer: PageVerdicts, rows: int, facets: Sequence[Question]) -> None:
    """Every question answered, no other, and only rows that are there; in words a model can act on."""
    asked, given = {one.facet for one in facets}, {one.facet for one in answer.page}
    if given - asked:
        raise ValueError(f"facets {sorted(given - asked)} were not asked; answer those under facets only")
    if asked - given:
        raise ValueError(f"facets {sorted(asked - given)} have no verdict; answer each once")
    odd = sorted({number for one in answer.page for number in one.rows if not 1 <= number <= rows})
    if odd:
        raise ValueError(f"rows {odd} are not on the page; it has rows 1 to {rows}")


def _named(names: Sequence[str]) -> str:
    told = ", ".join(f"“{name}”" for name in names[:3])
    return f"{told} and {len(names) - 3} more" if len(names) > 3 else told


def _grade(value: float) -> str:
    return "close" if value >= 0.35 else "related"
