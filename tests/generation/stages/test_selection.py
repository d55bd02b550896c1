"""Which planned themes make the page: relevant, covering what was asked for, and no two that compete."""

from typing import Any

import numpy as np
import pytest

from generation.stages import context, selection, themes
from generation.stages.contracts import Theme, Themes
from generation.stages.ports import Near
from generation.stages.selection import Pool
from tests.generation.stages.hand_kit import Scripted, Shelves, brief, kit, theme
from tests.generation.stages.judging.bench import Remembers


def pool(quality: Any, likeness: Any = None, covers: Any = None) -> Pool:
    n = len(quality)
    return Pool(
        np.asarray(quality, dtype=float),
        np.eye(n) if likeness is None else np.asarray(likeness, dtype=float),
        np.zeros((n, 0)) if covers is None else np.asarray(covers, dtype=float),
    )


def test_among_themes_as_unlike_the_best_come_first() -> None:
    assert selection.arrange(pool([0.2, 0.9, 0.5]), 2, 3) == [1, 2, 0]


def test_of_two_that_are_alike_the_second_waits() -> None:
    likeness = [[1, 0.9, 0.1], [0.9, 1, 0.1], [0.1, 0.1, 1]]
    assert selection.arrange(pool([0.9, 0.88, 0.5], likeness), 2, 3)[:2] == [0, 2]


def test_what_was_asked_for_comes_before_what_is_merely_near() -> None:
    covers = [[0.1, 0.1], [0.7, 0.1], [0.1, 0.7]]
    assert set(selection.arrange(pool([0.9, 0.3, 0.3], None, covers), 2, 3)[:2]) == {1, 2}


def test_a_theme_that_meets_two_wishes_leaves_a_place_for_the_best_of_the_rest() -> None:
    covers = [[0.1, 0.1], [0.7, 0.1], [0.8, 0.7]]
    assert set(selection.arrange(pool([0.9, 0.3, 0.3], None, covers), 2, 3)[:2]) == {2, 0}


def test_an_exchange_betters_what_greed_alone_chose() -> None:
    # Greedily 0 comes first, being the best alone; but 1 and 2 together are better than either with 0.
    likeness = [[1, 0.5, 0.5], [0.5, 1, 0.0], [0.5, 0.0, 1]]
    assert set(selection.arrange(pool([0.6, 0.55, 0.55], likeness), 2, 2)) == {1, 2}


def test_no_more_than_is_wanted_and_no_less_than_there_is() -> None:
    assert len(selection.arrange(pool([0.5] * 6), 2, 4)) == 4
    assert len(selection.arrange(pool([0.5] * 3), 2, 9)) == 3
    assert selection.arrange(pool([]), 2, 4) == []


@pytest.mark.parametrize(
    ("concepts", "objective", "asks"),
    [
        (["soup", "bread"], "Anything", ["soup", "bread"]),
        ([], "Back to school: notebooks, pens and bags", ["notebooks", "pens", "bags"]),
        ([], "Cosy suppers under 10 euros, no pork", ["Cosy suppers"]),
        ([], "Tea", ["Tea"]),
    ],
)
def test_things_asked_for_are_the_concepts_else_what_the_objective_lists(
    concepts: list[str], objective: str, asks: list[str]
) -> None:
    assert selection.asked_for(concepts, objective) == asks


def planned(*made: Theme, fixed: Any = (), **more: Any) -> Themes:
    asked = brief(**{"placements": 4, **more.pop("brief", {})})
    tools = kit(model=Scripted(lambda data: Themes(themes=list(made)), label="Planner"), **more)
    return themes.run(context.run(asked, "Shop", "EUR", tools, fixed), tools)


SOUPS, BREAD = theme("Soups for two"), theme("Bread to dip", concepts=["rolls", "baguette"])


def left(plan: Themes) -> dict[str, tuple[str, str]]:
    return {one.theme.title: (one.by, one.facet) for one in plan.left_out}


def test_a_theme_its_planner_doubts_is_left_out_with_the_reason() -> None:
    plan = planned(SOUPS, theme("Hats", concepts=["caps"], confidence=0.2))
    assert left(plan) == {"Hats": ("selection v1", "confidence")}
    assert plan.left_out[0].reason == "Planner is sure of it by 20% only; 40% is the least."


@pytest.mark.parametrize("settled", [{"fixed": ["For two: soups"]}, {"brief": {"avoid": ["For two: soups"]}}])
def test_a_theme_near_to_a_fixed_row_or_one_to_avoid_is_left_out(settled: dict[str, Any]) -> None:
    plan = planned(SOUPS, BREAD, **settled)
    assert [one.title for one in plan.themes] == ["Bread to dip"]
    assert left(plan) == {"Soups for two": ("selection v1", "not a duplicate")}


def test_a_theme_that_repeats_a_rejection_is_left_out_before_a_token_is_spent_on_it() -> None:
    plan = planned(SOUPS, memory=Remembers(0.95))
    (out,) = plan.left_out
    assert (out.by, out.ruling, out.score) == ("rejection memory", 77, 0.95)
    assert out.reason == "Near to “Cold soups”, which Ada rejected: not in our voice."


def test_of_two_themes_that_say_the_same_the_better_stays() -> None:
    plan = planned(theme("Soups for two", confidence=0.9), theme("For two: soups", confidence=0.5), BREAD)
    assert "For two: soups" in left(plan)
    assert plan.left_out[0].reason == "Would compete with “Soups for two”: the titles say the same."


class Same(Shelves):
    """Every question finds the same products."""

    def nearest_products_each(self, vectors: Any, limit: int) -> list[list[Near]]:
        return [[Near(product, 0.8, ("Food",)) for product in range(12)] for _ in vectors]


def test_two_themes_that_would_show_the_same_products_compete() -> None:
    near = [theme("Warm bowls", concepts=["soup", "broth"]), theme("Broth, bowl by bowl", concepts=["soup", "broth"])]
    plan = planned(*near, search=Same())
    assert len(plan.themes) == 1
    assert "12 of the 12 products nearest to it are the same" in plan.left_out[0].reason


def test_the_themes_that_are_not_needed_are_told_apart_from_those_that_were_refused() -> None:
    many = [theme(f"{chr(97 + n) * 9} {chr(98 + n) * 7}", concepts=[chr(99 + n) * 5]) for n in range(12)]
    plan = planned(*many, brief={"placements": 2}, reserves=0.0, proposals=12)
    assert len(plan.themes) == 4
    assert {facet for _by, facet in left(plan).values()} == {themes.UNUSED}


def test_a_theme_far_off_the_objective_is_only_a_reserve() -> None:
    plan = planned(theme("Jjjj qqqq", concepts=["zzzz"]), SOUPS, BREAD, brief={"placements": 2})
    assert plan.themes[-1].title == "Jjjj qqqq"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Cosy suppers under 10 euros, no pork", "Cosy suppers"),
        ("Pasta, no pork, soup", "Pasta, soup"),
        ("Cheaper, nothing with chocolate, keep rows 1 and 3", ""),
        ("keep row 1, more fruit", "more fruit"),
    ],
)
def test_what_is_a_limit_is_no_meaning(text: str, left: str) -> None:
    assert selection.rest(text) == left
    assert selection.wish(text) == (left or text)
