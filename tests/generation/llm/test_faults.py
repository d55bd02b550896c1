"""Faults of the network and the vendor: what is retried, how long we wait, what is kept."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from generation.llm.base import BadAnswer, Call, Unavailable, Unusable
from storefront_studio.lib.errors import Misconfigured, Transient
from tests.contract.vendor_server import DisconnectMidStream, Malformed, Ok, Status, StreamedError, Timeout
from tests.generation.llm.conftest import KEY, Selection, Vendor
from tests.generation.llm.test_answers import GOOD, outcomes


def test_a_rate_limit_is_waited_out_for_as_long_as_asked(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Status(429, retry_after=7), Ok(GOOD, (1000, 200))])
    reply = vendor.model().complete(call)
    assert vendor.waits == [7.0]
    assert outcomes(reply.attempts) == ["rate_limited", "ok"]
    assert reply.usage.cost == Decimal("0.004")


def test_a_wait_given_as_a_date_is_honoured(vendor: Vendor, call: Call[Selection]) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    vendor.server.script([Status(429, retry_after=when), Ok(GOOD)])
    vendor.model().complete(call)
    assert 15 < vendor.waits[0] <= 20


def test_no_wait_is_longer_than_a_minute(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Status(429, retry_after=3600), Ok(GOOD)])
    vendor.model().complete(call)
    assert vendor.waits == [60.0]


def test_without_a_hint_the_wait_grows(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Status(500), Status(503), Ok(GOOD)])
    reply = vendor.model().complete(call)
    assert outcomes(reply.attempts) == ["server_error", "server_error", "ok"]
    assert 0.5 <= vendor.waits[0] <= 1 <= vendor.waits[1] <= 2


def test_after_the_last_attempt_the_fault_is_transient_and_keeps_the_hint(
    vendor: Vendor, call: Call[Selection]
) -> None:
    vendor.server.script([Status(529, retry_after=90)] * 3)
    with pytest.raises(Unavailable) as caught:
        vendor.model().complete(call)
    assert isinstance(caught.value, Transient)
    assert caught.value.retry_after == 90
    assert outcomes(caught.value.attempts) == ["server_error"] * 3
    assert caught.value.usage.requests == vendor.server.count == 3


def test_a_time_out_is_retried_and_its_cost_is_unknown(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Timeout(3), Ok(GOOD)])
    reply = vendor.model(timeout=0.3).complete(call)
    assert outcomes(reply.attempts) == ["timeout", "ok"]
    assert reply.attempts[0].usage.cost is None
    assert reply.usage.cost is None


@pytest.mark.parametrize("clean", [False, True])
def test_a_break_in_mid_answer_is_noticed_and_retried(vendor: Vendor, call: Call[Selection], clean: bool) -> None:
    vendor.server.script([DisconnectMidStream(clean), Ok(GOOD)])
    reply = vendor.model().complete(call)
    assert outcomes(reply.attempts) == ["disconnected", "ok"]
    assert not reply.repaired


def test_an_error_inside_the_stream_is_retried(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([StreamedError("overloaded_error"), StreamedError("rate_limit_error"), Ok(GOOD)])
    reply = vendor.model().complete(call)
    assert outcomes(reply.attempts) == ["server_error", "rate_limited", "ok"]


def test_a_server_that_is_not_there_is_transient(vendor: Vendor, call: Call[Selection]) -> None:
    model = vendor.model()
    vendor.server.__exit__(None, None, None)
    with pytest.raises(Unavailable) as caught:
        model.complete(call)
    assert outcomes(caught.value.attempts) == ["disconnected"] * 3
    assert [attempt.usage.cost for attempt in caught.value.attempts] == [0, 0, 0]  # nothing was sent, and that is known


@pytest.mark.parametrize(("code", "names"), [(401, "_API_KEY"), (403, "stub-1"), (404, "stub-1")])
def test_a_rejected_key_or_model_needs_an_operator(
    vendor: Vendor, call: Call[Selection], code: int, names: str
) -> None:
    vendor.server.script([Status(code, message=f"Incorrect API key provided: {KEY}")])
    with pytest.raises(Unusable, match=names) as caught:
        vendor.model().complete(call)
    assert isinstance(caught.value, Misconfigured)
    assert outcomes(caught.value.attempts) == ["auth"]
    assert vendor.server.count == 1


def test_the_key_is_in_no_error_attempt_or_repr(vendor: Vendor, call: Call[Selection]) -> None:
    model = vendor.model()
    vendor.server.script([Status(401, message=f"bad key {KEY}")])
    with pytest.raises(Unusable) as caught:
        model.complete(call)
    vendor.server.script([Malformed(f"the key is {KEY}")] * 2)
    with pytest.raises(BadAnswer) as second:
        model.complete(call)
    assert "the key is" in second.value.attempts[0].detail
    seen = [caught.value, caught.value.attempts, caught.value.__cause__, second.value, model, vars(model)]
    assert KEY not in "".join(f"{thing!s}{thing!r}" for thing in seen)


def test_a_request_that_is_not_accepted_is_not_repeated(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Status(400, message="prompt is too long")])
    with pytest.raises(Unusable, match="prompt is too long") as caught:
        vendor.model().complete(call)
    assert outcomes(caught.value.attempts) == ["rejected"]
    assert vendor.server.count == 1


def test_a_fault_during_the_repair_turn_is_retried_there(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Malformed(), Status(503), Ok(GOOD)])
    reply = vendor.model().complete(call)
    assert outcomes(reply.attempts) == ["malformed", "server_error", "ok"]
    assert reply.repaired


def test_an_account_without_credit_is_not_retried(server: object, call: Call[Selection]) -> None:
    vendor = Vendor("openai", server)  # type: ignore[arg-type]
    vendor.server.script([Status(429, error="insufficient_quota")])
    with pytest.raises(Unusable, match="no credit"):
        vendor.model().complete(call)
