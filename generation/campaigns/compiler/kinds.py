"""What a page is for, by the words people use for it."""

import re

from generation.campaigns.compiler import feasts
from generation.campaigns.compiler.text import Draft
from generation.models import ObjectiveKind

# Each pattern with its weight: what names the aim outweighs what only colours it.
_SIGNS: tuple[tuple[ObjectiveKind, str, float], ...] = (
    (
        ObjectiveKind.CLEAR_STOCK,
        r"\b(?:over-?stocked|overstock|slow[- ]moving|clear(?:ing)? (?:out |the |"
        r"our |older |last |slow|remaining|stock|surplus|shelves|\w+ stock)|clearance|"
        r"surplus|sell[- ](?:through|off|out)|get rid of|remaining stock|dead stock|"
        r"stock count)\b",
        3,
    ),
    (
        ObjectiveKind.CLEAR_STOCK,
        r"\blong on\b|\b(?:leave|out of|in|from) the warehouse\b|\bwarehouse space\b|"
        r"\btoo (?:much|many)\b|\bmove (?:them|it|stock)\b|^clear\b",
        2.5,
    ),
    (
        ObjectiveKind.MARGIN,
        r"\b(?:push|lift|raise|build|grow|improve|protect|better|higher?|more|good|"
        r"strong(?:est)?|best)[- ](?:the |our )?(?:gross )?margins?\b|\bmargins?\b",
        2.5,
    ),
    (ObjectiveKind.MARGIN, r"\bearns? (?:us )?(?:more|better)\b|\bwe earn more\b|\bprofit(?:able|s)?\b", 2.5),
    (
        ObjectiveKind.LAUNCH,
        r"\b(?:re)?launch(?:es|ing|ed)?\b|\bnew arrivals\b|\bwe are opening\b|\bnewly (?:listed|"
        r"opened)\b|\bjust (?:arrived|landed)\b",
        3,
    ),
    (
        ObjectiveKind.LAUNCH,
        r"\bour new\b|\bthe new\b|\bnew (?:range|line|aisle|corner|collection|products?|"
        r"smart\w+)\b|\bwidened\b|\bintroduce (?:it|our|the new)\b",
        1.5,
    ),
    (
        ObjectiveKind.BASKET,
        r"\b(?:bigger|larger|full(?:er)?|build|fill|lift|raise|one) (?:full )?baskets?\b|"
        r"\bbaskets?\b|\bitems per order\b|\bcross-?sell\b|\badd-?ons?\b|\battach\b|"
        r"\bone (?:planned )?(?:order|delivery)\b|\bstock-?up\b|\breorder\b|\breplenish\w*\b|"
        r"\bsame order\b|\bfree delivery\b",
        2,
    ),
    (
        ObjectiveKind.DISCOVERY,
        r"\bdiscover(?:y|s)?\b|\bexplore\b|\binspir\w+\b|\bnever (?:saw|seen|bought)\b|"
        r"\bdid not know\b|\bdo not know\b|\bbreadth of\b|\bsurprise\b|\bhow wide\b|"
        r"\bcurious\b|\bfind something new\b|\bintroduce\b|\balso stock\b",
        2,
    ),
    (
        ObjectiveKind.CATEGORY,
        r"\b(?:grow|strengthen|drive|support|build|push|develop|boost)\b[^.]{0,60}\b(?:category|"
        r"categories|shelf|shelves|aisle|range|department|page)\b|\b(?:category|department|"
        r"aisle)\b",
        1.8,
    ),
    (ObjectiveKind.CATEGORY, r"^(?:grow|strengthen|support|serve|boost|drive)\b", 1.5),
    (
        ObjectiveKind.OCCASION,
        r"\b(?:birthday|party|parties|wedding|anniversary|baby shower|housewarming|"
        r"gifts?|gifting|picnic|barbecue|bbq|holiday at home|pooja|puja|movie night|"
        r"guests)\b",
        1.6,
    ),
    (ObjectiveKind.OCCASION, rf"\b(?:{feasts.PATTERN})", 2.2),
    (
        ObjectiveKind.SEASON,
        r"\b(?:spring|summer|autumn|autumnal|winter|monsoon|rainy|season(?:al)?|back[- ]to[- ]school|"
        r"hot (?:months|afternoon)|cold nights?|first heavy rains|storm)\b",
        2,
    ),
    (
        ObjectiveKind.SEASON,
        r"\b(?:january|february|march|april|june|july|august|september|october|november|"
        r"december)\b|\bdegrees\b|\bweather\b",
        1,
    ),
)


def read_kind(draft: Draft) -> None:
    """The kind with the most signs, the earlier sign counting more; nothing when there is no sign."""
    scores: dict[ObjectiveKind, float] = {}
    first: dict[ObjectiveKind, tuple[int, int]] = {}
    length = max(len(draft.folded), 1)
    for kind, pattern, weight in _SIGNS:
        found = list(re.finditer(pattern, draft.folded))
        if not found:
            continue
        earliest = found[0]
        scores[kind] = scores.get(kind, 0) + weight * (1.25 - 0.5 * earliest.start() / length) + 0.25 * (len(found) - 1)
        if kind not in first or earliest.start() < first[kind][0]:
            first[kind] = earliest.span()
    if scores:
        kind = max(scores, key=lambda one: scores[one])
        draft.add("objective_kind", kind.value, f"Objective: {kind.label}", first[kind], claim=False)
