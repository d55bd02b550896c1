"""The life of a run among several workers: one holds it, a lost one is given back, and nobody ends another's run."""

import datetime as dt
import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from generation import runs, tasks
from generation.models import Run, StageOutput
from generation.services import retry_run, start_run
from generation.stages.contracts import DraftPage
from review.models import Draft
from storefront_studio.lib.errors import WrongState
from tests.factories import CampaignFactory, RunFactory, UserFactory
from tests.generation.cascade import shop as shops
from tests.review.race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
EMPTY = DraftPage(placements=[], dropped=[])


def test_of_two_workers_one_claims_a_run() -> None:
    run = RunFactory()
    claims = at_once(lambda: runs.claim(run.pk), lambda: runs.claim(run.pk))
    assert sorted(claim is not None for claim in claims) == [False, True]
    assert Run.objects.get(pk=run.pk).attempts == 1


def test_of_two_clicks_one_starts_a_run(committed_shop: Any) -> None:
    campaign = shops.campaign(committed_shop)
    actor = UserFactory()

    def click() -> Run:
        return start_run(campaign=campaign, actor=actor, enqueue=False)

    results = at_once(click, click)
    assert [type(one) for one in sorted(results, key=lambda one: isinstance(one, WrongState))] == [Run, WrongState]
    assert campaign.runs.count() == 1


def test_no_transaction_is_open_while_a_model_answers(
    committed_shop: Any, openai: str, server: Any, answers: Any, settings: Any
) -> None:
    settings.MODEL_CONCURRENCY = 3
    held: list[set[Any]] = []

    def idle() -> set[Any]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid, xact_start FROM pg_stat_activity WHERE datname = current_database() "
                "AND state LIKE 'idle in transaction%%' AND pid <> pg_backend_pid()"
            )
            return set(cursor.fetchall())

    def look(request: dict[str, Any]) -> dict[str, Any]:
        # Other rows are worked on meanwhile, in transactions of their own: what must not be is one that lasts.
        before = idle()
        time.sleep(0.4)
        held.append(before & idle())
        connection.close()
        return dict(answers(request))

    server.responder = look
    run = shops.work(shops.start(committed_shop))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    assert len(held) >= 7
    assert not set().union(*held)


def test_keywords_of_several_rows_are_asked_for_side_by_side(
    committed_shop: Any, openai: str, server: Any, answers: Any, settings: Any
) -> None:
    settings.MODEL_CONCURRENCY = 3
    together = threading.Barrier(3)

    def meet(request: dict[str, Any]) -> dict[str, Any]:
        answer = dict(answers(request))
        if "selected" in answer:
            together.wait(timeout=10)  # breaks unless three questions are in flight at once
        return answer

    server.responder = meet
    run = shops.work(shops.start(committed_shop))
    assert (run.status, run.error) == (Run.Status.DONE, "")


def test_a_run_whose_worker_was_lost_goes_on_with_what_was_saved(committed_shop: Any, openai: str, server: Any) -> None:
    run = shops.start(committed_shop)
    held = runs.claim(run.pk)
    assert held is not None
    Run.objects.filter(pk=run.pk).update(holder="elsewhere:1:1", lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert runs.release_stuck() == [run.pk]
    shops.work(run)
    run.refresh_from_db()
    assert (run.status, run.attempts) == (Run.Status.DONE, 2)
    assert Draft.objects.filter(run=run).count() == 1


def test_a_lease_is_kept_alive_while_a_model_is_slow(
    committed_shop: Any, openai: str, server: Any, answers: Any, settings: Any
) -> None:
    settings.RUN_LEASE_SECONDS = 2.4
    left: list[float] = []

    def slow(request: dict[str, Any]) -> dict[str, Any]:
        if not left:
            server.pause(3)
            left.append((Run.objects.get().lease_until - timezone.now()).total_seconds())
            connection.close()
        return dict(answers(request))

    server.responder = slow
    run = shops.work(shops.start(committed_shop, placements=1))
    assert run.status == Run.Status.DONE
    assert left[0] > 0


def test_a_worker_that_lost_its_run_ends_nothing(committed_shop: Any) -> None:
    run = RunFactory(campaign=CampaignFactory(store=committed_shop))
    held = runs.claim(run.pk)
    assert held is not None
    Run.objects.filter(pk=run.pk).update(holder="elsewhere:2:2")
    with pytest.raises(WrongState):
        runs.finish(held, EMPTY)
    run.refresh_from_db()
    assert (run.status, run.holder, run.result) == (Run.Status.RUNNING, "elsewhere:2:2", None)
    assert not Draft.objects.filter(run=run).exists()


def test_a_worker_that_lost_its_run_stops_before_its_next_step(
    committed_shop: Any, openai: str, server: Any, answers: Any
) -> None:
    run = shops.start(committed_shop)

    def taken_over(request: dict[str, Any]) -> dict[str, Any]:
        Run.objects.filter(pk=run.pk).update(holder="elsewhere:3:3")
        connection.close()
        return dict(answers(request))

    server.responder = taken_over
    tasks.execute_run(run.pk)
    run.refresh_from_db()
    assert (run.status, run.holder) == (Run.Status.RUNNING, "elsewhere:3:3")
    assert server.count == 1
    assert set(StageOutput.objects.filter(run=run).values_list("stage", flat=True)) <= {"context", "themes"}


def test_cancelling_a_working_run_stops_it_after_its_step_and_keeps_what_was_saved(
    committed_shop: Any, openai: str, server: Any, answers: Any
) -> None:
    run = shops.start(committed_shop)

    def somebody_cancels(request: dict[str, Any]) -> dict[str, Any]:
        runs.cancel(Run.objects.get(pk=run.pk))
        connection.close()
        return dict(answers(request))

    server.responder = somebody_cancels
    shops.work(run)
    assert (run.status, run.error, server.count) == (Run.Status.CANCELLED, "", 1)
    kept = list(StageOutput.objects.filter(run=run).values_list("stage", "id"))
    assert [stage for stage, _id in kept] == ["context", "themes"]

    server.responder = answers
    retry_run(run=run, actor=UserFactory())
    shops.work(run)
    assert (run.status, run.error) == (Run.Status.DONE, "")
    assert list(StageOutput.objects.filter(run=run).values_list("stage", "id"))[:2] == kept
