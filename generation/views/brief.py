"""The brief as a screen: what a person writes, what it was read as, and what the catalogue can do with it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from accounts.access import PLANNERS, MemberRequest, member
from accounts.models import AuditEntry, Store
from generation import briefing, services
from generation.campaigns import names
from generation.campaigns.compiler import Compiled
from generation.campaigns.compiler.text import LONGEST
from generation.forms.campaign import CampaignForm, start_values, typed_values
from generation.forms.understood import Ticks, Understood, Values, heed, missed, settle, with_own_brand
from generation.models import Campaign, Segment
from generation.views import consequences, words
from storefront_studio.lib.errors import StudioError

SUFFIXES = {"rating_min": "of 5", "margin_min": "%", "new_within_days": "days"}


@dataclass(frozen=True)
class _Read:
    """A posted form after its sentence was read: the answers, and what they were read as."""

    values: Values
    understood: Understood


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def campaign_create(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return _posted(request, None)
    return _opened(request, None)


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def campaign_edit(request: MemberRequest, slug: str) -> HttpResponse:
    mine = Campaign.objects.select_related("store", "segment", "created_by")
    campaign = get_object_or_404(mine, store=request.membership.store, slug=slug)
    return _posted(request, campaign) if request.method == "POST" else _opened(request, campaign)


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def campaign_eligible(request: MemberRequest) -> HttpResponse:
    """The consequences of the answers as they stand, with the chips and the fields that the sentence changed beside
    them; nothing is saved. With `ask` the language model reads the sentence, where there is one."""
    data = request.POST or request.GET
    read = _read(request, typed_values(data), Ticks.of(data), ask="ask" in data)
    form = _form(request, read.values)
    context = _context(request, form, consequences.of_form(form, _campaign_of(request)), None, read.understood)
    shown = CampaignForm(store=request.membership.store, initial=read.values)
    changed = [_field(shown, name, request.membership.store.currency) for name in read.understood.changed]
    return render(
        request,
        "generation/campaign_form.html#answer",
        {**context, "swapped": True, "apart": True, "changed_fields": changed},
    )


def _opened(request: MemberRequest, campaign: Campaign | None) -> HttpResponse:
    """The form as it was saved: what the sentence says and the campaign does not hold was turned down then."""
    values = start_values(campaign)
    form = CampaignForm(store=request.membership.store, initial=values)
    store = request.membership.store
    compiled = _with_keys(store, briefing.read(store=store, text=campaign.objective if campaign else ""))
    _values, understood = settle(values, compiled, Ticks(), apply=False)
    return _page(request, form, consequences.of_campaign(campaign or Campaign(store=store)), campaign, understood)


def _posted(request: MemberRequest, campaign: Campaign | None) -> HttpResponse:
    typed, ticks = typed_values(request.POST), Ticks.of(request.POST)
    if "loosen" in request.POST:
        return _loosened(request, campaign, ticks)
    if "read" in request.POST:
        read = _read(request, typed, ticks, ask="ask" in request.POST)
        seen = consequences.of_form(_form(request, read.values), campaign)
        form = CampaignForm(store=request.membership.store, initial=read.values)
        return _page(request, form, seen, campaign, read.understood)
    values, _put, _struck = heed(with_own_brand(typed, request.POST.get("own_brand", "")), ticks)
    compiled = _compiled(request, values)
    unseen = missed(values, compiled, ticks)
    if unseen:
        read = _read(request, values, ticks)
        form = _form(request, read.values)
        form.is_valid()
        limits = ", ".join(one.label for one in unseen)
        form.add_error(None, f"Your sentence also says: {limits}. It was put into the fields; check it and save again.")
        return _page(request, form, consequences.of_form(form, campaign), campaign, read.understood)
    form = _form(request, values)
    if form.is_valid():
        saved = _save(request, form, campaign)
        if saved is not None and request.POST.get("then") == "generate":
            return generated(request, saved, "campaign-edit")
        if saved is not None:
            messages.success(request, f"Saved “{saved.name}”.")
            return redirect("campaign-detail", slug=saved.slug)
    understood = settle(values, compiled, ticks, apply=False)[1]
    return _page(request, form, consequences.of_form(form, campaign), campaign, understood)


def _read(request: MemberRequest, typed: Values, ticks: Ticks, ask: bool = False) -> _Read:
    typed_in = with_own_brand(typed, request.POST.get("own_brand", ""))
    values, understood = settle(typed_in, _compiled(request, typed_in, ask), ticks)
    changed = [name for name in values if values[name] != typed.get(name)]
    understood.changed = changed
    return _Read(values, understood)


def _compiled(request: MemberRequest, values: Values, ask: bool = False) -> Compiled:
    text = str(values.get("objective") or "")[:LONGEST]
    store = request.membership.store
    return _with_keys(store, briefing.read(store=store, text=text, actor=request.user, ask=ask))


def _with_keys(store: Store, compiled: Compiled) -> Compiled:
    """The same with an audience named by its key, as the form's field does."""
    slug = next((str(reading.value) for reading in compiled.readings if reading.field == "segment"), "")
    if not slug:
        return compiled
    key = Segment.objects.filter(store=store, slug=slug).values_list("pk", flat=True).first()
    readings = [
        one.model_copy(update={"value": str(key)}) if one.field == "segment" else one for one in compiled.readings
    ]
    return compiled.model_copy(update={"readings": readings})


