"""Published pages: what is live since when, every version, and rolling back."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Func
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from accounts.models import Store
from review.forms_publishing import wall
from review.models import Draft, Page, PageVersion, Placement, Publication, Schedule, Share, ShopFront
from review.policies import Act, acts, check
from review.publishing import services as publishing
from review.publishing.clock import in_words, moment
from review.publishing.moves import timeline_of
from review.views import present
from review.views.drafts import page_address
from review.views.errors import status_of
from review.views.links import described
from storefront_studio.lib.errors import BadInput, StudioError

A_PAGE = 50
_WAS_LIVE = Exists(Publication.objects.filter(version=OuterRef("pk")))


def pages_with_last_move(store: Store) -> list[dict[str, Any]]:
    """[{"page", "url", "moved": Publication or None}] in three queries, without any version's body."""
    newest = Publication.objects.filter(page=OuterRef("pk")).order_by("-id").values("pk")[:1]
    pages = list(
        Page.objects.filter(store=store).select_related("live").defer("live__body").annotate(moved=Subquery(newest))
    )
    moves = Publication.objects.select_related("actor").in_bulk([page.moved for page in pages if page.moved])
    return [{"page": page, "url": page_address(page), "moved": moves.get(page.moved)} for page in pages]


def ready_drafts(store: Store) -> QuerySet[Draft]:
    """Drafts with approved placements that changed since the draft was last published, newest first."""
    approved = Q(placements__status=Placement.Status.APPROVED)
    return (
        Draft.objects.in_force()
        .filter(store=store)
        .select_related("campaign")
        .annotate(approved_at=Max("placements__updated_at", filter=approved), published_at=Max("versions__created_at"))
        .filter(approved_at__isnull=False)
        .filter(Q(published_at=None) | Q(approved_at__gt=F("published_at")))
    )


@member()
@require_GET
def page_list(request: MemberRequest) -> HttpResponse:
    store = request.membership.store
    context = {"pages": pages_with_last_move(store), "ready": ready_drafts(store)[:10]}
    return render(request, "review/pages.html", context)


def page_of(request: MemberRequest, slug: str, segment: str) -> Page:
    pages = Page.objects.filter(store=request.membership.store).select_related("store", "base", "live__created_by")
    return get_object_or_404(pages, slug=slug, segment=segment or "default")


@member()
@require_GET
def page_detail(request: MemberRequest, slug: str) -> HttpResponse:
    return detail(request, page_of(request, slug, request.GET.get("segment", "")))


def detail(request: MemberRequest, page: Page, *, status: int = 200, problem: str = "") -> HttpResponse:
    rows = Func(F("body__placements"), function="jsonb_array_length", output_field=IntegerField())
    versions = (
        page.versions.select_related("created_by", "draft__campaign")
        .annotate(rows=rows, was_live=_WAS_LIVE)
        .defer("body")
    )
    listed = Paginator(versions, A_PAGE).get_page(request.GET.get("page"))
    zone = ShopFront.of(page.store).zone
    at = _asked_at(request, zone)
    chosen = _chosen(request, page, at)
    moves = page.publications.select_related("actor", "version", "previous").defer("version__body", "previous__body")
    planned = _schedules(page)
    context = {
        "page_row": page,
        "address": page_address(page),
        "versions": listed,
        "chosen": chosen,
        "frame": _frame(page, chosen) if chosen else "",
        "moves": moves[:10],
        "schedules": planned,
        "embeds": described(request, Share.objects.filter(page=page, revoked_at=None).order_by("-id")),
        "planned": {one.version_id for one in planned if one.state in Schedule.OPEN},
        "then": page.base,
        "zone": zone,
        "at": wall(at, zone),
        "at_words": in_words(at, zone) if at else "",
        "may_publish": Act.PUBLISH in acts(request.membership.role),
        "curl": _curl(request, page),
        "others": Page.objects.filter(store=page.store, slug=page.slug).exclude(pk=page.pk),
        "query": "" if page.segment == "default" else f"segment={page.segment}",
        "problem": problem,
    }
    return render(request, "review/page.html", context, status=status)


def _schedules(page: Page) -> list[Schedule]:
    """Those still to come or running, then what was cancelled and could still hold, newest first."""
    still = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
    rows = page.schedules.filter(Q(state__in=Schedule.OPEN) | (Q(state=Schedule.State.CANCELLED) & still))
    rows = rows.select_related("version", "created_by").defer("version__body")
    return sorted(rows.order_by("-starts_at")[:50], key=lambda one: (one.state == "cancelled", one.starts_at))


def _chosen(request: MemberRequest, page: Page, at: dt.datetime | None) -> PageVersion | None:
    """The version to look at: ?version=, else what the page shows at a moment, else the live one."""
    number = request.GET.get("version", "")
    if number.isdigit() and len(number) < 10:
        return get_object_or_404(page.versions.select_related("created_by"), number=int(number))
    if at is not None:
        return page.versions.select_related("created_by").filter(pk=timeline_of(page).version(at) or 0).first()
    return page.live


def _asked_at(request: MemberRequest, zone: ZoneInfo) -> dt.datetime | None:
    """?at=2026-12-01T09:00 on the store's clock, where it is still to come; of a time that comes twice the first."""
    try:
        at = moment(dt.datetime.fromisoformat(request.GET.get("at", "")[:16]).replace(tzinfo=None), zone, second=False)
    except (ValueError, OverflowError, BadInput):
        return None
    return at if at > timezone.now() else None


def _frame(page: Page, version: PageVersion) -> str:
    address = reverse("version-shop", args=[page.slug, version.number])
    return address if page.segment == "default" else f"{address}?segment={page.segment}"


def _curl(request: HttpRequest, page: Page) -> str:
    """A line for the shell; YOUR_KEY stands for a key of the store, which is shown only when it is made."""
    address = request.build_absolute_uri(reverse("api-storefront", args=[page.slug]))
    query = "" if page.segment == "default" else f"?segment={page.segment}"
    return f'curl -H "Authorization: Api-Key YOUR_KEY" "{address}{query}"'


@member()
@require_GET
def version_shop(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    """The framed document: one frozen version as shoppers got it."""
    page = page_of(request, slug, request.GET.get("segment", ""))
    version = get_object_or_404(page.versions, number=number)
    shop = present.published_shop(page.store.name, version.body)
    return render(request, "components/shop_document.html", {"page": shop})


@member()
def page_rollback(request: MemberRequest, slug: str) -> HttpResponse:
    """Make a frozen version live again."""
    page = page_of(request, slug, request.POST.get("segment", ""))
    if request.method != "POST":
        return redirect(page_address(page))
    check(request.user, Act.PUBLISH, page.store)
    number = request.POST.get("version", "")
    version = get_object_or_404(page.versions, number=int(number) if number.isdigit() and len(number) < 10 else 0)
    try:
        publishing.publish_version(page=page, version=version, actor=request.user)
    except StudioError as error:
        return detail(request, page, status=status_of(error), problem=str(error))
    messages.success(request, f"Version {version.number} of {page} is live.")
    return redirect(page_address(page))
