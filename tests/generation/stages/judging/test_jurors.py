"""Several judges: on safety each has a veto, elsewhere the majority decides and a tie counts as no."""

from typing import Any

import pytest

from generation.llm.base import Pending
from generation.stages.contracts import ProductVerdict
from generation.stages.policy import QualityPolicy
from generation.stages.settling import Settling
from tests.generation.stages.hand_kit import Scripted
from tests.generation.stages.judging.bench import Later, judge, juror, renamed, shown

SCRIPTED = "Scripted judge, rubric v2"  # a judge is a model with a rubric


def panel(*jurors: Any) -> dict[str, Any]:
    return {"judge": jurors[0], "jurors": tuple(jurors[1:])}


def test_a_product_the_model_turns_down_is_replaced_from_the_bench_and_kept_on_record() -> None:
    judged = judge(judge=juror(bad={"sku-2"}))
    assert (judged.dropped_by, shown(judged)) == ("", [1, 3, 4, 5])
    assert [one.hit.product for one in judged.bench] == [6]
    (out,) = judged.dropped_products
    assert (out.product, out.by, out.facet, out.reason) == (2, SCRIPTED, "fits_title", "No soup.")


@pytest.mark.parametrize("facet", ["fits_title", "fits_objective", "safe"])
def test_a_product_turned_down_on_one_facet_is_out(facet: str) -> None:
    assert shown(judge(judge=juror(bad={"sku-1"}, facet=facet))) == [2, 3, 4, 5]


def test_a_row_the_model_leaves_too_short_is_dropped_in_its_name() -> None:
    judged = judge(judge=juror(bad={"sku-1", "sku-2", "sku-3", "sku-4"}))
    assert judged.dropped_by == SCRIPTED
    assert judged.drop_reason == "Only 2 products passed the judge; a row needs 3."


def test_a_row_the_model_turns_down_as_a_whole_is_dropped_with_its_reason() -> None:
    judged = judge(judge=juror(against="Off the objective."))
    assert (judged.dropped_by, judged.drop_facet, judged.drop_reason) == (
        SCRIPTED,
        "coherent",
        "Off the objective.",
    )


@pytest.mark.parametrize("facet", ["fits_segment", "keywords_fit"])
def test_what_the_policy_sends_to_people_is_a_flag(facet: str) -> None:
    judged = judge(judge=juror(against="Hm.", on=facet))
    assert judged.dropped_by == ""
    assert [(flag.facet, flag.judge, flag.reason) for flag in judged.flags] == [(facet, SCRIPTED, "Hm.")]


def test_what_the_policy_only_wants_said_changes_nothing() -> None:
    quiet = QualityPolicy(severities={"placement.coherent": "pass", "product.fits_title": "pass"})
    judged = judge(judge=juror(bad={"sku-1"}, against="Hm."), policy=quiet)
    assert (judged.dropped_by, judged.flags, judged.dropped_products, shown(judged)) == ("", [], [], [1, 2, 3, 4])
    assert {one.severity for one in judged.judgements if not one.passes} == {"pass"}


def test_a_product_that_people_should_look_at_stays_with_a_flag() -> None:
    careful = QualityPolicy(severities={"product.fits_objective": "review"})
    judged = judge(judge=juror(bad={"sku-1"}, facet="fits_objective"), policy=careful)
    assert 1 in shown(judged)
    (flag,) = judged.flags
    assert flag.reason.endswith("”: No soup.")


@pytest.mark.parametrize(
    ("noes", "held"),
    [((True, False, False), True), ((True, True, False), False), ((True, False), False), ((False, False), True)],
)
def test_the_majority_decides_and_a_tie_counts_as_no(noes: tuple[bool, ...], held: bool) -> None:
    jurors = [juror(f"Juror {n}", against="Hm." if no else "") for n, no in enumerate(noes)]
    judged = judge(**panel(*jurors))
    assert (judged.dropped_by == "") is held
    voices = {one.judge: one.passes for one in judged.judgements if one.facet == "coherent" and "Juror" in one.judge}
    assert voices == {f"Juror {n}, rubric v2": not no for n, no in enumerate(noes)}


def test_one_juror_is_enough_to_keep_out_what_is_unsafe() -> None:
    jurors = [juror("A"), juror("B"), juror("C", bad={"sku-3"}, facet="safe")]
    judged = judge(**panel(*jurors))
    assert shown(judged) == [1, 2, 4, 5]
    assert [(out.by, out.facet) for out in judged.dropped_products] == [("C, rubric v2", "safe")]


def test_one_juror_is_enough_to_drop_unsafe_wording() -> None:
    judged = judge(**panel(juror("A"), juror("B"), juror("C", against="Insulting.", on="safe")))
    assert (judged.dropped_by, judged.drop_facet) == ("C, rubric v2", "safe")


