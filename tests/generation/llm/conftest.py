"""Both vendors' adapters against the local server: every test with `ask` runs once per vendor."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from generation.llm.anthropic import AnthropicModel
from generation.llm.base import Call
from generation.llm.openai import OpenAIModel
from generation.llm.pricing import Price, Prices
from generation.llm.prompts import load
from generation.llm.wire import WireModel
from tests.contract.vendor_server import VendorServer

KEY = "sk-secret-0123456789"
MODEL = "stub-1"
PRICES = Prices(as_of=date(2026, 11, 1), models={MODEL: Price(input=Decimal(2), output=Decimal(10))})


class Candidate(BaseModel):
    id: int
    text: str


class Row(BaseModel):
    title: str
    candidates: list[Candidate]


class Selection(BaseModel):
    model_config = ConfigDict(extra="forbid")

    selected: list[int] = Field(min_length=1, max_length=8)
    reason: str


class Vendor:
    """One vendor's adapter, ready to build, with the waits it asked for."""

    def __init__(self, name: Literal["openai", "anthropic"], server: VendorServer) -> None:
        self.name, self.server = name, server
        self.waits: list[float] = []

    def model(self, **options: Any) -> WireModel:
        given: dict[str, Any] = {"timeout": 5.0, "prices": PRICES, "model": MODEL, "api_key": KEY, **options}
        if self.name == "openai":
            return OpenAIModel(base_url=f"{self.server.url}/v1", sleep=self.waits.append, **given)
        return AnthropicModel(base_url=self.server.url, sleep=self.waits.append, **given)

    def sent(self, index: int = -1) -> str:
        """The text of a request's last message."""
        return str(self.server.requests[index].body["messages"][-1]["content"])


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with VendorServer() as running:
        yield running


@pytest.fixture(params=["openai", "anthropic"])
def vendor(request: pytest.FixtureRequest, server: VendorServer) -> Vendor:
    return Vendor(request.param, server)


def only_candidates(row: Row) -> Callable[[Selection], None]:
    def check(answer: Selection) -> None:
        strange = set(answer.selected) - {candidate.id for candidate in row.candidates}
        if strange:
            raise ValueError(f"selected ids that are not among the candidates: {sorted(strange)}")

    return check


@pytest.fixture
def call() -> Call[Selection]:
    texts = ["bento box", "insulated lunch bag", "snack container", "wholegrain wraps"]
    candidates = [Candidate(id=10 + i, text=text) for i, text in enumerate(texts)]
    row = Row(title="Lunch boxes", candidates=candidates)
    return Call("keywords", load("keywords", "v1"), row, Selection, only_candidates(row), key="row-1")
