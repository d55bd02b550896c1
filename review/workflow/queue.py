"""The queue of a store in its order, as somebody asked for it: riskiest first, a page at a time, next and previous.

Every question is answered from the index `queue_by_risk` and reads no more rows than it shows, or a fixed number of
them: it takes as long with a hundred thousand drafts as with ten.
"""

import datetime as dt
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Store, User
from review.models import Placement
from review.models.draft import PlacementQuerySet
from review.workflow.asked import Asked

MOST = 1000
"""Counted up to here; past it people read "1,000+"."""
ORDER = ("-risk", "id")


class Place(NamedTuple):
    """Where a placement stands: ids before and after it, and its place (from 1; 0 when it is not in the queue)."""

    previous: int | None
    next: int | None
    place: int
    total: int


def asked(store: Store, person: User, filters: Asked, today: dt.date) -> PlacementQuerySet:
    """What `filters` match, riskiest first, oldest first among equals."""
    found = Placement.objects.of(store).in_force().filter(status=filters.status)
    return found.filter(filters.condition(person, today)).order_by(*ORDER)


def shown(found: PlacementQuerySet) -> PlacementQuerySet:
    """With what a line of the queue says."""
    return found.select_related("draft__campaign", "draft__run__requested_by", "claim__person")


def count(found: PlacementQuerySet) -> int:
    """How many, counted up to `MOST` + 1."""
    return found.order_by()[: MOST + 1].count()


def number(found: int) -> str:
    """A count in words: "1,000+" where counting stopped."""
    return f"{MOST:,}+" if found > MOST else f"{found:,}"


def after(found: PlacementQuerySet, risk: float, pk: int) -> PlacementQuerySet:
    """What comes behind the row with this risk and id. The first condition is the index's, the second settles ties."""
    return found.filter(Q(risk__lte=risk), Q(risk__lt=risk) | Q(pk__gt=pk))


def before(found: PlacementQuerySet, risk: float, pk: int) -> PlacementQuerySet:
    return found.filter(Q(risk__gte=risk), Q(risk__gt=risk) | Q(pk__lt=pk))


def free(found: PlacementQuerySet, person: User) -> PlacementQuerySet:
    """Without what somebody else is at."""
    return found.exclude(Q(claim__until__gt=Now()) & ~Q(claim__person=person))


def place(found: PlacementQuerySet, placement: Placement, person: User) -> Place:
    """Next is the first one behind it that nobody else is at, else the first of all; previous the one before it."""
    key = (placement.risk, placement.pk)
    here = found.filter(pk=placement.pk).exists()
    others = free(found, person).exclude(pk=placement.pk)
    onward = after(others, *key).values_list("pk", flat=True).first()
    if onward is None:
        onward = None if here else others.values_list("pk", flat=True).first()
    back = before(found, *key).order_by("risk", "-id").values_list("pk", flat=True).first() if here else None
    standing = count(before(found, *key)) + 1 if here else 0
    return Place(back, onward, standing, count(found))


def onward(found: PlacementQuerySet, placement: Placement, person: User) -> int | None:
    """What to open once `placement` is decided: the next one, from the end again the first; None when all is done."""
    others = free(found, person).exclude(pk=placement.pk)
    following = after(others, placement.risk, placement.pk).values_list("pk", flat=True).first()
    return following if following is not None else others.values_list("pk", flat=True).first()
