"""Labels as numbers: agreement by judge and facet, over time, and where judge and person differ."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import CharField, Count, F, Func, Max, Min, QuerySet, Value
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek

from accounts.models import Store
from generation.stages.facets import BY_NAME, FACETS, Level
from review.calibration.agreement import Agreement, Counts, count, measure
from review.models import Label

ORDER: dict[tuple[str, str], int] = {(facet.level, facet.name): place for place, facet in enumerate(FACETS)}
CLUSTER = Func(F("item"), Value("/"), Value(1), function="split_part", output_field=CharField())
"""What hangs together is one placement, or one theme of a gold set: the item up to its first “/”."""


@dataclass(frozen=True)
class Asked:
    """Which labels: by judge, “level.facet”, source and time. What is empty does not matter."""

    judge: str = ""
    facet: str = ""
    source: str = ""
    since: dt.datetime | None = None

    def of(self, store: Store) -> "QuerySet[Label]":
        found = Label.objects.filter(store=store).order_by()
        level, _, name = self.facet.partition(".")
        conditions = {
            "judge": self.judge,
            "level": level,
            "facet": name,
            "source": self.source,
            "created_at__gte": self.since,
        }
        return found.filter(**{name: value for name, value in conditions.items() if value})


@dataclass(frozen=True)
class Row:
    """One facet of one judge version: how far it agrees with people, and where the labels came from."""

    judge: str
    level: str
    facet: str
    agreement: Agreement
    sources: dict[str, int]

    @property
    def label(self) -> str:
        """The facet in words; a row's "safe" and a product's are told apart."""
        return facet_label(self.level, self.facet)


def facet_label(level: str, facet: str) -> str:
    known = BY_NAME.get((cast("Level", level), facet))
    words = known.label if known else facet.replace("_", " ").capitalize()
    return f"{words} ({'row' if level == 'placement' else level})" if facet == "safe" else words


def rows(store: Store, asked: Asked | None = None) -> list[Row]:
    """Agreement per judge and facet; one query. In the order of judges, then of facets."""
    grouped: defaultdict[tuple[str, str, str], list[tuple[str, Counts]]] = defaultdict(list)
    sources: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for judge, level, facet, source, cluster, counts in _counted((asked or Asked()).of(store)):
        grouped[judge, level, facet].append((cluster, counts))
        sources[judge, level, facet][source] += counts.n
    found = [Row(*key, measure(parts), dict(sources[key])) for key, parts in grouped.items()]
    return sorted(found, key=lambda row: (row.judge, ORDER.get((row.level, row.facet), len(ORDER)), row.facet))


def counts_by_judge(store: Store, wanted: Callable[[Any, str], bool]) -> dict[str, Counts]:
    """Counts of each judge version over the facets for which `wanted(level, facet)`; one query."""
    found: defaultdict[str, Counts] = defaultdict(Counts)
    grouped = Label.objects.filter(store=store).order_by()
    values = grouped.values_list("judge", "level", "facet", "judge_passes", "person_passes").annotate(n=Count("pk"))
    for name, level, facet, judge, person, n in values:
        if wanted(level, facet):
            found[name] += count([(judge, person)], n)
    return dict(found)


def _counted(labels: "QuerySet[Label]") -> Iterable[tuple[str, str, str, str, str, Counts]]:
    """(judge, level, facet, source, cluster, counts)."""
    grouped = labels.annotate(cluster=CLUSTER).values_list(
        "judge", "level", "facet", "source", "cluster", "judge_passes", "person_passes"
    )
    for name, level, facet, source, part, judge, person, n in grouped.annotate(n=Count("pk")):
        yield name, level, facet, source, part, count([(judge, person)], n)


@dataclass(frozen=True)
class Point:
    """Agreement over the labels of one day, week or month."""

    start: dt.date
    agreement: Agreement


def trend(labels: "QuerySet[Label]") -> tuple[str, list[Point]]:
    """Agreement over time, oldest first, by "day", "week" or "month", whichever gives at most some thirty points."""
    dates = labels.aggregate(first=Min("created_at"), last=Max("created_at"))
    if dates["first"] is None:
        return "day", []
    days = (dates["last"] - dates["first"]).days
    name, trunc = ("day", TruncDay) if days <= 31 else ("week", TruncWeek) if days <= 217 else ("month", TruncMonth)
    grouped = labels.annotate(start=trunc("created_at"), cluster=CLUSTER)
    parts: defaultdict[dt.date, list[tuple[str, Counts]]] = defaultdict(list)
    values = grouped.values_list("start", "cluster", "judge_passes", "person_passes").annotate(n=Count("pk"))
    for start, cluster, judge, person, n in values:
        parts[start.date()].append((cluster, count([(judge, person)], n)))
    return name, [Point(start, measure(parts[start])) for start in sorted(parts)]


def differences(store: Store, asked: Asked | None = None) -> "QuerySet[Label]":
    """Where judge and person differ, newest first."""
    found = (asked or Asked()).of(store).exclude(judge_passes=F("person_passes"))
    return found.select_related("person", "placement").order_by("-id")


def known(store: Store) -> list[tuple[str, str, str]]:
    """Every (judge version, level, facet) that people have labelled, in the order of `rows`."""
    found = Label.objects.filter(store=store).order_by().values_list("judge", "level", "facet").distinct()
    return sorted(found, key=lambda one: (one[0], ORDER.get((one[1], one[2]), len(ORDER)), one[2]))


def judges(store: Store) -> list[str]:
    """Every judge version that people have labelled."""
    return list(dict.fromkeys(judge for judge, _, _ in known(store)))
