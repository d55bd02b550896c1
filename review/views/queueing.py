"""The review queue: what waits, riskiest first, as somebody asked for it; views that people keep; live counts."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import MemberRequest, member
from generation.models import Campaign
from review import selectors
from review.forms import FilterForm
from review.models import BulkAct, Claim, Draft, Placement
from review.policies import Act, acts
from review.views import lines
from review.workflow import claims, queue, views_kept
from review.workflow.asked import DUES, FLAGGED, RISKS, STATES, WHOSE, Asked
from storefront_studio.lib.errors import StudioError

Status = Placement.Status
CAMPAIGNS = 200  # to choose from, the newest


@member()
@require_GET
def queue_page(request: MemberRequest) -> HttpResponse:
    """What waits, riskiest first; what was sent back; drafts that are ready."""
    store, today = request.membership.store, timezone.localdate()
    filters = Asked.read(request.GET)
    found = queue.asked(store, request.user, filters, today)
    after = _after(request.GET.get("after", ""))
    behind = queue.after(found, *after) if after else found
    rows = list(selectors.with_products(queue.shown(behind))[: lines.PAGE + 1])
    page, last = rows[: lines.PAGE], rows[lines.PAGE - 1] if len(rows) > lines.PAGE else None
    groups = lines.with_products(lines.grouped(page, filters, today, request.user), page)
    campaigns = list(Campaign.objects.filter(store=store).order_by("-id")[:CAMPAIGNS])
    context = {
        "groups": groups,
        "first": groups[0]["rows"][0]["url"] if groups and not after else "",
        "filters": filters,
        "query": filters.query,
        "form": FilterForm.of(filters, campaigns, sorted({one.page for one in campaigns})),
        "active": _active(filters, campaigns),
        "counts": _counts(request, filters),
        "more_url": _more(filters, last),
        "start_url": lines.queue_url(filters) if after else "",
        "views": [
            {"view": one, "active": one.query == filters.query, "own": one.owner_id == request.user.pk}
            for one in views_kept.seen_by(store, request.user)
        ],
        "decides": Act.DECIDE in acts(request.membership.role),
        "bulk": BulkAct.objects.filter(store=store).select_related("actor")[:3],
        **(_beside(request) if not filters.query and not after else {}),
    }
    return render(request, "review/queue.html", context)


def _beside(request: MemberRequest) -> dict[str, Any]:
    """What else wants attention, under the queue as it is at first."""
    store = request.membership.store
    sent_back = Placement.objects.of(store).in_force().filter(status=Status.CHANGES_REQUESTED).order_by(*queue.ORDER)
    drafts = list(Draft.objects.in_force().filter(store=store).select_related("campaign")[:5])
    names = lines.audiences(store, drafts)
    return {
        "sent_back": sent_back.select_related("draft__campaign")[:20],
        "drafts": [{"draft": one, "audience": names.get(one.segment, "")} for one in drafts],
        "proposals": Draft.objects.proposals().filter(store=store).select_related("campaign", "run", "parent")[:10],
    }


def _after(given: str) -> tuple[float, int] | None:
    """The risk and id of the last row of the page before, out of the address."""
    risk, _, pk = given.partition(":")
    try:
        value = float(risk)
    except ValueError:
        return None
    return (value, int(pk)) if pk.isascii() and pk.isdigit() and len(pk) < 19 and 0 <= value <= 1 else None


def _more(filters: Asked, last: Placement | None) -> str:
    if last is None:
        return ""
    address = reverse("review-queue")
    return f"{address}?{filters.query}&after={last.risk!r}:{last.pk}".replace("?&", "?")


def _active(filters: Asked, campaigns: list[Campaign]) -> list[dict[str, str]]:
    """The filters that hold, as chips to take away."""
    names = {str(one.pk): one.name for one in campaigns}
    labels = {
        "state": STATES[filters.state],
        "campaign": names.get(filters.campaign, "Another campaign"),
        "page": f"Page {filters.page}",
        "risk": f"{RISKS[filters.risk]} risk",
        "flag": FLAGGED[filters.flag],
        "due": DUES[filters.due],
        "whose": WHOSE[filters.whose],
    }
    return [
        {"label": label, "remove_url": lines.queue_url(filters.without(name))}
        for name, label in labels.items()
        if getattr(filters, name)
    ]


# --- Live counts --------------------------------------------------------------------------------------------------
@member()
@require_GET
def counts(request: MemberRequest) -> HttpResponse:
    """How many match and how many people are at work, for a page that asks again by itself."""
    filters = Asked.read(request.GET)
    return render(request, "review/_counts.html", {"counts": _counts(request, filters), "query": filters.query})


def _counts(request: MemberRequest, filters: Asked) -> dict[str, Any]:
    store = request.membership.store
    found = queue.count(queue.asked(store, request.user, filters, timezone.localdate()))
    held = Claim.objects.filter(claims.live(""), placement__store=store).exclude(person=request.user)
    label = STATES[filters.state].lower()
    return {"found": found, "number": queue.number(found), "label": label, "held": held.count()}


# --- Views that people keep ---------------------------------------------------------------------------------------
@member()
@require_POST
def view_keep(request: MemberRequest) -> HttpResponse:
    filters = Asked.parse(request.POST.get("query", "")[:500])
    shared = bool(request.POST.get("shared"))
    try:
        view = views_kept.keep(
            store=request.membership.store,
            owner=request.user,
            name=request.POST.get("name", ""),
            filters=filters,
            shared=shared,
        )
        messages.success(request, f"The view “{view}” is kept{' for the store' if shared else ''}.")
    except StudioError as error:
        messages.error(request, str(error))
    return redirect(lines.queue_url(filters))


@member()
@require_POST
def view_remove(request: MemberRequest, pk: int) -> HttpResponse:
    try:
        name = views_kept.remove(store=request.membership.store, owner=request.user, pk=pk)
        messages.success(request, f"The view “{name}” is removed.")
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("review-queue")
