"""A wrapper that records every call and sets its money aside before a request is sent."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from generation.llm.base import (
    Attempt,
    BudgetReached,
    Call,
    Pending,
    Reply,
    Spent,
    T,
    TextModel,
    Usage,
    fingerprint,
    total,
)
from storefront_studio.lib.errors import OverBudget, StudioError

ZERO = Decimal(0)


@dataclass(frozen=True)
class Ticket:
    """One call as its money is counted: what asks whom. `id` tells two equal questions apart."""

    stage: str
    key: str
    model: str
    prompt: str
    version: str
    digest: str
    """The request's fingerprint, the same one the cache uses."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True)
class CallRecord:
    """One call, answered or not. `outcome` is ok, over_budget, or what the last attempt met (see Attempt).

    `at_most` is what it can have cost where `usage.cost` is unknown, in USD; None where prices are unknown too.
    """

    stage: str
    key: str
    model: str
    prompt: str
    version: str
    digest: str
    outcome: str
    detail: str
    attempts: tuple[Attempt, ...]
    usage: Usage
    seconds: float
    repaired: bool = False
    cached: bool = False
    at_most: Decimal | None = None


class Purse(Protocol):
    """Where the money of calls is counted."""

    def hold(self, ticket: Ticket, amount: Decimal | None) -> None:
        """Set aside `amount` (USD; None: nobody knows) for this call in all, its earlier attempts included.

        Waits while calls under way hold what this one needs, and raises OverBudget when even their coming cheap
        would not make room. A call that holds something already is never made to wait.
        """

    def settle(self, ticket: Ticket, record: CallRecord | None) -> None:
        """Give back what was held and keep the record; None: nothing was sent and nothing is to be recorded."""


class Wallet:
    """A purse for one process: `spent` says what was spent so far under `limit` (USD; None: no limit)."""

    def __init__(self, record: Callable[[CallRecord], object], limit: Decimal | None, spent: Callable[[], Decimal]):
        self._record, self._limit, self._spent = record, limit, spent
        self._held: dict[str, Decimal] = {}
        self._changed = threading.Condition()

    def hold(self, ticket: Ticket, amount: Decimal | None) -> None:
        with self._changed:
            while True:
                others = sum((held for other, held in self._held.items() if other != ticket.id), ZERO)
                spent = self._spent()
                fits = self._limit is None or (spent < self._limit and spent + others + (amount or ZERO) <= self._limit)
                if self._limit is None or fits:
                    self._held[ticket.id] = amount or ZERO
                    return
                waits = others > 0 and ticket.id not in self._held and spent + (amount or ZERO) <= self._limit
                if not waits:
                    raise refusal(self._limit, spent + others, amount)
                self._changed.wait()

    def settle(self, ticket: Ticket, record: CallRecord | None) -> None:
        with self._changed:
            if record is not None:
                self._record(record)
            self._held.pop(ticket.id, None)
            self._changed.notify_all()


def refusal(limit: Decimal, taken: Decimal, amount: Decimal | None, whose: str = "The spending limit") -> BudgetReached:
    """The limit's word: what is taken of it, and what the next request can cost (USD; None: nobody knows)."""
    next_one = "" if amount is None else f", and the next request can cost up to {dollars(amount)} USD"
    return BudgetReached(
        f"{whose} of {dollars(limit)} USD is reached: {dollars(taken)} USD are spent or reserved{next_one}. "
        "It was not sent. Raise the budget and retry: what is finished is kept and not paid for again.",
        limit=limit,
    )


def dollars(amount: Decimal) -> str:
    """Two places, four below ten cents where two would hide a part of the amount."""
    hidden = 0 < amount < Decimal("0.1") and amount != amount.quantize(Decimal("0.01"))
    return f"{amount:.4f}" if hidden else f"{amount:.2f}"


class Metered:
    """Every call is recorded, answered or not, and no request is sent that `purse` has no money for.

    What a request can cost at most comes from the wrapped model's `ceiling`; a model without known prices has none
    and cannot be held to a limit. Without a `purse` a Wallet of `record`, `limit` and `spent` is used.
    """

    gated = True

    def __init__(
        self,
        model: TextModel,
        record: Callable[[CallRecord], object] = lambda record: None,
        limit: Decimal | None = None,
        spent: Callable[[], Decimal] = Decimal,
        clock: Callable[[], float] = time.monotonic,
        purse: Purse | None = None,
    ) -> None:
        self._model, self._clock = model, clock
        self._purse = purse or Wallet(record, limit, spent)
        self.name, self.label = model.name, model.label

    @property
    def options(self) -> Mapping[str, str]:
        return getattr(self._model, "options", {})

    def ceiling(self, call: Call[Any], repair: bool = False) -> Decimal | None:
        """The most the next request of `call` can cost, in USD; None where nobody knows."""
        found: Callable[..., Decimal | None] | None = getattr(self._model, "ceiling", None)
        return None if found is None else found(call, repair)

    def complete(self, call: Call[T]) -> Reply[T]:
        """The wrapped model's answer or error; adds BudgetReached."""
        started = self._clock()
        ticket = Ticket(call.stage, call.key, self.name, call.prompt.name, call.prompt.version, fingerprint(self, call))
        ceilings: list[Decimal | None] = []

        def gate(attempts: tuple[Attempt, ...]) -> None:
            following = self.ceiling(call, any(one.outcome in ("malformed", "over_length") for one in attempts))
            before = _at_most(attempts, ceilings)
            try:
                self._purse.hold(ticket, None if before is None or following is None else before + following)
            except BudgetReached as error:
                error.attempts = attempts
                raise
            ceilings.append(following)
            call.gate(attempts)

        def note(outcome: str, detail: str, attempts: tuple[Attempt, ...], usage: Usage, **more: bool) -> None:
            self._purse.settle(
                ticket,
                CallRecord(
                    stage=ticket.stage,
                    key=ticket.key,
                    model=ticket.model,
                    prompt=ticket.prompt,
                    version=ticket.version,
                    digest=ticket.digest,
                    outcome=outcome,
                    detail=detail,
                    attempts=attempts,
                    usage=usage,
                    seconds=round(self._clock() - started, 3),
                    at_most=_at_most(attempts, ceilings) if usage.cost is None else None,
                    **more,
                ),
            )

        try:
            if not getattr(self._model, "gated", False):
                gate(())
            reply = self._model.complete(replace(call, gate=gate))
        except Pending:
            self._purse.settle(ticket, None)
            raise
        except StudioError as error:
            attempts = error.attempts if isinstance(error, Spent) else ()
            if isinstance(error, Spent) and error.recorded:
                self._purse.settle(ticket, None)
                raise
            last = attempts[-1].outcome if attempts else "failed"
            outcome = "over_budget" if isinstance(error, OverBudget) else last
            note(outcome, str(error), attempts, total(attempts))
            raise
        if reply.recorded:
            self._purse.settle(ticket, None)
        else:
            note("ok", "", reply.attempts, reply.usage, repaired=reply.repaired, cached=reply.cached)
        return reply


def _at_most(attempts: tuple[Attempt, ...], ceilings: list[Decimal | None]) -> Decimal | None:
    """What `attempts` can have cost: what is known, and the ceiling of those that never told; None if one has none."""
    taken = ZERO
    for place, attempt in enumerate(attempts):
        ceiling = ceilings[place] if place < len(ceilings) else None
        cost = attempt.usage.cost if attempt.usage.cost is not None else ceiling
        if cost is None:
            return None
        taken += cost
    return taken
