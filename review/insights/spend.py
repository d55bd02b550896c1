"""What generating cost, and what an approved placement cost, by campaign, prompt version and model.

Counted over runs that were started in a period: the cost of all their calls, failed ones included, over the generated
placements of their drafts that people approved. Reading briefs before there is a run counts in the total and as a row
of its own. What is unknown stays unknown: one call without a known cost makes the
figure of its group unknown, and what is known of it is told as "at least". Rows that the shop wrote itself, and drafts
that a later one took the place of, do not count.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import Store
from generation.models import ModelCall, Reservation, Run
from generation.money import EMBEDDING
from review.models import Placement

KINDS = ("campaign", "prompt", "model")
BRIEFS = "Reading briefs"
VECTORS = "Embedding products and texts"
ZERO = Decimal(0)


@dataclass(frozen=True)
class SpendRow:
    """One campaign, prompt version or model. Money in USD; `known` is what is known of it, `unknown` counts calls
    whose cost nobody knows. `slug` names a campaign's screen."""

    name: str
    known: Decimal
    unknown: int
    calls: int
    hits: int
    approved: int
    slug: str = ""

    @property
    def cost(self) -> Decimal | None:
        return None if self.unknown else self.known

    @property
    def each(self) -> Decimal | None:
        """USD for an approved placement; None when the cost is unknown or nothing is approved."""
        return None if self.cost is None or not self.approved else self.cost / self.approved


@dataclass(frozen=True)
class Day:
    """The calls of one day."""

    day: dt.date
    known: Decimal
    unknown: int


@dataclass(frozen=True)
class Today:
    """The calls of today so far, and what is set aside for those under way."""

    known: Decimal
    unknown: int
    calls: int
    reserved: Decimal


@dataclass(frozen=True)
class Spend:
    """All of it for one store and period."""

    total: SpendRow
    groups: dict[str, list[SpendRow]]
    days: list[Day]
    today: Today


def spend(store: Store, days: int | None = None) -> Spend:
    """Runs started in the last `days` days (None: all of them); a fixed number of queries."""
    return Spend(
        _total(store, days), {kind: by(kind, store, days) for kind in KINDS}, daily(store, days or 90), today(store)
    )


def by(kind: str, store: Store, days: int | None = None) -> list[SpendRow]:
    """Rows of one kind, the dearest first."""
    made = _by_campaign(store, days) if kind == "campaign" else _by_call(store, days, kind)
    return sorted(made, key=lambda row: (-row.known, -row.unknown, -row.approved, row.name))


def today(store: Store) -> Today:
    """Two queries over the calls of one day."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    calls = _calls(store).filter(created_at__gte=midnight)
    row = calls.aggregate(known=Sum("cost"), unknown=Count("pk", filter=Q(cost=None)), calls=Count("pk"))
    held = Reservation.objects.filter(run__campaign__store=store).aggregate(usd=Sum("amount"))["usd"]
    return Today(row["known"] or ZERO, row["unknown"], row["calls"], held or ZERO)


def daily(store: Store, days: int) -> list[Day]:
    """One entry for every day up to today, the empty ones too."""
    last = timezone.localdate()
    first = last - dt.timedelta(days=days - 1)
    began = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    rows = (
        _calls(store)
        .filter(created_at__gte=began)
        .annotate(day=TruncDate("created_at"))
        .values("day")
        .annotate(known=Sum("cost"), unknown=Count("pk", filter=Q(cost=None)))
        .order_by("day")
    )
    found = {row["day"]: row for row in rows}
    every = (first + dt.timedelta(days=n) for n in range(days))
    return [
        Day(day, found[day]["known"] or ZERO, found[day]["unknown"]) if day in found else Day(day, ZERO, 0)
        for day in every
    ]


def _runs(store: Store, days: int | None) -> QuerySet[Run]:
    runs = Run.objects.filter(campaign__store=store)
    return runs if days is None else runs.filter(created_at__gte=timezone.now() - dt.timedelta(days=days))


def _approved(runs: QuerySet[Run]) -> QuerySet[Placement]:
    approved = Placement.objects.in_force().filter(
        draft__run__in=runs, status=Placement.Status.APPROVED, source=Placement.Source.GENERATED
    )
    return approved.order_by()


def _sums(prefix: str = "") -> dict[str, Any]:
    missing = Q(**{f"{prefix}cost": None, f"{prefix}pk__isnull": False})
    return {
        "known": Sum(f"{prefix}cost"),
        "unknown": Count(f"{prefix}pk", filter=missing),
        "asked": Count(f"{prefix}pk"),
        "hits": Count(f"{prefix}pk", filter=Q(**{f"{prefix}cached": True})),
    }


def _calls(store: Store) -> QuerySet[ModelCall]:
    return ModelCall.objects.filter(Q(run__campaign__store=store) | Q(store=store))


def _calls_of(store: Store, days: int | None) -> QuerySet[ModelCall]:
    """The calls of the period's runs, and those made in it before there was a run."""
    return ModelCall.objects.filter(Q(run__in=_runs(store, days)) | Q(pk__in=_briefs(store, days)))


def _briefs(store: Store, days: int | None) -> QuerySet[ModelCall]:
    calls = ModelCall.objects.filter(store=store)
    return calls if days is None else calls.filter(created_at__gte=timezone.now() - dt.timedelta(days=days))


def _total(store: Store, days: int | None) -> SpendRow:
    row = _calls_of(store, days).aggregate(**_sums())
    return _row("All", row, _approved(_runs(store, days)).count())


def _by_campaign(store: Store, days: int | None) -> Iterable[SpendRow]:
    """Campaigns that a library planned are here too: they cost nothing, and that is known."""
    runs = _runs(store, days)
    rows = runs.order_by().values("campaign_id", "campaign__name", "campaign__slug").annotate(**_sums("calls__"))
    approved = dict(_approved(runs).values_list("draft__campaign_id").annotate(n=Count("pk")))
    for row in rows:
        yield _row(row["campaign__name"], row, approved.get(row["campaign_id"], 0), row["campaign__slug"])
    vectors = ExpressionWrapper(Q(stage=EMBEDDING), BooleanField())
    for found in _briefs(store, days).order_by().values(vectors=vectors).annotate(**_sums()):
        yield _row(VECTORS if found["vectors"] else BRIEFS, found, 0)


def _by_call(store: Store, days: int | None, field: str) -> Iterable[SpendRow]:
    """An approved placement counts for every prompt and model that took part in its run."""
    rows = _calls_of(store, days).order_by().values(name=F(field)).annotate(**_sums())
    took_part = _approved(_runs(store, days)).values_list(f"draft__run__calls__{field}")
    approved = dict(took_part.annotate(n=Count("pk", distinct=True)))
    for row in rows:
        yield _row(row["name"], row, approved.get(row["name"], 0))


def _row(name: str, row: Mapping[str, Any], approved: int, slug: str = "") -> SpendRow:
    return SpendRow(name, row["known"] or ZERO, row["unknown"], row["asked"], row["hits"], approved, slug)
