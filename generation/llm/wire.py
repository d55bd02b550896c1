"""What the vendors' adapters share: the conversation with its one repair, retries, reading answers."""

import json
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ValidationError

from generation.llm.base import (
    NOTHING,
    Attempt,
    BadAnswer,
    BudgetReached,
    Call,
    Refused,
    Reply,
    T,
    Unavailable,
    Unusable,
    Usage,
    total,
)
from generation.llm.pricing import Prices
from generation.llm.schema import strict_schema
from storefront_studio.lib.errors import OverBudget

MAX_WAIT = 60.0
"""Seconds; a vendor that asks for more is asked again after this long."""
UNBILLED = Usage(0, 0, NOTHING.cost, 1)
"""A request that was turned away: vendors charge nothing for it."""
REPAIR_WORDS = 4000
"""Tokens that a repair's own message may take: what was wrong, in words."""
UNKNOWN = Usage(None, None, None, 1)
"""A request that was perhaps worked on and billed, and never told us."""


class Message(NamedTuple):
    role: str
    text: str


@dataclass(frozen=True)
class Turn:
    """A finished answer: its text, what it used, how it ended (done, length, refused)."""

    text: str
    usage: Usage
    model: str
    ending: str = "done"
    detail: str = ""


class Fault(Exception):
    """One attempt failed. `retry` says whether the same request may succeed later, `again` that it should
    be sent at once because the adapter has just learnt to ask in a way this server understands."""

    def __init__(
        self,
        outcome: str,
        detail: str,
        *,
        retry: bool = False,
        again: bool = False,
        retry_after: float | None = None,
        usage: Usage = UNBILLED,
    ) -> None:
        super().__init__(detail)
        self.outcome, self.detail, self.retry, self.again = outcome, detail, retry, again
        self.retry_after, self.usage = retry_after, usage


class Deliver(Protocol):
    """Carries one turn of a conversation: gets the call, the messages so far and the attempts so far, to which it adds
    its faults, and gives the turn and its seconds."""

    def __call__(self, call: Call[Any], messages: list[Message], attempts: list[Attempt]) -> tuple[Turn, float]: ...


