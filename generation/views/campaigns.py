"""The campaign screens: list and detail."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.access import PLANNERS, MemberRequest, member
from generation import selectors, services
from generation.campaigns import static_rows
from generation.campaigns.constraints import Constraints
from generation.models import Batch, Campaign, Run
from generation.views import consequences, own_rows, words
from generation.views.brief import generated

PAGE_SIZE = 50


@require_GET
@member()
def campaign_list(request: MemberRequest) -> HttpResponse:
    found = selectors.campaigns(request.membership.store)
    q = request.GET.get("q", "").strip()
    if q:
        found = found.filter(Q(name__icontains=q) | Q(objective__icontains=q))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    last = Run.objects.in_bulk([campaign.last_run for campaign in page if campaign.last_run])
    rows = [
        {"campaign": one, "run": last.get(one.last_run), "dates": words.dates(one.starts_on, one.ends_on)}
        for one in page
    ]
    context = {"rows": rows, "page_obj": page, "q": q, "query": urlencode({"q": q}) if q else "", **_may(request)}
    return render(request, "generation/campaign_list.html", context)


@require_GET
@member()
def campaign_detail(request: MemberRequest, slug: str) -> HttpResponse:
    campaign = _campaign(request, slug)
    runs = (
        campaign.runs.select_related("requested_by", "segment")
        .annotate(usd=Sum("calls__cost"), unknown=Count("calls", filter=Q(calls__cost=None)))
        .order_by("-id")
    )
    page = Paginator(runs, PAGE_SIZE).get_page(request.GET.get("page"))
    limits = Constraints.model_validate(campaign.constraints)
    context = {
        "campaign": campaign,
        "facts": words.campaign_facts(campaign),
        "limits": words.constraint_words(limits, timezone.localdate(), campaign.store.currency),
        "seen": consequences.of_campaign(campaign),
        "page_obj": page,
        "rows": [{"run": run, "cost": words.cost(run, _sum(run)), "lasted": words.lasted(run)} for run in page],
        "own_rows": own_rows.listed(campaign),
        "batches": _batches(campaign),
        "open_run": campaign.runs.filter(status__in=Run.OPEN).first(),
        **_may(request),
    }
    return render(request, "generation/campaign_detail.html", context)


def _batches(campaign: Campaign) -> list[Batch]:
    """The latest five, each with `segments` and `failed` counts."""
    failed = Count("runs", filter=Q(runs__status=Run.Status.FAILED))
    return list(campaign.batches.annotate(segments=Count("runs"), failed=failed).order_by("-id")[:5])


@require_POST
@member(*PLANNERS)
def campaign_generate(request: MemberRequest, slug: str) -> HttpResponse:
    return generated(request, _campaign(request, slug), "campaign-detail")


@require_POST
@member(*PLANNERS)
def campaign_copy(request: MemberRequest, slug: str) -> HttpResponse:
    """A new draft with the same answers, opened for editing."""
    campaign = _campaign(request, slug)
    values = {name: getattr(campaign, name) for name in services.FIELDS}
    values["name"] = f"Copy of {campaign.name}"[:120]
    copy = services.save_campaign(store=request.membership.store, actor=request.user, **values)
    messages.success(request, f"Copied “{campaign.name}”. Change what differs and save.")
    for said in static_rows.copy(source=campaign, target=copy, actor=request.user):
        messages.warning(request, said)
    return redirect("campaign-edit", slug=copy.slug)


def _campaign(request: MemberRequest, slug: str) -> Campaign:
    mine = Campaign.objects.select_related("store", "segment", "created_by")
    return get_object_or_404(mine, store=request.membership.store, slug=slug)


def _may(request: MemberRequest) -> dict[str, Any]:
    return {"may_plan": request.membership.role in PLANNERS}


def _sum(run: Any) -> Any:
    """What a run's calls cost, from the annotations of the list; None when one of them is unknown."""
    return None if run.unknown else run.usd or Decimal(0)
