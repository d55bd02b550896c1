"""Rows that are one row: by the words of their titles, by meaning, by the products they show."""

from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, utils

from generation.stages.contracts import JudgementOut, PlacementDraft, Theme
from generation.stages.judging.rules import RULES
from generation.stages.judging.verdicts import say
from generation.stages.meaning import meaning
from generation.stages.ports import Kit


def same_words(title: str, other: str) -> float:
    """Likeness of two titles by their words, 0 to 100, whatever their order, case and punctuation."""
    return float(fuzz.token_set_ratio(title, other, processor=utils.default_process))


def jaccard(a: set[int], b: set[int]) -> float:
    """Shared of all; 0 for two empty sets."""
    return len(a & b) / len(a | b) if a or b else 0.0


def check(draft: PlacementDraft, above: Sequence[PlacementDraft], kit: Kit) -> JudgementOut:
    """Whether `draft` repeats a row of `above`, which are the fixed rows and those settled before it; the first one
    that it repeats is named, and the score is the likeness found (0..1)."""
    policy = kit.policy
    shown = {one.hit.product for one in draft.judged.shown}
    cosines = _cosines(draft.theme, [one.theme for one in above], kit)
    for other, cosine in zip(above, cosines, strict=True):
        title = other.theme.title
        words = same_words(title, draft.theme.title)
        products = jaccard(shown, {one.hit.product for one in other.judged.shown})
        if words >= policy.same_title:
            return _no(f"Says the same as “{title}”.", words / 100, kit)
        if cosine >= policy.same_meaning:
            return _no(f"Means the same as “{title}”.", cosine, kit)
        if products >= policy.same_products:
            return _no(f"Shows {products:.0%} of the same products as “{title}”.", products, kit)
    return say("placement", "not a duplicate", True, "No other row says this.", RULES, kit)


def _no(reason: str, score: float, kit: Kit) -> JudgementOut:
    return say("placement", "not a duplicate", False, reason, RULES, kit, score=score)


def _cosines(theme: Theme, others: Sequence[Theme], kit: Kit) -> list[float]:
    if not others:
        return []
    rows = kit.encoder.encode([meaning(one.title, one.subtitle, one.concepts) for one in (theme, *others)])
    return [float(one) for one in np.asarray(rows[1:]) @ rows[0]]
