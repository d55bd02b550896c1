"""Metering, the budget, and the cache."""

from dataclasses import replace
from decimal import Decimal

import pytest

from generation.llm.base import NOTHING, BadAnswer, BudgetReached, Call, Usage, fingerprint
from generation.llm.cached import Cached, Memory
from generation.llm.metered import CallRecord, Metered
from generation.llm.prompts import Prompt
from storefront_studio.lib.errors import OverBudget
from tests.contract.vendor_server import Malformed, Ok, Status
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
    assert "!" in records[0].detail


def test_a_reached_limit_stops_before_anything_is_sent(vendor: Vendor, call: Call[Selection]) -> None:
    records: list[CallRecord] = []
    model = Metered(vendor.model(), records.append, Decimal("1.00"), lambda: Decimal("1.00"))
    with pytest.raises(BudgetReached, match=r"1\.00 USD") as caught:
        model.complete(call)
    assert isinstance(caught.value, OverBudget)
    assert vendor.server.count == 0
    assert (records[0].outcome, records[0].usage) == ("over_budget", NOTHING)


def test_the_limit_also_stops_a_repair(vendor: Vendor, call: Call[Selection]) -> None:
    records: list[CallRecord] = []
    vendor.server.script([Malformed("?", (1000, 200)), Ok(GOOD)])
    model = Metered(vendor.model(), records.append, Decimal("0.004"), lambda: Decimal("0"))
    with pytest.raises(BudgetReached) as caught:
        model.complete(call)
    assert vendor.server.count == 1
    assert outcomes(caught.value.attempts) == ["malformed"]
    assert records[0].usage.cost == Decimal("0.004")


def test_under_the_limit_calls_go_through(vendor: Vendor, call: Call[Selection]) -> None:
    model = Metered(vendor.model(), lambda record: None, Decimal("1.00"), lambda: Decimal("0.99"))
    assert model.complete(call).value.selected


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
