"""From a theme's concepts to keywords of the closed vocabulary, and nothing from outside it."""

import pytest

from generation.llm.library.selecting import select
from generation.stages import candidates, keywords
from generation.stages.contracts import Candidates, KeywordsInput, Selection
from tests.generation.stages.hand_kit import Scripted, Shelves, Word, brief, candidate, kit, theme


def test_a_candidate_is_named_once_with_the_concept_it_is_nearest_to() -> None:
    shelves = Shelves(nearest=[[(Word(1, "soup"), 0.8)], [(Word(1, "soup"), 0.9), (Word(2, "stock"), 0.6)], []])
    found = candidates.run(theme(), kit(search=shelves))
    assert [(one.id, one.similarity, one.concept) for one in found.candidates] == [(1, 0.9, "broth"), (2, 0.6, "broth")]


def test_a_concept_that_nothing_comes_near_to_is_a_gap() -> None:
    shelves = Shelves(nearest=[[(Word(1, "soup"), 0.8)], [(Word(2, "sock"), 0.3)], []])
    assert candidates.run(theme(), kit(search=shelves)).gaps == ["broth"]


def test_no_more_than_a_hundred_candidates_go_to_the_model() -> None:
    many = [[(Word(n, f"w{n}"), 0.9 - n / 1000) for n in range(150)], [], []]
    assert len(candidates.run(theme(), kit(search=Shelves(nearest=many))).candidates) == candidates.MOST


FOUND = Candidates(candidates=[candidate(1), candidate(2, "broth"), candidate(3, "stock")])


def chosen(*ids: int) -> Scripted:
    return Scripted(lambda data: Selection(selected=list(ids), reason="Near."))


def test_the_selected_candidates_come_back_in_the_models_order() -> None:
    words = keywords.run(brief(), theme(), FOUND, kit(model=chosen(3, 1)))
    assert [one.id for one in words.keywords] == [3, 1]


@pytest.mark.parametrize(
    ("ids", "complaint"),
    [((1, 99), r"ids \[99\] are not among the candidates"), ((1, 1), "selected twice"), ((4,), r"\[4\]")],
)
def test_a_selection_outside_the_list_is_refused(ids: tuple[int, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        keywords.run(brief(), theme(), FOUND, kit(model=chosen(*ids)))


def test_more_than_the_most_is_refused() -> None:
    many = Candidates(candidates=[candidate(n, f"w{n}") for n in range(1, 12)])
    with pytest.raises(ValueError, match="the most is 8"):
        keywords.run(brief(), theme(), many, kit(model=chosen(*range(1, 10))))


def test_without_candidates_no_model_is_asked() -> None:
    model = chosen(1)
    words = keywords.run(brief(), theme(), Candidates(candidates=[]), kit(model=model))
    assert (words.keywords, model.calls) == ([], [])


def library(*found: object, **fields: object) -> list[int]:
    data = KeywordsInput(theme=theme(), objective="Soups", eligible=5000, candidates=list(found), **fields)  # type: ignore[arg-type]
    return select(data).selected


def test_the_library_selects_the_same_whatever_the_order_of_the_candidates() -> None:
    found = [candidate(n, text, similarity=0.8) for n, text in enumerate(["soup", "noodle pot", "stock cube", "ramen"])]
    assert library(*found) == library(*found[::-1])


def test_the_library_takes_a_brand_only_when_a_concept_names_it() -> None:
    near = candidate(1, "Soupa", kind="attribute", field="brand", similarity=0.95)
    named = candidate(2, "Soup", kind="attribute", field="brand", similarity=0.95)
    assert library(near, named) == [2]


def test_the_library_takes_a_far_keyword_only_when_it_shares_a_word_with_its_concept() -> None:
    assert library(candidate(1, "soups", similarity=0.6), candidate(2, "spoons", similarity=0.6)) == [1]


def test_the_library_takes_no_two_keywords_that_say_the_same() -> None:
    assert library(candidate(1, "tomato soup", similarity=0.9), candidate(2, "soup tomato", similarity=0.8)) == [1]


def test_the_library_leaves_out_a_keyword_that_the_objective_rules_out() -> None:
    data = KeywordsInput(
        theme=theme(), objective="Soups without pork", eligible=5000,
        candidates=[candidate(1, "bacon soup", similarity=0.9), candidate(2, "bean soup", similarity=0.9)],
    )  # fmt: skip
    assert select(data).selected == [2]


def test_the_library_selects_nothing_rather_than_something_else() -> None:
    assert library(candidate(1, "garden hose", similarity=0.4)) == []


def test_the_library_selects_one_keyword_per_concept_before_a_second_of_any() -> None:
    found = [candidate(n, f"{word} soup", similarity=0.95 - n / 100) for n, word in enumerate(
        ["pea", "leek", "corn", "beet", "onion", "squash", "bean", "lentil", "kale"])]  # fmt: skip
    assert 77 in library(*found, candidate(77, "bone broth", concept="broth", similarity=0.75))
