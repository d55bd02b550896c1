"""A wrapper that records every call and stops before a request that the budget no longer allows."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from generation.llm.base import (
    NOTHING,
    Attempt,
    BudgetReached,
    Call,
    Reply,
    Spent,
    T,
    TextModel,
    Usage,
    fingerprint,
    total,
)
from storefront_studio.lib.errors import OverBudget, StudioError


@dataclass(frozen=True)
class CallRecord:
    """One call, answered or not. `outcome` is ok, over_budget, or what the last attempt met (see Attempt)."""

    stage: str
    key: str
    model: str
    prompt: str
    version: str
    digest: str
    """The request's fingerprint, the same one the cache uses."""
    outcome: str
    detail: str
    attempts: tuple[Attempt, ...]
    usage: Usage
    seconds: float
    repaired: bool = False
    cached: bool = False


class Metered:
    """`record` gets every call; `spent` says what was spent so far under `limit` (USD; None: no limit).

    The limit is checked before each request, retries and repairs included, with this call's own known costs
    added. A model without a known price cannot be held to a limit: its unknown costs count for nothing.
    """

    gated = True

    def __init__(
        self,
        model: TextModel,
        record: Callable[[CallRecord], None],
        limit: Decimal | None = None,
        spent: Callable[[], Decimal] = Decimal,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model, self._record, self._limit, self._spent, self._clock = model, record, limit, spent, clock
        self.name, self.label = model.name, model.label

    @property
    def options(self) -> Mapping[str, str]:
        return getattr(self._model, "options", {})

    def complete(self, call: Call[T]) -> Reply[T]:
        """The wrapped model's answer or error; adds BudgetReached."""
        started = self._clock()
        digest = fingerprint(self, call)

        def gate(attempts: tuple[Attempt, ...]) -> None:
            self._check(attempts)
            call.gate(attempts)

        def note(
            outcome: str,
            detail: str,
            attempts: tuple[Attempt, ...],
            usage: Usage,
            reply: Reply[T] | None = None,
        ) -> None:
            self._record(
                CallRecord(
                    stage=call.stage,
                    key=call.key,
                    model=self.name,
                    prompt=call.prompt.name,
                    version=call.prompt.version,
                    digest=digest,
                    outcome=outcome,
                    detail=detail,
                    attempts=attempts,
                    usage=usage,
                    seconds=round(self._clock() - started, 3),
                    repaired=reply is not None and reply.repaired,
                    cached=reply is not None and reply.cached,
                )
            )

        try:
            if not getattr(self._model, "gated", False):
                gate(())
            reply = self._model.complete(replace(call, gate=gate))
        except StudioError as error:
            attempts = error.attempts if isinstance(error, Spent) else ()
            last = attempts[-1].outcome if attempts else "failed"
            outcome = "over_budget" if isinstance(error, OverBudget) else last
            note(outcome, str(error), attempts, total(attempts))
            raise
        note("ok", "", reply.attempts, reply.usage, reply)
        return reply

    def _check(self, attempts: tuple[Attempt, ...]) -> None:
        if self._limit is None:
            return
        here = sum((a.usage.cost for a in attempts if a.usage.cost is not None), NOTHING.cost or Decimal(0))
        spent = self._spent() + here
        if spent >= self._limit:
            raise BudgetReached(
                f"The spending limit of {self._limit} USD is reached ({spent} USD spent); nothing was sent. "
                "Raise the limit or wait for the next period.",
                attempts,
            )
