"""A decision on everything that a filter matches: what it would do, then how far it is."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import REVIEWERS, MemberRequest, member
from review.forms import BulkForm
from review.models import BulkAct, Decision
from review.tasks import decide_on_many
from review.views import lines
from review.views.errors import status_of
from review.workflow import bulk, queue
from review.workflow.asked import Asked
from storefront_studio.lib.errors import StudioError

Kind = Decision.Kind
ASKS = {Kind.APPROVE: "Approve", Kind.REQUEST_CHANGES: "Request changes to", Kind.REJECT: "Reject"}
FIRST = 12  # titles that the dry run names


@member(*REVIEWERS)
@require_http_methods(["GET", "POST"])
def bulk_start(request: MemberRequest) -> HttpResponse:
    """The dry run, and the act. Only what the dry run counted is decided on."""
    filters, kind = Asked.read(request.GET), request.GET.get("kind", "")
    if kind not in BulkAct.KINDS:
        return redirect(lines.queue_url(filters))
    who: dict[str, Any] = {"store": request.membership.store, "actor": request.user}
    form = BulkForm(request.POST or None)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if kind != Kind.APPROVE and not form.is_valid():
                problem, status = "", 422
            else:
                dry = bulk.dry_run(**who, kind=kind, filters=filters, at=_looked(request))
                told = request.POST.get("told", "")
                given = {} if kind == Kind.APPROVE else form.cleaned_data
                act = bulk.start(dry=dry, told=int(told) if told.isdigit() and len(told) < 10 else 0, **who, **given)
                _hand_over(act)
                return redirect("review-bulk-act", act.pk)
        except StudioError as error:
            problem, status = str(error), status_of(error)
    dry = bulk.dry_run(**who, kind=kind, filters=filters)
    first = queue.shown(queue.asked(request.membership.store, request.user, filters, timezone.localdate()))[:FIRST]
    context = {
        "dry": dry,
        "kind": kind,
        "asks": ASKS[Kind(kind)],
        "form": form if kind != Kind.APPROVE else None,
        "problem": problem,
        "first": first,
        "back_url": lines.queue_url(filters),
    }
    return render(request, "review/bulk.html", context, status=status)


def _hand_over(act: BulkAct) -> None:
    """To the worker. One that cannot be reached now is asked again by the clock."""
    transaction.on_commit(partial(decide_on_many.delay, act.pk), robust=True)


def _looked(request: MemberRequest) -> datetime | None:
    """When the person looked, as the form says; what they send can only leave more out."""
    try:
        found = parse_datetime(request.POST.get("at", ""))
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


@member()
@require_GET
def bulk_act(request: MemberRequest, pk: int) -> HttpResponse:
    """How far it is, what was left and why, and the one undo. Asks again by itself while it is at work."""
    act = get_object_or_404(
        BulkAct.objects.select_related("store", "actor", "undone_by"), pk=pk, store=request.membership.store
    )
    undoing = act.state in (BulkAct.State.UNDOING, BulkAct.State.UNDONE)
    counts = bulk.progress(act)
    done = counts["undone"] + counts["stays"] if undoing else counts["total"] - counts["todo"]
    context = {
        "act": act,
        "asks": ASKS[Kind(act.kind)],
        "counts": counts,
        "done": done,
        "of": counts["undone"] + counts["stays"] + counts["done"] if undoing else counts["total"],
        "undoing": undoing,
        "left": bulk.left(act),
        "may_undo": act.state == BulkAct.State.DONE
        and counts["done"] > 0
        and (act.actor_id == request.user.pk or request.membership.role == "admin"),
        "back_url": lines.queue_url(Asked.parse(act.query)),
    }
    return render(request, "review/_bulk_progress.html" if request.htmx else "review/bulk_act.html", context)


@member()
@require_POST
def bulk_undo(request: MemberRequest, pk: int) -> HttpResponse:
    act = get_object_or_404(BulkAct.objects.select_related("store", "actor"), pk=pk, store=request.membership.store)
    try:
        bulk.undo(act=act, actor=request.user)
        _hand_over(act)
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("review-bulk-act", act.pk)