class WireModel(ABC):
    """A `TextModel` on the other end of a network; subclasses send one request and say how it ended."""

    sdk: Any
    """The vendor's SDK, with its errors."""
    gated = True
    """Calls `call.gate` before every request, so wrappers need no check of their own."""

    def __init__(
        self,
        vendor: str,
        label: str,
        model: str,
        api_key: str,
        max_attempts: int,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        prices: Prices,
    ) -> None:
        self._prices = prices
        self.name = f"{vendor}:{model}"
        self.label = label
        self.model = model
        self._max_attempts, self._sleep, self._clock = max_attempts, sleep, clock
        # A closure, not an attribute: whoever prints or serialises the adapter cannot meet the key.
        self._scrub: Callable[[str], str] = lambda text: text.replace(api_key, "[key]") if api_key else text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    @abstractmethod
    def options(self) -> Mapping[str, str]:
        """Whatever else changes answers; part of the cache key."""

    @abstractmethod
    def _send(self, call: Call[T], messages: list[Message]) -> Turn:
        """One request, streamed to its end. Raises Fault."""

    @abstractmethod
    def request(self, call: Call[T], messages: list[Message]) -> dict[str, Any]:
        """The body of a request, without streaming."""

    @abstractmethod
    def turn(self, answer: Mapping[str, Any]) -> Turn:
        """The turn in the body of an answer that came whole. Raises ValueError when it has not the vendor's shape."""

    def ceiling(self, call: Call[Any], repair: bool = False) -> Decimal | None:
        """The most that the next request can cost, in USD; None where the price is not known.

        Input tokens are counted as bytes: no token of a byte-level vocabulary is shorter than one. A repair sends the
        first answer back, which was at most as long as the limit.
        """
        body = self.request(call, first_message(call))
        limit = int(body.get("max_tokens") or body.get("max_completion_tokens") or 0)
        read = len(json.dumps(body, ensure_ascii=False).encode()) + (limit + REPAIR_WORDS if repair else 0)
        return self._prices.most(self.model, read, limit)

    def price(self, read: int, written: int) -> Decimal | None:
        """What so many input and output tokens cost, in USD; None where the price is not known."""
        return self._prices.cost(self.model, self.model, read, written)

    @property
    def batch_share(self) -> Decimal:
        """The share of its prices that the vendor's batch service takes; the whole where nobody knows."""
        return self._prices.batch or Decimal(1)

    def complete(self, call: Call[T]) -> Reply[T]:
        """Ask, read, and on a bad answer ask once more with the error in the same conversation.

        Raises BadAnswer, Refused, Unavailable, Unusable or BudgetReached, each with its attempts.
        """
        return self.converse(call, self._deliver)

    def converse(self, call: Call[T], deliver: "Deliver") -> Reply[T]:
        """The conversation, whoever carries its turns: `deliver` gives each turn's end and its seconds."""
        started = self._clock()
        attempts: list[Attempt] = []
        messages = first_message(call)
        problem, text = "", ""
        for repaired in (False, True):
            turn, seconds = deliver(call, messages, attempts)
            if turn.ending == "refused":
                attempts.append(Attempt("refused", self._scrub(turn.detail), seconds, turn.usage))
                said = shorten(turn.detail or turn.text) or "no reason given"
                text = self._scrub(f"{self.name} refused the {call.stage} stage: {said}")
                raise Refused(text, tuple(attempts))
            try:
                value = read(turn, call)
            except ValueError as error:
                problem, text = self._scrub(describe(error)), self._scrub(turn.text)
                outcome = "over_length" if turn.ending == "length" else "malformed"
                told = f"{shorten(problem, 250)} What came back: {shorten(text, 200) or '(nothing)'}"
                attempts.append(Attempt(outcome, told, seconds, turn.usage))
                messages += [Message("assistant", text[:8000] or "(empty)"), Message("user", repair(problem))]
                continue
            attempts.append(Attempt("ok", "", seconds, turn.usage))
            spent = tuple(attempts)
            return Reply(value, turn.model, total(spent), spent, repaired, seconds=round(self._clock() - started, 3))
        raise BadAnswer(
            f"{self.label} did not give a usable answer for the {call.stage} stage, also after one repair: "
            f"{shorten(problem).rstrip('.')}. The call's attempts hold what came back.",
            tuple(attempts),
        )

    def _deliver(self, call: Call[T], messages: list[Message], attempts: list[Attempt]) -> tuple[Turn, float]:
        """One turn and its seconds, through up to `max_attempts` requests; faults go into `attempts`."""
        tries = 0
        while True:
            with call.seat():
                try:
                    call.gate(tuple(attempts))
                except OverBudget as error:
                    raise BudgetReached(str(error), tuple(attempts), error.limit) from None
                began = self._clock()
                try:
                    return self._send(call, messages), round(self._clock() - began, 3)
                except Fault as caught:
                    fault = caught
            detail = shorten(self._scrub(fault.detail))
            attempts.append(Attempt(fault.outcome, detail, round(self._clock() - began, 3), fault.usage))
            if fault.again:
                continue
            if not fault.retry:
                raise Unusable(f"{self.name}: {detail}", tuple(attempts))
            tries += 1
            if tries >= self._max_attempts:
                raise Unavailable(
                    f"{self.name} failed {tries} times; the last: {detail}",
                    tuple(attempts),
                    retry_after=fault.retry_after,
                )
            self._sleep(wait(tries, fault.retry_after))


def first_message(call: Call[Any]) -> list[Message]:
    """The question as it opens the conversation."""
    return [Message("user", call.prompt.fill(data=data_block(call.data)))]


