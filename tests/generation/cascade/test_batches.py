"""One campaign for many segments: never twice, never lost, a few at a time, and each question paid once."""

import datetime as dt
import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from generation import batch_rows, batches, fanout, runs, tasks
from generation.models import Batch, ModelAnswer, ModelCall, Run
from generation.services import cancel_run, retry_run
from review.models import Draft
from storefront_studio.lib.errors import BadInput, WrongState
from tests.contract import responder
from tests.contract.vendor_server import Ok
from tests.factories import CampaignFactory, RunFactory, SegmentFactory, UserFactory
from tests.generation.cascade import shop as shops

pytestmark = pytest.mark.django_db


def segments(store: Any, count: int = 3) -> list[Any]:
    return [SegmentFactory(store=store, slug=f"group-{n}", name=f"Group {n}") for n in range(count)]


def begin(store: Any, count: int = 3, **options: Any) -> Batch:
    fields = options.pop("campaign", {})
    return fanout.start_batch(
        campaign=shops.campaign(store, **{"placements": 2, **fields}),
        segments=segments(store, count),
        actor=UserFactory(),
        **options,
    )


def drive(batch: Batch, rounds: int = 40) -> Batch:
    """What workers and beat do, until the batch has ended."""
    for _round in range(rounds):
        fanout.work_here(batch)
        batch.refresh_from_db()
        if batch.status != Batch.Status.OPEN:
            return batch
    raise AssertionError(f"not done after {rounds} rounds: {batches.progress(batch)}")


def working(batch: Batch, count: int) -> list[Run]:
    """As if so many of its runs were at work."""
    found = list(batch.runs.order_by("id")[:count])
    until = timezone.now() + dt.timedelta(seconds=30)
    Run.objects.filter(pk__in=[run.pk for run in found]).update(status="running", holder="w:1:1", lease_until=until)
    return found


def test_a_campaign_has_one_batch_under_way(shop: Any) -> None:
    batch = begin(shop)
    with pytest.raises(WrongState, match="is under way"):
        fanout.start_batch(
            campaign=batch.campaign, segments=segments(shop, 0) or [SegmentFactory(store=shop)], actor=None
        )
    with pytest.raises(IntegrityError, match="one_open_batch_per_campaign"), transaction.atomic():
        Batch.objects.create(campaign=batch.campaign)
    assert Batch.objects.count() == 1


def test_a_batch_that_cannot_start_whole_leaves_nothing(shop: Any) -> None:
    campaign, some = shops.campaign(shop), segments(shop)
    RunFactory(campaign=campaign, segment=some[2])
    with pytest.raises(WrongState, match="is being generated already"):
        fanout.start_batch(campaign=campaign, segments=some, actor=None)
    assert (Batch.objects.count(), campaign.runs.count()) == (0, 1)


def test_segments_of_another_store_are_refused(shop: Any) -> None:
    with pytest.raises(BadInput, match="not of the campaign's store"):
        fanout.start_batch(campaign=shops.campaign(shop), segments=[SegmentFactory()], actor=None)


def test_an_impossible_brief_starts_no_batch(shop: Any) -> None:
    with pytest.raises(BadInput, match="Not enough eligible products"):
        begin(shop, campaign={"constraints": {"density_min": 3, "price_min": "9000"}})
    assert not Batch.objects.exists()


def test_the_library_has_no_batch_service(shop: Any, settings: Any) -> None:
    settings.GENERATOR = "library"
    with pytest.raises(BadInput, match="asks no vendor"):
        begin(shop, mode="vendor")


def test_unknown_segments_are_named(shop: Any) -> None:
    segments(shop)
    assert len(fanout.named_segments(shop, ["all"])) == 3
    with pytest.raises(BadInput, match=r"no segment “nobody”.*Known: group-0"):
        fanout.named_segments(shop, ["group-1", "nobody"])


def test_every_segment_gets_a_run_that_knows_it(shop: Any) -> None:
    batch = begin(shop)
    assert [run.brief["brief"]["segment"]["name"] for run in batch.runs.order_by("id")] == [
        "Group 0",
        "Group 1",
        "Group 2",
    ]


def test_as_many_runs_are_called_as_there_is_room_for_and_none_twice(shop: Any) -> None:
    batch = begin(shop, 5, concurrency=2)
    ids = list(batch.runs.order_by("id").values_list("id", flat=True))
    assert batches.pump(batch.pk) == ids[:2]
    assert batches.pump(batch.pk) == []  # they were called a moment ago
    working(batch, 2)
    assert batches.pump(batch.pk) == []
    Run.objects.filter(pk=ids[0]).update(status="failed")
    assert batches.pump(batch.pk) == ids[2:3]


