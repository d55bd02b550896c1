"""What a title claims of every product under it ("sugar-free", "vegan"), and whether a product says so itself.

A shopper with an allergy reads a row's title as a promise. So a claim in the title or subtitle is held against each
product's own words: no evidence, no place in that row.
"""

import re

from generation.stages.words import skeleton

_FREE = r"(?:{0})[\s-]*(?:free|less)|(?:free (?:from|of)|no|without|zero|0\s?%|non)[\s-]+(?:added |any )?(?:{0})"

# Claim -> (how a title says it, how a product says it).
CLAIMS: dict[str, tuple[str, str]] = {
    "without fragrance": (
        r"\bunscented\b|\bno scent\b|\bscentless\b|" + _FREE.format("fragrance|perfume|scent"),
        r"\bunscented\b|\bunperfumed\b|\bhypoallergenic\b|\bpure water\b|\b99\s?% water\b|"
        + _FREE.format("fragrance|perfume|parfum|scent|aroma"),
    ),
    "without added sugar": (
        r"\bunsweetened\b|" + _FREE.format("sugar"),
        r"\bunsweetened\b|\bstevia\b|\bdiabetic\b|\bdiabetics\b|\bketo\b|\bsweetener\b|\bsugarless\b|"
        + _FREE.format("sugar"),
    ),
    "gluten free": (_FREE.format("gluten|wheat"), _FREE.format("gluten|wheat")),
    "dairy free": (
        _FREE.format("dairy|lactose|milk"),
        r"\bvegan\b|\b(?:oat|soya?|almond|coconut|rice) (?:drink|milk)\b|" + _FREE.format("dairy|lactose|milk"),
    ),
    "alcohol free": (_FREE.format("alcohol"), r"\b0[.,]0\s?%|" + _FREE.format("alcohol")),
    "caffeine free": (
        r"\bdecaf\w*\b|" + _FREE.format("caffeine"),
        r"\bdecaf\w*\b|\brooibos\b|\bherbal\b|\binfusion\b|\bchamomile\b|\bpeppermint\b|\bhibiscus\b|"
        + _FREE.format("caffeine"),
    ),
    "vegan": (r"\bvegan\b|\bplant[\s-]based\b", r"\bvegan\b|\bplant[\s-]based\b"),
    "organic": (r"\borganic\b", r"\borganic\w*\b|\bbio\b"),
}


def made(text: str) -> list[str]:
    """The claims that `text`, a title or subtitle, makes of every product under it."""
    plain = skeleton(text)
    return [claim for claim, (said, _proof) in CLAIMS.items() if re.search(said, plain)]


def held(claim: str, text: str) -> bool:
    """Whether a product's own `text` supports `claim`."""
    return re.search(CLAIMS[claim][1], skeleton(text)) is not None
