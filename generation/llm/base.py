"""The port to language models: what a stage asks, what comes back, what it cost, how it fails.

Stages depend on this module only. Adapters (`openai`, `anthropic`), wrappers (`metered`, `cached`) and the
offline `library` all implement `TextModel`.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from generation.llm.prompts import Prompt
from storefront_studio.lib.errors import BadOutput, Misconfigured, OverBudget, StudioError, Transient
from storefront_studio.lib.hashing import digest

T = TypeVar("T", bound=BaseModel)


def accept(value: Any) -> None:
    """The check that finds nothing wrong."""


@dataclass(frozen=True)
class Usage:
    """Tokens, money (USD) and requests of one attempt or of many. None means unknown, never zero."""

    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    requests: int

    def __add__(self, other: "Usage") -> "Usage":
        """The sum; a part that is unknown makes that figure of the whole unknown."""
        return Usage(
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            _sum(self.cost, other.cost),
            self.requests + other.requests,
        )


Number = TypeVar("Number", int, Decimal)


def _sum(a: Number | None, b: Number | None) -> Number | None:
    return None if a is None or b is None else a + b


NOTHING = Usage(0, 0, Decimal(0), 0)
"""The start of a sum, and what a cache hit uses."""


@dataclass(frozen=True)
class Attempt:
    """One request to a vendor and how it ended.

    `outcome` is one of: ok, malformed, refused, rate_limited, timeout, disconnected, server_error, auth,
    over_length, rejected (a 4xx that says the request itself was not acceptable).
    """

    outcome: str
    detail: str
    seconds: float
    usage: Usage


def total(attempts: Iterable[Attempt]) -> Usage:
    """The usage of all attempts together."""
    return sum((attempt.usage for attempt in attempts), NOTHING)


def no_gate(attempts: tuple[Attempt, ...]) -> None:
    """The gate that lets every request through."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One question to a model, typed on both sides."""

    stage: str
    """themes, keywords or judge."""
    prompt: Prompt
    data: BaseModel
    """Typed input. Adapters send it as one JSON block marked as data; `library` reads it directly."""
    answer: type[T]
    """The constrained schema of the answer."""
    check: Callable[[T], None] = accept
    """Domain validator: raises ValueError with a message the model can act on."""
    key: str = ""
    """Which placement, for progress and logs; not part of the question."""
    max_tokens: int = 4000
    gate: Callable[[tuple[Attempt, ...]], None] = no_gate
    """Called with the attempts so far before EVERY request; may raise OverBudget. Set by `Metered`."""
    seat: Callable[[], AbstractContextManager[None]] = nullcontext
    """Entered around every request and its gate: waits until the vendor may be asked. Set by `Seated`."""


@dataclass(frozen=True)
class Reply(Generic[T]):
    """A valid answer and everything spent on the way to it."""

    value: T
    model: str
    """The model that answered, as the vendor names it."""
    usage: Usage
    attempts: tuple[Attempt, ...]
    repaired: bool
    cached: bool = False
    seconds: float = 0.0
    recorded: bool = False
    """What it cost is on record already: it came from a vendor's batch service."""


class TextModel(Protocol):
    """Anything that answers a `Call`."""

    @property
    def name(self) -> str:
        """Stable, for records: `openai:gpt-...`."""

    @property
    def label(self) -> str:
        """For screens."""

    def complete(self, call: Call[T]) -> Reply[T]:
        """Answer, or raise BadOutput, Refused, Transient, Misconfigured, OverBudget or Pending."""


class Spent:
    """Mixed into the errors below: what was used before giving up."""

    attempts: tuple[Attempt, ...] = ()
    recorded: bool = False
    """See `Reply.recorded`."""

    @property
    def usage(self) -> Usage:
        return total(self.attempts)


class BadAnswer(Spent, BadOutput):
    """The model's answer, and its one repair, did not fit; the text holds what came back, shortened."""

    def __init__(self, message: str, attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(message)
        self.attempts = attempts


class Refused(BadAnswer):
    """The model or its vendor's filter declined to answer; asking again would not help."""


class Unavailable(Spent, Transient):
    """Every attempt met a fault that may pass; `retry_after`: seconds the vendor last asked for."""

    def __init__(self, message: str, attempts: tuple[Attempt, ...] = (), retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.attempts = attempts


class Unusable(Spent, Misconfigured):
    """The vendor rejects our key, model or request: an operator must act."""

    def __init__(self, message: str, attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(message)
        self.attempts = attempts


class BudgetReached(Spent, OverBudget):
    """The limit (USD) was reached; the next request was not sent. `attempts` holds what was sent before, if any."""

    def __init__(self, message: str, attempts: tuple[Attempt, ...] = (), limit: Decimal | None = None) -> None:
        super().__init__(message)
        self.attempts, self.limit = attempts, limit


class Pending(StudioError):
    """The question was handed in and the answer will come later: nothing failed, and asking again finds it then."""


def fingerprint(model: TextModel, call: Call[T]) -> str:
    """`sha256:` and the hash of all that can change the answer: model, its options, prompt, data, schema."""
    options: Mapping[str, str] = getattr(model, "options", {})
    return digest(
        {
            "model": model.name,
            "options": dict(options),
            "stage": call.stage,
            "prompt": call.prompt.digest,
            "data": call.data.model_dump(mode="json"),
            "answer": call.answer.model_json_schema(),
            "max_tokens": call.max_tokens,
        }
    )
