"""Audiences derived from purchase events: two walks through the file, the catalogue asked for shelves, nothing of a
customer kept."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import Store, User
from generation import audiences
from generation.campaigns.deriving import describing, events, grouping
from generation.campaigns.deriving.describing import Derived
from generation.campaigns.deriving.tally import Facts, Tally, tidy
from generation.campaigns.segments import LEAST_PEOPLE
from generation.models import Product, Segment

BATCH = 5_000  # lines whose products are looked up together
Say = Callable[[str], Any]


@dataclass(frozen=True)
class Asked:
    """What to derive from: the events, perhaps a table of customers, and which column is which. `segments`: how many
    audiences (None: six); `least`: people that each must have."""

    events: Path
    customers: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    segments: int | None = None
    least: int = LEAST_PEOPLE
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What was found. `lines` were read, `used` said a purchase on a known shelf; `skipped` counts the others by
    reason; `people` bought something, `too_little` of them not enough to be grouped."""

    audiences: list[Derived]
    columns: dict[str, str]
    lines: int
    used: int
    skipped: dict[str, int]
    people: int
    too_little: int
    in_catalogue: int
    silhouette: float | None


class Shelves:
    """What the catalogue says of products, asked for in batches and remembered: memory grows with the products sold."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Facts] = {}
        self.found = 0

    def learn(self, item_ids: set[str]) -> None:
        new = item_ids - self._known.keys()
        if not new:
            return
        self._known.update(dict.fromkeys(new, Facts()))
        rows = Product.objects.filter(store=self._store, item_id__in=new)
        for item_id, nodes, brand, price in rows.values_list("item_id", "categories", "brand", "effective_price"):
            node = nodes[min(1, len(nodes) - 1)].rsplit(" > ", 1)[-1] if nodes else ""
            self._known[item_id] = Facts(tidy(node), brand, float(price))
            self.found += 1

    def __call__(self, item_id: str) -> Facts:
        return self._known[item_id]


def derive(store: Store, asked: Asked, say: Say = lambda text: None) -> Outcome:
    """The audiences in the events. The same file, options and seed give the same audiences.

    Raises BadInput when the file cannot be read, or has too few people.
    """
    found = events.opened(asked.events, asked.columns)
    shelves = Shelves(store)
    tally = Tally(shelves)
    waiting: list[events.Purchase] = []

    def count() -> None:
        shelves.learn({one.product for one in waiting})
        for one in waiting:
            tally.add(one)
        waiting.clear()
        say(f"{found.lines:,} lines, {len(tally.people):,} customers")

    for purchase in found.purchases():
        waiting.append(purchase)
        if len(waiting) >= BATCH:
            count()
    count()
    groups = grouping.group(tally, asked.segments, asked.least, asked.seed)
    say(f"{groups.count} groups; reading again for what is typical")
    details = describing.Details(tally, groups, asked.seed)
    for purchase in found.purchases():
        details.add(purchase)
    skipped = dict(found.skipped.most_common())
    if tally.unknown:
        skipped["nothing says which shelf its product is on"] = tally.unknown
    return Outcome(
        audiences=describing.describe(tally, groups, details, _span(details), _traits(asked, tally)),
        columns=found.columns,
        lines=found.lines,
        used=tally.lines,
        skipped=skipped,
        people=len(tally.people),
        too_little=int((groups.of < 0).sum()),
        in_catalogue=shelves.found,
        silhouette=groups.silhouette,
    )


@transaction.atomic
def save(*, store: Store, actor: User | None, outcome: Outcome, replace: bool = False) -> list[Segment]:
    """The audiences as rows of the store. One of the same name that was derived before takes the new profile; with
    `replace` earlier derived ones that nothing uses go."""
    derived = Segment.objects.filter(store=store, source=Segment.Source.EVENTS)
    if replace:
        names = [one.name for one in outcome.audiences]
        for old in derived.exclude(name__in=names).filter(campaigns=None, runs=None):
            audiences.delete(segment=old, actor=actor)
    saved = []
    for one in outcome.audiences:
        saved.append(
            audiences.save(
                store=store,
                actor=actor,
                name=_free_name(store, one.name),
                profile=one.profile,
                segment=derived.filter(name=one.name).first(),
                size=one.people,
                source=Segment.Source.EVENTS,
            )
        )
    return saved


def _free_name(store: Store, name: str) -> str:
    """`name`, numbered when an audience that was not derived has it already."""
    others = Segment.objects.filter(store=store).exclude(source=Segment.Source.EVENTS)
    wanted, number = name, 1
    while others.filter(name__iexact=wanted).exists():
        number += 1
        wanted = f"{name[:112]} ({number})"
    return wanted


def _traits(asked: Asked, tally: Tally) -> dict[str, list[tuple[int, str]]]:
    if asked.customers is None:
        return {}
    traits: dict[str, list[tuple[int, str]]] = {}
    for who, said in events.customers(asked.customers, asked.columns):
        if who in tally.people:
            for name, value in said.items():
                traits.setdefault(name, []).append((tally.people[who], value))
    return traits


def _span(details: describing.Details) -> int:
    if not details.first:
        return 0
    return (dt.date.fromisoformat(details.last) - dt.date.fromisoformat(details.first)).days