def wait(tries: int, retry_after: float | None) -> float:
    """Seconds before the next attempt: what the vendor asked for, else 1, 2, 4, ... with jitter; capped.

    "Equal jitter": half fixed, half random (AWS Architecture Blog, Exponential Backoff And Jitter).
    """
    if retry_after is not None:
        return min(max(retry_after, 0.0), MAX_WAIT)
    step: float = min(2.0 ** (tries - 1), MAX_WAIT)
    return step / 2 + random.uniform(0, step / 2)


def usage_of(error: BaseException) -> Usage:
    """What a request that brought no answer used: nothing when no connection was made, else nobody knows."""
    import httpx2

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
            return UNBILLED
        cause = cause.__cause__ or cause.__context__
    return UNKNOWN


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms` or `Retry-After` (a number or an HTTP date); None when absent or odd."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
    try:
        when = parsedate_to_datetime(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)


def status_fault(status: int, message: str, headers: Mapping[str, str], *, key: str, model: str) -> Fault:
    """What an HTTP status means to us; `key` names the setting that holds the API key."""
    detail = f"HTTP {status}: {message}"
    match status:
        case 401:
            return Fault("auth", f"the API key was not accepted; check {key}. {detail}")
        case 402:
            return Fault("auth", f"the account of {key} has no credit left. {detail}")
        case 403:
            return Fault("auth", f"the key in {key} may not use model {model}. {detail}")
        case 404:
            return Fault("auth", f"model {model} or the address was not found; check both. {detail}")
        case 429:
            return Fault("rate_limited", detail, retry=True, retry_after=retry_after(headers))
        case 408:
            return Fault("timeout", detail, retry=True, retry_after=retry_after(headers))
        case _ if status >= 500 or status in (409, 425):
            return Fault("server_error", detail, retry=True, retry_after=retry_after(headers))
    return Fault("rejected", f"the request was not accepted. {detail}")


def data_block(data: BaseModel) -> str:
    """The input as one line of JSON between `<data>` tags.

    Angle brackets and ampersands are written as JSON escapes, so no text inside can close the block, and
    line ends are escapes too, so no text inside can start a line of its own.
    """
    text = json.dumps(data.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029\u0085":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"<data>\n{text}\n</data>"


def read(turn: Turn, call: Call[T]) -> T:
    """The checked answer. Raises ValueError (pydantic's included) that the model can act on."""
    if turn.ending == "length":
        raise ValueError("the answer was cut off at the length limit; be shorter")
    value = call.answer.model_validate_json(bare_json(turn.text))
    call.check(value)
    return value


def bare_json(text: str) -> str:
    """The JSON object in an answer of a server without constrained decoding: no thoughts, fences or prose."""
    text = text.rpartition("</think>")[2].strip()
    if text.startswith("{"):
        return text
    found = re.search(r"\{.*\}", text, re.DOTALL)
    return found.group() if found else text


def schema_text(answer: type[BaseModel]) -> str:
    """The schema as an instruction, for servers that cannot be given it as a parameter."""
    schema = json.dumps(strict_schema(answer), ensure_ascii=False)
    return f"\n\nAnswer with one JSON object and nothing else. It must match this JSON Schema:\n{schema}"


def repair(problem: str) -> str:
    """The one message after a bad answer."""
    return (
        f"That answer cannot be used: {problem}\n"
        "Send the whole answer again, corrected, as one JSON object of the required shape. Explain nothing."
    )


def describe(error: ValueError) -> str:
    """An error as the model should read it: where, what; not pydantic's links and echoes."""
    if not isinstance(error, ValidationError):
        return str(error) or "the answer failed a check"
    lines = [f"{'.'.join(map(str, e['loc'])) or 'answer'}: {e['msg']}" for e in error.errors()[:10]]
    return "; ".join(lines)


def shorten(text: str, limit: int = 500) -> str:
    """One line of at most `limit` characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
