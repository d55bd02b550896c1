"""The run screen: the cascade as it happens, and what it was made with."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import PLANNERS, MemberRequest, member
from accounts.models import User
from generation import selectors, services
from generation.forms.batch import BudgetForm
from generation.models import Run
from generation.views import words
from generation.views.run_screen import RunScreen, fingerprint
from storefront_studio.lib.errors import StudioError

PAGE_SIZE = 50


@require_GET
@member()
def run_detail(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _run(request, run_id)
    return render(request, "generation/run_detail.html", _context(request, run))


@require_GET
@member()
def run_progress(request: MemberRequest, run_id: int) -> HttpResponse:
    """What the open run screen asks for every second: nothing new (204), the live part, or all of it at the end."""
    run = _run(request, run_id)
    if not request.htmx:
        return redirect("run-detail", run_id=run.pk)
    if request.GET.get("seen") == fingerprint(run):
        return HttpResponse(status=204)
    if run.is_open:
        context = {"screen": RunScreen(run), **_may(request), "swapped": True}
        return render(request, "generation/run_detail.html#live", context)
    response = render(request, "generation/run_detail.html#run", {**_context(request, run), "swapped": True})
    response["HX-Retarget"] = "#run"
    return response


@require_POST
@member(*PLANNERS)
def run_cancel(request: MemberRequest, run_id: int) -> HttpResponse:
    return _act(request, run_id, services.cancel_run, "Cancelling. What was saved so far stays.")


@require_POST
@member(*PLANNERS)
def run_retry(request: MemberRequest, run_id: int) -> HttpResponse:
    """Go on; a run that ended at its budget is gone on with by a new one."""
    form = BudgetForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A budget is a number of US dollars above 0.")
        return redirect("run-detail", run_id=_run(request, run_id).pk)
    retry = partial(services.retry_run, budget=form.cleaned_data["budget"])
    return _act(request, run_id, retry, "Going on after the last saved stage. Nothing is paid for again.")


def _act(request: MemberRequest, run_id: int, service: Callable[..., Run], done: str) -> HttpResponse:
    run = _run(request, run_id)
    actor: User = request.user
    try:
        run = service(run=run, actor=actor)
        messages.success(request, done)
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("run-detail", run_id=run.pk)


def _context(request: MemberRequest, run: Run) -> dict[str, object]:
    calls = Paginator(run.calls.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "screen": RunScreen(run),
        "facts": words.run_facts(run),
        "limits": words.run_limits(run),
        "gaps": selectors.gaps(run),
        "calls": [words.call_row(call) for call in calls],
        "page_obj": calls,
        "calls_open": "page" in request.GET,
        "swapped": False,
        **_may(request),
    }


def _run(request: MemberRequest, run_id: int) -> Run:
    mine = Run.objects.select_related("campaign__store", "segment", "requested_by")
    return get_object_or_404(mine, campaign__store=request.membership.store, pk=run_id)


def _may(request: MemberRequest) -> dict[str, object]:
    return {"may_plan": request.membership.role in PLANNERS}
