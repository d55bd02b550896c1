"""A feed in three steps: the file, its columns, the report."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import REVIEWERS, member
from accounts.models import Store
from generation import import_preview as preview
from generation import imports, services, worker
from generation.catalog import backlog, browse
from generation.forms.catalogue import MappingForm, UploadForm
from generation.models import ImportJob, ImportRowError
from storefront_studio.lib.errors import BadInput, StudioError, WrongState

Severity = ImportRowError.Severity
BACKLOG_SECONDS = 5  # that the count of a large catalogue is shown again before it is made again
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_safe
@member()
def import_list(request: Any) -> HttpResponse:
    jobs = ImportJob.objects.filter(store=request.membership.store).select_related("requested_by")
    context = {
        "page_obj": Paginator(jobs, browse.PER_PAGE).get_page(request.GET.get("page")),
        "may_import": request.membership.role in REVIEWERS,
        "backlog": cache.get_or_set(
            f"backlog-sentence:{request.membership.store_id}",
            lambda: backlog.of(request.membership.store).sentence,
            BACKLOG_SECONDS,
        ),
        "next_model": cache.get_or_set(
            f"next-model-sentence:{request.membership.store_id}",
            lambda: _next_model(request.membership.store),
            BACKLOG_SECONDS,
        ),
    }
    return render(request, "generation/import_list.html", context)


def _next_model(store: Store) -> str:
    """How far the vectors of another model are; empty when none are being made."""
    ahead = backlog.ahead(store)
    return ahead.sentence if ahead else ""


@require_http_methods(["GET", "HEAD", "POST"])
@member(*REVIEWERS)
def import_create(request: Any) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        path: Path | None = None
        try:
            path = imports.keep_upload(upload)
            job = imports.create(
                store=request.membership.store,
                path=path,
                file_name=upload.name,
                format=form.cleaned_data["format"] or "auto",
                requested_by=request.user,
            )
        except StudioError as error:
            if path:
                path.unlink(missing_ok=True)
            form.add_error("file", str(error))
        else:
            return redirect("import-detail", job.pk)
    status = 422 if form.errors else 200
    return render(request, "generation/import_create.html", {"form": form}, status=status)


@require_safe
@vary_on_headers("HX-Request")
@member()
def import_detail(request: Any, pk: int) -> HttpResponse:
    job = _job(request, pk)
    if job.status == ImportJob.Status.MAPPING:
        return _columns(request, job)
    context = _progress(job)
    if request.htmx:
        context["finished_now"] = not job.is_open and not context["live"]
        return render(request, "generation/import_detail.html#progress", context)
    severity = request.GET.get("severity", "")
    counts = preview.problem_counts(job)
    severity = severity if severity in counts else next(iter(counts), "")
    problems = job.row_errors.filter(severity=severity) if severity else job.row_errors.none()
    context |= {
        "page_obj": Paginator(problems, browse.PER_PAGE).get_page(request.GET.get("page")),
        "severity": severity,
        "tabs": [
            {"label": label, "url": f"?severity={name}", "active": name == severity, "count": f"{counts[name]:,}"}
            for name, label in Severity.choices
            if name in counts
        ],
        "query": f"severity={severity}" if severity else "",
        "may_import": request.membership.role in REVIEWERS,
    }
    return render(request, "generation/import_detail.html", context)


@require_POST
@member(*REVIEWERS)
def import_preview(request: Any, pk: int) -> HttpResponse:
    """What the columns as chosen so far would give; a fragment."""
    job = _job(request, pk)
    return _columns(request, job, posted=True, part="#preview")


@require_POST
@member(*REVIEWERS)
def import_confirm(request: Any, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        feed, current = preview.opened(job)
        form = MappingForm(feed, current, request.POST)
        with transaction.atomic():
            imports.confirm(job, form.mapping())
            services.start_import(job=_job(request, pk), actor=request.user)
    except WrongState as error:
        messages.warning(request, str(error))
    except StudioError as error:
        return _columns(request, job, posted=True, error=str(error))
    return redirect("import-detail", pk)


@require_POST
@member(*REVIEWERS)
def import_discard(request: Any, pk: int) -> HttpResponse:
    """Forget a file whose columns were never confirmed."""
    job = _job(request, pk)
    try:
        imports.discard(job)
    except WrongState as error:
        messages.warning(request, str(error))
        return redirect("import-detail", pk)
    messages.success(request, f"{job.file_name} was discarded. The catalogue is as it was.")
    return redirect("import-list")


@require_safe
@member()
def import_report(request: Any, pk: int) -> HttpResponseBase:
    """Every problem of the import as a table for a spreadsheet, streamed."""
    job = _job(request, pk)
    rows = job.row_errors.order_by("line", "id").values_list("line", "column", "severity", "value", "reason")
    words = dict(Severity.choices)

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield "\ufeff" + writer.writerow(["line", "column", "what happened", "value", "reason"])
        for line, column, severity, value, reason in rows.iterator(chunk_size=2000):
            yield writer.writerow([line, _safe(column), words[severity], _safe(value), _safe(reason)])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-report.csv"'
    return response


class _Echo:
    """A file for csv.writer that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _job(request: Any, pk: int) -> ImportJob:
    return get_object_or_404(ImportJob, pk=pk, store=request.membership.store)


def _progress(job: ImportJob) -> dict[str, Any]:
    """Where the import is, in words. `live`: whether it is worth asking again in two seconds."""
    found = preview.progress(job)
    alive = worker.alive()
    embedded, products = f"{found.embedded:,}", f"{found.products:,}"
    return {
        "job": job,
        "progress": found,
        "worker_alive": alive,
        "live": job.is_open or (found.preparing and alive),
        "rows_detail": f"{job.rows_read:,} rows",
        "embedding_detail": f"{embedded} of {products}",
        "backlog": found.backlog,
        "keywords_detail": f"{found.keywords - found.keywords_waiting:,} of {found.keywords:,}"
        if found.keywords
        else "",
        "sentence": preview.sentence(job),
        "ready": f"All {products} products are embedded; {found.keywords:,} keywords reach them.",
    }


def _columns(request: Any, job: ImportJob, *, posted: bool = False, error: str = "", part: str = "") -> HttpResponse:
    """The mapping step: the form, three values of each column, and the first rows as they would come in."""
    may = request.membership.role in REVIEWERS
    context: dict[str, Any] = {"job": job, "may_import": may, "error": error}
    try:
        feed, current = preview.opened(job)
    except StudioError as problem:
        return render(request, "generation/import_columns.html", context | {"error": str(problem), "gone": True})
    form = MappingForm(feed, current, request.POST if posted else None)
    try:
        mapping = form.mapping() if posted else current
    except BadInput as problem:
        mapping, context["preview_error"] = current, str(problem)
    sample = preview.sample(feed, mapping)
    rows = form.rows()
    for row in rows:
        row["samples"] = sample.examples.get(row["name"], [])
    context |= {
        "form": form,
        "feed": feed,
        "needed": [row for row in rows if row["required"]],
        "chosen": [row for row in rows if row["mapped"] and not row["required"]],
        "others": [row for row in rows if not row["mapped"] and not row["required"]],
        "all_rows": rows,
        "sample": sample,
        "unused": sample.unused,
    }
    return render(request, f"generation/import_columns.html{part}", context, status=422 if error else 200)
