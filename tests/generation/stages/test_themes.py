"""A plan is checked in words that a model can act on."""

from itertools import combinations
from string import ascii_lowercase

import pytest

from generation.stages import context, themes
from generation.stages.contracts import Themes
from storefront_studio.lib.errors import BadOutput
from tests.generation.stages.hand_kit import Scripted, brief, kit, theme


def plan(answer: Themes, reserves: float = 0.75, **fields: object) -> Themes:
    tools = kit(model=Scripted(lambda data: answer), reserves=reserves)
    return themes.run(context.run(brief(**fields), "Shop", "EUR", tools), tools)


@pytest.mark.parametrize(("placements", "asked"), [(1, 3), (2, 4), (6, 9), (20, 30)])
def test_reserves_are_asked_for_and_no_more_is_taken(placements: int, asked: int) -> None:
    words = [f"{a * 4}{b * 4}" for a, b in list(combinations(ascii_lowercase, 2))[:320:8]]  # none is like another
    answer = Themes(themes=[theme(word, concepts=[word]) for word in words])
    assert len(plan(answer, reserves=0.5, placements=placements).themes) == asked


def test_an_empty_plan_without_a_reason_is_sent_back() -> None:
    with pytest.raises(ValueError, match="set abstained to the reason"):
        themes.check(Themes(), brief())


def test_an_abstention_is_an_error_with_its_reason() -> None:
    with pytest.raises(BadOutput, match="proposed no themes: nothing fits"):
        plan(Themes(abstained="nothing fits"))


def test_themes_count_even_when_a_model_also_abstains() -> None:
    assert len(plan(Themes(themes=[theme()], abstained="but these")).themes) == 1


@pytest.mark.parametrize("fields", [{"title": "A DÉTOX soup"}, {"subtitle": "To de\u200btox"}])
def test_a_banned_term_in_title_or_subtitle_is_sent_back(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="theme 1 uses the banned term “detox”"):
        themes.check(Themes(themes=[theme(**fields)]), brief(banned_terms=["detox"]))


def test_a_title_that_comes_twice_is_sent_back() -> None:
    with pytest.raises(ValueError, match="theme 2 repeats the title"):
        themes.check(Themes(themes=[theme("Soups"), theme("SOUPS")]), brief())
