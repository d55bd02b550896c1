"""A batch through vendors' batch services: parked, sent together, answered, and nothing paid twice whatever happens."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from generation import batches, fanout, runs, tasks, vendor_jobs
from generation.models import Batch, BatchRequest, ModelCall, Run, VendorBatch
from review.models import Draft
from tests.contract.batches import Plan
from tests.contract.vendor_server import Malformed
from tests.factories import SegmentFactory, UserFactory
from tests.generation.cascade import shop as shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def priced(price_list: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    price_list.write_text(price_list.read_text() + 'batch: "0.5"\n')
    monkeypatch.setenv("LLM_PRICES", str(price_list))


def begin(store: Any, count: int = 2, **options: Any) -> Batch:
    segments = [SegmentFactory(store=store, slug=f"group-{n}", name=f"Group {n}") for n in range(count)]
    campaign = shops.campaign(store, placements=2)
    return fanout.start_batch(campaign=campaign, segments=segments, actor=UserFactory(), mode="vendor", **options)


def later() -> None:
    """As if a minute had passed since jobs were looked at."""
    VendorBatch.objects.filter(polled_at__isnull=False).update(polled_at=timezone.now() - dt.timedelta(minutes=2))


def drive(batch: Batch, rounds: int = 60) -> Batch:
    for _round in range(rounds):
        fanout.work_here(batch)
        later()
        Run.objects.filter(batch=batch, status="queued").update(not_before=None)
        batch.refresh_from_db()
        if batch.status != Batch.Status.OPEN:
            return batch
    raise AssertionError(f"not done after {rounds} rounds: {batches.progress(batch)}")


def until_parked(batch: Batch) -> None:
    """All runs have handed in what they ask first, and nothing is sent yet."""
    while due := batches.pump(batch.pk):
        for run_id in due:
            tasks.execute_here(run_id)
    assert batches.progress(batch) == {"waiting": batch.runs.count()}


def test_a_batch_is_made_through_the_vendors_service_at_half_the_price_and_pays_nothing_twice(
    shop: Any, vendor: str, priced: None, server: Any
) -> None:
    batch = drive(begin(shop, 3))
    assert [run.status for run in batch.runs.all()] == ["done"] * 3, [run.error for run in batch.runs.all()]
    assert Draft.objects.filter(run__batch=batch).count() == 3
    assert server.count == 0  # nothing was asked at once
    assert max(server.paid.values()) == 1
    paid = ModelCall.objects.filter(run__batch=batch, cached=False)
    assert paid.count() == sum(server.paid.values()) == BatchRequest.objects.filter(batch=batch).count()
    for call in paid:
        assert call.cost == ((call.input_tokens or 0) * 2 + (call.output_tokens or 0) * 10) / Decimal(2_000_000)
    assert batch.committed == sum(call.cost or 0 for call in paid)
    # one job for the plans, one for the keywords, one for the judgements; pages and reserves may take one or two more
    assert 3 <= VendorBatch.objects.filter(batch=batch).count() <= 7
    assert set(VendorBatch.objects.values_list("status", flat=True)) == {"ended"}


def test_nothing_is_sent_before_all_runs_wait(shop: Any, openai: str, server: Any) -> None:
    batch = begin(shop, 3, concurrency=1)
    for _run in range(2):
        (run_id,) = batches.pump(batch.pk)
        tasks.execute_here(run_id)
    assert batches.progress(batch) == {"waiting": 2, "queued": 1}
    assert not VendorBatch.objects.exists()
    (run_id,) = batches.pump(batch.pk)
    tasks.execute_here(run_id)
    assert batches.pump(batch.pk) == []
    job = VendorBatch.objects.get()
    assert (job.status, job.requests.count()) == ("preparing", 3)


def test_a_run_that_waits_keeps_no_worker_and_its_attempts_begin_anew(shop: Any, openai: str) -> None:
    batch = begin(shop, 1)
    until_parked(batch)
    run = batch.runs.get()
    assert (run.status, run.attempts, run.lease_until, run.is_open) == (Run.Status.WAITING, 0, None, True)
    assert runs.release_stuck() == []


def test_a_job_that_was_sent_when_the_worker_died_is_found_and_not_sent_again(
    shop: Any, vendor: str, priced: None, server: Any
) -> None:
    server.batches.plan = Plan(silent=1)  # the vendor takes the job; its answer never arrives
    batch = begin(shop)
    until_parked(batch)
    job = VendorBatch.objects.get()
    vendor_jobs.tend(job.pk)
    job.refresh_from_db()
    assert (job.status, job.remote_id) == ("preparing", "")
    assert "connection failed" in job.error
    assert vendor_jobs.due() == []  # a list may be a moment behind
    later()
    vendor_jobs.tend(job.pk)
    job.refresh_from_db()
    assert (job.status, job.remote_id) == ("submitted", server.batches.jobs[0].id)
    assert len(server.batches.jobs) == 1
    drive(batch)
    assert max(server.paid.values()) == 1


def test_a_job_is_sent_once_though_two_workers_are_told(shop: Any, openai: str, server: Any) -> None:
    batch = begin(shop)
    until_parked(batch)
    job = VendorBatch.objects.get()
    for _time in range(3):
        vendor_jobs.tend(job.pk)
    assert len(server.batches.jobs) == 1


def test_an_expired_question_is_asked_once_more_and_then_its_run_fails_in_words(
    shop: Any, vendor: str, priced: None, server: Any
) -> None:
    server.batches.plan = Plan(how=lambda place, body: "expired" if "Group 1" in str(body) else "ok")
    batch = drive(begin(shop))
    states = dict(batch.runs.values_list("segment__slug", "status"))
    assert states == {"group-0": "done", "group-1": "failed"}
    failed = batch.runs.get(status="failed")
    assert "batch service gave no answer for the themes stage, 2 times asked" in failed.error
    request = BatchRequest.objects.get(batch=batch, run=failed, stage="themes")
    assert (request.tries, request.response) == (2, None)
    assert batch.committed == sum(call.cost or 0 for call in ModelCall.objects.filter(run__batch=batch))

    server.batches.plan = Plan()
    batch = drive(fanout.retry_batch(batch=batch, actor=UserFactory()))
    assert batches.progress(batch) == {"done": 2}
    assert max(server.paid.values()) == 1


def test_a_question_the_vendor_turned_away_is_asked_again_in_the_next_job(shop: Any, vendor: str, server: Any) -> None:
    turned_away: list[str] = []

    def first_time_only(place: int, body: Any) -> str:
        turned_away.append("")
        return "error" if len(turned_away) == 1 else "ok"

    server.batches.plan = Plan(how=first_time_only)
    batch = drive(begin(shop))
    assert batches.progress(batch) == {"done": 2}
    assert BatchRequest.objects.filter(batch=batch, tries=2).count() == 1


def test_a_job_that_is_refused_twice_fails_its_runs_with_the_vendors_words(
    shop: Any, openai: str, priced: None, server: Any
) -> None:
    server.batches.plan = Plan(refused="Enqueued token limit reached")
    batch = drive(begin(shop))
    assert batches.progress(batch) == {"failed": 2}
    assert all("Enqueued token limit reached" in run.error for run in batch.runs.all())
    assert batch.committed == 0


def test_a_key_that_is_not_accepted_fails_the_runs_at_once(
    shop: Any, openai: str, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(shop)
    until_parked(batch)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/nowhere")
    batch = drive(batch)
    assert batches.progress(batch) == {"failed": 2}
    assert all("batch service" in run.error for run in batch.runs.all())


def test_a_bad_answer_is_repaired_in_the_next_job(shop: Any, vendor: str, priced: None, server: Any) -> None:
    server.script([Malformed("no JSON")])
    batch = drive(begin(shop, 1))
    assert batches.progress(batch) == {"done": 1}
    assert BatchRequest.objects.filter(batch=batch, attempt=2).count() == 1
    assert max(server.paid.values()) == 1


def test_answers_brought_in_halfway_are_neither_lost_nor_counted_twice(
    shop: Any, openai: str, priced: None, server: Any
) -> None:
    batch = begin(shop, 3)
    until_parked(batch)
    job = VendorBatch.objects.get()
    vendor_jobs.tend(job.pk)
    later()
    assert vendor_jobs.tend(job.pk)
    VendorBatch.objects.update(status="submitted")  # as if the worker had died before it noted the end
    one = BatchRequest.objects.filter(batch=batch).first()
    assert one is not None
    before = (ModelCall.objects.count(), Batch.objects.get(pk=batch.pk).committed)
    later()
    assert vendor_jobs.tend(job.pk)
    assert (ModelCall.objects.count(), Batch.objects.get(pk=batch.pk).committed) == before
    assert drive(batch).runs.filter(status="done").count() == 3


def test_a_cancelled_batch_pays_for_what_was_done_and_asks_the_vendor_to_stop(
    shop: Any, vendor: str, priced: None, server: Any
) -> None:
    server.batches.plan = Plan(seconds=3600)
    batch = begin(shop)
    until_parked(batch)
    job = VendorBatch.objects.get()
    vendor_jobs.tend(job.pk)
    fanout.cancel_batch(batch=batch, actor=UserFactory())
    assert batches.progress(batch) == {"cancelled": 2}
    later()
    assert vendor_jobs.due() == [job.pk]
    vendor_jobs.tend(job.pk)
    job.refresh_from_db()
    batch.refresh_from_db()
    assert server.batches.jobs[0].stopping
    assert (job.status, batch.committed, sum(server.paid.values())) == ("ended", Decimal(0), 0)


def test_what_was_never_sent_costs_nothing_when_the_batch_is_cancelled(shop: Any, openai: str, priced: None) -> None:
    batch = begin(shop)
    (run_id, _other) = batches.pump(batch.pk)
    tasks.execute_here(run_id)
    batch.refresh_from_db()
    assert batch.committed > 0
    fanout.cancel_batch(batch=batch, actor=UserFactory())
    batch.refresh_from_db()
    assert batch.committed == 0


def test_a_budget_holds_for_questions_handed_in_and_the_rest_follows_when_answers_cost_less(
    shop: Any, openai: str, priced: None, server: Any
) -> None:
    """Money for one plan at a time by its ceiling; every answer leaves enough for the next."""
    batch = begin(shop, 3, budget=Decimal("0.12"))
    batch = drive(batch, rounds=120)
    batch.refresh_from_db()
    assert batch.committed <= Decimal("0.12")
    assert batches.progress(batch) == {"done": 3}, [run.error for run in batch.runs.all()]
    assert max(server.paid.values()) == 1


def test_jobs_hold_no_more_than_vendors_take(shop: Any, openai: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor_jobs, "MOST_REQUESTS", 2)
    batch = begin(shop, 5)
    until_parked(batch)
    assert sorted(job.requests.count() for job in VendorBatch.objects.all()) == [1, 2, 2]
