"""The whole cascade against both vendors' wire: how every way to answer, and to fail, ends in the run and its calls."""

from decimal import Decimal
from typing import Any

import pytest

from generation.models import ModelCall, Run, StageOutput
from tests.contract.vendor_server import (
    DisconnectMidStream,
    Malformed,
    Ok,
    Refusal,
    Status,
    Timeout,
)
from tests.generation.cascade import shop as shops

pytestmark = pytest.mark.django_db


def calls(run: Run, stage: str) -> list[ModelCall]:
    return list(ModelCall.objects.filter(run=run, stage=stage))


def attempts(call: ModelCall) -> list[str]:
    return [attempt["outcome"] for attempt in call.attempts]


def test_a_page_comes_of_it_and_every_call_is_on_record(shop: Any, vendor: str, priced: None, server: Any) -> None:
    server.script([Ok(usage=(1000, 200))])
    run = shops.work(shops.start(shop))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    assert {row["theme"]["title"] for row in run.result["placements"]} == {title for title, _ in shops.THEMES[:3]}
    (plan,) = calls(run, "themes")
    assert (plan.outcome, attempts(plan), plan.model) == ("ok", ["ok"], f"{vendor}:stub-1")
    assert (plan.input_tokens, plan.output_tokens, plan.cost) == (1000, 200, Decimal("0.004"))
    assert len(calls(run, "keywords")) == len(calls(run, "judge")) == 3
    assert all(call.cost and call.cost > 0 and not call.cached for call in ModelCall.objects.filter(run=run))


def test_a_malformed_answer_is_repaired_once(shop: Any, vendor: str, priced: None, server: Any) -> None:
    server.script([Malformed(usage=(1000, 100)), Ok(usage=(1200, 200))])
    run = shops.work(shops.start(shop))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    (plan,) = calls(run, "themes")
    assert (plan.outcome, attempts(plan)) == ("ok", ["malformed", "ok"])
    assert (plan.input_tokens, plan.cost) == (2200, Decimal("0.0074"))


def test_two_malformed_answers_end_the_run_with_a_sentence(shop: Any, vendor: str, server: Any) -> None:
    server.script([Malformed(), Malformed()])
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.FAILED
    assert "did not give a usable answer for the themes stage" in run.error
    (plan,) = calls(run, "themes")
    assert (plan.outcome, attempts(plan)) == ("malformed", ["malformed", "malformed"])
    assert server.count == 2


def test_a_rate_limit_is_waited_out(shop: Any, vendor: str, server: Any) -> None:
    server.script([Status(429, retry_after=0.2)])
    run = shops.work(shops.start(shop))
    assert (run.status, run.error, run.attempts) == (Run.Status.DONE, "", 1)
    (plan,) = calls(run, "themes")
    assert (plan.outcome, attempts(plan)) == ("ok", ["rate_limited", "ok"])


def test_a_vendor_that_stays_busy_sends_the_run_back_to_the_queue_for_as_long_as_it_asked(
    shop: Any, vendor: str, server: Any
) -> None:
    server.script([Status(429, retry_after=0.05), Status(429, retry_after=0.05), Status(429, retry_after=120)])
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.QUEUED
    assert "HTTP 429" in run.error
    waits = (run.not_before - run.started_at).total_seconds()
    assert 115 < waits <= 130
    (plan,) = calls(run, "themes")
    assert (plan.outcome, attempts(plan)) == ("rate_limited", ["rate_limited"] * 3)


