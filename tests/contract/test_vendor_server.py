"""The stand-in speaks the wire as the vendors' own SDKs read it, and answers all three stages by itself."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import anthropic  # noqa: TID251 - the subject of this test is what the SDK reads
import openai  # noqa: TID251 - likewise
import pytest
from pydantic import BaseModel, ConfigDict, Field

from generation.llm.base import Call
from generation.llm.prompts import load
from generation.llm.registry import build
from tests.contract.vendor_server import VendorServer


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Theme(Strict):
    title: str = Field(max_length=48)
    subtitle: str = Field(max_length=80)
    intent: str
    concepts: list[str] = Field(min_length=4, max_length=8)
    confidence: float


class Themes(Strict):
    themes: list[Theme]
    abstained: str | None


class Selection(Strict):
    selected: list[int]
    reason: str


class Facet(Strict):
    facet: str
    reason: str
    passes: bool


class ProductFacet(Facet):
    id: str


class Verdicts(Strict):
    placement: list[Facet]
    products: list[ProductFacet]


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with VendorServer() as running:
        yield running


def env(server: VendorServer) -> dict[str, str]:
    return {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_MODEL": "stub",
        "ANTHROPIC_BASE_URL": server.url,
        "ANTHROPIC_MODEL": "stub",
    }


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_it_plans_themes_from_the_objectives_words(server: VendorServer, vendor: str) -> None:
    data = Anything.model_validate({"brief": {"objective": "Lunch for school children", "placements": 2}})
    reply = build(vendor, env(server)).complete(Call("themes", load("themes", "v1"), data, Themes))
    assert [theme.title.split()[0] for theme in reply.value.themes] == ["Lunch", "School"]


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_it_selects_the_first_candidates(server: VendorServer, vendor: str) -> None:
    data = Anything.model_validate({"candidates": [{"id": i, "text": str(i)} for i in range(7, 20)]})
    reply = build(vendor, env(server)).complete(Call("keywords", load("keywords", "v1"), data, Selection))
    assert reply.value.selected == [7, 8, 9, 10, 11]


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_it_judges_every_product_on_the_facets_asked_for(server: VendorServer, vendor: str) -> None:
    facets = {"placement": ["clear"], "products": [{"name": "relevant"}]}
    data = Anything.model_validate({"title": "T", "products": [{"id": "a"}, {"id": "b"}], "facets": facets})
    reply = build(vendor, env(server)).complete(Call("judge", load("judge", "v1"), data, Verdicts))
    assert [v.facet for v in reply.value.placement] == ["clear"]
    assert [(v.id, v.facet, v.passes) for v in reply.value.products] == [
        ("a", "relevant", True),
        ("b", "relevant", True),
    ]


def test_the_vendors_sdks_read_answers_sent_whole(server: VendorServer) -> None:
    server.responder = lambda request: {"hello": "there"}
    whole = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1").chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hi"}]
    )
    assert whole.choices[0].message.content == '{"hello": "there"}'
    assert whole.usage is not None
    message = anthropic.Anthropic(api_key="k", base_url=server.url).messages.create(
        model="m", max_tokens=10, messages=[{"role": "user", "content": "hi"}]
    )
    assert [block.text for block in message.content if block.type == "text"] == ['{"hello": "there"}']


def test_requests_are_kept_with_headers_and_body(server: VendorServer) -> None:
    build("anthropic", env(server) | {"ANTHROPIC_API_KEY": "k-1"}).complete(
        Call("keywords", load("keywords", "v1"), Anything.model_validate({"candidates": [1]}), Selection)
    )
    (seen,) = server.requests
    assert (seen.path, seen.body["model"]) == ("/v1/messages", "stub")
    assert seen.headers["authorization"] == "Bearer k-1"


def test_it_runs_as_a_process_of_its_own_with_a_delay() -> None:
    command = [sys.executable, "-m", "tests.contract.vendor_server", "--port", "0", "--delay-ms", "200"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode())
        started = time.monotonic()
        with urllib.request.urlopen(request, timeout=5) as response:
            assert json.load(response)["object"] == "chat.completion"
        assert time.monotonic() - started >= 0.2
    finally:
        process.terminate()
        process.wait(timeout=5)
