"""Home: what this person does next."""

from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from accounts.models import Membership, Role, Store, User
from generation import worker
from generation.models import Campaign, Heartbeat, Run
from review import selectors
from review.models import Draft, Page, Placement
from review.views import present
from review.views.audit import BY
from review.views.pages import pages_with_last_move, ready_drafts

GENERATORS = {"library": "Built-in library", "openai": "OpenAI or a compatible server", "anthropic": "Anthropic"}


@member()
@require_GET
def home(request: MemberRequest) -> HttpResponse:
    store, role = request.membership.store, request.membership.role
    context: dict[str, Any] = {"role": role, "has_campaigns": Campaign.objects.filter(store=store).exists()}
    if role == Role.MARKETING:
        context.update(for_marketing(store, request.user))
    elif role == Role.MERCHANDISER:
        context.update(for_merchandiser(store))
    else:
        context.update(for_admin(store))
    return render(request, "review/home.html", context)


def for_marketing(store: Store, person: User) -> dict[str, Any]:
    """This person's campaigns, newest first, each with its last run and what became of the page; six queries."""
    mine = list(Campaign.objects.filter(store=store, created_by=person)[:20])
    newest = Run.objects.filter(campaign__in=mine).order_by("campaign_id", "-id").distinct("campaign_id")
    runs = {run.campaign_id: run for run in newest.defer("result", "brief")}
    status = Placement.Status
    last = Draft.objects.in_force().filter(campaign__in=mine).order_by("campaign_id", "-id").distinct("campaign_id")
    drafts = Draft.objects.filter(pk__in=last.values("pk")).annotate(
        waiting=Count("placements", filter=Q(placements__status=status.WAITING)),
        sent_back=Count("placements", filter=Q(placements__status=status.CHANGES_REQUESTED)),
        approved=Count("placements", filter=Q(placements__status=status.APPROVED)),
    )
    by_campaign = {draft.campaign_id: draft for draft in drafts}
    beside = Draft.objects.proposals().filter(campaign__in=mine).order_by("id")
    proposed = {draft.campaign_id: draft for draft in beside}
    live = dict(
        Page.objects.filter(store=store, live__draft__campaign__in=mine).values_list("live__draft__campaign_id", "slug")
    )
    rows = []
    for campaign in mine:
        run = runs.get(campaign.pk)
        made = {"draft": by_campaign.get(campaign.pk), "proposal": proposed.get(campaign.pk)}
        rows.append({"campaign": campaign, "run": run, **made, "live": live.get(campaign.pk)})
    sent_back = (
        Placement.objects.of(store)
        .in_force()
        .filter(status=Placement.Status.CHANGES_REQUESTED, draft__campaign__created_by=person)
    )
    return {"campaigns": rows, "sent_back": sent_back.select_related("draft__campaign")[:10]}


def for_merchandiser(store: Store) -> dict[str, Any]:
    riskiest = [
        {
            "url": reverse("placement-review", args=[placement.pk]),
            "title": placement.title,
            "campaign": placement.draft.campaign.name,
            "score": present.percent(placement.score),
            "sentence": present.risk_sentence(placement),
            "tiles": [present.tile(item) for item in islice(selectors.items(placement), 4)],
        }
        for placement in selectors.with_products(selectors.queue(store))[:5]
    ]
    return {
        "waiting": selectors.waiting_count(store),
        "riskiest": riskiest,
        "ready": ready_drafts(store)[:5],
        "pages": pages_with_last_move(store)[:10],
    }


def for_admin(store: Store) -> dict[str, Any]:
    counts = selectors.rejection_counts(store)
    bars = [
        {
            "label": f"{row['label']}, by {BY[row['by']]}",
            "value": row["count"],
            "url": f"{reverse('audit-rejected')}?by={row['by']}&why={row['why']}",
        }
        for row in counts[:8]
    ]
    return {
        "bars": bars,
        "people": Membership.objects.filter(store=store).select_related("user").order_by("role", "user__name"),
        "health": health(),
        "generator": GENERATORS[settings.GENERATOR],
        "waiting": selectors.waiting_count(store),
        "pages": pages_with_last_move(store)[:10],
    }


def health() -> list[dict[str, Any]]:
    """[{"name", "good", "says"}] for the database, the worker and the embedder, as of now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        version = cursor.fetchone()[0].split()[0]
    seen = {beat.name: beat for beat in Heartbeat.objects.filter(name__in=["worker", "embedder"])}
    rows = [{"name": "Database", "good": True, "says": f"PostgreSQL {version} answers"}]
    for name, label in (("worker", "Worker"), ("embedder", "Embedder")):
        beat = seen.get(name)
        good = beat is not None and worker.alive(name)
        says = "At work" if good else "Not seen; runs and imports wait until it is back"
        rows.append({"name": label, "good": good, "says": says, "seen": beat.seen_at if beat else None})
    return rows
