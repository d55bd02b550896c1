"""From a theme's concepts to keywords of the closed vocabulary, and nothing from outside it."""

from typing import Any

import pytest

from generation.llm.library.selecting import select
from generation.llm.schema import strict_schema
from generation.stages import candidates, keywords
from generation.stages.contracts import Candidates, Gap, Keywords, KeywordsInput, OtherRow, Selection
from tests.generation.stages.hand_kit import Scripted, Shelves, Word, brief, candidate, kit, theme


def near(*nearest: list[tuple[Word, float]], **more: Any) -> Candidates:
    """Candidates of one theme with the concepts soup and broth, given what is near to each of them and to the title."""
    rows = [*nearest, *[[]] * (3 - len(nearest))]
    return candidates.run([theme()], kit(search=Shelves(nearest=rows, **more)))[0]


def test_a_candidate_is_named_once_with_the_concept_it_is_nearest_to() -> None:
    found = near([(Word(1, "soup"), 0.8)], [(Word(1, "soup"), 0.9), (Word(2, "stock"), 0.6)])
    assert [(one.id, one.similarity, one.concept) for one in found.candidates] == [(1, 0.9, "broth"), (2, 0.6, "broth")]


def test_a_candidate_tells_what_it_reaches_in_the_catalogue_and_under_the_constraints() -> None:
    found = near([(Word(1, "soup", density=40), 0.8)], counts={1: 3})
    assert [(one.density, one.eligible) for one in found.candidates] == [(40, 3)]


def test_all_themes_of_a_round_are_looked_up_together() -> None:
    rows = [[(Word(n, f"w{n}"), 0.9)] for n in range(6)]
    found = candidates.run([theme(), theme("Broths")], kit(search=Shelves(nearest=rows)))
    assert [[one.id for one in row.candidates] for row in found] == [[0, 1, 2], [3, 4, 5]]


def test_a_concept_that_nothing_comes_near_to_is_a_gap_with_its_nearest_keyword() -> None:
    found = near([(Word(1, "soup"), 0.8)], [(Word(2, "sock"), 0.3)])
    assert found.gaps == [Gap(concept="broth", nearest="sock", similarity=0.3)]


def test_a_concept_with_no_keyword_at_all_is_a_gap_too() -> None:
    assert near([(Word(1, "soup"), 0.8)], []).gaps == [Gap(concept="broth")]


def test_gaps_of_earlier_runs_are_still_read() -> None:
    assert Candidates.model_validate({"candidates": [], "gaps": ["broth"]}).gaps == [Gap(concept="broth")]


def test_no_more_than_a_hundred_candidates_go_to_the_model_and_a_hundred_do() -> None:
    assert len(near([(Word(n, f"w{n}"), 0.9 - n / 1000) for n in range(150)]).candidates) == candidates.MOST == 100


def test_a_theme_with_few_concepts_may_still_reach_a_hundred() -> None:
    assert candidates.EACH >= candidates.MOST


def test_the_same_words_in_another_order_or_number_are_one_candidate_the_one_that_reaches_most() -> None:
    found = near([(Word(1, "tomato soup", density=4), 0.9), (Word(2, "soups tomato", density=9), 0.85)])
    assert [one.id for one in found.candidates] == [2]


def test_a_crowd_around_one_concept_leaves_room_for_the_others() -> None:
    crowd = [(Word(n, f"w{n}"), 0.9) for n in range(1, 121)]
    found = near(crowd, [(Word(500, "broth"), 0.6), (Word(501, "bouillon"), 0.55)])
    assert {500, 501} <= {one.id for one in found.candidates}


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


def test_candidates_are_numbered_for_the_model_and_the_answer_is_read_back() -> None:
    model = chosen(2)
    found = Candidates(candidates=[candidate(7001), candidate(7002, "broth")])
    words = keywords.run(brief(), theme(), found, kit(model=model))
    assert [one.id for one in model.calls[0].data.candidates] == [1, 2]
    assert [one.id for one in words.keywords] == [7002]


def test_the_schema_allows_no_other_number() -> None:
    model = chosen(1)
    keywords.run(brief(), theme(), FOUND, kit(model=model))
    assert strict_schema(model.calls[0].answer)["properties"]["selected"]["items"]["enum"] == [1, 2, 3]


def test_the_other_rows_of_the_page_are_told() -> None:
    model = chosen(1)
    others = [OtherRow(title="Soups", keywords=["soup"])]
    keywords.run(brief(), theme(), FOUND, kit(model=model), others=others)
    assert model.calls[0].data.others == others


def row(*words: tuple[int, float]) -> Keywords:
    return Keywords(keywords=[candidate(id_, f"w{id_}", similarity=near) for id_, near in words])


def kept(shared: dict[int, Keywords]) -> dict[int, list[int]]:
    return {key: [word.id for word in found.keywords] for key, found in shared.items()}


def test_a_keyword_of_two_rows_stays_with_the_one_it_is_nearer_to() -> None:
    shared = keywords.share({1: row((1, 0.7), (2, 0.9), (3, 0.9), (4, 0.9)), 2: row((1, 0.9), (5, 0.9))}, [])
    assert kept(shared) == {1: [2, 3, 4], 2: [1, 5]}
    assert (shared[1].left, shared[2].left) == ([1], [])


def test_a_row_that_would_have_too_few_left_keeps_what_another_has_too() -> None:
    assert kept(keywords.share({1: row((1, 0.7), (2, 0.9), (3, 0.9)), 2: row((1, 0.9))}, [])) == {1: [1, 2, 3], 2: [1]}


def test_a_keyword_of_a_row_that_is_settled_stays_there() -> None:
    shared = keywords.share({2: row((1, 0.99), (2, 0.9), (3, 0.9), (4, 0.9))}, [row((1, 0.5))])
    assert kept(shared) == {2: [2, 3, 4]}


def test_equally_near_rows_are_decided_by_page_order() -> None:
    four = row((1, 0.9), (2, 0.9), (3, 0.9), (4, 0.9))
    assert kept(keywords.share({1: four, 2: four}, [])) == {1: [1, 2, 3, 4], 2: [2, 3, 4]}


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


def test_the_library_takes_no_keyword_that_reaches_nothing_under_the_constraints() -> None:
    found = [candidate(1, "onion soup", similarity=0.9, density=50, eligible=0), candidate(2, "pea soup", eligible=4)]
    assert library(*found) == [2]


def test_the_library_prefers_what_reaches_more_under_the_constraints() -> None:
    words = [f"{name} soup" for name in ("pea", "leek", "corn", "beet", "kale", "bean", "yam", "rice")]
    found = [candidate(n, text, density=90, eligible=60) for n, text in enumerate(words)]
    assert 50 not in library(*found, candidate(50, "miso soup", density=200, eligible=1))


def test_the_library_prefers_what_no_other_row_says() -> None:
    found = [candidate(1, "onion soup", similarity=0.82), candidate(2, "pea soup", similarity=0.8)]
    assert library(*found) == [1, 2]
    assert library(*found, others=[OtherRow(title="Onions every day")]) == [2, 1]
    assert library(*found, others=[OtherRow(title="Winter", keywords=["onion soup"])]) == [2, 1]
