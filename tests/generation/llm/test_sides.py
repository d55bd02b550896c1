"""Whom a theme of the library is for."""

import pytest

from generation.llm.library.shelf import WrittenTheme
from generation.llm.library.sides import other_side


def theme(title: str, subtitle: str = "") -> WrittenTheme:
    concepts = ("bowl", "toy", "snack", "bed")
    return WrittenTheme(
        title=title, subtitle=subtitle, intent="", concepts=concepts, departments=(), seasons=(), objectives=()
    )


@pytest.mark.parametrize(
    ("objective", "title", "out"),
    [
        ("Everything a dog needs at home", "For the cat who runs the house", True),
        ("Everything a dog needs at home", "Bowls for dogs and cats", False),
        ("Everything a dog needs at home", "Bowls, fountains and feeders", False),
        ("Food and toys for dogs and cats", "For the cat who runs the house", False),
        ("Pet supplies", "For the cat who runs the house", False),
        ("Kitten corner", "Dinner in the dog bowl", True),
        ("Men's grooming: shaving, face wash", "Hair care for women", True),
        ("Catering for a party", "Dinner in the dog bowl", False),
    ],
)
def test_a_page_for_one_side_has_no_row_for_the_other(objective: str, title: str, out: bool) -> None:
    assert other_side(theme(title), objective) is out
