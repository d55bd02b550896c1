"""Asking the archive of what was turned down: filters, counts, trends, what is alike."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncWeek
from pgvector.django import CosineDistance

from accounts.models import Store, User
from generation.models import Campaign, Ruling
from review.models import Tally, TurnedDown
from review.selectors import distinct, why_label
from storefront_studio.lib.words_query import prefixes

COUNTED = 10_000
"""Rows that no tally knows of are counted up to here."""
ALIKE = 50
"""How many are shown that are like one."""


@dataclass(frozen=True)
class Asked:
    """Which rows of the archive; what is empty does not matter.

    `text` are beginnings of words. `prompt` "" asks for those that no prompt planned. `since` and `until` are days in
    UTC, both included. `shapes` are kinds of reasons.
    """

    by: str = ""
    why: str = ""
    judge: str = ""
    person: int | None = None
    prompt: str | None = None
    campaign: int | None = None
    text: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    shapes: tuple[str, ...] = ()

    @property
    def tallied(self) -> bool:
        """Whether the tally knows how many there are."""
        return self.prompt is None and self.campaign is None and not self.text and not self.shapes


def find(store: Store, asked: Asked | None = None) -> QuerySet[TurnedDown]:
    """What was turned down in `store`, newest first."""
    asked = asked or Asked()
    conditions = {
        "by": asked.by,
        "why": asked.why,
        "judge": asked.judge,
        "person": asked.person,
        "campaign": asked.campaign,
        "shape__in": asked.shapes,
        "at__gte": asked.since and midnight(asked.since),
        "at__lt": asked.until and midnight(asked.until + dt.timedelta(days=1)),
    }
    rows = TurnedDown.objects.filter(store=store, **{name: value for name, value in conditions.items() if value})
    if asked.prompt is not None:
        rows = rows.filter(prompt=asked.prompt)
    if asked.text:
        query = prefixes(asked.text)
        rows = rows.filter(words=SearchQuery(query, config="simple", search_type="raw")) if query else rows.none()
    return rows.defer("words").select_related("campaign", "person").order_by("-id")


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


# --- How many -----------------------------------------------------------------------------------------------------
def _tally(store: Store, asked: Asked) -> QuerySet[Tally]:
    conditions = {
        "by": asked.by,
        "why": asked.why,
        "judge": asked.judge,
        "person_id": asked.person,
        "day__gte": asked.since,
        "day__lte": asked.until,
    }
    return Tally.objects.filter(
        store_id=store.pk, **{name: value for name, value in conditions.items() if value}
    ).order_by()


@dataclass(frozen=True)
class HowMany:
    """`n` rows; more than that where `more`."""

    n: int
    more: bool = False

    def __str__(self) -> str:
        return f"more than {self.n:,}" if self.more else f"{self.n:,}"


def how_many(store: Store, asked: Asked) -> HowMany:
    """Exact where the tally knows it, else counted up to `COUNTED`; the cost does not grow with the archive."""
    if asked.tallied:
        return HowMany(_tally(store, asked).aggregate(n=Sum("n"))["n"] or 0)
    counted = find(store, asked).select_related(None).order_by()[: COUNTED + 1].count()
    return HowMany(min(counted, COUNTED), counted > COUNTED)


def counts(store: Store, asked: Asked | None = None) -> list[dict[str, Any]]:
    """[{"by", "why", "label", "count"}], most frequent first: the bar chart of the audit."""
    rows = _tally(store, asked or Asked()).values("by", "why").annotate(count=Sum("n")).filter(count__gt=0)
    return [{**row, "label": why_label(row["why"])} for row in rows.order_by("-count", "by", "why")]


def judges(store: Store) -> list[str]:
    """Every rule, judge and memory, with its version, that turned something down."""
    rows = _tally(store, Asked()).exclude(judge="").values("judge").annotate(n=Sum("n")).filter(n__gt=0)
    return [row["judge"] for row in rows.order_by("judge")]


def prompts(store: Store) -> list[str]:
    """Planning prompts with their versions, "" among them where none was read: one step along an index for each."""
    return distinct(TurnedDown, "prompt", store)


def people(store: Store) -> list[User]:
    """Everybody who turned something down, by name; those who have left too."""
    rows = _tally(store, Asked()).exclude(person_id=None).values("person_id").annotate(n=Sum("n")).filter(n__gt=0)
    return sorted(User.objects.filter(pk__in=[row["person_id"] for row in rows]), key=str)


def campaigns(store: Store) -> QuerySet[Campaign]:
    """The newest hundred campaigns, to choose from."""
    return Campaign.objects.filter(store=store).order_by("-pk")[:100]


# --- Over time ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Week:
    start: dt.date
    by: dict[str, int]


def weeks(store: Store, asked: Asked, last: dt.date, number: int = 26) -> list[Week]:
    """The last `number` weeks up to that of `last`, the empty ones too: how many by whom."""
    monday = last - dt.timedelta(days=last.weekday())
    first = monday - dt.timedelta(weeks=number - 1)
    rows = _tally(store, replace(asked, since=max(asked.since or first, first)))
    found: dict[dt.date, dict[str, int]] = {}
    for row in rows.annotate(week=TruncWeek("day")).values("week", "by").annotate(count=Sum("n")):
        if row["count"] > 0:
            found.setdefault(row["week"], {})[row["by"]] = row["count"]
    every = (first + dt.timedelta(weeks=place) for place in range(number))
    return [Week(start, found.get(start, {})) for start in every]


# --- Alike --------------------------------------------------------------------------------------------------------
def can_compare(store: Store, placements: Sequence[int]) -> set[int]:
    """Those of `placements` whose meaning is known: people rejected them and the worker has made the vector."""
    rulings = Ruling.objects.filter(store=store, placement__in=placements, embedding__isnull=False)
    return set(rulings.values_list("placement", flat=True))


def alike(store: Store, placement: int) -> list[tuple[TurnedDown, float]]:
    """What people rejected that means nearly the same as `placement`, nearest first, with the cosine; empty while no
    vector of it is known."""
    one = Ruling.objects.filter(store=store, placement=placement, embedding__isnull=False).first()
    if one is None:
        return []
    others = Ruling.objects.filter(store=store, encoder=one.encoder, embedding__isnull=False)
    nearest = others.order_by(CosineDistance("embedding", one.embedding)).annotate(
        far=CosineDistance("embedding", one.embedding)
    )
    cosine = {number: 1 - far for number, far in nearest.values_list("placement", "far")[: ALIKE * 2]}
    rows = find(store).filter(placement__in=[number for number in cosine if number != placement])
    return sorted(((row, round(cosine[row.placement_id], 4)) for row in rows), key=lambda pair: -pair[1])[:ALIKE]


# --- Upkeep -------------------------------------------------------------------------------------------------------
def compact() -> int:
    """Sum the tally up to one row a cell; returns how many rows that saved. Readers see the same sums throughout."""
    table = connection.ops.quote_name(Tally._meta.db_table)
    cell = 'store_id, day, "by", why, judge, person_id'
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH many AS (SELECT {cell} FROM {table} GROUP BY {cell} HAVING count(*) > 1), "
            f"gone AS (DELETE FROM {table} t USING many m WHERE t.store_id = m.store_id AND t.day = m.day "
            'AND t."by" = m."by" AND t.why = m.why AND t.judge = m.judge '
            "AND t.person_id IS NOT DISTINCT FROM m.person_id RETURNING t.*), "
            f"kept AS (INSERT INTO {table} ({cell}, n) SELECT {cell}, sum(n) FROM gone GROUP BY {cell} "
            "HAVING sum(n) <> 0 RETURNING 1) "
            "SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM kept)"
        )
        return int(cursor.fetchone()[0])


def one_of(store: Store, placement: int) -> TurnedDown | None:
    """The archive row of a placement of `store`; None when it is not turned down."""
    return find(store).filter(placement=placement).first()
