"""A draft as the page it would become, beside what is live, and putting it live."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from generation.models import Availability, Run
from review import selectors
from review.models import Draft, GuestDecision, Page, Placement, PlacementProduct, Schedule, ShopFront
from review.policies import Act, acts, check
from review.publishing import checks, sharing
from review.publishing import services as publishing
from review.publishing.snapshot import freeze
from review.views import present
from review.views.errors import status_of
from review.workflow import proposals
from review.workflow.intake import FIRST_BLOCKED_KEY
from storefront_studio.lib.errors import BadInput, StudioError

Status = Placement.Status
DEVICES = ("desktop", "phone")
SIDES = ("draft", "live", "both")
STOCKS = ("all", "in")
UNDECIDED = (Status.WAITING, Status.CHANGES_REQUESTED)


def draft_of(request: MemberRequest, pk: int) -> Draft:
    drafts = Draft.objects.filter(store=request.membership.store)
    drafts = drafts.select_related("store", "campaign__segment", "run__requested_by", "run__segment", "parent__run")
    return get_object_or_404(drafts, pk=pk)


def page_of(draft: Draft) -> Page | None:
    """The page this draft would be published to, if it exists yet."""
    pages = Page.objects.filter(store=draft.store, slug=draft.page, segment=draft.segment)
    return pages.select_related("live").first()


@member()
@require_GET
def draft_preview(request: MemberRequest, pk: int) -> HttpResponse:
    return preview_page(request, draft_of(request, pk))


def preview_page(request: MemberRequest, draft: Draft, *, status: int = 200, problem: str = "") -> HttpResponse:
    page = page_of(draft)
    device = _one_of(request.GET.get("device"), DEVICES)
    side = _one_of(request.GET.get("side"), SIDES) if page and page.live else "draft"
    only = request.GET.get("only") == "approved"
    stock = _one_of(request.GET.get("stock"), STOCKS)
    # Themes that were refused before any work are for the audit; here they would bury the rows.
    worked_on = draft.placements.filter(key__lt=FIRST_BLOCKED_KEY)
    placements = list(selectors.with_products(worked_on.order_by("position", "id")))
    try:
        found = checks.of_body(draft.store, freeze(draft)[0], draft.run) if _approved(placements) else []
    except BadInput as error:
        found, problem = [], problem or str(error)
    context = {
        "draft": draft,
        "page": page,
        "coming": coming(page) if page else [],
        "zone": ShopFront.of(draft.store).zone,
        "device": device,
        "side": side,
        "only": only,
        "stock": stock,
        "audiences": _audiences(draft),
        **_guests(draft),
        "placements": placements,
        "findings": found,
        "blocking": [one for one in found if one.blocks],
        "counts": Counter(placement.status for placement in placements),
        "undecided": sum(placement.status in UNDECIDED for placement in placements),
        "may_publish": Act.PUBLISH in acts(request.membership.role),
        "in_force": not draft.superseded and not draft.is_proposal,
        "choice": proposals.choice_of(draft) if draft.parent_id else None,
        "beside": draft.regenerations.filter(superseded=False).select_related("run") if not draft.superseded else [],
        "working": draft.run.children.filter(status__in=Run.OPEN),
        "successor": draft.regenerations.filter(superseded=False).first() if draft.superseded else None,
        "problem": problem,
        "links": _links(device, side, only, stock),
        "judgements": [present.judgement(one) for one in draft.judgements.filter(level="page")],
    }
    return render(request, "review/draft.html", context, status=status)


def _approved(placements: list[Placement]) -> bool:
    return any(placement.status == Status.APPROVED for placement in placements)


def coming(page: Page) -> list[Schedule]:
    """The page's open schedules, the first one first."""
    rows = page.schedules.filter(state__in=Schedule.OPEN).select_related("version", "created_by")
    return list(rows.defer("version__body").order_by("starts_at", "id"))


def _one_of(given: str | None, known: tuple[str, ...]) -> str:
    return given if given in known else known[0]


