"""What runs and batches may spend: set aside before a request is sent, counted when it was answered.

`Run.committed` and `Batch.committed` are what is spent or set aside. A request is sent only after both took its
ceiling in one statement each that fits the limit or does nothing, so that calls side by side, in whatever process,
cannot go over it together. Costs that stay unknown count with their ceiling.
"""

import time
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import Store
from generation.encoders.openai import Spent
from generation.leases import give_back_connection
from generation.llm.metered import ZERO, CallRecord, Ticket, refusal
from generation.models import Batch, BatchRequest, ModelCall, Reservation, Run
from storefront_studio.lib.errors import BadInput, Transient

PATIENCE = 600.0  # seconds a call waits for money that calls under way hold
LOOK_EVERY = 0.2
LOST = "lost"
EMBEDDING = "embedding"  # the stage of calls that made vectors
SIXTH = Decimal("0.000001")


class RunPurse:
    """The purse of one run, and of the batch it belongs to; shared by all models the run asks."""

    def __init__(self, run: Run) -> None:
        self._run, self._batch = run.pk, run.batch_id
        self._held: dict[str, int] = {}

    def hold(self, ticket: Ticket, amount: Decimal | None) -> None:
        """See `Purse`. Raises BudgetReached, and Transient when calls under way hold the money for too long."""
        wanted = None if amount is None else amount.quantize(SIXTH, ROUND_UP)
        until = time.monotonic() + PATIENCE
        while not self._taken(ticket, wanted):
            self._refuse_or_wait(ticket, wanted)
            give_back_connection()
            if time.monotonic() > until:
                raise Transient("Other calls have held the rest of the budget for ten minutes.")
            time.sleep(LOOK_EVERY)
        give_back_connection()

    def settle(self, ticket: Ticket, record: CallRecord | None) -> None:
        """See `Purse`: the record and the money, or neither."""
        with transaction.atomic():
            held = self._give_back(ticket)
            if record is None:
                self._count(-held)
                return
            cost = record.usage.cost
            keep(record, run_id=self._run)
            self._count((cost if cost is not None else record.at_most or ZERO) - held)

    @transaction.atomic
    def _taken(self, ticket: Ticket, wanted: Decimal | None) -> bool:
        """Whether the run and its batch both took it; else nothing is changed."""
        row = Reservation.objects.filter(pk=self._held.get(ticket.id, 0)).first()
        more = (wanted or ZERO) - ((row.amount or ZERO) if row else ZERO)
        if not took(self._run, self._batch, more):
            return False
        if row:
            Reservation.objects.filter(pk=row.pk).update(amount=wanted)
            return True
        self._held[ticket.id] = Reservation.objects.create(
            run_id=self._run,
            stage=ticket.stage,
            key=ticket.key,
            model=ticket.model,
            prompt=f"{ticket.prompt}/{ticket.version}",
            request_hash=ticket.digest,
            amount=wanted,
        ).pk
        return True

    def _refuse_or_wait(self, ticket: Ticket, wanted: Decimal | None) -> None:
        """Raises BudgetReached unless calls under way, when they end, may leave enough."""
        own = self._held.get(ticket.id, 0)
        run = _books(Run.objects.filter(pk=self._run), "reservations", own)
        _look("The spending limit", run, limit_of(run), own, wanted)
        batch = _books(Batch.objects.filter(pk=self._batch), "runs__reservations", own) if self._batch else None
        if batch is not None and batch.budget is not None:
            _look("The batch's spending limit", batch, batch.budget, own, wanted)

    def _give_back(self, ticket: Ticket) -> Decimal:
        """What was held for the call. When somebody took us for dead meanwhile, it is on record as lost: that ends."""
        pk = self._held.pop(ticket.id, None)
        if pk is None:
            return ZERO
        row = Reservation.objects.select_for_update().filter(pk=pk).first()
        if row is not None:
            row.delete()
            return row.amount or ZERO
        lost = ModelCall.objects.filter(run=self._run, request_hash=ticket.digest, outcome=LOST).first()
        if lost is None:
            return ZERO
        lost.delete()
        return lost.at_most or ZERO

    def _count(self, usd: Decimal) -> None:
        count(self._run, self._batch, usd)


def _books(holder: QuerySet[Run] | QuerySet[Batch], path: str, own: int) -> Any:
    """The one `holder` with what it committed and what others and we reserved of it, as of one moment: read one after
    the other, a call that is settled in between would be money that is neither coming back nor there."""
    ours, amount = Q(**{path: own}), f"{path}__amount"
    return holder.annotate(
        others=Count(path, filter=~ours),
        theirs=Coalesce(Sum(amount, filter=~ours), ZERO, output_field=DecimalField()),
        ours=Coalesce(Sum(amount, filter=ours), ZERO, output_field=DecimalField()),
    ).get()


def _look(whose: str, books: Any, limit: Decimal, own: int, wanted: Decimal | None) -> None:
    without_us = books.committed - books.ours
    after = without_us + (wanted or ZERO)
    if after > limit and (after - books.theirs > limit or not books.others or own):
        raise refusal(limit, without_us, wanted, whose)