def _form(request: MemberRequest, values: Values) -> CampaignForm:
    """The form with these answers posted."""
    return CampaignForm(
        {name: value for name, value in values.items() if value not in (False, None)}, store=request.membership.store
    )


def _save(request: MemberRequest, form: CampaignForm, campaign: Campaign | None) -> Campaign | None:
    """The saved campaign, or None with the reason in the form: refused, or somebody else saved meanwhile."""
    try:
        with transaction.atomic():
            if campaign is not None:
                campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
                if form.cleaned_data["seen"] != campaign.updated_at.isoformat():
                    form.add_error(None, _conflict(campaign, form.cleaned_data["seen"]))
                    form.data = {**form.data, "seen": campaign.updated_at.isoformat()}
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


def _loosened(request: MemberRequest, campaign: Campaign | None, ticks: Ticks) -> HttpResponse:
    """The brief as typed, less one constraint, which stays struck; nothing is saved."""
    loosened = request.POST["loosen"]
    answers = typed_values(request.POST, without=loosened)
    named = {key for key in ticks.shown if key.partition("=")[0] == loosened}
    kept = Ticks(ticks.shown, ticks.accepted - named, ticks.was - named, ticks.put - named, ticks.struck | named)
    read = _read(request, answers, kept)
    form = CampaignForm(store=request.membership.store, initial=read.values)
    seen = consequences.of_form(_form(request, read.values), campaign)
    return _page(request, form, seen, campaign, read.understood)


def generated(request: MemberRequest, campaign: Campaign, otherwise: str) -> HttpResponse:
    """To the run that was started, or back with the reason why none was."""
    try:
        run = services.start_run(campaign=campaign, actor=request.user)
    except StudioError as error:
        messages.error(request, str(error))
        return redirect(otherwise, slug=campaign.slug)
    return redirect("run-detail", run_id=run.pk)


# --- Rendering ----------------------------------------------------------------------------------------------------
def _page(
    request: MemberRequest,
    form: CampaignForm,
    seen: consequences.Consequences,
    campaign: Campaign | None,
    understood: Understood,
) -> HttpResponse:
    context = _context(request, form, seen, campaign, understood)
    if request.htmx and "loosen" in request.POST:
        return render(request, "generation/campaign_form.html#brief", {**context, "swapped": True})
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "generation/campaign_form.html", context, status=status)


def _context(
    request: MemberRequest,
    form: CampaignForm,
    seen: consequences.Consequences,
    campaign: Campaign | None,
    understood: Understood,
) -> dict[str, Any]:
    store = request.membership.store
    return {
        "form": form,
        "fields": {name: _field(form, name, store.currency) for name in form.fields},
        "seen": seen,
        "campaign": campaign,
        "understood": understood,
        "read_by": words.read_by(understood.compiled),
        "reader": briefing.model_label(store),
        "here": reverse("campaign-edit", args=[campaign.slug]) if campaign else reverse("campaign-create"),
        "back": reverse("campaign-detail", args=[campaign.slug]) if campaign else reverse("campaign-list"),
        "categories": [] if request.htmx else names.categories(store),
        "brands": [] if request.htmx else names.brands(store),
        "swapped": False,  # the buttons come along, out of band
        "apart": False,  # the chips too
    }


def _field(form: CampaignForm, name: str, currency: str) -> dict[str, Any]:
    """A field with what its include needs."""
    suffix = currency if name in ("price_min", "price_max") else SUFFIXES.get(name, "")
    return {"name": name, "field": form[name], "suffix": suffix}


def _campaign_of(request: MemberRequest) -> Campaign | None:
    """The campaign that the posted form is of, for what it holds beside the form: the shop's own rows."""
    slug = (request.POST or request.GET).get("slug", "")
    return Campaign.objects.filter(store=request.membership.store, slug=slug).first() if slug else None
