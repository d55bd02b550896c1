"""The built-in judge: the evaluator on every theme-product pair, and those other questions that arithmetic can answer.

What it cannot answer (whether a title is good, whether wording is safe) it leaves unsaid.
"""

from collections.abc import Sequence

import numpy as np

from generation.campaigns.segments import read_loosely
from generation.stages.contracts import Brief, JudgementOut, Keywords, Ranked, Theme
from generation.stages.facets import Severity
from generation.stages.judging.verdicts import mean_fit, say
from generation.stages.meaning import meaning
from generation.stages.ports import Kit

ONE_IDEA = 0.5  # mean cosine of a row's products to their centre
KEYWORD_MEANT = 0.5  # cosine of a keyword to its nearest concept
INTEREST = 0.25  # cosine of a row to what an audience is known to buy


def row(
    brief: Brief, theme: Theme, chosen: Keywords, shown: Sequence[Ranked], kit: Kit, *, alone: bool
) -> list[JudgementOut]:
    """The built-in judge's word on a row. `alone`: no model judges beside it, so that its word on what a model would
    answer too decides; otherwise that is only said."""
    severity: Severity | None = None if alone else "pass"
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
        )
        for one in shown
    ]
    mean = mean_fit(shown)
    if mean is None:
        return said
    sure = sum(one.fit >= kit.fit_floor for one in shown)
    enough = mean >= kit.policy.placement_floor
    reason = f"{'' if enough else 'Only '}{sure} of {len(shown)} products fit the title, by {mean:.0%} on average."
    said.append(say("placement", "products fit the title", enough, reason, kit.evaluator, kit, score=mean))
    said += [_coherent(shown, kit, severity), _keywords_fit(chosen, kit, severity)]
    audience = _fits_segment(brief, theme, kit, severity)
    return [*said, audience] if audience else said


def _coherent(shown: Sequence[Ranked], kit: Kit, severity: Severity | None) -> JudgementOut:
    """How near the products lie to one another; products without vectors say nothing against the row."""
    rows = np.asarray(kit.search.product_vectors([one.hit.product for one in shown]), dtype=np.float64)
    centre = rows.mean(axis=0)
    length = float(np.linalg.norm(centre))
    nearness = rows @ (centre / length) if length > 0 else np.ones(len(shown))
    score = float(nearness.mean())
    odd = shown[int(np.argmin(nearness))].hit.title
    passes = score >= ONE_IDEA
    reason = (
        "The products are alike enough to be one idea."
        if passes
        else f"The products are far apart; the oddest is “{odd}”."
    )
    return say("placement", "coherent", passes, reason, kit.evaluator, kit, score=score, severity=severity)


def _keywords_fit(chosen: Keywords, kit: Kit, severity: Severity | None) -> JudgementOut:
    far = [word for word in chosen.keywords if word.similarity < KEYWORD_MEANT]
    share = 1 - len(far) / len(chosen.keywords) if chosen.keywords else 0.0
    if not chosen.keywords:
        reason = "It has no keyword."
    elif far:
        worst = min(far, key=lambda word: word.similarity)
        reason = f"“{worst.text}” is far from “{worst.concept}” ({worst.similarity:.2f})."
    else:
        reason = "Every keyword is near to a concept of the row."
    passes = bool(chosen.keywords) and not far
    return say("placement", "keywords_fit", passes, reason, kit.evaluator, kit, score=share, severity=severity)


def _fits_segment(brief: Brief, theme: Theme, kit: Kit, severity: Severity | None) -> JudgementOut | None:
    """Nearness to what the audience is known to buy; nothing where nothing is known."""
    profile = read_loosely(brief.segment.profile)
    known = [*profile.names("categories")[:6], *profile.diet[:2]]
    if not known:
        return None
    rows = kit.encoder.encode([meaning(theme.title, theme.subtitle, theme.concepts), *known])
    near = rows[1:] @ rows[0]
    best = int(np.argmax(near))
    score = float(near[best])
    passes = score >= INTEREST
    reason = (
        f"Near to “{known[best]}”, which the audience is known for."
        if passes
        else f"Far from everything the audience is known for; nearest is “{known[best]}”."
    )
    return say("placement", "fits_segment", passes, reason, kit.evaluator, kit, score=score, severity=severity)