def took(run_id: int, batch_id: int | None, usd: Decimal) -> bool:
    """Whether the batch and the run both took `usd` within their limits; inside a transaction, else undone there."""
    with transaction.atomic():
        ok = batch_id is None or bool(
            Batch.objects.filter(Q(budget=None) | Q(committed__lte=F("budget") - usd), pk=batch_id).update(
                committed=F("committed") + usd
            )
        )
        own = Q(budget=None, committed__lte=default_limit() - usd) | Q(committed__lte=F("budget") - usd)
        ok = ok and bool(Run.objects.filter(own, pk=run_id).update(committed=F("committed") + usd))
        if not ok:
            transaction.set_rollback(True)
    return ok


def count(run_id: int | None, batch_id: int | None, usd: Decimal) -> None:
    """Add `usd` (negative: take off) to what a batch and a run have committed. The batch goes first everywhere."""
    if usd:
        if batch_id:
            Batch.objects.filter(pk=batch_id).update(committed=F("committed") + usd)
        if run_id:
            Run.objects.filter(pk=run_id).update(committed=F("committed") + usd)


def default_limit() -> Decimal:
    return Decimal(settings.RUN_BUDGET_USD)


def check_budget(budget: Decimal) -> None:
    """Raises BadInput when `budget` is no amount of USD that a run or a batch may have."""
    if not budget.is_finite() or not 0 < budget < Decimal(10) ** 9:
        raise BadInput("A budget is a number of US dollars above 0.")


def limit_of(run: Run) -> Decimal:
    """The most that a run may spend, in USD."""
    return default_limit() if run.budget is None else run.budget


@transaction.atomic
def write_off(runs: QuerySet[Run]) -> int:
    """Reservations of runs that nobody works on become calls of unknown cost; how many. Their money stays counted."""
    left = list(Reservation.objects.select_for_update(of=("self",), skip_locked=True).filter(run__in=runs)[:1000])
    ModelCall.objects.bulk_create(
        ModelCall(
            run_id=one.run_id,
            stage=one.stage,
            key=one.key,
            model=one.model,
            prompt=one.prompt,
            request_hash=one.request_hash,
            outcome=LOST,
            at_most=one.amount,
            seconds=0,
        )
        for one in left
    )
    Reservation.objects.filter(pk__in=[one.pk for one in left]).delete()
    return len(left)


@dataclass(frozen=True)
class Standing:
    """The money of a run or a batch, in USD. `spent` is what is known of it, `reserved` is set aside for calls under
    way, `unknown` counts calls whose cost nobody knows, `unpriced` those among them that no limit can count."""

    spent: Decimal
    reserved: Decimal
    limit: Decimal | None
    unknown: int
    unpriced: int
    calls: int
    hits: int


def standing(run: Run) -> Standing:
    """The money of a run."""
    asked = BatchRequest.objects.filter(run=run)
    return _standing(ModelCall.objects.filter(run=run), Reservation.objects.filter(run=run), asked, limit_of(run))


def standing_of_batch(batch: Batch) -> Standing:
    """The money of all runs of a batch together."""
    calls, held = ModelCall.objects.filter(run__batch=batch), Reservation.objects.filter(run__batch=batch)
    return _standing(calls, held, BatchRequest.objects.filter(batch=batch), batch.budget)


def _standing(
    calls: QuerySet[ModelCall], held: QuerySet[Reservation], asked: QuerySet[BatchRequest], limit: Decimal | None
) -> Standing:
    row = calls.aggregate(
        usd=Sum("cost"),
        n=Count("pk"),
        hits=Count("pk", filter=Q(cached=True)),
        unknown=Count("pk", filter=Q(cost=None)),
        unpriced=Count("pk", filter=Q(cost=None, at_most=None)),
    )
    reserved = held.aggregate(usd=Sum("amount"))["usd"] or ZERO
    reserved += asked.filter(response__isnull=True, error="").aggregate(usd=Sum("reserved"))["usd"] or ZERO
    return Standing(row["usd"] or ZERO, reserved, limit, row["unknown"], row["unpriced"], row["n"], row["hits"])


def keep_embedding(store: Store, model: str, spent: Spent) -> None:
    """Write down what vectors cost a store: one row for all requests since it was last done."""
    ModelCall.objects.create(
        store=store,
        stage=EMBEDDING,
        key=f"{spent.requests} requests"[:40],
        model=model,
        outcome="ok",
        input_tokens=spent.tokens,
        output_tokens=0 if spent.tokens is not None else None,
        cost=spent.cost,
        seconds=spent.seconds,
    )


def keep(record: CallRecord, *, run_id: int | None = None, store: Store | None = None) -> None:
    """Write down what was asked for a run, or for a store before there is one."""
    ModelCall.objects.create(
        run_id=run_id,
        store=store,
        stage=record.stage,
        key=record.key,
        model=record.model,
        prompt=f"{record.prompt}/{record.version}",
        request_hash=record.digest,
        outcome=record.outcome,
        attempts=[
            {"outcome": attempt.outcome, "detail": attempt.detail[:500], "seconds": round(attempt.seconds, 3)}
            for attempt in record.attempts
        ],
        input_tokens=record.usage.input_tokens,
        output_tokens=record.usage.output_tokens,
        cost=record.usage.cost,
        at_most=record.at_most,
        seconds=record.seconds,
        cached=record.cached,
    )
