"""The archive of what was turned down: list and filters, what is alike, patterns over time, files. For admins."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import ADMINS, MemberRequest, member
from review import archive, exports, reasons
from review.archive_form import ArchiveForm
from review.models import By, Placement, TurnedDown
from review.selectors import why_label
from review.views import plots

A_PAGE = 50
BY = dict(By.choices)
MOST_BARS = 12


def tabs(active: str, query: str) -> list[dict[str, Any]]:
    names = {"audit-rejected": "List", "audit-patterns": "Patterns"}
    return [
        {"label": label, "url": f"{reverse(name)}?{query}" if query else reverse(name), "active": name == active}
        for name, label in names.items()
    ]


@member(*ADMINS)
@require_GET
def rejected(request: MemberRequest) -> HttpResponse:
    """The chart of who turned down and why filters the table under it; older ones by the id of the last one seen."""
    store = request.membership.store
    form = ArchiveForm(store, request.GET)
    asked = form.asked
    before = request.GET.get("before", "")
    found = archive.find(store, asked)
    shown = found.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 18 else found
    page = list(shown[: A_PAGE + 1])
    counts = archive.counts(store)
    total = archive.how_many(store, asked)
    comparable = archive.can_compare(store, [row.placement_id for row in page if row.by == By.PERSON])
    query = form.query()
    context = {
        "rows": [_row(row, comparable) for row in page[:A_PAGE]],
        "older": f"?{form.query()}&before={page[A_PAGE - 1].pk}" if len(page) > A_PAGE else "",
        "newest": f"?{query}" if before else "",
        "bars": _bars(counts, form),
        "form": form,
        "kept": [(name, form.text(name, 300)) for name in ("by", "why", "kind") if form.text(name)],
        "q": form.text("q"),
        "active": _active(form, asked),
        "filtered": bool(query),
        "tabs": tabs("audit-rejected", query),
        "total": f"{total} turned down",
        "export": {"rows": f"{total} row{'' if str(total) == '1' else 's'}", "query": query, "any": bool(total.n)},
    }
    return render(request, "review/rejected.html", context)


def _row(row: TurnedDown, comparable: set[int]) -> dict[str, Any]:
    return {
        "placement": row,
        "by": str(row.person) if row.person else row.judge or BY[row.by],
        "why": why_label(row.why),
        "url": reverse("audit-rejection", args=[row.placement_id]),
        "alike": reverse("audit-alike", args=[row.placement_id]) if row.placement_id in comparable else "",
    }


def _bars(counts: list[dict[str, Any]], form: ArchiveForm) -> list[dict[str, Any]]:
    chosen = (form.text("by"), form.text("why"))
    return [
        {
            "label": f"{row['label']}, by {BY[row['by']]}",
            "value": row["count"],
            "active": (row["by"], row["why"]) == chosen,
            "url": "?" + form.query(by=row["by"], why=row["why"]),
        }
        for row in counts[:MOST_BARS]
    ]


def _active(form: ArchiveForm, asked: archive.Asked) -> list[dict[str, str]]:
    """The filters that have no field of their own on screen, each with the way to take it away."""
    said = {
        "by": f"By {BY[asked.by]}" if asked.by else "",
        "why": why_label(asked.why) if asked.why else "",
        "kind": "One kind of reason" if asked.shapes else "",
    }
    return [{"label": label, "remove_url": "?" + form.query(**{name: ""})} for name, label in said.items() if label]


@member(*ADMINS)
@require_GET
def alike(request: MemberRequest, pk: int) -> HttpResponse:
    """What people rejected that means nearly the same as one, nearest first."""
    store = request.membership.store
    one = get_object_or_404(Placement, pk=pk, draft__store=store)
    found = archive.alike(store, pk)
    rows = [{**_row(row, set()), "near": f"{max(cosine, 0):.0%}"} for row, cosine in found]
    known = bool(found) or bool(archive.can_compare(store, [pk]))
    return render(request, "review/alike.html", {"one": one, "rows": rows, "known": known})


@member(*ADMINS)
@require_GET
def patterns(request: MemberRequest) -> HttpResponse:
    """How many were turned down week by week, by whom, and the groups of alike reasons among the newest."""
    store = request.membership.store
    form = ArchiveForm(store, request.GET)
    asked = form.asked
    groups, seen = reasons.groups(archive.find(store, asked))
    plot = plots.weeks(archive.weeks(store, asked, timezone.now().date())) if asked.tallied else None
    listed = reverse("audit-rejected")
    context = {
        "groups": [
            {"group": one, "url": f"{listed}?{form.query(kind=','.join(one.shapes), q='')}", "value": one.n}
            for one in groups
        ],
        "seen": seen,
        "newest": reasons.NEWEST,
        "plot": plot,
        "tallied": asked.tallied,
        "form": form,
        "kept": [(name, form.text(name, 300)) for name in ("by", "why") if form.text(name)],
        "active": _active(form, asked),
        "filtered": bool(form.query()),
        "tabs": tabs("audit-patterns", form.query()),
        "any": bool(archive.how_many(store, archive.Asked()).n),
    }
    return render(request, "review/patterns.html", context)


@member(*ADMINS)
@require_GET
def export(request: MemberRequest, kind: str) -> HttpResponseBase:
    """All that the filters of the address find, as a file."""
    if kind not in exports.KINDS:
        raise Http404
    store = request.membership.store
    return exports.rejected(store, archive.find(store, ArchiveForm(store, request.GET).asked), kind)
