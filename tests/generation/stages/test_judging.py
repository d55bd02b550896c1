"""Every drop has a reason and an author, and nothing pads a row."""

from typing import Any

import pytest

from generation.stages import judging
from generation.stages.contracts import Judged, Keywords, PlacementVerdict, ProductVerdict, Verdicts
from tests.generation.stages.hand_kit import Scripted, Shelves, brief, candidate, kit, ranking, theme

WORDS = Keywords(keywords=[candidate(1)])


def judge(
    count: int = 6, *, density: int = 12, fit: float = 0.9, titles: Any = (), taken: Any = (), **more: Any
) -> Judged:
    asked = brief(**more.pop("brief", {}))
    about = theme(**more.pop("theme", {}))
    tools = kit(**more)
    return judging.run(asked, about, WORDS, density, ranking(count, fit), set(taken), titles, tools)


def shown(judged: Judged) -> list[int]:
    return [one.hit.product for one in judged.shown]


def test_a_good_row_is_kept_with_receipts_and_a_word_on_every_product() -> None:
    judged = judge()
    assert (judged.dropped_by, judged.drop_reason) == ("", "")
    assert shown(judged) == [1, 2, 3, 4]
    assert [one.hit.product for one in judged.bench] == [5, 6]
    assert [receipt.passes for receipt in judged.receipts] == [True, True]
    said = {one.product: one for one in judged.judgements if one.level == "product"}
    assert set(said) == {1, 2, 3, 4}
    assert {one.judge for one in said.values()} == {"Built-in judge 1"}
    assert judged.score == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"density": 2}, "Its keywords reach 2 eligible products; the campaign asks for 3 or more."),
        ({"count": 2}, "Only 2 products fit the title and are free on this page; a row needs 3."),
        ({"taken": (1, 2, 3, 4)}, "Only 2 products fit the title and are free on this page; a row needs 3."),
        ({"brief": {"banned_terms": ["detox"]}, "theme": {"title": "A dеtox soup"}}, "the banned term “detox”"),
        ({"brief": {"banned_terms": ["detox"]}, "theme": {"subtitle": "To detox"}}, "the banned term “detox”"),
        ({"titles": ["For two: soups"]}, "Says the same as “For two: soups”."),
        ({"theme": {"title": "Soup " * 13}}, "Title over 60 or subtitle over 100 characters."),
        ({"theme": {"subtitle": "soup " * 21}}, "Title over 60 or subtitle over 100 characters."),
    ],
)  # fmt: skip
def test_each_rule_drops_a_row_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    count = changes.pop("count", 6)
    judged = judge(count, **changes)
    assert judged.dropped_by == judging.RULES
    assert reason in judged.drop_reason


def test_products_under_the_floor_are_not_shown_and_do_not_save_the_row() -> None:
    judged = judge(fit=0.6)
    assert (shown(judged), judged.dropped_by) == ([], judging.RULES)
    assert judged.score is None


def test_a_short_row_stays_short() -> None:
    assert shown(judge(3)) == [1, 2, 3]


def test_a_broken_constraint_on_the_receipt_drops_the_row() -> None:
    judged = judge(search=Shelves(failing="1 of 4 products do not hold it"))
    assert judged.dropped_by == judging.RULES
    assert judged.drop_reason == "Breaks “price up to 5”: 1 of 4 products do not hold it."


def verdicts(bad: set[str] = frozenset(), against: str = "") -> Any:  # type: ignore[assignment]
    def answer(data: Any) -> Verdicts:
        return Verdicts(
            placement=[PlacementVerdict(facet="coherent", reason=against or "Fine.", passes=not against)],
            products=[
                ProductVerdict(id=one.id, facet="relevant", reason="No soup." if one.id in bad else "Soup.",
                               passes=one.id not in bad)
                for one in data.products
            ],
        )  # fmt: skip

    return Scripted(answer)


def test_a_product_the_model_turns_down_is_replaced_from_the_bench() -> None:
    judged = judge(judge=verdicts({"sku-2"}))
    assert judged.dropped_by == ""
    assert shown(judged) == [1, 3, 4, 5]
    assert [one.hit.product for one in judged.bench] == [6]
    (said,) = [one for one in judged.judgements if one.product == 2 and one.judge == "Scripted judge"]
    assert (said.passes, said.reason) == (False, "No soup.")


