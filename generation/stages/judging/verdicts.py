"""What was said of a row, and what follows from it: drop, send to people, or only say so."""

import hashlib
from collections.abc import Iterable, Sequence

from generation.stages import fusion
from generation.stages.contracts import Brief, DroppedProduct, Flag, Judged, JudgementOut, Ranked, least_row
from generation.stages.facets import BY_NAME, Level, Severity
from generation.stages.ports import Kit


def say(
    level: Level,
    facet: str,
    passes: bool,
    reason: str,
    judge: str,
    kit: Kit,
    *,
    score: float | None = None,
    product: int | None = None,
    severity: Severity | None = None,
) -> JudgementOut:
    """A judgement with the severity that the policy in force gives its facet, unless `severity` says otherwise."""
    return JudgementOut(
        level=level,
        facet=facet,
        severity=severity or kit.policy.severity(level, facet),
        passes=passes,
        score=None if score is None else round(score, 4),
        reason=reason,
        judge=judge,
        product=product,
    )


def label(level: Level, facet: str) -> str:
    """A facet for people; a rule's name is its label."""
    known = BY_NAME.get((level, facet))
    return known.label if known else f"{facet[:1].upper()}{facet[1:]}"


def added(judged: Judged, said: Iterable[JudgementOut]) -> Judged:
    """`judged` with more judgements, and a flag for each that asks for a person."""
    said = list(said)
    flags = [
        Flag(facet=one.facet, judge=one.judge, reason=one.reason)
        for one in said
        if not one.passes and one.severity == "review" and one.level == "placement"
    ]
    return judged.model_copy(
        update={"judgements": [*judged.judgements, *said], "flags": [*judged.flags, *flags]},
    )


def fatal(said: Iterable[JudgementOut]) -> list[JudgementOut]:
    """What drops the row."""
    return [one for one in said if one.level == "placement" and not one.passes and one.severity == "drop"]


def dropped(judged: Judged, by: str, facet: str, reasons: Sequence[str]) -> Judged:
    """The row, turned down."""
    reason = " ".join(dict.fromkeys(reasons))
    return judged.model_copy(update={"dropped_by": by, "drop_facet": facet, "drop_reason": reason})


def turned_down(
    judged: Judged, before: Judged, said: Sequence[JudgementOut], brief: Brief, key: str, kit: Kit
) -> Judged:
    """What the no of one judge or several to a row comes to; `said` is what they failed it for.

    Judges may settle only a share of their drops alone, the least trusted of them saying how large it is: the others go
    to people with a flag, with the products they had `before`. Which ones is decided by a hash, so that a run that is
    resumed does the same.
    """
    judges = list(dict.fromkeys(one.judge for one in said))
    by, facet = ", ".join(judges)[:120], said[0].facet
    reason = " ".join(dict.fromkeys(one.reason for one in said))
    if settles_alone(brief, key, by, min(kit.settling.of(judge) for judge in judges)):
        return dropped(judged, by, facet, [reason])
    flag = Flag(facet=facet, judge=by, reason=f"The judge would drop this: {reason}")
    return before.model_copy(
        update={"judgements": judged.judgements, "flags": [*judged.flags, flag]},
    )


def settles_alone(brief: Brief, key: str, judge: str, share: float) -> bool:
    """Whether this drop is among the `share` (0..1) that `judge` may settle."""
    drawn = hashlib.sha256(f"{brief.seed}\x1f{key}\x1f{judge}".encode()).digest()
    return int.from_bytes(drawn[:6], "big") / 2**48 < share


def without(judged: Judged, out: Sequence[DroppedProduct], brief: Brief, kit: Kit) -> Judged:
    """The row without some products. What comes up from the bench keeps to the same floor, brand limit and prices."""
    if not out:
        return judged
    gone = {one.product for one in out}
    shown, bench = fusion.refill(brief, judged.shown, judged.bench, gone, kit.fit_floor)
    return judged.model_copy(
        update={
            "shown": shown,
            "bench": bench,
            "dropped_products": [*judged.dropped_products, *out],
            "score": mean_fit(shown),
        }
    )


def mean_fit(shown: Sequence[Ranked]) -> float | None:
    """Mean fit of the products shown; None for none."""
    return round(sum(one.fit for one in shown) / len(shown), 4) if shown else None


def least_products(brief: Brief) -> int:
    """Fewer than this is not a row."""
    return least_row(brief.products)
