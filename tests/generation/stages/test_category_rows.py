"""Where the theme library ends, the shop's own categories become rows, under the same rules as any other title."""

import numpy as np

from generation.llm.library import planning
from generation.llm.library.shelf import Shelf, WrittenTheme
from generation.stages import themes
from generation.stages.contracts import CategoryFact, Context, Themes, ThemesInput
from tests.generation.stages.hand_kit import Letters, Shelves, brief

FAR = WrittenTheme(
    title="Zippers", subtitle="", intent="", concepts=("a", "b", "c", "d"), departments=(), seasons=(), objectives=()
)
LIBRARY = Shelf((FAR,), np.zeros((1, 26), dtype=np.float32))  # one theme, far from everything


def titles(*paths: str, **fields: object) -> list[str]:
    facts = [CategoryFact(path=path, eligible=20) for path in paths]
    context = Context(brief=brief(**fields), store="Shop", currency="EUR", month="May", eligible=100, catalogue=facts)
    answer: Themes = planning.plan(ThemesInput(context=context, wanted=4), LIBRARY, Letters(), Shelves(facts=facts))
    themes.check(answer, context.brief)
    return [theme.title for theme in answer.themes]


def test_leaves_become_rows_and_branches_do_not() -> None:
    assert set(titles("Food", "Food > Soups", "Food > Stews")) == {"Soups", "Stews"}


def test_two_shelves_of_one_name_make_one_row() -> None:
    assert titles("Phones > Accessories", "Bikes > Accessories") == ["Accessories"]


def test_a_banned_shelf_makes_no_row() -> None:
    assert titles("Food > Soups", "Food > Detox soups", banned_terms=["detox"]) == ["Soups"]


def test_a_shelf_that_the_objective_rules_out_makes_no_row() -> None:
    assert titles("Food > Soups", "Food > Bacon & ham", objective="Soups without pork") == ["Soups"]


def test_a_shelf_below_a_very_long_name_makes_a_row_without_it() -> None:
    assert titles(f"{'Very long ' * 30}> Soups") == ["Soups"]
