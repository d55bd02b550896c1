"""A model whose answers come from a vendor's batch service: it hands questions in, and reads what came."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from generation.llm.base import NOTHING, Attempt, Call, Pending, Reply, Spent, T, Unusable, fingerprint
from generation.llm.wire import Message, Turn, WireModel
from storefront_studio.lib.errors import BadOutput, OverBudget, StudioError


class NoAnswer(Spent, BadOutput):
    """The vendor's batch service gave no answer, also not when it was asked again."""

    recorded = True


class Desk(Protocol):
    """Where questions are handed in. An attempt of 2 is the one repair."""

    def answer(self, digest: str, attempt: int) -> Mapping[str, Any] | None:
        """The vendor's answer, or None while there is none. Raises NoAnswer when there will be none."""

    def hand_in(
        self, call: Call[Any], model: str, digest: str, attempt: int, body: Mapping[str, Any], at_most: Decimal | None
    ) -> None:
        """Put a question down, once per content; `at_most` is what it can cost. Raises OverBudget."""


class Deferred:
    """Asks as `model` would, and reads answers as it does, the one repair included; raises Pending in between.

    What was spent is on record when the answer arrives, so replies carry no cost and say `recorded`.
    """

    gated = True

    def __init__(self, model: WireModel, desk: Desk) -> None:
        self._model, self._desk = model, desk
        self.name, self.label = model.name, model.label

    @property
    def options(self) -> Mapping[str, str]:
        return self._model.options

    def ceiling(self, call: Call[Any], repair: bool = False) -> Decimal | None:
        """See `Metered.ceiling`, at the batch service's price."""
        full = self._model.ceiling(call, repair)
        return None if full is None else full * self._model.batch_share

    def complete(self, call: Call[T]) -> Reply[T]:
        """The answer, once it is there. Raises Pending before, OverBudget, NoAnswer, BadAnswer or Refused."""
        digest = fingerprint(self, call)

        def deliver(call: Call[Any], messages: list[Message], attempts: list[Attempt]) -> tuple[Turn, float]:
            number = len(attempts) + 1
            answer = self._desk.answer(digest, number)
            if answer is None:
                body = self._model.request(call, messages)
                self._desk.hand_in(call, self.name, digest, number, body, self.ceiling(call, number > 1))
                raise Pending(f"{self.label} answers later: the question is with its batch service.")
            turn = self._model.turn(answer)
            return Turn(turn.text, NOTHING, turn.model, turn.ending, turn.detail), 0.0

        try:
            reply = self._model.converse(call, deliver)
        except StudioError as error:
            if isinstance(error, Spent) and not isinstance(error, OverBudget):
                error.recorded = True
            raise
        except ValueError as error:
            raise Unusable(f"{self.label}: the batch service's answer cannot be read: {error}") from None
        return Reply(reply.value, reply.model, NOTHING, reply.attempts, reply.repaired, recorded=True)