def test_silence_is_a_time_out_of_unknown_cost(
    shop: Any, vendor: str, priced: None, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_TIMEOUT", "0.5")
    server.script([Timeout(2)])
    run = shops.work(shops.start(shop, placements=1))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    (plan,) = calls(run, "themes")
    assert (plan.outcome, attempts(plan)) == ("ok", ["timeout", "ok"])
    assert plan.cost is None  # perhaps the vendor did the work, and bills it


def test_a_refusal_ends_the_run_with_the_vendors_reason(shop: Any, vendor: str, server: Any) -> None:
    server.script([Refusal("I cannot help with that.")])
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.FAILED
    assert "refused the themes stage: I cannot help with that." in run.error
    assert [call.outcome for call in calls(run, "themes")] == ["refused"]
    assert server.count == 1


def test_a_connection_that_breaks_in_mid_answer_is_tried_again(shop: Any, vendor: str, server: Any) -> None:
    server.script([DisconnectMidStream()])
    run = shops.work(shops.start(shop, placements=1))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    (plan,) = calls(run, "themes")
    assert (plan.outcome, attempts(plan)) == ("ok", ["disconnected", "ok"])


def test_a_rejected_key_ends_the_run_and_names_the_setting(shop: Any, vendor: str, server: Any) -> None:
    server.script([Status(401, message="bad key sk-test-0123456789")])
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.FAILED
    assert f"check {vendor.upper()}_API_KEY" in run.error
    assert "sk-test-0123456789" not in run.error
    assert server.count == 1


def test_keywords_outside_the_candidates_are_refused(shop: Any, vendor: str, server: Any, answers: Any) -> None:
    answers.selected = [999_999_999]
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.FAILED
    assert "ids [999999999] are not among the candidates" in run.error
    assert {(call.outcome, *attempts(call)) for call in calls(run, "keywords")} == {
        ("malformed", "malformed", "malformed")
    }
    assert set(StageOutput.objects.filter(run=run).values_list("stage", flat=True)) == {
        "context",
        "themes",
        "candidates",
    }


def test_products_the_judge_turns_down_are_replaced_from_the_bench(shop: Any, openai: str, answers: Any) -> None:
    first = shops.work(shops.start(shop))
    muesli = next(one for one in first.result["placements"] if one["theme"]["title"] == shops.THEMES[0][0])
    bad = {one["hit"]["item_id"] for one in muesli["judged"]["shown"][:2]}
    answers.turned_down = bad
    run = shops.work(shops.start(shop, objective="Breakfast for slow sunday mornings"))
    row = next(one for one in run.result["placements"] if one["theme"]["title"] == shops.THEMES[0][0])
    shown = [one["hit"]["item_id"] for one in row["judged"]["shown"]]
    assert not bad & set(shown)
    assert not bad & {one["hit"]["item_id"] for one in row["judged"]["bench"]}
    assert len(shown) == 5
    words = [one for one in row["judged"]["judgements"] if one["judge"].endswith("stub-1, rubric v2")]
    said = [one for one in words if not one["passes"]]
    assert {one["reason"] for one in said} == {"Not for this row."}


def test_a_row_that_the_judge_empties_is_dropped_and_its_reserve_takes_its_place(
    shop: Any, openai: str, server: Any, answers: Any
) -> None:
    title = shops.THEMES[0][0]

    def picky(request: dict[str, Any]) -> dict[str, Any]:
        answer = dict(answers(request))
        if answers.data[-1].get("theme", {}).get("title") == title and "products" in answer:
            answer["products"] = [{**one, "passes": False, "reason": "Too sweet."} for one in answer["products"]]
        return answer

    server.responder = picky
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.DONE
    (dropped,) = [one for one in run.result["dropped"] if one["theme"]["title"] == title]
    assert dropped["judged"]["dropped_by"].endswith("stub-1, rubric v2")
    assert dropped["judged"]["drop_reason"] == "Only 0 products passed the judge; a row needs 3."
    assert dropped["judged"]["shown"] == []
    assert len(run.result["placements"]) == 3


def test_a_page_whose_every_row_is_turned_down_is_empty_and_says_so(shop: Any, openai: str, answers: Any) -> None:
    answers.against = "Off the objective."
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.DONE
    assert run.result["placements"] == []
    assert {one["judged"]["drop_reason"] for one in run.result["dropped"]} >= {"Off the objective."}
    assert run.result["note"].startswith("0 of 3 placements could be filled honestly")


def test_an_abstention_is_a_failed_run_with_the_reason(shop: Any, vendor: str, answers: Any) -> None:
    answers.abstained = "the shop sells nothing of the kind"
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.FAILED
    assert run.error.endswith("proposed no themes: the shop sells nothing of the kind")


def test_a_banned_term_in_a_title_is_sent_back_for_repair(shop: Any, vendor: str, server: Any, answers: Any) -> None:
    answers.themes = [("Miraculous muesli", ("muesli", "granola")), *shops.THEMES]
    seen: list[str] = []

    def learns(request: dict[str, Any]) -> dict[str, Any]:
        last = str(request["messages"][-1]["content"])
        if "banned term" in last:
            seen.append(last)
            answers.themes = shops.THEMES
        return dict(answers(request))

    server.responder = learns
    run = shops.work(shops.start(shop, banned_terms=["miraculous"]))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    assert len(seen) == 1 and "theme 1 uses the banned term" in seen[0]
    (plan,) = calls(run, "themes")
    assert attempts(plan) == ["malformed", "ok"]
