"""What was turned down, by whom and why; what happened, by whom and when. For admins."""

import csv
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import ADMINS, MemberRequest, member
from accounts.models import AuditEntry, Membership
from generation.stages.themes import MEMORY
from review import memory, selectors
from review.forms import NoteForm
from review.views import present
from review.views.placements import entry_row, may

A_PAGE = 50
COUNTED = 10_000
"""Rows are counted up to here; beyond, the button says "more than"."""
BY = {"rule": "a rule", "judge": "a judge", "memory": "an earlier rejection", "person": "a person"}


def _query(**given: str) -> str:
    return urlencode({name: value for name, value in given.items() if value})


@member(*ADMINS)
@require_GET
def rejected(request: MemberRequest) -> HttpResponse:
    """The chart of who turned down and why filters the table under it."""
    store = request.membership.store
    by, why, q = (request.GET.get(name, "").strip() for name in ("by", "why", "q"))
    found = Paginator(selectors.with_products(selectors.rejected(store, by=by, why=why, text=q)), A_PAGE)
    bars = [
        {
            "label": f"{selectors.why_label(row['why'])}, by {BY[row['by']]}",
            "value": row["count"],
            "active": (row["by"], row["why"]) == (by, why),
            "url": "?" + _query(by=row["by"], why=row["why"], q=q),
        }
        for row in selectors.rejection_counts(store)
    ]
    active = [{"label": f"By {BY[by]}", "remove_url": "?" + _query(why=why, q=q)}] if by in BY else []
    if why:
        active.append({"label": selectors.why_label(why), "remove_url": "?" + _query(by=by, q=q)})
    page = found.get_page(request.GET.get("page"))
    listed: list[Any] = list(page)  # with the annotations `by` and `why`
    rows = [
        {
            "placement": placement,
            "by": BY[placement.by],
            "why": selectors.why_label(placement.why),
            "url": reverse("audit-rejection", args=[placement.pk]),
        }
        for placement in listed
    ]
    context = {
        "rows": rows,
        "page_obj": page,
        "bars": bars,
        "q": q,
        "active": active,
        "filtered": bool(by or why or q),
        "query": _query(by=by, why=why, q=q),
        "total": f"{found.count} turned down",
    }
    return render(request, "review/rejected.html", context)


@member(*ADMINS)
@require_GET
def rejection(request: MemberRequest, pk: int) -> HttpResponse:
    """One that was turned down, as it was, with the chain that led there."""
    store = request.membership.store
    turned_down: Any = selectors.rejected(store).filter(pk=pk).first()
    if turned_down is None:
        raise Http404
    placement = selectors.placement_for(store, pk)
    trail = list(selectors.trail(store, subject=f"placement:{pk}")[:200])
    decision = next((one for one in reversed(list(placement.decisions.all())) if one.kind == "reject"), None)
    rulings = memory.near(placement)
    context = {
        "placement": placement,
        "row": present.row(placement),
        "by": BY[turned_down.by],
        "why": selectors.why_label(turned_down.why),
        "decision": decision,
        "objective": present.objective_of(placement),
        "judged": present.judged(placement),
        "rulings": rulings,
        "forget": next((one for one in rulings if one.active), None) if placement.dropped_by == MEMORY else None,
        "history": [entry_row(entry) for entry in trail],
        "may": may(request.user, request.membership.role, placement),
        "form": NoteForm(initial={"revision": placement.revision}, auto_id="overturn_%s"),
        "top_density": max([word["density"] for word in placement.keywords], default=1) or 1,
    }
    return render(request, "review/rejection.html", context)


def _entries(request: MemberRequest) -> tuple[QuerySet[AuditEntry], dict[str, str]]:
    """The trail as the filters of the address want it, and the filters."""
    store = request.membership.store
    given = {name: request.GET.get(name, "").strip() for name in ("person", "action", "q")}
    who = given["person"]
    member_of = Membership.objects.filter(store=store, user_id=int(who)) if who.isdigit() and len(who) < 18 else None
    actor = member_of.select_related("user").first() if member_of is not None else None
    entries = selectors.trail(store, action=given["action"], actor=actor.user if actor else None, text=given["q"])
    return (entries.filter(actor=None) if who == "studio" else entries), given


ACTIONS = {
    "": "Anything",
    "placement.": "Placements",
    "placement.approve": "Approvals",
    "placement.reject": "Rejections",
    "placement.overturn": "Overturned",
    "memory.": "Forgotten rejections",
    "page.": "Publishing",
    "draft.": "Drafts",
    "campaign.": "Campaigns",
    "run.": "Runs",
    "import.": "Imports",
    "api_key.": "API keys",
}


@member(*ADMINS)
@require_GET
def trail(request: MemberRequest) -> HttpResponse:
    """Newest first, older ones by the id of the last one seen, so that no page counts or skips rows."""
    entries, given = _entries(request)
    before = request.GET.get("before", "")
    shown = entries.filter(pk__lt=int(before)) if before.isdigit() and len(before) < 18 else entries
    page = list(shown[: A_PAGE + 1])
    counted = entries.order_by()[: COUNTED + 1].count()
    query = _query(**given)
    people = Membership.objects.filter(store=request.membership.store).select_related("user").order_by("user__name")
    context = {
        "rows": [entry_row(entry) for entry in page[:A_PAGE]],
        "older": f"?{_query(**given, before=str(page[A_PAGE - 1].pk))}" if len(page) > A_PAGE else "",
        "newest": f"?{query}" if before else "",
        "people": people,
        "actions": ACTIONS,
        "given": given,
        "filtered": bool(query),
        "rows_label": f"more than {COUNTED:,} rows" if counted > COUNTED else f"{counted:,} rows",
        "export": f"{reverse('audit-trail-export')}?{query}",
        "any": bool(counted),
    }
    return render(request, "review/trail.html", context)


class Echo:
    """A file for csv that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def safe(cell: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


@member(*ADMINS)
@require_GET
def trail_export(request: MemberRequest) -> StreamingHttpResponse:
    """The filtered trail as CSV, streamed; times are ISO 8601 in UTC."""
    entries, _ = _entries(request)
    head = ["when", "who", "action", "subject", "summary", "old", "new"]

    def lines() -> Iterator[str]:
        writer = csv.writer(Echo())
        yield "\ufeff" + writer.writerow(head)
        for entry in entries.iterator(chunk_size=1000):
            cells = [entry.created_at.isoformat(), entry.actor_name, entry.action, entry.subject, entry.summary]
            yield writer.writerow([safe(cell) for cell in [*cells, _flat(entry.old), _flat(entry.new)]])

    name = f"trail-{request.membership.store.slug}-{timezone.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _flat(values: dict[str, Any] | None) -> str:
    return "; ".join(f"{name}: {value}" for name, value in (values or {}).items())
