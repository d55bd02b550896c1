"""What home tells beyond lists: pages that break their rules, judges that drift, spend, what is due, promises."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, IntegerField, Q
from django.db.models.expressions import Func
from django.urls import reverse
from django.utils import timezone

from accounts.models import Store, User
from generation.models import Campaign, Run
from generation.policy import policies
from generation.views.words import dollars
from review.calibration import settle
from review.insights import spend
from review.models import Draft, Page, Placement
from review.publishing import checks
from review.workflow import queue
from review.workflow.asked import Asked

Status = Placement.Status
PAGES, PER_PAGE, DAYS = 3, 3, 30


def breaches(store: Store) -> dict[str, Any]:
    """What is wrong today with the live pages published last: {"rows", "pages", "more"}; three queries a page."""
    pages = Page.objects.filter(store=store, live__isnull=False).select_related("live__draft__run")
    newest = list(pages.defer("live__draft__run__result").order_by("-live__id")[: PAGES + 1])
    rows = []
    for page in newest[:PAGES]:
        assert page.live is not None
        found = checks.of_body(store, page.live.body, page.live.draft.run)
        if found:
            url = f"{reverse('page-detail', args=[page.slug])}?segment={page.segment}"
            rows.append({"page": page, "url": url, "found": found[:PER_PAGE], "more": max(len(found) - PER_PAGE, 0)})
    return {"rows": rows, "pages": len(newest[:PAGES]), "more": len(newest) > PAGES}


def drift(store: Store) -> dict[str, Any]:
    """Judges that people agree with less than policy asks for: {"rows", "known", "least"}; two queries."""
    policy = policies.current(store)
    judges = settle.share(store, policy).judges
    told = [one for one in judges if one.kappa is not None]
    low = [one for one in told if one.kappa is not None and one.kappa < policy.kappa_min]
    return {"rows": low, "known": len(told), "least": policy.kappa_min}


def money(store: Store) -> dict[str, Any]:
    """What models cost in the last 30 days, and how many runs of these days their budget stopped; two queries."""
    days = spend.daily(store, DAYS)
    unknown = sum(day.unknown for day in days)
    since = timezone.now() - dt.timedelta(days=DAYS)
    stopped = Run.objects.filter(campaign__store=store, created_at__gte=since).exclude(stopped="").count()
    known = sum((day.known for day in days), Decimal(0))
    return {"known": dollars(known), "unknown": unknown, "stopped": stopped, "days": DAYS}


def due(store: Store, person: User) -> list[dict[str, Any]]:
    """What is late and what is due soon, as links into the queue; a query each."""
    today = timezone.localdate()
    kinds = (("late", "overdue", "danger"), ("tomorrow", "due by tomorrow", "warning"), ("week", "due in 7 days", ""))
    rows = []
    for name, words, tone in kinds:
        asked = Asked(due=name)
        found = queue.count(queue.asked(store, person, asked, today))
        if found:
            url = f"{reverse('review-queue')}?{asked.query}"
            rows.append({"number": queue.number(found), "words": words, "tone": tone, "url": url})
    return rows


def promises(store: Store, campaigns: Iterable[Campaign]) -> dict[int, dict[str, Any]]:
    """By campaign: rows its newest page was asked for, kept, approved and shows live; two queries for all of them.

    What the objective itself came to (cart adds, margin) is not counted anywhere yet, so nothing is said of it.
    """
    wanted = [campaign.pk for campaign in campaigns]
    last = Draft.objects.in_force().filter(campaign__in=wanted).order_by("campaign_id", "-id").distinct("campaign_id")
    drafts = Draft.objects.filter(pk__in=last.values("pk")).annotate(
        kept=Count("placements", filter=~Q(placements__status__in=[Status.DROPPED, Status.REJECTED])),
        waiting=Count("placements", filter=Q(placements__status=Status.WAITING)),
        sent_back=Count("placements", filter=Q(placements__status=Status.CHANGES_REQUESTED)),
        approved=Count("placements", filter=Q(placements__status=Status.APPROVED)),
    )
    found: dict[int, dict[str, Any]] = {draft.campaign_id: {"draft": draft} for draft in drafts}
    size = Func(F("live__body__placements"), function="jsonb_array_length", output_field=IntegerField())
    live = Page.objects.filter(store=store, live__draft__campaign__in=wanted).annotate(rows=size)
    for campaign, slug, rows in live.values_list("live__draft__campaign_id", "slug", "rows"):
        found.setdefault(campaign, {}).update(live=slug, live_rows=rows)
    return found


def when(campaign: Campaign, today: dt.date) -> str:
    """Its state in time, in a word or two."""
    if campaign.ends_on and campaign.ends_on < today:
        return "ended"
    if campaign.starts_on and campaign.starts_on > today:
        days = (campaign.starts_on - today).days
        return "starts tomorrow" if days == 1 else f"starts in {days} days"
    return "running" if campaign.starts_on or campaign.ends_on else ""
