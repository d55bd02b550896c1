"""From the environment to a model, prices, and the schema; nothing heavy is imported before it is needed."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from generation.llm import pricing
from generation.llm.base import Call, Usage
from generation.llm.registry import DEFAULT_MODELS, build
from generation.llm.schema import strict_schema
from storefront_studio.lib.errors import Misconfigured
from tests.contract.vendor_server import Ok, VendorServer
from tests.generation.llm.conftest import Selection
from tests.generation.llm.test_answers import GOOD


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_a_key_alone_gives_the_vendors_everyday_model_with_a_known_price(name: str) -> None:
    model = build(name, {f"{name.upper()}_API_KEY": "k"})
    assert model.name == f"{name}:{DEFAULT_MODELS[name]}"
    assert DEFAULT_MODELS[name] in pricing.published().models


@pytest.mark.parametrize(
    ("name", "env", "says"),
    [
        ("openai", {}, "OPENAI_API_KEY"),
        ("anthropic", {"ANTHROPIC_API_KEY": " "}, "ANTHROPIC_API_KEY"),
        ("openai", {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "OPENAI_MODEL"),
        ("openai", {"OPENAI_API_KEY": "k", "LLM_TIMEOUT": "soon"}, "LLM_TIMEOUT"),
        ("openai", {"OPENAI_API_KEY": "k", "LLM_PRICES": "/nowhere.yaml"}, "nowhere"),
        ("gemini", {}, "openai, anthropic"),
    ],
)
def test_what_is_missing_or_odd_in_the_environment_is_named(name: str, env: dict[str, str], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        build(name, env)


def test_a_local_server_needs_no_key_and_may_have_a_price_of_its_own(
    server: VendorServer, call: Call[Selection], tmp_path: Path
) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text('as_of: 2026-11-01\nmodels:\n  qwen: {input: "1", output: "3"}\n')
    env = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_MODEL": "qwen", "LLM_PRICES": str(prices)}
    server.script([Ok(GOOD, (1000, 100))])
    reply = build("openai", env).complete(call)
    assert reply.usage == Usage(1000, 100, Decimal("0.0013"), 1)
    assert "reasoning_effort" not in server.requests[0].body


def test_cached_and_written_input_have_their_own_prices() -> None:
    cost = pricing.published().cost("gpt-6.2-sol", "gpt-6.2-sol", 1_000_000, 0, cached=0)
    assert cost is None
    prices = pricing.Price(
        input=Decimal(2), output=Decimal(10), cached_input=Decimal("0.1"), cache_write=Decimal("2.5")
    )
    assert prices.cost(1000, 100, cached=500, written=100) == Decimal("0.0021")


def test_a_dated_snapshot_has_the_price_of_its_model() -> None:
    prices = pricing.published()
    assert prices.cost("claude-haiku-4-5-20251001", "", 1_000_000, 0) == Decimal(1)
    assert prices.cost("someone-elses-model", "", 10, 10) is None


def test_a_faulty_price_list_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text('as_of: 2026-11-01\nmodels: {m: {input: "-1", output: "2"}}')
    with pytest.raises(Misconfigured, match=r"mine\.yaml.*models\.m\.input"):
        pricing.load(path)


def test_the_schema_is_strict_and_limits_become_words() -> None:
    class Part(BaseModel):
        kind: Literal["a", "b"]
        name: str = Field(max_length=48, description="Shown to shoppers.")

    class Whole(BaseModel):
        parts: list[Part] = Field(min_length=1)
        why: str | None = None

    schema = strict_schema(Whole)
    assert schema["required"] == ["parts", "why"]
    assert schema["properties"]["why"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    part = schema["$defs"]["Part"]
    assert part["additionalProperties"] is False
    assert part["properties"]["name"]["description"] == "Shown to shoppers. (maxLength: 48)"
    assert "maxLength" not in part["properties"]["name"]


def test_importing_the_door_loads_no_vendor_sdk() -> None:
    code = "import sys, generation.llm.registry; print({'openai', 'anthropic', 'httpx2'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
