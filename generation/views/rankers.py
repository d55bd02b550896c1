"""Settings, Rankers: what was trained from the store's events, how good it is, and which one serves."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import ADMINS, MemberRequest, member
from accounts.models import AuditEntry, Role
from accounts.settings_tabs import settings_tabs
from generation import ranker_report, trained_rankers
from generation.models import TrainedRanker
from generation.views import ranker_plots, ranking
from storefront_studio.lib.errors import BadInput, StudioError

A_PAGE = 25
BADGES = {"trained": "draft", "active": "live", "retired": "archived"}


@require_safe
@member()
def rankers(request: MemberRequest) -> HttpResponse:
    store = request.membership.store
    page = Paginator(trained_rankers.listed(store), A_PAGE).get_page(request.GET.get("page"))
    active = trained_rankers.active(store)
    context = {
        "tabs": settings_tabs(request, "rankers"),
        "rows": [_row(row) for row in page],
        "page_obj": page,
        "active": active,
        "ranking": ranking.in_force(store),
        "back_to": _before(active),
        "acts": AuditEntry.objects.filter(store=store, action__startswith="ranker.").order_by("-id")[:10],
        "may": _may(request),
        "store_slug": store.slug,
    }
    return render(request, "generation/rankers.html", context)


@require_safe
@member()
def ranker(request: MemberRequest, number: int) -> HttpResponse:
    try:
        row = trained_rankers.numbered(request.membership.store, number)
    except BadInput as error:
        raise Http404 from error
    report = row.report
    now = trained_rankers.active(request.membership.store)
    serves = row.state == TrainedRanker.State.ACTIVE
    context = {
        "ranker": row,
        "badge": BADGES[row.state],
        "serves": serves,
        "seen": now.number if now else 0,
        "beside": ranker_report.verdicts(report),
        "plot": ranker_plots.intervals(report["systems"]),
        "systems": [{**one, "recall": one["recall@10"], "ndcg": one["ndcg@10"]} for one in report["systems"]],
        "of": report["categories"]["of"][0],
        "sides": [
            {"title": title, "rows": [{**one, "ndcg": one["ndcg@10"]} for one in report["categories"][side]]}
            for side, title in (("losses", "Loses most"), ("gains", "Gains most"))
        ],
        "moves": [
            {"label": one["name"], "value": round(100 * one["share"], 1)}
            for one in report.get("importance", [])
            if one["share"] >= 0.001
        ],
        "facts": _facts(row),
        "notes": report["notes"],
        "may": _may(request),
        "back_to": _before(row),
    }
    return render(request, "generation/ranker.html", context)


@require_POST
@member(*ADMINS)
def ranker_activate(request: MemberRequest, number: int) -> HttpResponse:
    try:
        row = trained_rankers.activate(
            store=request.membership.store,
            actor=request.user,
            number=number,
            seen=_seen(request),
            note=request.POST.get("note", ""),
        )
        messages.success(request, f"Ranker {row.number} serves. What is ranked from now on goes by it.")
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("rankers")


@require_POST
@member(*ADMINS)
def ranker_back(request: MemberRequest) -> HttpResponse:
    try:
        row = trained_rankers.go_back(
            store=request.membership.store,
            actor=request.user,
            seen=_seen(request),
            note=request.POST.get("note", ""),
        )
        now = f"Ranker {row.number}" if row else "The built-in business score"
        messages.success(request, f"{now} serves again. What is ranked from now on goes by it.")
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("rankers")


def _before(row: TrainedRanker | None) -> str:
    return f"ranker {row.replaced.number}" if row and row.replaced else trained_rankers.BUILT_IN


def _may(request: MemberRequest) -> bool:
    return request.membership.role == Role.ADMIN


def _seen(request: MemberRequest) -> int:
    """Which ranker served when the person looked; -1, which never does, when the form does not say."""
    try:
        return int(request.POST.get("seen", ""))
    except ValueError:
        return -1


def _row(row: TrainedRanker) -> dict[str, Any]:
    ours = row.report["systems"][0]
    return {"row": row, "badge": BADGES[row.state], "ndcg": ours["ndcg@10"], "told": ranker_report.in_short(row.report)}


def _facts(row: TrainedRanker) -> list[dict[str, str]]:
    counts, report = row.counts, row.report
    facts = [
        {"term": "Events", "value": f"{counts['events']:,}, of {counts['visitors']:,} visitors"},
        {
            "term": "Kinds",
            "value": f"{counts['view']:,} views, {counts['cart']:,} cart adds, {counts['order']:,} orders",
        },
        {"term": "From, to", "value": f"{row.trained_from:%Y-%m-%d} to {row.trained_to:%Y-%m-%d}"},
        {"term": "Products with events", "value": f"{counts['products']:,} of {report['catalogue']['products']:,}"},
        {
            "term": "Left out",
            "value": f"{counts['other_products']:,} events of products that are not in the catalogue, "
            f"{counts['refused_lines']:,} lines that are no event",
        },
        {
            "term": "Held out",
            "value": f"{report['choices']:,} choices of {report['visitors']:,} visitors, "
            f"from {report['cut'][:10]} on, in {report['rows']:,} categories",
        },
        {"term": "File of events", "value": row.log_hash},
        {"term": "Trained by", "value": row.author_name},
    ]
    if row.activated_at:
        facts.append(
            {"term": "Last activated by", "value": f"{row.activated_by}, {row.activated_at:%Y-%m-%d %H:%M} UTC"}
        )
    return facts
