"""A good answer, a bad one repaired, and what is left when the repair fails."""

from decimal import Decimal

import pytest

from generation.llm.base import Attempt, BadAnswer, Call, Refused, Usage
from storefront_studio.lib.errors import BadOutput
from tests.contract.vendor_server import Filtered, Malformed, Ok, OverLength, Refusal
from tests.generation.llm.conftest import MODEL, Selection, Vendor

GOOD = {"selected": [10, 11], "reason": "Both hold lunch."}


def outcomes(attempts: tuple[Attempt, ...]) -> list[str]:
    return [attempt.outcome for attempt in attempts]


def test_a_good_answer_comes_back_typed_with_tokens_and_cost(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Ok(GOOD, usage=(1000, 200))])
    reply = vendor.model().complete(call)
    assert reply.value == Selection(selected=[10, 11], reason="Both hold lunch.")
    assert reply.usage == Usage(1000, 200, Decimal("0.004"), 1)
    assert (reply.model, reply.repaired, reply.cached) == (MODEL, False, False)
    assert outcomes(reply.attempts) == ["ok"]


def test_the_request_streams_and_constrains_the_answer_by_schema(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.model().complete(call)
    body = vendor.server.requests[0].body
    assert body["stream"] is True
    if vendor.name == "openai":
        constraint = body["response_format"]["json_schema"]
        assert constraint["strict"] is True
        assert body["stream_options"] == {"include_usage": True}
    else:
        constraint = body["output_config"]["format"]
        assert "tool_choice" not in body
    assert constraint["schema"]["required"] == ["selected", "reason"]
    assert constraint["schema"]["additionalProperties"] is False


def test_a_malformed_answer_is_repaired_in_the_same_conversation(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Malformed("I would pick the bento box.", (900, 10)), Ok(GOOD, (1000, 20))])
    reply = vendor.model().complete(call)
    assert reply.repaired
    assert outcomes(reply.attempts) == ["malformed", "ok"]
    assert reply.usage == Usage(1900, 30, Decimal("0.0041"), 2)
    roles = [m["role"] for m in vendor.server.requests[1].body["messages"] if m["role"] != "system"]
    assert roles == ["user", "assistant", "user"]
    assert "I would pick the bento box." in str(vendor.server.requests[1].body["messages"])


def test_two_malformed_answers_fail_with_what_came_back_and_all_tokens(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Malformed("first try", (900, 10)), Malformed("no idea, sorry", (1000, 20))])
    with pytest.raises(BadAnswer, match="did not give a usable answer") as caught:
        vendor.model().complete(call)
    assert "no idea, sorry" in caught.value.attempts[1].detail
    assert isinstance(caught.value, BadOutput)
    assert outcomes(caught.value.attempts) == ["malformed", "malformed"]
    assert caught.value.usage == Usage(1900, 30, Decimal("0.0041"), 2)
    assert vendor.server.count == 2


def test_a_selection_outside_the_candidates_is_sent_back_with_the_ids(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Ok({"selected": [10, 99], "reason": "x"}), Ok(GOOD)])
    reply = vendor.model().complete(call)
    assert reply.repaired
    assert "not among the candidates: [99]" in vendor.sent()


def test_an_answer_cut_off_is_repaired_by_asking_for_less(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([OverLength('{"selected": [10', (900, 4000)), Ok(GOOD, (1000, 20))])
    reply = vendor.model().complete(call)
    assert outcomes(reply.attempts) == ["over_length", "ok"]
    assert reply.usage.output_tokens == 4020
    assert "be shorter" in vendor.sent()


def test_an_empty_answer_is_malformed_and_repaired(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.script([Malformed(""), Ok(GOOD)])
    assert outcomes(vendor.model().complete(call).attempts) == ["malformed", "ok"]


@pytest.mark.parametrize("behaviour", [Refusal("That is not allowed."), Filtered()])
def test_a_refusal_is_not_asked_again(vendor: Vendor, call: Call[Selection], behaviour: Refusal | Filtered) -> None:
    vendor.server.script([behaviour])
    with pytest.raises(Refused) as caught:
        vendor.model().complete(call)
    assert outcomes(caught.value.attempts) == ["refused"]
    assert caught.value.usage.requests == vendor.server.count == 1
    if isinstance(behaviour, Refusal):
        assert "That is not allowed." in str(caught.value)


def test_a_model_without_a_known_price_costs_unknown_not_zero(vendor: Vendor, call: Call[Selection]) -> None:
    reply = vendor.model(model="some-local-model").complete(call)
    assert reply.usage.cost is None
    assert (reply.usage.input_tokens or 0) > 0


def test_a_local_server_has_no_price_unless_configured(vendor: Vendor, call: Call[Selection]) -> None:
    name = {"openai": "gpt-6.2-sol", "anthropic": "claude-sonnet-5-5"}[vendor.name]
    assert vendor.model(model=name, prices=None).complete(call).usage.cost is None


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"selected": [10], "reason": "fits"}\n```',
        '<think>maybe {10} or {11}</think>{"selected": [10], "reason": "fits"}',
        'Here you are: {"selected": [10], "reason": "fits"} Anything else?',
    ],
)
def test_json_wrapped_in_fences_thoughts_or_prose_is_still_read(
    vendor: Vendor, call: Call[Selection], text: str
) -> None:
    vendor.server.script([Malformed(text)])
    reply = vendor.model().complete(call)
    assert (reply.value.selected, reply.repaired) == ([10], False)
