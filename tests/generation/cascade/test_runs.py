"""The life of a run under one worker: cancelled, retried, given back, ended once."""

import datetime as dt
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from generation import runs, tasks
from generation.models import ModelCall, Run, StageOutput
from generation.services import cancel_run, retry_run, start_run
from review.models import Draft
from storefront_studio.lib.errors import BadInput, Transient, WrongState
from tests.contract.vendor_server import Status
from tests.factories import RunFactory, UserFactory
from tests.generation.cascade import shop as shops

pytestmark = pytest.mark.django_db


class Useless:
    """A vendor whose answers are of no use from one on, so that the repair fails too."""

    def __init__(self, inner: Any, after: int) -> None:
        self.inner, self.left = inner, after

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        self.left -= 1
        return {"nothing": "of use"} if self.left < 0 else dict(self.inner(request))


def outputs(run: Run) -> list[tuple[str, int, int]]:
    return list(StageOutput.objects.filter(run=run).order_by("id").values_list("stage", "key", "id"))


def lose(run: Run, **fields: Any) -> None:
    """As if the worker that held it had died a moment ago."""
    past = timezone.now() - dt.timedelta(seconds=1)
    Run.objects.filter(pk=run.pk).update(**{"status": "running", "holder": "gone:1:1", "lease_until": past, **fields})


def test_a_campaign_has_one_open_run(shop: Any) -> None:
    run = shops.start(shop)
    with pytest.raises(WrongState, match="generated already"):
        start_run(campaign=run.campaign, actor=None, enqueue=False)


def test_an_impossible_brief_starts_no_run_and_says_which_limit_is_in_the_way(shop: Any) -> None:
    with pytest.raises(BadInput, match=r"Not enough eligible products: 0 of \d+.*Without “price from 9,000.00 EUR”"):
        shops.start(shop, constraints={"density_min": 3, "price_min": "9000"})
    assert not Run.objects.exists()


def test_executing_a_finished_run_again_changes_nothing(shop: Any, openai: str, server: Any) -> None:
    run = shops.work(shops.start(shop))
    before = (outputs(run), server.count, run.finished_at, run.attempts)
    shops.work(run)
    assert (outputs(run), server.count, run.finished_at, run.attempts) == before
    assert Draft.objects.filter(run=run).count() == 1


def test_a_finished_run_has_one_draft(shop: Any, openai: str) -> None:
    run = shops.work(shops.start(shop))
    assert run.status == Run.Status.DONE
    assert Draft.objects.get(run=run).placements.filter(status="waiting").count() == len(run.result["placements"])


def test_a_given_back_run_repeats_no_saved_step(shop: Any, openai: str, server: Any) -> None:
    run = shops.start(shop)
    server.responder = Useless(server.responder, after=5)
    shops.work(run)
    lose(run)
    saved = outputs(run)
    assert {"keywords", "retrieval", "fusion", "judging"} <= {stage for stage, _key, _id in saved}
    server.responder = server.responder.inner
    assert runs.release_stuck() == [run.pk]
    shops.work(run)
    assert (run.status, run.error) == (Run.Status.DONE, "")
    assert outputs(run)[: len(saved)] == saved
    keywords = [data["theme"]["title"] for data in shops.asked(server, "keywords")]
    assert len(keywords) == len(set(keywords))
    assert len(list(shops.asked(server, "themes"))) == 1


def test_a_run_lost_too_often_fails_with_a_sentence(shop: Any) -> None:
    run = RunFactory(campaign=shops.campaign(shop))
    lose(run, attempts=runs.MOST_ATTEMPTS)
    assert runs.release_stuck() == []
    run.refresh_from_db()
    assert (run.status, run.error) == (
        Run.Status.FAILED,
        "The worker was lost 5 times. Retry when the machine is well.",
    )


def test_a_lost_run_that_was_to_be_cancelled_is_cancelled(shop: Any) -> None:
    run = RunFactory(campaign=shops.campaign(shop))
    lose(run, cancel_requested=True)
    assert runs.release_stuck() == []
    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED


def test_a_run_with_a_live_lease_is_left_to_its_worker(shop: Any) -> None:
    run = RunFactory(campaign=shops.campaign(shop))
    assert runs.claim(run.pk) is not None
    assert runs.release_stuck() == []
    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING


def test_a_run_waits_until_the_time_the_vendor_named(shop: Any) -> None:
    run = RunFactory(campaign=shops.campaign(shop), not_before=timezone.now() + dt.timedelta(minutes=1))
    assert runs.claim(run.pk) is None
    assert runs.release_stuck() == []
    Run.objects.filter(pk=run.pk).update(not_before=timezone.now())
    assert runs.release_stuck() == [run.pk]


