"""Home: what this person does next."""

from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from accounts.models import Membership, Role, Store, User
from generation import worker
from generation.models import Campaign, Heartbeat, Run
from review import archive, selectors
from review.models import Draft, Placement
from review.views import home_parts, present
from review.views.pages import pages_with_last_move, ready_drafts
from review.views.rejected import BY
from review.workflow import queue

RECENT = 200
GENERATORS = {"library": "Built-in library", "openai": "OpenAI or a compatible server", "anthropic": "Anthropic"}


@member()
@require_GET
def home(request: MemberRequest) -> HttpResponse:
    store, role = request.membership.store, request.membership.role
    context: dict[str, Any] = {"role": role, "has_campaigns": Campaign.objects.filter(store=store).exists()}
    if role == Role.MARKETING:
        context.update(for_marketing(store, request.user))
    elif role == Role.MERCHANDISER:
        context.update(for_merchandiser(store, request.user))
    else:
        context.update(for_admin(store))
    return render(request, "review/home.html", context)


def for_marketing(store: Store, person: User) -> dict[str, Any]:
    """This person's campaigns, newest first, each with dates, its last run, and what was promised and achieved; five
    queries."""
    mine = list(Campaign.objects.filter(store=store, created_by=person)[:20])
    newest = Run.objects.filter(campaign__in=mine).order_by("campaign_id", "-id").distinct("campaign_id")
    runs = {run.campaign_id: run for run in newest.defer("result", "brief")}
    beside = Draft.objects.proposals().filter(campaign__in=mine).order_by("id")
    proposed = {draft.campaign_id: draft for draft in beside}
    became = home_parts.promises(store, mine)
    today = timezone.localdate()
    rows = [
        {
            "campaign": campaign,
            "run": runs.get(campaign.pk),
            "proposal": proposed.get(campaign.pk),
            "when": home_parts.when(campaign, today),
            **became.get(campaign.pk, {}),
        }
        for campaign in mine
    ]
    sent_back = (
        Placement.objects.of(store)
        .in_force()
        .filter(status=Placement.Status.CHANGES_REQUESTED, draft__campaign__created_by=person)
    )
    return {"campaigns": rows, "sent_back": sent_back.select_related("draft__campaign")[:10]}


def for_merchandiser(store: Store, person: User) -> dict[str, Any]:
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
        "waiting": waiting_words(store),
        "due": home_parts.due(store, person),
        "riskiest": riskiest,
        "ready": ready(store),
        "pages": pages_with_last_move(store)[:10],
    }


def ready(store: Store) -> list[Draft]:
    """Drafts to publish, among the newest `RECENT`: older ones are on the page list."""
    recent = list(Draft.objects.filter(store=store).order_by("-pk").values_list("pk", flat=True)[:RECENT])
    return list(ready_drafts(store).filter(pk__in=recent)[:5])


def waiting_words(store: Store) -> str:
    """How many wait, as a number to read; empty when none does."""
    found = selectors.waiting_count(store)
    return queue.number(found) if found else ""


def for_admin(store: Store) -> dict[str, Any]:
    counts = archive.counts(store)
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
        "breaches": home_parts.breaches(store),
        "drift": home_parts.drift(store),
        "money": home_parts.money(store),
        "people": Membership.objects.filter(store=store).select_related("user").order_by("role", "user__name"),
        "health": health(),
        "generator": GENERATORS[settings.GENERATOR],
        "waiting": waiting_words(store),
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
