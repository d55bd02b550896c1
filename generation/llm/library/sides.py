"""Whom a theme is for: a page for dogs has no row for cats, unless the objective names both."""

from collections.abc import Sequence

from generation.llm.library.shelf import WrittenTheme
from generation.stages.words import carries

Words = tuple[str, ...]
SIDES: Sequence[tuple[Words, Words]] = (
    (("dog", "dogs", "puppy", "puppies"), ("cat", "cats", "kitten", "kittens")),
    (("men", "man", "father", "fathers", "dad"), ("women", "woman", "mother", "mothers", "mum")),
    (("boy", "boys"), ("girl", "girls")),
)


def other_side(theme: WrittenTheme, objective: str) -> bool:
    """Whether the theme is for one side only, and the objective for the other only."""
    about = f"{theme.title}. {theme.subtitle}. {theme.intent}. {'. '.join(theme.concepts)}"
    for one, other in SIDES:
        asked, told = _named(objective, one, other), _named(about, one, other)
        if asked in ((True, False), (False, True)) and told == asked[::-1]:
            return True
    return False


def _named(text: str, one: Words, other: Words) -> tuple[bool, bool]:
    return any(carries(text, word) for word in one), any(carries(text, word) for word in other)
