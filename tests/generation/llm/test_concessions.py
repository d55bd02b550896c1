"""Servers that know fewer options: each refusal costs one request, and is remembered."""

import pytest

from generation.llm.base import Call
from tests.contract.vendor_server import Ok, Status, VendorServer
from tests.generation.llm.conftest import Selection, Vendor
from tests.generation.llm.test_answers import GOOD, outcomes


def test_a_server_without_json_schema_is_asked_for_a_json_object(server: VendorServer, call: Call[Selection]) -> None:
    vendor = Vendor("openai", server)
    server.script([Status(400, message="response_format json_schema is not supported"), Ok(GOOD), Ok(GOOD)])
    model = vendor.model()
    reply = model.complete(call)
    assert outcomes(reply.attempts) == ["rejected", "ok"]
    body = server.requests[1].body
    assert body["response_format"] == {"type": "json_object"}
    assert '"selected"' in body["messages"][0]["content"]
    assert outcomes(model.complete(call).attempts) == ["ok"]


def test_a_server_without_any_response_format_is_asked_in_words(server: VendorServer, call: Call[Selection]) -> None:
    refusal = Status(400, message="Unrecognized request argument: response_format")
    server.script([refusal, refusal, Ok(GOOD)])
    Vendor("openai", server).model().complete(call)
    assert "response_format" not in server.requests[2].body


def test_stream_usage_that_a_server_does_not_know_is_left_out_and_tokens_are_unknown(
    server: VendorServer, call: Call[Selection]
) -> None:
    server.script([Status(422, message="stream_options: extra inputs are not permitted"), Ok(GOOD)])
    reply = Vendor("openai", server).model().complete(call)
    assert "stream_options" not in server.requests[1].body
    assert reply.attempts[1].usage.input_tokens is None


def test_the_token_limit_is_sent_under_the_name_the_server_knows(server: VendorServer, call: Call[Selection]) -> None:
    message = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    server.script([Status(400, message=message), Ok(GOOD)])
    Vendor("openai", server).model().complete(call)
    assert server.requests[1].body["max_completion_tokens"] == 4000
    assert "max_tokens" not in server.requests[1].body


def test_anthropic_servers_without_output_config_are_asked_in_words(
    server: VendorServer, call: Call[Selection]
) -> None:
    server.script([Status(400, message="output_config.format: unknown field"), Ok(GOOD)])
    Vendor("anthropic", server).model().complete(call)
    assert "output_config" not in server.requests[1].body
    assert '"selected"' in server.requests[1].body["system"]


@pytest.mark.parametrize("name", ["reasoning_effort", "effort"])
def test_an_effort_that_a_model_does_not_have_is_left_out(vendor: Vendor, call: Call[Selection], name: str) -> None:
    vendor.server.script([Status(400, message=f"this model does not support {name}"), Ok(GOOD)])
    vendor.model(effort="low").complete(call)
    first, second = (
        str(seen.body.get("reasoning_effort", seen.body.get("output_config", {}))) for seen in vendor.server.requests
    )
    assert "low" in first
    assert "low" not in second