def test_a_run_that_was_called_and_never_taken_is_called_again(shop: Any) -> None:
    batch = begin(shop, 2, concurrency=1)
    (called,) = batches.pump(batch.pk)
    Run.objects.filter(pk=called).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert batches.pump(batch.pk) == [called]


def test_no_more_runs_can_be_claimed_than_the_batch_allows(shop: Any) -> None:
    batch = begin(shop, 3, concurrency=2)
    working(batch, 2)
    third = batch.runs.order_by("id").last()
    assert third is not None
    assert runs.claim(third.pk) is None
    third.refresh_from_db()
    assert (third.status, third.attempts) == (Run.Status.QUEUED, 0)


def test_a_run_whose_worker_died_goes_on_and_none_is_lost(shop: Any) -> None:
    batch = begin(shop, 3, concurrency=1)
    (lost,) = working(batch, 1)
    Run.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1), attempts=1)
    assert runs.release_stuck() == []  # its batch calls it
    assert batches.pump(batch.pk) == [lost.pk]
    assert batch.runs.count() == 3


def test_a_batch_ends_when_its_last_run_has(shop: Any) -> None:
    batch = begin(shop, 2)
    batch.runs.update(status="failed", error="No.")
    assert batches.pump(batch.pk) == []
    batch.refresh_from_db()
    assert (batch.status, batch.finished_at is not None) == (Batch.Status.DONE, True)


def test_cancelling_ends_what_waits_at_once_and_what_works_after_its_step(shop: Any) -> None:
    batch = begin(shop, 3)
    (busy,) = working(batch, 1)
    fanout.cancel_batch(batch=batch, actor=UserFactory())
    busy.refresh_from_db()
    assert (busy.status, busy.cancel_requested) == ("running", True)
    assert batches.progress(batch) == {"running": 1, "cancelled": 2}
    assert batches.pump(batch.pk) == []
    with pytest.raises(WrongState, match="has ended already"):
        fanout.cancel_batch(batch=batch, actor=UserFactory())


def test_retrying_takes_the_failed_and_leaves_the_done(shop: Any) -> None:
    batch = begin(shop, 3)
    first, second, third = batch.runs.order_by("id")
    Run.objects.filter(pk=first.pk).update(status="done", result={"placements": [], "dropped": []})
    Run.objects.filter(pk=second.pk).update(status="failed", error="No.")
    Run.objects.filter(pk=third.pk).update(status="cancelled")
    batches.pump(batch.pk)
    batch = fanout.retry_batch(batch=batch, actor=UserFactory(), budget=Decimal("9.50"))
    assert (batch.status, batch.budget) == (Batch.Status.OPEN, Decimal("9.50"))
    assert batches.progress(batch) == {"done": 1, "queued": 2}


def test_retrying_waits_for_another_batch_of_the_campaign(shop: Any) -> None:
    batch = begin(shop, 1)
    batch.runs.update(status="failed")
    batches.pump(batch.pk)
    fanout.start_batch(campaign=batch.campaign, segments=[SegmentFactory(store=shop)], actor=None)
    with pytest.raises(WrongState, match="Another batch"):
        fanout.retry_batch(batch=batch, actor=UserFactory())
    batch.refresh_from_db()
    assert batch.status == Batch.Status.DONE


def test_one_run_of_an_ended_batch_can_be_retried_alone(shop: Any) -> None:
    batch = begin(shop, 2)
    batch.runs.update(status="failed")
    batches.pump(batch.pk)
    run = batch.runs.first()
    assert run is not None
    retry_run(run=run, actor=UserFactory())
    batch.refresh_from_db()
    assert batch.status == Batch.Status.OPEN
    assert batches.pump(batch.pk) == [run.pk]


def test_a_waiting_run_can_be_cancelled(shop: Any) -> None:
    batch = begin(shop, 1)
    batch.runs.update(status="waiting")
    run = batch.runs.get()
    cancel_run(run=run, actor=UserFactory())
    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED


def test_a_batch_makes_a_draft_for_every_segment_and_pays_for_no_question_twice(
    shop: Any, openai: str, priced: None, server: Any
) -> None:
    batch = drive(begin(shop, 3))
    assert batch.status == Batch.Status.DONE
    assert [run.status for run in batch.runs.all()] == ["done"] * 3, [run.error for run in batch.runs.all()]
    assert sorted(Draft.objects.filter(run__batch=batch).values_list("segment", flat=True)) == [
        "group-0",
        "group-1",
        "group-2",
    ]
    assert max(server.paid.values()) == 1
    totals = batch_rows.totals(batch)
    assert totals.money.hits > 0  # the segments' rows meet in the same keyword questions
    assert totals.money.calls == totals.money.hits + server.count
    assert totals.placements == sum(run.kept or 0 for run in batch.runs.all()) > 0
    assert (batch.committed, totals.money.reserved) == (totals.money.spent, Decimal(0))
    assert totals.money.spent == sum(run.committed for run in batch.runs.all())
    assert ModelAnswer.objects.filter(store=shop).count() == server.count


