"""The library proposes what the brief asks for and the shop can hold; choosing among it is selection's business."""

from typing import Any

import numpy as np

from generation.llm.library import planning
from generation.llm.library.shelf import Shelf, WrittenTheme
from generation.stages import context
from generation.stages.contracts import CategoryFact, Plan, ThemesInput
from generation.stages.ports import Near
from tests.generation.stages.hand_kit import Letters, Shelves, Word, brief, kit

ENCODER = Letters()


def written(title: str, *concepts: str, **fields: Any) -> WrittenTheme:
    facts: dict[str, Any] = {"subtitle": "", "intent": "", "departments": (), "seasons": (), "objectives": ()}
    return WrittenTheme(title=title, concepts=(concepts or (title,)) * 4, **{**facts, **fields})


class Stocked(Shelves):
    """Every concept has a keyword, and every theme finds soups."""

    def nearest_keywords(self, vectors: Any, each: int, density_min: int) -> Any:
        return [[(Word(1, "soup"), 0.9)] for _ in vectors]

    def nearest_products(self, vector: Any, limit: int) -> list[Near]:
        return [Near(n, 0.9, ("Food", "Food > Soups")) for n in range(12)]

    def nearest_products_each(self, vectors: Any, limit: int) -> list[list[Near]]:
        return [self.nearest_products(vector, limit) for vector in vectors]


def plan(*themes: WrittenTheme, search: Any = None, **fields: Any) -> Plan:
    shelf = Shelf(tuple(themes), np.asarray(ENCODER.encode([theme.title for theme in themes])))
    search = search or Stocked(facts=())
    about = context.run(brief(**fields), "Shop", "EUR", kit(search=search))
    return planning.plan(ThemesInput(context=about, wanted=20), shelf, ENCODER, search)


def titles(answer: Plan) -> list[str]:
    return [theme.title for theme in answer.themes]


def test_hints_are_the_shelves_that_its_products_stand_on() -> None:
    (theme,) = plan(written("Soups for cold days")).themes
    assert theme.hints == ["Soups"]


def test_confidence_says_how_well_shop_and_objective_hold_the_theme() -> None:
    near, far = plan(written("Soups for cold days"), written("Cold soups", "zzzz")).themes
    assert 1 >= near.confidence > far.confidence >= 0.4


def test_themes_alike_are_proposed_all_the_same() -> None:
    assert len(plan(written("Soups for cold days"), written("Cold days for soups")).themes) == 2


def test_what_the_instruction_rules_out_is_not_proposed() -> None:
    themes = [written("Soups for cold days"), written("Soups with bacon for cold days")]
    assert titles(plan(*themes, instruction="Nothing with pork, and cheaper")) == ["Soups for cold days"]


def test_what_the_constraints_exclude_is_not_proposed() -> None:
    themes = [written("Soups for cold days"), written("Lentil soups for cold days")]
    assert titles(plan(*themes, exclude_terms=["lentil"])) == ["Soups for cold days"]


def test_a_concept_that_no_theme_is_about_gets_the_shops_own_category() -> None:
    search = Stocked(
        facts=[CategoryFact(path="Home > Jugs", eligible=20), CategoryFact(path="Food > Jam", eligible=20)]
    )
    found = plan(written("Soups for cold days"), search=search, concepts=["soups for cold days", "jugs"], placements=1)
    assert titles(found) == ["Soups for cold days", "Jugs"]


def test_nothing_that_can_be_filled_is_an_abstention_with_a_reason() -> None:
    answer = plan(written("Soups"), search=Shelves(facts=(), nearest=[[]] * 4))
    assert answer.abstained == "the catalogue cannot fill any theme of the library under these constraints"