def test_a_product_turned_down_on_one_facet_is_out() -> None:
    def two_facets(data: Any) -> Verdicts:
        made = verdicts().answer(data)
        spoilt = ProductVerdict(id="sku-1", facet="suitable", reason="Too hot.", passes=False)
        return made.model_copy(update={"products": [*made.products, spoilt]})

    assert shown(judge(judge=Scripted(two_facets))) == [2, 3, 4, 5]


def test_a_row_the_model_leaves_too_short_is_dropped_in_its_name() -> None:
    judged = judge(judge=verdicts({"sku-1", "sku-2", "sku-3", "sku-4"}))
    assert judged.dropped_by == "Scripted judge"
    assert judged.drop_reason == "Only 2 products passed the judge; a row needs 3."


def test_a_row_the_model_turns_down_as_a_whole_is_dropped_with_its_reason() -> None:
    judged = judge(judge=verdicts(against="Off the objective."))
    assert (judged.dropped_by, judged.drop_reason) == ("Scripted judge", "Off the objective.")


def test_the_model_is_not_asked_about_a_row_that_the_rules_dropped() -> None:
    model = verdicts()
    judge(2, judge=model)
    assert model.calls == []


def test_verdicts_on_products_that_were_not_asked_about_are_sent_back() -> None:
    def stranger(data: Any) -> Verdicts:
        made = verdicts().answer(data)
        stranger = made.products[0].model_copy(update={"id": "sku-99"})
        return made.model_copy(update={"products": [*made.products, stranger]})

    with pytest.raises(ValueError, match=r"products \['sku-99'\] were not asked about"):
        judge(judge=Scripted(stranger))


def test_a_product_without_a_verdict_does_not_pass_unseen() -> None:
    def lazy(data: Any) -> Verdicts:
        made = verdicts().answer(data)
        return made.model_copy(update={"products": made.products[1:]})

    with pytest.raises(ValueError, match=r"products \['sku-1'\] were not judged"):
        judge(judge=Scripted(lazy))


def test_verdicts_without_a_word_on_the_placement_are_sent_back() -> None:
    with pytest.raises(ValueError, match="judge the placement too"):
        judge(judge=Scripted(lambda data: verdicts().answer(data).model_copy(update={"placement": []})))


def test_a_replacement_from_the_bench_keeps_within_the_brand_limit() -> None:
    rows = ranking(6).ranked
    brands = {1: "A", 2: "B", 3: "C", 4: "D", 5: "D", 6: "E"}
    named = [
        one.model_copy(update={"hit": one.hit.model_copy(update={"brand": brands[one.hit.product]})}) for one in rows
    ]
    asked = brief(products=3, max_per_brand=1)
    tools = kit(judge=verdicts({"sku-1", "sku-2"}))
    judged = judging.run(asked, theme(), WORDS, 12, ranking(1).model_copy(update={"ranked": named}), set(), [], tools)
    shown_brands = [one.hit.brand for one in judged.shown]
    assert len(shown_brands) == len(set(shown_brands)) == 3


def test_a_replacement_from_the_bench_fits_as_well_as_what_is_shown() -> None:
    rows = [one if one.hit.product < 5 else one.model_copy(update={"fit": 0.6}) for one in ranking(6).ranked]
    tools = kit(judge=verdicts({"sku-2"}))
    judged = judging.run(brief(), theme(), WORDS, 12, ranking(1).model_copy(update={"ranked": rows}), set(), [], tools)
    assert all(one.fit >= 0.7 for one in judged.shown)
    assert shown(judged) == [1, 3, 4]


def test_an_empty_page_has_nothing_to_judge() -> None:
    assert judging.page(brief(), [], kit()).judgements == []


def test_a_page_is_judged_for_coherence_diversity_and_fullness() -> None:
    said = {one.facet: one for one in judging.page(brief(), [theme()], kit()).judgements}
    assert set(said) == {"coherence", "diversity", "fullness"}
    assert said["fullness"].passes is False
    assert said["fullness"].reason == "1 of 2 placements could be filled honestly."
