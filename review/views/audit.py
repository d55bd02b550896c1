"""One that was turned down, as it was; what happened, by whom and when. For admins."""

import datetime as dt
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from accounts.access import ADMINS, MemberRequest, member
from accounts.models import AuditEntry, Membership
from generation.stages.themes import MEMORY
from review import archive, exports, memory, selectors
from review.archive import midnight
from review.forms import NoteForm
from review.views import present
from review.views.placements import entry_row, may
from review.views.rejected import BY

A_PAGE = 50
COUNTED = 10_000
"""Rows are counted up to here; beyond, the button says "more than"."""


def parse_day(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _query(**given: str) -> str:
    return urlencode({name: value for name, value in given.items() if value})


@member(*ADMINS)
@require_GET
def rejection(request: MemberRequest, pk: int) -> HttpResponse:
    """One that was turned down, as it was, with the chain that led there."""
    store = request.membership.store
    turned_down = archive.one_of(store, pk)
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
    names = ("person", "action", "q", "since", "until")
    given = {name: request.GET.get(name, "").replace("\x00", "").strip()[:200] for name in names}
    days = {name: parse_day(given[name]) for name in ("since", "until")}
    given |= {name: day.isoformat() if day else "" for name, day in days.items()}
    since = midnight(days["since"]) if days["since"] else None
    until = midnight(days["until"] + dt.timedelta(days=1)) if days["until"] else None
    entries = selectors.trail(store, action=given["action"], text=given["q"], since=since, until=until)
    who = given["person"]
    if who == "studio":
        entries = entries.filter(actor=None)
    elif who.isdecimal() and len(who) < 18:
        entries = entries.filter(actor=int(who))
    return entries, given


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
        "query": query,
        "any": bool(counted),
    }
    return render(request, "review/trail.html", context)


@member(*ADMINS)
@require_GET
def trail_export(request: MemberRequest, kind: str) -> HttpResponseBase:
    """The filtered trail as a file, streamed."""
    if kind not in exports.KINDS:
        raise Http404
    entries, _ = _entries(request)
    return exports.trail(request.membership.store, entries, kind)
