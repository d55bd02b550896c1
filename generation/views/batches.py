"""The batch screens: one campaign for many audiences, started, watched, cancelled, tried again."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import PLANNERS, MemberRequest, member
from generation import batch_rows, fanout
from generation.forms.batch import BatchForm, BudgetForm
from generation.models import Batch, Campaign, Run, Segment
from generation.views import consequences
from generation.views.batch_screen import BatchScreen
from storefront_studio.lib.errors import StudioError

PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def batch_create(request: MemberRequest, slug: str) -> HttpResponse:
    campaigns = Campaign.objects.select_related("store", "segment")
    campaign = get_object_or_404(campaigns, store=request.membership.store, slug=slug)
    segments = list(Segment.objects.filter(store=request.membership.store).order_by("name")[: fanout.MOST_SEGMENTS])
    seen = consequences.of_campaign(campaign)
    vendor = bool(seen.estimate and seen.estimate.stages)
    form = BatchForm(request.POST or None, segments=segments, vendor=vendor)
    if request.method == "POST" and form.is_valid():
        try:
            batch = fanout.start_batch(
                campaign=campaign,
                segments=fanout.named_segments(request.membership.store, form.wanted),
                actor=request.user,
                mode=form.cleaned_data.get("mode") or Batch.Mode.LIVE,
                concurrency=form.cleaned_data["concurrency"],
                budget=form.cleaned_data["budget"],
            )
            return redirect("batch-detail", batch_id=batch.pk)
        except StudioError as error:
            form.add_error(None, str(error))
    open_batch = campaign.batches.filter(status=Batch.Status.OPEN).first()
    context = {"campaign": campaign, "form": form, "segments": segments, "seen": seen, "open_batch": open_batch}
    return render(request, "generation/batch_form.html", context, status=422 if form.errors else 200)


@require_GET
@member()
def batch_detail(request: MemberRequest, batch_id: int) -> HttpResponse:
    return render(request, "generation/batch_detail.html", _context(request, _batch(request, batch_id)))


@require_GET
@member()
def batch_progress(request: MemberRequest, batch_id: int) -> HttpResponse:
    """What the open batch screen asks for every two seconds: nothing new (204), or the live part."""
    batch = _batch(request, batch_id)
    if not request.htmx:
        return redirect("batch-detail", batch_id=batch.pk)
    context = _context(request, batch)
    if request.GET.get("seen") == context["screen"].fingerprint:
        return HttpResponse(status=204)
    return render(request, "generation/batch_detail.html#live", {**context, "swapped": True})


@require_POST
@member(*PLANNERS)
def batch_cancel(request: MemberRequest, batch_id: int) -> HttpResponse:
    batch = _batch(request, batch_id)
    try:
        fanout.cancel_batch(batch=batch, actor=request.user)
        messages.success(request, "Cancelled. Pages that are finished stay.")
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("batch-detail", batch_id=batch.pk)


@require_POST
@member(*PLANNERS)
def batch_retry(request: MemberRequest, batch_id: int) -> HttpResponse:
    batch, form = _batch(request, batch_id), BudgetForm(request.POST)
    try:
        if not form.is_valid():
            messages.error(request, "A budget is a number of US dollars above 0.")
        else:
            fanout.retry_batch(batch=batch, actor=request.user, budget=form.cleaned_data["budget"])
            messages.success(request, "Going on after the last saved stages. Nothing is paid for again.")
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("batch-detail", batch_id=batch.pk)


def _batch(request: MemberRequest, batch_id: int) -> Batch:
    mine = Batch.objects.select_related("campaign__store", "requested_by")
    return get_object_or_404(mine, campaign__store=request.membership.store, pk=batch_id)


def _context(request: MemberRequest, batch: Batch) -> dict[str, Any]:
    state = request.GET.get("state", "")
    state = state if state in Run.Status.values else ""
    page = Paginator(batch_rows.rows(batch, state), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(page)
    if hasattr(Run, "draft"):  # whoever turns a finished run into a draft hangs it on the run
        prefetch_related_objects(rows, "draft")
    screen = BatchScreen(batch, rows, state)
    return {
        "batch": batch,
        "screen": screen,
        "page_obj": page,
        "state": state,
        "query": urlencode({"state": state}) if state else "",
        "here": urlencode({"state": state, "page": str(page.number)}),
        "may_plan": request.membership.role in PLANNERS,
        "swapped": False,
        "budget": batch.budget,
    }
