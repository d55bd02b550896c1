"""Placements as lines of the queue: on its own page, and beside the one that is looked at."""

import datetime as dt
from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import Store, User
from generation.models import Segment
from review import selectors
from review.models import Draft, Placement
from review.models.draft import PlacementQuerySet
from review.views import present
from review.workflow import claims, due, queue, risk
from review.workflow.asked import Asked

PAGE = 60  # rows of a page of the queue
BESIDE = 30  # rows beside a placement


def url(pk: int | None, filters: Asked) -> str:
    """Where a placement is reviewed, with the filter to go on in; empty for none."""
    if pk is None:
        return ""
    address = reverse("placement-review", args=[pk])
    return f"{address}?{filters.query}" if filters.query else address


def column(found: PlacementQuerySet, total: int, filters: Asked, today: dt.date, person: User) -> dict[str, Any]:
    """The first rows of the queue in groups, without their products."""
    rows = list(queue.shown(found)[:BESIDE])
    groups = grouped(rows, filters, today, person)
    return {"groups": groups, "total": queue.number(total), "more": total > len(rows), "url": queue_url(filters)}


def queue_url(filters: Asked) -> str:
    return f"{reverse('review-queue')}?{filters.query}" if filters.query else reverse("review-queue")


def grouped(rows: Iterable[Placement], filters: Asked, today: dt.date, person: User) -> list[dict[str, Any]]:
    """[{"campaign", "audience", "draft", "due", "rows"}]: drafts in the order of their riskiest row. `audience` is
    empty where the page is for everyone."""
    rows = list(rows)
    groups: dict[int, dict[str, Any]] = {}
    names = audiences(rows[0].draft.store_id, [row.draft for row in rows]) if rows else {}
    for row in rows:
        draft, starts = row.draft, row.draft.campaign.starts_on
        group = groups.setdefault(
            draft.pk,
            {
                "campaign": draft.campaign.name,
                "audience": names.get(draft.segment, ""),
                "draft": draft,
                "due": due.words(starts, today),
                "due_tone": due.tone(starts, today),
                "rows": [],
            },
        )
        group["rows"].append(
            {
                "pk": row.pk,
                "title": row.title,
                "url": url(row.pk, filters),
                "score": present.percent(row.score),
                "risk": risk.band(row.risk),
                "flags": len(row.flags),
                "split": row.disagreement > 0,
                "holder": _holder(row, person),
            }
        )
    return list(groups.values())


def with_products(groups: list[dict[str, Any]], rows: Iterable[Placement]) -> list[dict[str, Any]]:
    """The same, with what to look at in words and the first pictures."""
    known = {row.pk: row for row in rows}
    for group in groups:
        for line in group["rows"]:
            placement = known[line["pk"]]
            line["sentence"] = present.risk_sentence(placement)
            line["tiles"] = [present.tile(item) for item in islice(selectors.items(placement), 5)]
    return groups


def audiences(store: Store | int, drafts: Iterable[Draft]) -> dict[str, str]:
    """Names of the audiences of drafts, by slug; one query, and none when all are for everyone."""
    slugs = {draft.segment for draft in drafts} - {"default"}
    known = Segment.objects.filter(store=store, slug__in=slugs) if slugs else Segment.objects.none()
    return {slug: slug for slug in slugs} | dict(known.values_list("slug", "name"))


def _holder(row: Placement, person: User) -> str:
    """Who is at it now, in words; empty for nobody."""
    claim = getattr(row, "claim", None)
    if claim is None or claim.until <= timezone.now():
        return ""
    return "You are at this." if claim.person_id == person.pk else claims.sentence(claim)