def test_the_no_of_an_outvoted_juror_is_only_said() -> None:
    judged = judge(**panel(juror("A"), juror("B"), juror("C", bad={"sku-3"})))
    assert (shown(judged), judged.flags) == ([1, 2, 3, 4], [])
    (no,) = [one for one in judged.judgements if not one.passes]
    assert (no.judge, no.severity) == ("C, rubric v2", "pass")


def test_two_jurors_of_one_name_keep_their_own_word() -> None:
    judged = judge(**panel(juror("A"), juror("A", against="Hm.", on="fits_segment")))
    assert {one.judge for one in judged.judgements if one.facet == "fits_segment"} == {
        "A, rubric v2",
        "A, rubric v2 (2)",
    }


def test_every_juror_is_asked_before_a_row_waits_for_one() -> None:
    first, second = Later(), Later()
    with pytest.raises(Pending):
        judge(**panel(first, second))
    assert (first.calls, second.calls) == (1, 1)


def test_the_least_trusted_judge_of_a_drop_says_how_many_it_may_settle() -> None:
    distrusted = Settling(share=1.0, judges={"B, rubric v2": 0.0})
    judged = judge(
        **panel(juror("A", against="Hm."), juror("B", against="Hm.")), settling=distrusted, brief={"seed": 3}
    )
    assert (judged.dropped_by, shown(judged)) == ("", [1, 2, 3, 4])
    assert judged.flags[-1].reason == "The judge would drop this: Hm."


def test_what_a_judge_may_not_settle_comes_to_people_with_the_products_it_had_but_without_the_unsafe() -> None:
    harsh = juror(bad={"sku-1", "sku-2", "sku-3", "sku-4"})
    unsafe = ProductVerdict(id="sku-4", facet="safe", reason="Sharp.", passes=False)

    def and_unsafe(data: Any) -> Any:
        made = harsh.answer(data)
        return made.model_copy(update={"products": [*made.products, unsafe]})

    judged = judge(judge=Scripted(and_unsafe), settling=Settling(share=0))
    assert (judged.dropped_by, shown(judged)) == ("", [1, 2, 3, 5])


def test_the_share_that_is_settled_is_near_to_the_share_allowed_and_the_same_each_time() -> None:
    def dropped(seed: int) -> bool:
        row = judge(judge=juror(against="Hm."), settling=Settling(share=0.3), brief={"seed": seed})
        return bool(row.dropped_by)

    first = [dropped(seed) for seed in range(60)]
    assert 8 <= sum(first) <= 28
    assert first == [dropped(seed) for seed in range(60)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"products": lambda made: [*made, made[0].model_copy(update={"id": "sku-99"})]}, "were not asked about"),
        ({"products": lambda made: made[1:]}, r"products \['sku-1'\] were not judged"),
        ({"products": lambda made: [one for one in made if one.facet != "safe"]}, "one verdict for each of"),
        ({"placement": lambda made: []}, "judge the placement too"),
        ({"placement": lambda made: [*made, made[0].model_copy(update={"facet": "tasty"})]}, r"\['tasty'\] were not"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_is_sent_back(change: dict[str, Any], words: str) -> None:
    def odd(data: Any) -> Any:
        made = juror().answer(data)
        return made.model_copy(update={name: work(getattr(made, name)) for name, work in change.items()})

    with pytest.raises(ValueError, match=words):
        judge(judge=Scripted(odd))


def test_a_juror_who_says_yes_and_no_is_taken_at_the_no() -> None:
    def torn(data: Any) -> Any:
        made = juror().answer(data)
        no = ProductVerdict(id="sku-1", facet="fits_title", reason="Or not.", passes=False)
        return made.model_copy(update={"products": [*made.products, no]})

    assert 1 not in shown(judge(judge=Scripted(torn)))


def test_a_replacement_from_the_bench_keeps_within_the_brand_limit() -> None:
    brands = {1: "A", 2: "B", 3: "C", 4: "D", 5: "D", 6: "E"}
    rows = renamed({number: {"brand": brand} for number, brand in brands.items()})
    judged = judge(rows=rows, bench=3, brief={"products": 3, "max_per_brand": 1}, judge=juror(bad={"sku-1", "sku-2"}))
    names = [one.hit.brand for one in judged.shown]
    assert len(names) == len(set(names)) == 3


def test_a_replacement_from_the_bench_fits_as_well_as_what_is_shown() -> None:
    rows = [one if one.hit.product < 5 else one.model_copy(update={"fit": 0.6}) for one in renamed({})]
    judged = judge(rows=rows, judge=juror(bad={"sku-2"}))
    assert shown(judged) == [1, 3, 4]
