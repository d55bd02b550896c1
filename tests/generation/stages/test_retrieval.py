"""From chosen keywords to products that may stand in the row, with one broader attempt where they are too few."""

from typing import Any

from generation.stages import retrieval
from generation.stages.contracts import Candidate, Candidates, Hit, Hits, Keywords
from tests.generation.stages.hand_kit import Shelves, brief, candidate, hit, kit, theme


def found(*products: Hit, density: int | None = None) -> Hits:
    return Hits(density=len(products) if density is None else density, hits=list(products))


def retrieved(shelves: Shelves, chosen: list[Candidate], near: list[Candidate], **fields: Any) -> Hits:
    about = theme(**fields.pop("theme", {}))
    row = retrieval.Row(about, Keywords(keywords=chosen, left=fields.pop("left", [])), Candidates(candidates=near))
    return retrieval.run(brief(**fields), [row], kit(search=shelves))[0]


FEW = found(hit(1), hit(2))
MANY = found(*(hit(n) for n in range(1, 9)))


def test_a_row_with_enough_products_keeps_to_its_keywords() -> None:
    shelves = Shelves(found=MANY)
    hits = retrieved(shelves, [candidate(1)], [candidate(1), candidate(2, "broth")])
    assert (len(hits.hits), hits.broadened, len(shelves.asked)) == (8, [], 1)


def test_a_row_with_too_few_is_tried_once_more_with_the_next_best_candidates() -> None:
    near = [candidate(1), candidate(2, "broth", similarity=0.7), candidate(3, "stock", similarity=0.75)]
    shelves = Shelves(found=FEW, found_for={2: MANY})
    hits = retrieved(shelves, near[:1], near)
    assert [one.id for one in hits.broadened] == [3, 2]
    assert hits.density == 8
    assert [[word.id for word in asked.keywords] for asked in shelves.asked] == [[1], [1, 3, 2]]


def test_a_broader_attempt_that_brings_no_more_is_the_last_one() -> None:
    near = [candidate(n, f"w{n}") for n in range(1, 12)]
    shelves = Shelves(found=FEW)
    hits = retrieved(shelves, near[:1], near)
    assert (hits.density, len(hits.broadened), len(shelves.asked)) == (2, retrieval.BROADER, 2)


def test_what_is_far_reaches_nothing_or_was_left_to_another_row_does_not_broaden() -> None:
    near = [
        candidate(1),
        candidate(2, "hose", similarity=0.4),
        candidate(3, "miso", eligible=0),
        candidate(4, "stock"),
    ]
    assert retrieved(Shelves(found=FEW), near[:1], near, left=[4]).broadened == []


def test_a_theme_for_which_nothing_was_chosen_stays_empty() -> None:
    shelves = Shelves(found=Hits(density=0, hits=[]))
    assert retrieved(shelves, [], [candidate(1)]) == Hits(density=0, hits=[])


def test_products_that_carry_an_excluded_word_or_its_kin_are_left_out() -> None:
    shelves = Shelves(found=found(hit(1), hit(2, title="Smoky bаcon crisps"), hit(3, category="Grocery > Ham")))
    hits = retrieved(shelves, [candidate(1)], [], exclude_terms=["pork"], density_min=1)
    assert [one.product for one in hits.hits] == [1]


def test_products_that_carry_what_the_objective_rules_out_are_left_out() -> None:
    shelves = Shelves(found=found(hit(1), hit(2, title="Almond soup"), hit(3, title="Nut-free soup")))
    hits = retrieved(shelves, [candidate(1)], [], objective="Soups without nuts", density_min=1)
    assert [one.product for one in hits.hits] == [1, 3]


def test_what_a_person_asked_to_leave_out_in_words_is_left_out() -> None:
    shelves = Shelves(found=found(hit(1), hit(2, title="Plastic soup bowl")))
    hits = retrieved(shelves, [candidate(1)], [], instruction="cheaper, nothing with plastic", density_min=1)
    assert [one.product for one in hits.hits] == [1]


def test_density_shrinks_with_what_is_left_out_of_the_pool() -> None:
    shelves = Shelves(found=found(hit(1), hit(2, title="Ham soup"), density=40))
    assert retrieved(shelves, [candidate(1)], [], exclude_terms=["pork"]).density == 20


def test_all_rows_of_a_round_are_asked_for_together() -> None:
    shelves = Shelves(found=MANY)
    rows = [retrieval.Row(theme(), Keywords(keywords=[candidate(n)]), Candidates(candidates=[])) for n in (1, 2)]
    assert len(retrieval.run(brief(), rows, kit(search=shelves))) == 2
    assert [[word.id for word in asked.keywords] for asked in shelves.asked] == [[1], [2]]