def _guests(draft: Draft) -> dict[str, Any]:
    """What guests said of this draft, newest first, and the hash of the page as it is now."""
    said = list(GuestDecision.objects.filter(share__draft=draft).order_by("-id"))
    return {"guests": said, "manifest": sharing.seen(draft)[1] if said else ""}


def _audiences(draft: Draft) -> list[Draft]:
    """The newest draft of each other segment of the same campaign and page."""
    rows = Draft.objects.in_force().filter(store=draft.store_id, campaign=draft.campaign_id, page=draft.page)
    newest: dict[str, Draft] = {}
    for one in rows.exclude(segment=draft.segment).select_related("run__segment").order_by("-id")[:200]:
        newest.setdefault(one.segment, one)
    return sorted(newest.values(), key=lambda one: one.segment)[:12]


def _links(device: str, side: str, only: bool, stock: str) -> dict[str, str]:
    """Where each switch of the toolbar leads, the other switches kept."""

    def to(**changed: str) -> str:
        now = {"device": device, "side": side, "only": "approved" if only else "", "stock": stock, **changed}
        return "?" + "&".join(f"{name}={value}" for name, value in now.items() if value)

    links = {f"device_{name}": to(device=name) for name in DEVICES}
    links.update({f"stock_{name}": to(stock=name) for name in STOCKS})
    links.update({f"side_{name}": to(side=name) for name in SIDES})
    return {**links, "only_all": to(only=""), "only_approved": to(only="approved")}


@member()
@require_GET
def draft_shop(request: MemberRequest, pk: int) -> HttpResponse:
    """The framed document: the draft as a page of the shop; only what is approved with ?only=approved. With ?stock=in
    what is sold out is hidden, and the bench comes up in its place."""
    draft = draft_of(request, pk)
    states = [Status.APPROVED] if request.GET.get("only") == "approved" else selectors.OPEN
    placements = selectors.with_products(draft.placements.filter(status__in=states).order_by("position", "id"))
    rows = in_stock(placements) if request.GET.get("stock") == "in" else placements
    shop = present.shop(draft.store.name, rows)
    return render(request, "components/shop_document.html", {"page": shop})


def in_stock(placements: Iterable[Placement]) -> list[Placement]:
    """The rows with their sold-out products hidden and the bench in the gaps; nothing is saved."""
    rows = list(placements)
    taken = {item.product_id for row in rows for item in selectors.items(row) if _buyable(item)}
    for row in rows:
        shown = selectors.items(row)
        kept = [item for item in shown if _buyable(item)]
        for item in selectors.items(row, PlacementProduct.State.BENCH):
            if len(kept) < len(shown) and _buyable(item) and item.product_id not in taken:
                item.state = PlacementProduct.State.SHOWN
                kept.append(item)
                taken.add(item.product_id)
        for slot, item in enumerate(kept, start=1):
            item.slot = slot
        row._prefetched_objects_cache["items"] = kept  # type: ignore[attr-defined]
    return rows


def _buyable(item: PlacementProduct) -> bool:
    """Whether it can be bought now."""
    return item.product.availability == Availability.IN_STOCK


@member()
def page_publish(request: MemberRequest, pk: int) -> HttpResponse:
    """Freeze what is approved and make it live."""
    draft = draft_of(request, pk)
    if request.method != "POST":
        return redirect("draft-preview", pk)
    check(request.user, Act.PUBLISH, draft.store)
    try:
        version = publishing.publish(
            draft=draft, actor=request.user, allow_waiting=request.POST.get("allow_waiting") == "yes"
        )
    except StudioError as error:
        return preview_page(request, draft, status=status_of(error), problem=str(error))
    messages.success(request, f"Version {version.number} of {version.page} is live.")
    return redirect(page_address(version.page))


def page_address(page: Page) -> str:
    address = reverse("page-detail", args=[page.slug])
    return address if page.segment == "default" else f"{address}?segment={page.segment}"