def test_a_batch_stops_at_its_budget_keeps_what_is_done_and_goes_on_with_a_raised_one(
    shop: Any, openai: str, priced: None, server: Any
) -> None:
    server.script([Ok(usage=(5000, 1500))] * 200)  # 0.025 USD each
    batch = begin(shop, 3, budget=Decimal("0.30"), concurrency=1)
    batch = drive(batch)
    batch.refresh_from_db()
    assert batch.committed <= Decimal("0.30")
    states = batches.progress(batch)
    assert states["failed"] >= 1
    why = batch.runs.filter(status="failed").values_list("error", flat=True)[0]
    assert why.startswith("The batch's spending limit of 0.30 USD is reached")
    batch = drive(fanout.retry_batch(batch=batch, actor=UserFactory(), budget=Decimal(9)))
    assert batches.progress(batch)["failed"] == 0
    assert max(server.paid.values()) == 1


def test_an_answer_older_than_its_lifetime_is_forgotten(shop: Any, settings: Any) -> None:
    settings.ANSWER_DAYS = 30
    old = ModelAnswer.objects.create(store=shop, digest="sha256:old", value="{}")
    ModelAnswer.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=31))
    ModelAnswer.objects.create(store=shop, digest="sha256:new", value="{}")
    tasks.forget_old_answers()
    assert list(ModelAnswer.objects.values_list("digest", flat=True)) == ["sha256:new"]


def test_answers_do_not_cross_stores(shop: Any, openai: str, server: Any) -> None:
    from generation.answers import Answers

    Answers(shop.pk).set("sha256:same", "{}")
    assert Answers(CampaignFactory().store_id).get("sha256:same") is None


def test_the_figures_of_a_batch_take_as_many_queries_for_fifty_segments_as_for_two(
    shop: Any, django_assert_max_num_queries: Any
) -> None:
    batch = begin(shop, 50)
    with django_assert_max_num_queries(8):
        batch_rows.totals(batch)
        assert len(list(batch_rows.rows(batch))) == 50


def test_the_keyword_question_is_the_same_for_all_segments(shop: Any, openai: str, server: Any) -> None:
    """What makes sharing possible: only the plan and the judgement are told the audience."""
    drive(begin(shop, 2))
    told = [responder.data_of(seen.body) for seen in server.requests if responder.stage_of(seen.body) == "keywords"]
    assert told and all("Group" not in str(data) for data in told)
    assert not ModelCall.objects.filter(stage="keywords", cached=False, run__segment__slug="group-1").exists()


# --- The command --------------------------------------------------------------------------------------------------
def generate(store: Any, slug: str, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("generate", "--campaign", slug, "--store", store.slug, "--json", *options, stdout=out)
    return dict(json.loads(out.getvalue()))


def test_the_command_works_on_the_named_segments_where_no_worker_runs(
    shop: Any, openai: str, priced: None, server: Any, tmp_path: Any
) -> None:
    segments(shop, 3)
    campaign = shops.campaign(shop, placements=2)
    named = tmp_path / "segments.txt"
    named.write_text("group-0\ngroup-2\n")
    told = generate(shop, campaign.slug, "--segments", str(named), "--wait", "--budget", "5")
    assert (told["status"], [row["segment"] for row in told["segments"]]) == ("done", ["group-0", "group-2"])
    assert all(row["status"] == "done" and row["placements"] for row in told["segments"])
    assert told["totals"]["budget"] == "5.00"
    assert Decimal(told["totals"]["cost"]) == sum(Decimal(row["cost"]) for row in told["segments"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--segments", "nobody"), "no segment “nobody”"),
        (("--segments", "missing.txt"), "cannot be read"),
        (("--segments", "group-0", "--segment", "group-0"), "no --segment beside it"),
        (("--batch",), "name them with --segments"),
        (("--segments", "group-0", "--concurrency", "0"), "Between 1 and 64"),
        (("--segments", "group-0", "--budget", "NaN"), "number of US dollars above 0"),
    ],
)
def test_the_command_refuses_nonsense_in_one_line(shop: Any, options: tuple[str, ...], words: str) -> None:
    segments(shop, 1)
    campaign = shops.campaign(shop)
    with pytest.raises(CommandError, match=words):
        generate(shop, campaign.slug, *options)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("options", [("--segments", "0"), ("--mode", "fast")])
def test_the_measurement_refuses_senseless_numbers(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="--segments is 1 or more"):
        call_command("bench", "batch", *options)
