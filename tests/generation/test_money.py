"""The money of runs and batches: set aside before, counted after, never over the limit together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from generation import money
from generation.llm.base import NOTHING, Attempt, BudgetReached, Usage
from generation.llm.metered import CallRecord, Ticket
from generation.models import Batch, ModelCall, Reservation, Run
from tests.factories import CampaignFactory, RunFactory, SegmentFactory

pytestmark = pytest.mark.django_db


def ticket(digest: str = "sha256:1") -> Ticket:
    return Ticket("themes", "", "openai:stub-1", "themes", "v2", digest)


def record(one: Ticket, cost: str | None, at_most: str | None = None) -> CallRecord:
    usage = Usage(1000, 200, None if cost is None else Decimal(cost), 1)
    attempts = (Attempt("ok", "", 0.1, usage),)
    most = None if at_most is None else Decimal(at_most)
    return CallRecord(
        one.stage, one.key, one.model, one.prompt, one.version, one.digest, "ok", "", attempts, usage, 0.1, at_most=most
    )


def batch_of(runs: int, budget: str | None, store: Any = None) -> tuple[Batch, list[Run]]:
    campaign = CampaignFactory(**({"store": store} if store else {}))
    batch = Batch.objects.create(campaign=campaign, budget=budget)
    segments = SegmentFactory.create_batch(runs, store=campaign.store)
    return batch, [RunFactory(campaign=campaign, batch=batch, segment=one, status="running") for one in segments]


def test_what_is_held_counts_until_the_call_has_cost_less() -> None:
    run = RunFactory(budget="1.00")
    purse, one = money.RunPurse(run), ticket()
    purse.hold(one, Decimal("0.40"))
    run.refresh_from_db()
    assert (run.committed, run.reservations.get().amount) == (Decimal("0.40"), Decimal("0.40"))
    assert money.standing(run).reserved == Decimal("0.40")
    purse.settle(one, record(one, "0.03"))
    run.refresh_from_db()
    assert (run.committed, run.reservations.count(), run.calls.get().cost) == (Decimal("0.03"), 0, Decimal("0.03"))


def test_a_call_that_might_go_over_the_limit_is_refused_in_words_and_leaves_nothing_held() -> None:
    run = RunFactory(budget="0.50")
    with pytest.raises(BudgetReached, match=r"limit of 0\.50 USD is reached.*up to 0\.60 USD.*Raise the budget"):
        money.RunPurse(run).hold(ticket(), Decimal("0.60"))
    run.refresh_from_db()
    assert (run.committed, run.reservations.count()) == (Decimal(0), 0)


def test_without_a_budget_of_its_own_a_run_has_the_one_of_the_settings(settings: Any) -> None:
    settings.RUN_BUDGET_USD = "0.10"
    run = RunFactory()
    assert money.limit_of(run) == Decimal("0.10")
    with pytest.raises(BudgetReached):
        money.RunPurse(run).hold(ticket(), Decimal("0.20"))


def test_a_call_of_unknown_price_is_noted_and_not_limited() -> None:
    run = RunFactory(budget="0.01")
    purse, one = money.RunPurse(run), ticket()
    purse.hold(one, None)
    purse.settle(one, record(one, None))
    standing = money.standing(run)
    assert (standing.unknown, standing.unpriced, standing.spent) == (1, 1, Decimal(0))


def test_a_cost_that_stays_unknown_counts_with_the_most_it_can_be() -> None:
    run = RunFactory(budget="1.00")
    purse, one = money.RunPurse(run), ticket()
    purse.hold(one, Decimal("0.40"))
    purse.settle(one, record(one, None, at_most="0.40"))
    run.refresh_from_db()
    call = run.calls.get()
    assert (run.committed, call.cost, call.at_most) == (Decimal("0.40"), None, Decimal("0.40"))


def test_what_a_killed_worker_had_in_flight_is_on_record_as_unknown_and_stays_counted() -> None:
    run = RunFactory(budget="1.00")
    money.RunPurse(run).hold(ticket(), Decimal("0.40"))
    assert money.write_off(Run.objects.filter(pk=run.pk)) == 1
    run.refresh_from_db()
    call = run.calls.get()
    assert (call.outcome, call.cost, call.at_most, run.committed) == ("lost", None, Decimal("0.40"), Decimal("0.40"))
    assert not run.reservations.exists()


def test_a_worker_that_was_taken_for_dead_and_was_only_slow_counts_once() -> None:
    run = RunFactory(budget="1.00")
    purse, one = money.RunPurse(run), ticket()
    purse.hold(one, Decimal("0.40"))
    money.write_off(Run.objects.filter(pk=run.pk))
    purse.settle(one, record(one, "0.03"))
    run.refresh_from_db()
    assert (run.calls.get().outcome, run.committed) == ("ok", Decimal("0.03"))


def test_a_repair_that_holds_money_already_is_refused_and_never_waits() -> None:
    batch, (first, second) = batch_of(2, "1.00")
    held, other = ticket("sha256:1"), ticket("sha256:2")
    purse = money.RunPurse(first)
    purse.hold(held, Decimal("0.50"))
    money.RunPurse(second).hold(other, Decimal("0.40"))
    with pytest.raises(BudgetReached, match="The batch's spending limit"):
        purse.hold(held, Decimal("0.90"))
    batch.refresh_from_db()
    assert batch.committed == Decimal("0.90")


def in_threads(work: Callable[[int], Any], count: int) -> list[Any]:
    def alone(number: int) -> Any:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(alone, range(count)))


@pytest.mark.django_db(transaction=True)
def test_runs_of_a_batch_never_pass_its_limit_together_and_wait_for_one_anothers_change() -> None:
    batch, runs = batch_of(8, "0.25")
    seen: list[Decimal] = []

    def work(number: int) -> None:
        purse, one = money.RunPurse(runs[number]), ticket(f"sha256:{number}")
        purse.hold(one, Decimal("0.10"))
        seen.append(Batch.objects.get(pk=batch.pk).committed)
        purse.settle(one, record(one, "0.02"))

    in_threads(work, 8)
    batch.refresh_from_db()
    assert batch.committed == Decimal("0.16")
    assert max(seen) <= Decimal("0.25")
    assert not Reservation.objects.exists()
    assert ModelCall.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_calls_of_a_run_at_once_stop_at_its_limit() -> None:
    run = RunFactory(budget="0.25")

    def work(number: int) -> bool:
        purse, one = money.RunPurse(run), ticket(f"sha256:{number}")
        try:
            purse.hold(one, Decimal("0.10"))
        except BudgetReached:
            return False
        purse.settle(one, record(one, "0.10"))
        return True

    answered = in_threads(work, 6)
    run.refresh_from_db()
    assert (sum(answered), run.committed) == (2, Decimal("0.20"))


def test_an_answer_from_the_cache_needs_no_money() -> None:
    run = RunFactory(budget="0.01")
    purse, one = money.RunPurse(run), ticket()
    kept = CallRecord(
        one.stage, one.key, one.model, one.prompt, one.version, one.digest, "ok", "", (), NOTHING, 0.0, cached=True
    )
    purse.settle(one, kept)
    assert (money.standing(run).hits, money.standing(run).spent) == (1, Decimal(0))
