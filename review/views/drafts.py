"""A draft as the page it would become, beside what is live, and putting it live."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from generation.models import Availability, Run
from review import selectors
from review.models import Draft, Page, Placement
from review.policies import Act, acts, check
from review.publishing import services as publishing
from review.views import present
from review.views.errors import status_of
from review.workflow import proposals
from review.workflow.intake import FIRST_BLOCKED_KEY
from storefront_studio.lib.errors import StudioError

Status = Placement.Status
DEVICES = ("desktop", "phone")
SIDES = ("draft", "live", "both")
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
    # Themes that were refused before any work are for the audit; here they would bury the rows.
    worked_on = draft.placements.filter(key__lt=FIRST_BLOCKED_KEY)
    placements = list(selectors.with_products(worked_on.order_by("position", "id")))
    context = {
        "draft": draft,
        "page": page,
        "device": device,
        "side": side,
        "only": only,
        "placements": placements,
        "checks": checks(placements),
        "counts": Counter(placement.status for placement in placements),
        "undecided": sum(placement.status in UNDECIDED for placement in placements),
        "may_publish": Act.PUBLISH in acts(request.membership.role),
        "in_force": not draft.superseded and not draft.is_proposal,
        "choice": proposals.choice_of(draft) if draft.parent_id else None,
        "beside": draft.regenerations.filter(superseded=False).select_related("run") if not draft.superseded else [],
        "working": draft.run.children.filter(status__in=Run.OPEN),
        "successor": draft.regenerations.filter(superseded=False).first() if draft.superseded else None,
        "problem": problem,
        "links": _links(device, side, only),
        "judgements": [present.judgement(one) for one in draft.judgements.filter(level="page")],
    }
    return render(request, "review/draft.html", context, status=status)


def _one_of(given: str | None, known: tuple[str, ...]) -> str:
    return given if given in known else known[0]


def _links(device: str, side: str, only: bool) -> dict[str, str]:
    """Where each switch of the toolbar leads, the other switches kept."""

    def to(**changed: str) -> str:
        now = {"device": device, "side": side, "only": "approved" if only else "", **changed}
        return "?" + "&".join(f"{name}={value}" for name, value in now.items() if value)

    links = {f"device_{name}": to(device=name) for name in DEVICES}
    links.update({f"side_{name}": to(side=name) for name in SIDES})
    return {**links, "only_all": to(only=""), "only_approved": to(only="approved")}


def checks(placements: list[Placement]) -> list[dict[str, Any]]:
    """The checklist before publishing, about what would go live: [{"good", "says"}]."""
    approved = [placement for placement in placements if placement.status == Status.APPROVED]
    shown = [item.product for placement in approved for item in selectors.items(placement)]
    broken = [one for placement in approved for one in placement.receipts if not one["passes"]]
    gone = [product.title for product in shown if product.availability != Availability.IN_STOCK]
    blank = [product.title for product in shown if not product.image_link]
    lost = [product.title for product in shown if not product.link]
    twice = [title for title, n in Counter(product.title for product in shown).items() if n > 1]
    return [
        _check(not broken, "Every constraint holds.", f"{len(broken)} constraints do not hold."),
        _check(not gone, f"All {len(shown)} products are in stock now.", _named(gone, "not in stock now")),
        _check(not blank, "Every product has an image.", _named(blank, "without an image")),
        _check(not lost, "Every product has a link.", _named(lost, "without a link")),
        _check(not twice, "No product is shown twice.", _named(twice, "shown twice")),
    ]


def _check(good: bool, yes: str, no: str) -> dict[str, Any]:
    return {"good": good, "says": yes if good else no}


def _named(titles: list[str], what: str) -> str:
    some = ", ".join(f"“{title[:60]}”" for title in titles[:3])
    more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
    return f"{len(titles)} {what}: {some}{more}."


@member()
@require_GET
def draft_shop(request: MemberRequest, pk: int) -> HttpResponse:
    """The framed document: the draft as a page of the shop; only what is approved with ?only=approved."""
    draft = draft_of(request, pk)
    states = [Status.APPROVED] if request.GET.get("only") == "approved" else selectors.OPEN
    placements = selectors.with_products(draft.placements.filter(status__in=states).order_by("position", "id"))
    shop = present.shop(draft.store.name, placements)
    return render(request, "components/shop_document.html", {"page": shop})


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
