"""What asks for something and was not read: limits, exclusions and amounts that no reading covers."""

import re

from generation.campaigns.compiler.money import NUMBER
from generation.campaigns.compiler.text import Draft

LONGEST = 80
_UNIT = r"(?:\s?(?:%|°)|\s?[a-z]+)?"
_DISCOUNT = re.compile(
    rf"\b(?:(?:at least |up to |over )?{NUMBER}\s?%\s+(?:off|discount|reduced)|"
    rf"on sale\b(?! (?:copy|talk))|discounted\b|reduced[- ]price\w*|half[- ]price)"
)
_SIGNS = (
    # A comparison with an amount.
    re.compile(
        rf"\b(?:under|below|less than|fewer than|up to|at most|no more than|not more than|"
        rf"max(?:imum)?|over|above|more than|at least|no less than|min(?:imum)?|exactly|"
        rf"within)\s+(?:{NUMBER}){_UNIT}(?:\s[a-z]+)?"
    ),
    re.compile(rf"{NUMBER}\s?(?:%|per ?cent\b)(?:\s[a-z]+)?"),
    # Restrictions in words.
    re.compile(
        r"\b(?:only|exclusively|nothing but|must (?:not )?(?:be|have|contain|come)|"
        r"make sure (?:that )?|ensure (?:that )?)\s+[^.,;:!?]{2,60}"
    ),
    re.compile(
        r"\b(?:except(?: for)?|exclud(?:e|ing)|nothing (?:with|containing|from|by|made of)|leave out)\s+[^.,;:!?]{2,40}"
    ),
    re.compile(r"\b(?:do not|don't|never|must not) (?:show|include|promote|push|sell|feature|list)\s+[^.,;:!?]{2,60}"),
)
_STORY = re.compile(r"\b(?:who|they|people|customers|shoppers|families|students|homes|buyers|needs?|only from us)\b")


def read_leftovers(draft: Draft) -> None:
    """Called last. Story, mood and purpose stay in the objective's sentence, where the planner reads them: those are
    no leftovers."""
    for match in draft.find(_DISCOUNT):
        draft.leave(*match.span(), why="there is no constraint for discounts")
    for pattern in _SIGNS:
        for match in draft.find(pattern):
            clause = draft.folded[max(match.start() - 50, 0) : match.start()].rsplit(".", 1)[-1]
            if _STORY.search(clause) or _STORY.search(match[0]):
                continue
            draft.leave(match.start(), min(match.end(), match.start() + LONGEST))
