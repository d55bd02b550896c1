"""What only the whole page shows."""

from typing import Any

import pytest

from generation.stages import judging
from generation.stages.contracts import JudgedPage, PageVerdicts, Receipt
from generation.stages.settling import Settling
from tests.generation.stages.hand_kit import Scripted, brief, kit
from tests.generation.stages.judging.bench import draft, page_juror

ROWS = [draft(1, "Soups for two", [1, 2, 3]), draft(2, "Bread to dip", [4, 5, 6])]


def page(*rows: Any, fields: Any = None, **tools: Any) -> JudgedPage:
    return judging.page(brief(**(fields or {})), rows or ROWS, kit(**tools))


def said(judged: JudgedPage, judge: str = "") -> dict[str, Any]:
    return {one.facet: one for one in judged.judgements if judge in one.judge}


def test_an_empty_page_has_nothing_to_judge() -> None:
    assert judging.page(brief(), [], kit()).judgements == []


def test_without_a_model_arithmetic_answers_every_question_about_the_page() -> None:
    found = said(page())
    assert set(found) == {"cohesive", "diverse", "objective_covered", "constraints_held", "fullness"}
    assert found["fullness"].passes and found["constraints_held"].reason == "Every row holds every constraint."


def test_a_short_page_says_so() -> None:
    fullness = said(page(ROWS[0]))["fullness"]
    assert (fullness.passes, fullness.reason) == (False, "1 of 2 placements could be filled honestly.")


def test_two_rows_of_the_same_are_not_diverse() -> None:
    again = draft(3, "Soups for two", [1, 2, 3])
    diverse = said(page(ROWS[0], again))["diverse"]
    assert not diverse.passes
    assert "“Soups for two”" in diverse.reason


def test_what_was_asked_for_and_has_no_row_is_named() -> None:
    covered = said(page(fields={"concepts": ["zzzz", "qqqq"]}))["objective_covered"]
    assert not covered.passes
    assert covered.reason == "No row is plainly about “zzzz”, “qqqq”."


def test_a_row_that_kept_a_broken_receipt_is_named() -> None:
    broken = Receipt(constraint="in stock", passes=False, detail="1 of 3")
    held = said(page(draft(1000, "Soups", [1], receipts=[broken])))["constraints_held"]
    assert held.reason == "“Soups” breaks “in stock”."


def test_a_model_judges_the_page_and_arithmetic_is_then_only_said() -> None:
    judged = page(judge=page_juror(fails="diverse", reason="Twice soup."))
    assert said(judged, "Page judge")["diverse"].severity == "review"
    assert said(judged, "Built-in")["diverse"].severity == "pass"
    assert judged.dropped == []


def test_a_row_that_breaks_a_constraint_in_the_models_eyes_is_taken_off() -> None:
    judged = page(judge=page_juror(fails="constraints_held", reason="Row 2 has pork.", rows=[2]))
    (drop,) = judged.dropped
    assert (drop.key, drop.by, drop.facet, drop.reason) == (
        2,
        "Page judge, rubric v1",
        "constraints_held",
        "Row 2 has pork.",
    )


def test_a_row_that_people_put_there_is_never_taken_off() -> None:
    fixed = draft(1000, "Ours", [7])
    judge = page_juror(fails="constraints_held", rows=[1])
    assert page(fixed, ROWS[0], judge=judge).dropped == []


def test_a_judge_that_may_settle_nothing_takes_no_row_off() -> None:
    judge = page_juror(fails="constraints_held", rows=[2])
    assert page(judge=judge, settling=Settling(share=0)).dropped == []


def test_one_juror_of_three_takes_no_row_off() -> None:
    jurors = (page_juror("B"), page_juror("C"))
    assert page(judge=page_juror("A", fails="constraints_held", rows=[2]), jurors=jurors).dropped == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda made: made[1:], "have no verdict"),
        (lambda made: [*made, made[0].model_copy(update={"facet": "tasty"})], "were not asked"),
        (lambda made: [made[0].model_copy(update={"rows": [9]}), *made[1:]], r"rows \[9\] are not on the page"),
    ],
)
def test_an_answer_about_another_page_is_sent_back(change: Any, words: str) -> None:
    def odd(data: Any) -> PageVerdicts:
        return PageVerdicts(page=change(page_juror().answer(data).page))

    with pytest.raises(ValueError, match=words):
        page(judge=Scripted(odd))


def test_the_judge_of_the_page_sees_titles_only_as_data_with_numbers() -> None:
    judge = page_juror()
    page(judge=judge)
    (call,) = judge.calls
    assert [(row.row, row.title, len(row.products)) for row in call.data.rows] == [
        (1, "Soups for two", 3),
        (2, "Bread to dip", 3),
    ]