def test_cancelling_a_queued_run_ends_it_at_once(shop: Any, openai: str, server: Any) -> None:
    run = shops.start(shop)
    cancel_run(run=run, actor=UserFactory())
    shops.work(run)
    assert (run.status, server.count, outputs(run)) == (Run.Status.CANCELLED, 0, [])


def test_a_run_whose_database_did_not_answer_waits_and_is_tried_again(shop: Any) -> None:
    run = RunFactory(campaign=shops.campaign(shop))
    with runs.claimed(run.pk) as held:
        assert held is not None
        raise OperationalError("couldn't get a connection after 15.00 sec")
    run.refresh_from_db()
    assert run.status == Run.Status.QUEUED and run.not_before is not None
    assert run.error == "The database did not answer (couldn't get a connection after 15.00 sec)."


def test_a_run_to_be_cancelled_does_not_wait_for_a_busy_vendor(shop: Any) -> None:
    run = RunFactory(campaign=shops.campaign(shop))
    with runs.claimed(run.pk) as held:
        assert held is not None
        cancel_run(run=run, actor=UserFactory())
        raise Transient("busy", retry_after=300)
    run.refresh_from_db()
    assert (run.status, run.not_before) == (Run.Status.CANCELLED, None)


def test_an_ended_run_cannot_be_cancelled(shop: Any, openai: str) -> None:
    run = shops.work(shops.start(shop))
    with pytest.raises(WrongState, match="has ended already"):
        cancel_run(run=run, actor=UserFactory())


def test_a_retry_goes_on_after_the_last_saved_step(shop: Any, openai: str, server: Any) -> None:
    run = shops.start(shop)
    server.responder = Useless(server.responder, after=1)
    shops.work(run)
    assert run.status == Run.Status.FAILED
    saved = outputs(run)
    retry_run(run=run, actor=UserFactory())
    server.responder = server.responder.inner
    shops.work(run)
    assert (run.status, run.error) == (Run.Status.DONE, "")
    assert outputs(run)[: len(saved)] == saved
    assert len(list(shops.asked(server, "themes"))) == 1


def test_rows_without_usable_keywords_are_dropped_and_the_others_make_the_page(
    shop: Any, openai: str, server: Any, answers: Any
) -> None:
    title = shops.THEMES[0][0]

    def partly(request: dict[str, Any]) -> dict[str, Any]:
        answer = dict(answers(request))
        if "selected" in answer and answers.data[-1]["theme"]["title"] == title:
            answer["selected"] = [999_999_999]
        return answer

    server.responder = partly
    run = shops.work(shops.start(shop))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    (row,) = [one["judged"] for one in run.result["dropped"] if one["theme"]["title"] == title]
    assert row["drop_reason"].endswith("gave no usable keywords, also after one repair.")
    assert title not in {one["theme"]["title"] for one in run.result["placements"]} != set()


def test_a_row_that_the_model_does_not_judge_goes_to_people(shop: Any, openai: str, server: Any) -> None:
    good = server.responder

    def mute(request: dict[str, Any]) -> dict[str, Any]:
        answer = dict(good(request))
        return {"nothing": "of use"} if "placement" in answer or "page" in answer else answer

    server.responder = mute
    run = shops.work(shops.start(shop))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    rows = run.result["placements"]
    assert rows and all("no verdict" in {flag["facet"] for flag in one["judged"]["flags"]} for one in rows)


def test_only_a_failed_or_cancelled_run_can_be_retried(shop: Any, openai: str) -> None:
    run = shops.work(shops.start(shop))
    with pytest.raises(WrongState, match="cannot be retried"):
        retry_run(run=run, actor=UserFactory())


def test_a_run_is_not_retried_while_another_of_its_campaign_is_open(shop: Any) -> None:
    run = RunFactory(campaign=shops.campaign(shop), status=Run.Status.FAILED)
    RunFactory(campaign=run.campaign)
    with pytest.raises(WrongState, match="Another run"):
        retry_run(run=run, actor=UserFactory())


def test_a_vendor_that_is_down_for_good_fails_the_run_after_bounded_attempts(
    shop: Any, openai: str, server: Any, settings: Any
) -> None:
    run = shops.start(shop)
    for number in range(1, runs.MOST_ATTEMPTS + 1):
        server.script([Status(503, retry_after=0)] * 3)
        shops.work(run)
        assert run.attempts == number
        if number < runs.MOST_ATTEMPTS:
            assert run.status == Run.Status.QUEUED
            assert run.not_before is not None
            Run.objects.filter(pk=run.pk).update(not_before=timezone.now())
    assert run.status == Run.Status.FAILED
    assert run.error.endswith("Tried 5 times.") and "HTTP 503" in run.error
    assert server.count == 3 * runs.MOST_ATTEMPTS
    assert set(ModelCall.objects.filter(run=run).values_list("outcome", flat=True)) == {"server_error"}


def test_a_task_for_a_run_that_is_gone_does_nothing() -> None:
    tasks.execute_run(987_654_321)
