"""The campaign screens: list, brief and detail."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import PLANNERS, MemberRequest, member
from accounts.models import AuditEntry
from generation import selectors, services
from generation.campaigns import names
from generation.campaigns.constraints import Constraints
from generation.forms.campaign import CampaignForm, start_values, typed_values
from generation.models import Campaign, Run
from generation.views import consequences, own_rows, words
from storefront_studio.lib.errors import StudioError

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


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def campaign_create(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return _posted(request, None)
    form = CampaignForm(store=request.membership.store, initial=start_values())
    return _brief(request, form, consequences.of_campaign(Campaign(store=request.membership.store)), None)


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def campaign_edit(request: MemberRequest, slug: str) -> HttpResponse:
    campaign = _campaign(request, slug)
    if request.method == "POST":
        return _posted(request, campaign)
    form = CampaignForm(store=request.membership.store, initial=start_values(campaign))
    return _brief(request, form, consequences.of_campaign(campaign), campaign)


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def campaign_eligible(request: MemberRequest) -> HttpResponse:
    """The panel of consequences for the answers as they stand; nothing is saved."""
    form = CampaignForm(request.POST or request.GET, store=request.membership.store)
    context = {"seen": consequences.of_form(form), "swapped": True}
    return render(request, "generation/campaign_form.html#consequences", context)


@require_GET
@member()
def campaign_detail(request: MemberRequest, slug: str) -> HttpResponse:
    campaign = _campaign(request, slug)
    runs = (
        campaign.runs.select_related("requested_by")
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
        "open_run": campaign.runs.filter(status__in=Run.OPEN).first(),
        **_may(request),
    }
    return render(request, "generation/campaign_detail.html", context)


@require_POST
@member(*PLANNERS)
def campaign_generate(request: MemberRequest, slug: str) -> HttpResponse:
    return _generate(request, _campaign(request, slug), "campaign-detail")


@require_POST
@member(*PLANNERS)
def campaign_copy(request: MemberRequest, slug: str) -> HttpResponse:
    """A new draft with the same answers, opened for editing."""
    campaign = _campaign(request, slug)
    values = {name: getattr(campaign, name) for name in services.FIELDS}
    values["name"] = f"Copy of {campaign.name}"[:120]
    copy = services.save_campaign(store=request.membership.store, actor=request.user, **values)
    messages.success(request, f"Copied “{campaign.name}”. Change what differs and save.")
    return redirect("campaign-edit", slug=copy.slug)


def _posted(request: MemberRequest, campaign: Campaign | None) -> HttpResponse:
    if "loosen" in request.POST:
        return _loosened(request, campaign)
    form = CampaignForm(request.POST, store=request.membership.store)
    if form.is_valid():
        saved = _save(request, form, campaign)
        if saved is not None and request.POST.get("then") == "generate":
            return _generate(request, saved, "campaign-edit")
        if saved is not None:
            messages.success(request, f"Saved “{saved.name}”.")
            return redirect("campaign-detail", slug=saved.slug)
    return _brief(request, form, consequences.of_form(form), campaign)


def _save(request: MemberRequest, form: CampaignForm, campaign: Campaign | None) -> Campaign | None:
    """The saved campaign, or None with the reason in the form: refused, or somebody else saved meanwhile."""
    try:
        with transaction.atomic():
            if campaign is not None:
                campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
                if form.cleaned_data["seen"] != campaign.updated_at.isoformat():
                    form.add_error(None, _conflict(campaign, form.cleaned_data["seen"]))
                    form.data = form.data.copy()  # type: ignore[attr-defined]
                    form.data["seen"] = campaign.updated_at.isoformat()  # type: ignore[index]
                    return None
            return services.save_campaign(
                store=request.membership.store, actor=request.user, campaign=campaign, **form.values()
            )
    except StudioError as error:
        form.add_error(None, str(error))
        return None


def _conflict(campaign: Campaign, seen: str) -> str:
    """Who changed what since the person loaded the campaign, and what saving again would do."""
    since = parse_datetime(seen) if seen else None
    entries = AuditEntry.objects.filter(
        store=campaign.store, subject=f"campaign:{campaign.slug}", action="campaign.change"
    ).order_by("-id")
    later = list(entries.filter(created_at__gt=since)[:20]) if since else []
    who = later[0].actor_name if later else "Somebody"
    changed = sorted({name.replace("_", " ") for entry in later for name in (entry.new or {})})
    what = f" ({', '.join(changed)})" if changed else ""
    return (
        f"{who} saved this campaign{what} while you had it open. Your answers are still here and not saved. "
        "Save again to replace theirs with yours, or load the page again to see theirs."
    )


def _loosened(request: MemberRequest, campaign: Campaign | None) -> HttpResponse:
    """The brief as typed, less one constraint; nothing is saved."""
    answers = typed_values(request.POST, without=request.POST["loosen"])
    counted = {name: value for name, value in answers.items() if value not in (False, "")}
    form = CampaignForm(store=request.membership.store, initial=answers)
    seen = consequences.of_form(CampaignForm(counted, store=request.membership.store))
    return _brief(request, form, seen, campaign)


def _generate(request: MemberRequest, campaign: Campaign, otherwise: str) -> HttpResponse:
    try:
        run = services.start_run(campaign=campaign, actor=request.user)
    except StudioError as error:
        messages.error(request, str(error))
        return redirect(otherwise, slug=campaign.slug)
    return redirect("run-detail", run_id=run.pk)


def _brief(
    request: MemberRequest, form: CampaignForm, seen: consequences.Consequences, campaign: Campaign | None
) -> HttpResponse:
    context = {
        "form": form,
        "seen": seen,
        "campaign": campaign,
        "currency": request.membership.store.currency,
        "here": reverse("campaign-edit", args=[campaign.slug]) if campaign else reverse("campaign-create"),
        "back": reverse("campaign-detail", args=[campaign.slug]) if campaign else reverse("campaign-list"),
        "categories": names.categories(request.membership.store),
        "brands": names.brands(request.membership.store),
        "swapped": False,
    }
    if request.htmx and "loosen" in request.POST:
        return render(request, "generation/campaign_form.html#brief", {**context, "swapped": True})
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "generation/campaign_form.html", context, status=status)


def _campaign(request: MemberRequest, slug: str) -> Campaign:
    mine = Campaign.objects.select_related("store", "segment", "created_by")
    return get_object_or_404(mine, store=request.membership.store, slug=slug)


def _may(request: MemberRequest) -> dict[str, Any]:
    return {"may_plan": request.membership.role in PLANNERS}


def _sum(run: Any) -> Any:
    """What a run's calls cost, from the annotations of the list; None when one of them is unknown."""
    return None if run.unknown else run.usd or Decimal(0)
