"""Which themes an audience's diet rules out. Food only: a vegetarian may well feed a cat."""

import re
from collections.abc import Sequence

from generation.llm.library.shelf import WrittenTheme
from generation.stages.words import carries

_MEAT = (
    "meat", "meats", "chicken", "beef", "pork", "ham", "bacon", "sausage", "sausages", "salami", "turkey", "lamb",
    "mutton", "steak", "steaks", "mince", "burger patties", "cold cuts", "jerky",
)  # fmt: skip
_FISH = ("fish", "salmon", "tuna", "prawn", "prawns", "shrimp", "seafood", "anchovy", "sardines", "crab")
_ANIMAL = ("cheese", "cheeses", "egg", "eggs", "yoghurt", "yogurt", "paneer", "ghee", "dairy", "honey")
_PIG_AND_ALCOHOL = ("pork", "ham", "bacon", "salami", "wine", "beer", "spirits", "whisky", "gin", "rum", "alcohol")
AVOIDED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"^(?:strict(?:ly)? )?(?:lacto[\s-]?)?(?:ovo[\s-]?)?vegetarian|^veggie|^meat[\s-]?free|^no meat", _MEAT + _FISH),
    (r"^vegan|^plant[\s-]based", _MEAT + _FISH + _ANIMAL),
    (r"^pesc(?:a|e)tarian", _MEAT),
    (r"^halal", _PIG_AND_ALCOHOL),
)
_ANYWAY = re.compile(r"\b(?:vegan|vegetarian|veggie|plant[\s-]based|meat[\s-]free|meatless|halal)\b", re.IGNORECASE)


def avoided(diet: Sequence[str]) -> tuple[str, ...]:
    """The foods that an audience with this diet would not buy; nothing for a diet that is not known."""
    found = [words for said in diet for pattern, words in AVOIDED if re.search(pattern, said.casefold())]
    return tuple(dict.fromkeys(word for words in found for word in words))


def ruled_out(theme: WrittenTheme, words: Sequence[str]) -> bool:
    """Whether the theme offers food with one of `words`, and does not say that it is made without."""
    if not words or not {"grocery", "kitchen", "health", "gifts"} & set(theme.departments):
        return False
    text = f"{theme.title}. {theme.subtitle}. {'. '.join(theme.concepts)}"
    return not _ANYWAY.search(text) and any(carries(text, word) for word in words)
