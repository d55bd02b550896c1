"""The audience screens: list, one audience, its form, and a table of audiences in two steps."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import MemberRequest, member
from generation import audiences, segment_import
from generation.campaigns import names, segment_table
from generation.campaigns.segments import FIELDS
from generation.forms.audience import AudienceForm, TableForm, start_values
from generation.models import Segment
from generation.policy import policies
from generation.views import audience_words as words
from storefront_studio.lib.errors import BadInput, StudioError, WrongState

PAGE_SIZE = 50
PROBLEMS_SHOWN = 200


@require_GET
@member()
def audience_list(request: MemberRequest) -> HttpResponse:
    found = _mine(request).annotate(used=Count("campaigns", distinct=True)).order_by("name", "pk")
    q = request.GET.get("q", "").strip()
    if q:
        found = found.filter(Q(name__icontains=q) | Q(slug__icontains=q))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = []
    for segment in page:
        profile = words.profile_of(segment)
        rows.append({"segment": segment, "sentence": words.sentence(profile), "bars": words.bars(profile)})
    context = {"rows": rows, "page_obj": page, "q": q, "query": urlencode({"q": q}) if q else ""}
    return render(request, "generation/audience_list.html", context)


@require_GET
@member()
def audience_detail(request: MemberRequest, slug: str) -> HttpResponse:
    segment = _segment(request, slug)
    profile = words.profile_of(segment)
    campaigns = segment.campaigns.order_by("-id")[: PAGE_SIZE + 1]
    context = {
        "segment": segment,
        "sentence": words.sentence(profile),
        "facts": words.facts(segment, profile, request.membership.store.currency),
        "categories": words.bars(profile, "categories", 12),
        "brands": words.bars(profile, "brands", 12),
        "months": words.months(profile),
        "seen": words.seen(profile, policies.current(request.membership.store)),
        "campaigns": list(campaigns[:PAGE_SIZE]),
        "more_campaigns": len(campaigns) > PAGE_SIZE,
        "in_use": audiences.in_use(segment),
    }
    return render(request, "generation/audience_detail.html", context)


@require_http_methods(["GET", "POST"])
@member()
def audience_create(request: MemberRequest) -> HttpResponse:
    return _posted(request, None) if request.method == "POST" else _form(request, AudienceForm(), None)


@require_http_methods(["GET", "POST"])
@member()
def audience_edit(request: MemberRequest, slug: str) -> HttpResponse:
    segment = _segment(request, slug)
    if request.method == "POST":
        return _posted(request, segment)
    return _form(request, AudienceForm(initial=start_values(segment)), segment)


@require_POST
@member()
def audience_delete(request: MemberRequest, slug: str) -> HttpResponse:
    segment = _segment(request, slug)
    try:
        audiences.delete(segment=segment, actor=request.user)
    except WrongState as error:
        messages.error(request, f"“{segment.name}” was not deleted. {error}")
        return redirect("audience-detail", slug=slug)
    messages.success(request, f"Deleted “{segment.name}”.")
    return redirect("audience-list")


@require_http_methods(["GET", "POST"])
@member()
def audience_import(request: MemberRequest) -> HttpResponse:
    """The first step: the file. Nothing is written."""
    form = TableForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        path: Path | None = None
        try:
            token = segment_import.keep(request.membership.store, upload)
            path, _name = segment_import.kept(request.membership.store, token)
            segment_table.read(path, upload.name)
        except StudioError as error:
            if path:
                path.unlink(missing_ok=True)
            form.add_error("file", str(error))
        else:
            return redirect("audience-import-check", token=token)
    context = {"form": form, "fields": [one for one in FIELDS.values() if one.name not in ("evidence", "other")]}
    return render(request, "generation/audience_import.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member()
def audience_import_check(request: MemberRequest, token: str) -> HttpResponse:
    """The second step: what the file would do; posted, it does it."""
    store = request.membership.store
    try:
        path, name = segment_import.kept(store, token)
        table = segment_table.read(path, name)
        if request.method == "POST":
            if "discard" in request.POST:
                segment_import.discard(store, token)
                messages.success(request, f"{name} was discarded. Your audiences are as they were.")
                return redirect("audience-list")
            counts = segment_import.take(store=store, actor=request.user, table=table)
            segment_import.discard(store, token)
            messages.success(
                request,
                f"{name}: {counts.created} audiences created, {counts.updated} changed, {counts.unchanged} as they "
                f"were, {table.refused} rows refused.",
            )
            return redirect("audience-list")
    except (WrongState, BadInput) as error:
        messages.error(request, str(error))
        return redirect("audience-import")
    context = {
        "name": name,
        "table": table,
        "counts": segment_import.would(store, table),
        "columns": _columns(table.columns),
        "rows": [
            {"row": row, "sentence": words.sentence(row.profile), "bars": words.bars(row.profile)}
            for row in table.rows[:PAGE_SIZE]
        ],
        "more": max(len(table.rows) - PAGE_SIZE, 0),
        "problems": table.errors[:PROBLEMS_SHOWN],
        "more_problems": max(len(table.errors) - PROBLEMS_SHOWN, 0),
    }
    return render(request, "generation/audience_import_check.html", context)


def _posted(request: MemberRequest, segment: Segment | None) -> HttpResponse:
    kept = words.profile_of(segment) if segment else None
    form = AudienceForm(request.POST, kept=kept)
    if form.is_valid():
        try:
            saved = audiences.save(
                store=request.membership.store,
                actor=request.user,
                name=form.cleaned_data["name"],
                profile=form.profile(),
                segment=segment,
                size=form.cleaned_data["size"],
                source=segment.source if segment else Segment.Source.WRITTEN,
                seen=parse_datetime(form.cleaned_data["seen"]) if segment and form.cleaned_data["seen"] else None,
            )
        except StudioError as error:
            form.add_error(None, str(error))
            if segment is not None:
                segment.refresh_from_db()
                form.data = form.data.copy()  # type: ignore[attr-defined]
                form.data["seen"] = segment.updated_at.isoformat()  # type: ignore[index]
        else:
            messages.success(request, f"Saved “{saved.name}”.")
            return redirect("audience-detail", slug=saved.slug)
    return _form(request, form, segment)


def _form(request: MemberRequest, form: AudienceForm, segment: Segment | None) -> HttpResponse:
    store = request.membership.store
    context = {
        "form": form,
        "segment": segment,
        "currency": store.currency,
        "back": reverse("audience-detail", args=[segment.slug]) if segment else reverse("audience-list"),
        "categories": list(dict.fromkeys(path.rsplit(" > ", 1)[-1] for path in names.categories(store))),
        "brands": names.brands(store),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "generation/audience_form.html", context, status=status)


def _columns(columns: segment_table.Columns) -> list[dict[str, Any]]:
    """Every column of the file and what becomes of it."""
    found = [{"column": columns.name, "label": "Name"}]
    if columns.size:
        found.append({"column": columns.size, "label": "People in it"})
    found += [{"column": column, "label": FIELDS[known].label} for column, known in columns.fields.items()]
    return [*found, *({"column": column, "why": why} for column, why in columns.left_out.items())]


def _mine(request: MemberRequest) -> "QuerySet[Segment]":
    return Segment.objects.filter(store=request.membership.store)


def _segment(request: MemberRequest, slug: str) -> Segment:
    return get_object_or_404(_mine(request).select_related("store"), slug=slug)
