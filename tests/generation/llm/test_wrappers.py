"""Metering, the budget, and the cache."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from generation.llm.base import NOTHING, BadAnswer, BudgetReached, Call, Unavailable, Usage, fingerprint
from generation.llm.cached import Cached, Memory
from generation.llm.metered import ZERO, CallRecord, Metered
from generation.llm.pricing import Prices
from generation.llm.prompts import Prompt
from storefront_studio.lib.errors import OverBudget
from tests.contract.vendor_server import DisconnectMidStream, Malformed, Ok, Status
from tests.generation.llm.conftest import MODEL, Row, Selection, Vendor
from tests.generation.llm.test_answers import GOOD, outcomes


def test_an_answered_call_is_recorded_in_full(vendor: Vendor, call: Call[Selection]) -> None:
    records: list[CallRecord] = []
    vendor.server.script([Malformed("?", (900, 10)), Ok(GOOD, (1000, 20))])
    model = Metered(vendor.model(), records.append)
    model.complete(call)
    (record,) = records
    assert (record.stage, record.key, record.prompt, record.version) == (
        "keywords",
        "row-1",
        "keywords",
        "v1",
    )
    assert (record.model, record.outcome, record.repaired) == (f"{vendor.name}:{MODEL}", "ok", True)
    assert outcomes(record.attempts) == ["malformed", "ok"]
    assert record.usage == Usage(1900, 30, Decimal("0.0041"), 2)
    assert record.digest == fingerprint(model, call)


def test_a_failed_call_is_recorded_with_what_it_spent(vendor: Vendor, call: Call[Selection]) -> None:
    records: list[CallRecord] = []
    vendor.server.script([Malformed("?", (900, 10)), Malformed("!", (1000, 20))])
    with pytest.raises(BadAnswer):
        Metered(vendor.model(), records.append).complete(call)
    assert (records[0].outcome, records[0].usage.output_tokens) == ("malformed", 30)
    assert "!" in records[0].attempts[1].detail


def test_a_reached_limit_stops_before_anything_is_sent(vendor: Vendor, call: Call[Selection]) -> None:
    records: list[CallRecord] = []
    model = Metered(vendor.model(), records.append, Decimal("1.00"), lambda: Decimal("1.00"))
    with pytest.raises(BudgetReached, match=r"1\.00 USD") as caught:
        model.complete(call)
    assert isinstance(caught.value, OverBudget)
    assert vendor.server.count == 0
    assert (records[0].outcome, records[0].usage) == ("over_budget", NOTHING)


def test_the_limit_also_stops_a_repair(vendor: Vendor, call: Call[Selection]) -> None:
    """The first answer was dear; what is left would not pay for a second one of any length."""
    records: list[CallRecord] = []
    first = vendor.model().ceiling(call)
    assert first is not None
    vendor.server.script([Malformed("?", (1000, 200)), Ok(GOOD)])
    model = Metered(vendor.model(), records.append, first + Decimal("0.003"), lambda: Decimal("0"))
    with pytest.raises(BudgetReached) as caught:
        model.complete(call)
    assert vendor.server.count == 1
    assert outcomes(caught.value.attempts) == ["malformed"]
    assert records[0].usage.cost == Decimal("0.004")


def test_under_the_limit_calls_go_through(vendor: Vendor, call: Call[Selection]) -> None:
    ceiling = vendor.model().ceiling(call)
    assert ceiling is not None
    model = Metered(vendor.model(), lambda record: None, Decimal("1.00"), lambda: Decimal("1.00") - ceiling)
    assert model.complete(call).value.selected


def test_a_request_that_might_go_over_the_limit_is_not_sent(vendor: Vendor, call: Call[Selection]) -> None:
    ceiling = vendor.model().ceiling(call)
    assert ceiling is not None
    limit = ceiling - Decimal("0.000001")
    with pytest.raises(BudgetReached, match="the next request can cost up to"):
        Metered(vendor.model(), limit=limit).complete(call)
    assert vendor.server.count == 0


def test_no_answer_costs_more_than_its_ceiling(vendor: Vendor, call: Call[Selection]) -> None:
    ceiling = vendor.model().ceiling(call)
    assert ceiling is not None
    reply = vendor.model().complete(call)
    assert reply.usage.cost is not None and reply.usage.cost <= ceiling


def test_calls_side_by_side_never_pass_the_limit_together(vendor: Vendor, call: Call[Selection]) -> None:
    """Money for two at a time: of eight at once, never more than two are with the vendor, and all get their turn."""
    ceiling = vendor.model().ceiling(call)
    assert ceiling is not None
    spent: list[Decimal] = []
    limit = 2 * ceiling + Decimal("0.04")
    vendor.server.delay = 0.05
    vendor.server.script([Ok(GOOD, (1000, 200))] * 8)  # 0.004 USD each
    model = Metered(
        vendor.model(), lambda record: spent.append(record.usage.cost or Decimal(0)), limit, lambda: sum(spent, ZERO)
    )
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: model.complete(replace(call, key=str(n))), range(8)))
    assert len(replies) == 8
    assert vendor.server.most_at_once <= 2
    assert sum(spent, ZERO) == Decimal("0.032")


def test_calls_that_find_no_money_left_are_refused_and_none_is_sent_beyond(
    vendor: Vendor, call: Call[Selection]
) -> None:
    ceiling = vendor.model().ceiling(call)
    assert ceiling is not None
    spent: list[Decimal] = []
    limit = ceiling + Decimal("0.005")  # one dear answer uses up what a second one would need
    vendor.server.delay = 0.05
    vendor.server.script([Ok(GOOD, (1000, 1000))] * 8)  # 0.012 USD each
    model = Metered(
        vendor.model(), lambda record: spent.append(record.usage.cost or Decimal(0)), limit, lambda: sum(spent, ZERO)
    )

    def ask(_number: int) -> bool:
        try:
            model.complete(call)
        except BudgetReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(ask, range(8)))
    assert sum(answered) == vendor.server.count == 1
    assert sum(spent, ZERO) <= limit


def test_a_model_without_known_prices_is_not_held_to_a_limit_and_stays_unknown(
    vendor: Vendor, call: Call[Selection]
) -> None:
    records: list[CallRecord] = []
    model = Metered(vendor.model(prices=Prices.none()), records.append, Decimal("0.01"))
    assert model.ceiling(call) is None
    model.complete(call)
    assert (records[0].usage.cost, records[0].at_most) == (None, None)


def test_an_answer_that_never_came_counts_with_what_it_can_have_cost(vendor: Vendor, call: Call[Selection]) -> None:
    records: list[CallRecord] = []
    vendor.server.script([DisconnectMidStream()] * 3)
    model = vendor.model()
    ceiling = model.ceiling(call)
    assert ceiling is not None
    with pytest.raises(Unavailable):
        Metered(model, records.append, Decimal(10)).complete(call)
    assert (records[0].usage.cost, records[0].at_most) == (None, 3 * ceiling)


def test_the_same_question_at_the_same_time_is_sent_once(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.delay = 0.1
    turn = threading.Lock()
    model = Cached(vendor.model(), Memory(), alone=lambda key: turn)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda n: model.complete(replace(call, key=str(n))), range(6)))
    assert vendor.server.count == 1
    assert sorted(reply.cached for reply in replies) == [False, *[True] * 5]


def test_a_second_identical_question_sends_nothing_and_costs_nothing(vendor: Vendor, call: Call[Selection]) -> None:
    model = Cached(vendor.model(), Memory())
    first, second = model.complete(call), model.complete(call)
    assert vendor.server.count == 1
    assert second.value == first.value
    assert (second.cached, second.usage) == (True, Usage(0, 0, Decimal(0), 0))


def test_the_place_a_question_is_asked_for_does_not_change_its_key(vendor: Vendor, call: Call[Selection]) -> None:
    model = Cached(vendor.model(), Memory())
    model.complete(call)
    assert model.complete(replace(call, key="row-2")).cached


def test_another_model_prompt_data_or_option_is_another_question(vendor: Vendor, call: Call[Selection]) -> None:
    assert isinstance(call.data, Row)
    model = vendor.model()
    keys = {
        fingerprint(model, call),
        fingerprint(vendor.model(model="stub-2"), call),
        fingerprint(vendor.model(effort="low"), call),
        fingerprint(model, replace(call, prompt=Prompt(name="k", version="v2", system="s", user="$data"))),
        fingerprint(model, replace(call, data=Row(title="Other", candidates=call.data.candidates))),
        fingerprint(model, replace(call, max_tokens=100)),
    }
    assert len(keys) == 6


def test_a_kept_answer_that_no_longer_passes_the_check_is_ignored(vendor: Vendor, call: Call[Selection]) -> None:
    model = Cached(vendor.model(), Memory())
    vendor.server.script([Ok(GOOD), Ok({"selected": [12], "reason": "new"})])
    model.complete(call)

    def not_ten(answer: Selection) -> None:
        if 10 in answer.selected:
            raise ValueError("10 is sold out")

    reply = model.complete(replace(call, check=not_ten))
    assert (reply.cached, reply.value.selected, vendor.server.count) == (False, [12], 2)


def test_an_unreadable_kept_answer_is_ignored(vendor: Vendor, call: Call[Selection]) -> None:
    store = Memory()
    model = Cached(vendor.model(), store)
    store.set(fingerprint(model, call), "{broken")
    assert not model.complete(call).cached


def test_failures_are_not_kept(vendor: Vendor, call: Call[Selection]) -> None:
    store = Memory()
    vendor.server.script([Status(500)] * 3)
    with pytest.raises(Exception, match="failed 3 times"):
        Cached(vendor.model(), store).complete(call)
    assert not store


def test_a_cache_hit_is_allowed_when_the_budget_is_used_up(vendor: Vendor, call: Call[Selection]) -> None:
    cached = Cached(vendor.model(), Memory())
    cached.complete(call)
    records: list[CallRecord] = []
    reply = Metered(cached, records.append, Decimal(1), lambda: Decimal(1)).complete(call)
    assert reply.cached
    assert records[0].cached
    assert vendor.server.count == 1
