"""A batch as people see it: how far it is, segment by segment, and what it cost. For screens, API and the command."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from generation import batches, money
from generation.models import Batch, Run


@dataclass(frozen=True)
class BatchTotals:
    """A batch in figures. `placements` are those of finished runs; `asked` and `answered` count the questions of a
    vendor batch; `out` are jobs with a vendor."""

    states: Counter[str]
    placements: int
    money: money.Standing
    asked: int
    answered: int
    out: int

    @property
    def segments(self) -> int:
        return self.states.total()

    @property
    def ended(self) -> int:
        return self.segments - sum(self.states[status] for status in Run.OPEN)

    @property
    def failed(self) -> int:
        return self.states[Run.Status.FAILED]


def totals(batch: Batch) -> BatchTotals:
    """Six queries, whatever the number of segments."""
    asked = batches.requests(batch) if batch.mode == Batch.Mode.VENDOR else {"asked": 0, "answered": 0}
    jobs = batch.vendor_batches.filter(status__in=["preparing", "submitted"]).count() if asked["asked"] else 0
    return BatchTotals(
        states=batches.progress(batch),
        placements=batch.runs.aggregate(n=Sum("kept"))["n"] or 0,
        money=money.standing_of_batch(batch),
        asked=asked["asked"],
        answered=asked["answered"],
        out=jobs,
    )


def rows(batch: Batch, state: str = "") -> QuerySet[Run]:
    """Its runs by segment name, each with `usd`, `unknown`, `calls_made` and `hits` of its model calls."""
    found = batch.runs.filter(status=state) if state in Run.Status.values else batch.runs.all()
    return (
        found.select_related("segment")
        .defer("brief", "result")
        .annotate(
            usd=Sum("calls__cost"),
            unknown=Count("calls", filter=Q(calls__cost=None)),
            calls_made=Count("calls"),
            hits=Count("calls", filter=Q(calls__cached=True)),
        )
        .order_by("segment__name", "id")
    )


@dataclass(frozen=True)
class BatchLine:
    """One segment of a batch: its run, what that cost in USD (None: unknown), its calls and those answered from
    earlier ones."""

    run: Run
    cost: Decimal | None
    calls: int
    hits: int

    @property
    def segment(self) -> str:
        return self.run.segment.name if self.run.segment else "Everyone"

    @property
    def slug(self) -> str | None:
        return self.run.segment.slug if self.run.segment else None

    @property
    def said(self) -> str:
        """Why it failed, or ended with less than was asked for."""
        return self.run.error or self.run.stopped


def line(row: Any) -> BatchLine:
    """A row of `rows`."""
    return BatchLine(row, None if row.unknown else row.usd or Decimal(0), row.calls_made, row.hits)
