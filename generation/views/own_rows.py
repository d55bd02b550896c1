"""The shop's own rows on a campaign's page: written, ordered, taken away and brought back."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import PLANNERS, MemberRequest, member
from accounts.models import AuditEntry
from generation.campaigns import standing, static_rows
from generation.campaigns.constraints import Constraints
from generation.catalog import listing
from generation.forms.own_row import OwnRowForm, moved, start_values
from generation.models import Campaign, Product, StaticPlacement
from storefront_studio.lib.errors import StudioError, WrongState

OFFERED = 12
"""Products that one search offers; more words find others."""


@dataclass(frozen=True)
class OwnRow:
    """An own row as the campaign screen lists it, with the buttons that work."""

    standing: standing.Standing
    first: bool
    last: bool

    @property
    def row(self) -> StaticPlacement:
        return self.standing.row


def listed(campaign: Campaign) -> list[OwnRow]:
    """The own rows of a campaign with what is left of them today."""
    limits = Constraints.model_validate(campaign.constraints)
    rows = standing.of_campaign(campaign, limits, timezone.localdate())
    return [OwnRow(one, one.row.position <= 1, one.row.position >= campaign.placements) for one in rows]


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def row_create(request: MemberRequest, slug: str) -> HttpResponse:
    return _row(request, _campaign(request, slug), None)


@require_http_methods(["GET", "POST"])
@member(*PLANNERS)
def row_edit(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    campaign = _campaign(request, slug)
    return _row(request, campaign, get_object_or_404(StaticPlacement, campaign=campaign, pk=pk))


@require_POST
@member(*PLANNERS)
def row_move(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    """One place up or down, by the buttons of the list."""
    campaign = _campaign(request, slug)
    row = get_object_or_404(StaticPlacement, campaign=campaign, pk=pk)
    step = -1 if request.POST.get("to") == "up" else 1
    try:
        static_rows.move(row=row, actor=request.user, position=row.position + step)
    except StudioError as error:
        messages.error(request, str(error))
    return redirect(_back(campaign))


@require_POST
@member(*PLANNERS)
def row_delete(request: MemberRequest, slug: str, pk: int) -> HttpResponse:
    campaign = _campaign(request, slug)
    row = get_object_or_404(StaticPlacement, campaign=campaign, pk=pk)
    try:
        entry = static_rows.delete(row=row, actor=request.user)
        undo = reverse("own-row-restore", args=[slug, entry.pk])
        messages.success(request, f"Deleted your row “{row}”.", extra_tags=undo)
    except StudioError as error:
        messages.error(request, str(error))
    return redirect(_back(campaign))


@require_POST
@member(*PLANNERS)
def row_restore(request: MemberRequest, slug: str, entry: int) -> HttpResponse:
    """Undo of a deletion, from the message that told of it."""
    campaign = _campaign(request, slug)
    deleted = get_object_or_404(AuditEntry, store=campaign.store, pk=entry)
    try:
        row = static_rows.restore(campaign=campaign, actor=request.user, entry=deleted)
        messages.success(request, f"Your row “{row}” is back at place {row.position}.")
    except StudioError as error:
        messages.error(request, str(error))
    here = reverse("campaign-detail", args=[slug])  # with a fragment, a browser that is there would not load it again
    return HttpResponseClientRedirect(here) if request.htmx else redirect(_back(campaign))


def _row(request: MemberRequest, campaign: Campaign, row: StaticPlacement | None) -> HttpResponse:
    if request.method != "POST":
        form = OwnRowForm(campaign=campaign, row=row, initial=start_values(campaign, row))
        return _page(request, campaign, row, form, list(row.item_ids) if row else [])
    act = _clean(request.POST.get("act", ""))
    item_ids = moved([_clean(one) for one in request.POST.getlist("item")[: static_rows.MOST]], act)
    form = OwnRowForm(request.POST, campaign=campaign, row=row)
    if act:  # one button of the picker: nothing is saved, and what is typed is not checked yet
        typed = {name: request.POST.get(name, "") for name in form.fields}
        return _page(request, campaign, row, OwnRowForm(campaign=campaign, row=row, initial=typed), item_ids)
    if form.is_valid() and (saved := _saved(request, campaign, row, form, item_ids)):
        messages.success(request, f"Saved your row “{saved}”.")
        return HttpResponseClientRedirect(_back(campaign)) if request.htmx else redirect(_back(campaign))
    return _page(request, campaign, row, form, item_ids, status=200 if request.htmx else 422)


def _saved(
    request: MemberRequest, campaign: Campaign, row: StaticPlacement | None, form: OwnRowForm, item_ids: list[str]
) -> StaticPlacement | None:
    """The saved row, or None with the reason in the form."""
    values: dict[str, Any] = {name: form.cleaned_data[name] for name in ("title", "subtitle", "position")}
    try:
        if row is None:
            return static_rows.add(campaign=campaign, actor=request.user, item_ids=item_ids, **values)
        seen = form.cleaned_data["seen"]
        return static_rows.change(row=row, actor=request.user, seen=seen, item_ids=item_ids, **values)
    except StudioError as error:
        form.add_error(None, str(error))
        now = StaticPlacement.objects.filter(pk=row.pk).first() if row and isinstance(error, WrongState) else None
        if now is not None:  # saving once more is then a decision, not an accident
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["seen"] = now.updated_at.isoformat()  # type: ignore[index]
        return None


def _page(
    request: MemberRequest,
    campaign: Campaign,
    row: StaticPlacement | None,
    form: OwnRowForm,
    item_ids: list[str],
    status: int = 200,
) -> HttpResponse:
    q = _clean((request.POST if request.method == "POST" else request.GET).get("q", "").strip()[:200])
    known = Product.objects.filter(store=campaign.store_id, item_id__in=item_ids).defer("search", "description")
    products = {product.item_id: product for product in known}
    found = listing.best(campaign.store, q, OFFERED) if q else []
    limits = Constraints.model_validate(campaign.constraints)
    wrong = standing.broken([*products.values(), *found], limits, timezone.localdate(), campaign.store.currency)
    chosen = [_chosen(one, products.get(one), number, wrong) for number, one in enumerate(item_ids, start=1)]
    context = {
        "campaign": campaign,
        "row": row,
        "form": form,
        "chosen": chosen,
        "shown": campaign.products,
        "full": len(item_ids) >= static_rows.MOST,
        "least": static_rows.LEAST,
        "q": q,
        "found": [{"product": one, "chosen": one.item_id in item_ids, "wrong": wrong.get(one.pk, "")} for one in found],
        "here": reverse("own-row-edit", args=[campaign.slug, row.pk]) if row else _new(campaign),
        "back": _back(campaign),
    }
    template = "generation/own_row.html#form" if request.htmx else "generation/own_row.html"
    return render(request, template, context, status=status)


def _chosen(item_id: str, product: Product | None, number: int, wrong: dict[int, str]) -> dict[str, Any]:
    """A chosen product in order; `wrong` says why a run made today would leave it out."""
    reason = "the catalogue has no such product" if product is None else wrong.get(product.pk, "")
    return {"id": item_id, "product": product, "number": number, "wrong": reason}


def _clean(text: str) -> str:
    """No database takes this character; no product has it."""
    return text.replace("\x00", "")


def _new(campaign: Campaign) -> str:
    return reverse("own-row-create", args=[campaign.slug])


def _back(campaign: Campaign) -> str:
    return f"{reverse('campaign-detail', args=[campaign.slug])}#own-rows"


def _campaign(request: MemberRequest, slug: str) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("store"), store=request.membership.store, slug=slug)
