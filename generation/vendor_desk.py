"""Where the runs of a batch hand in questions for a vendor's batch service: rows, once per content."""

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from generation import money
from generation.llm.base import Call, Pending
from generation.llm.batch.deferred import NoAnswer
from generation.llm.metered import ZERO, refusal
from generation.models import Batch, BatchRequest, Run


class Desk:
    """The desk of one run. Its money is set aside when a question is put down, and counted when the answer came."""

    def __init__(self, run: Run) -> None:
        self._run, self._batch = run.pk, run.batch_id or 0

    def answer(self, digest: str, attempt: int) -> Mapping[str, Any] | None:
        """See `Desk` in `llm.batch.deferred`."""
        row = self._rows().filter(digest=digest, attempt=attempt).values("response", "error").first()
        if row is None:
            return None
        if row["error"]:
            raise NoAnswer(row["error"])
        answer: Mapping[str, Any] | None = row["response"]
        return answer

    def hand_in(
        self, call: Call[Any], model: str, digest: str, attempt: int, body: Mapping[str, Any], at_most: Decimal | None
    ) -> None:
        """See `Desk` in `llm.batch.deferred`. Raises Pending instead while questions that are out hold the money."""
        wanted = None if at_most is None else at_most.quantize(money.SIXTH, ROUND_UP)
        with transaction.atomic():
            _row, new = BatchRequest.objects.get_or_create(
                batch_id=self._batch,
                digest=digest,
                attempt=attempt,
                defaults={
                    "run_id": self._run,
                    "stage": call.stage,
                    "key": call.key,
                    "model": model,
                    "prompt": f"{call.prompt.name}/{call.prompt.version}",
                    "body": body,
                    "reserved": wanted,
                },
            )
            paid = not new or money.took(self._run, self._batch, wanted or ZERO)
            if not paid:
                transaction.set_rollback(True)
        if not paid:
            self._refuse_or_wait(wanted)

    def _refuse_or_wait(self, wanted: Decimal | None) -> None:
        run, batch = Run.objects.get(pk=self._run), Batch.objects.get(pk=self._batch)
        limits = [(run.committed, money.limit_of(run), self._rows().filter(run=run), "The spending limit")]
        if batch.budget is not None:
            limits.append((batch.committed, batch.budget, self._rows(), "The batch's spending limit"))
        for committed, limit, rows, whose in limits:
            out = rows.filter(response__isnull=True, error="").aggregate(usd=Sum("reserved"))["usd"] or ZERO
            if committed + (wanted or ZERO) > limit and (not out or committed - out + (wanted or ZERO) > limit):
                raise refusal(limit, committed, wanted, whose)
        raise Pending("Questions that are out hold the rest of the budget; this one is handed in when they are back.")

    def _rows(self) -> Any:
        return BatchRequest.objects.filter(batch_id=self._batch)
