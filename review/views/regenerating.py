"""Regenerating part of a page, and choosing between the page and what was proposed beside it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import MemberRequest, member
from generation import estimate
from generation.models import Run
from review import differences
from review.forms import RegenerateForm
from review.models import Draft, Placement
from review.policies import Act, acts
from review.views import present
from review.views.drafts import draft_of
from review.views.errors import status_of
from review.workflow import choosing, proposals, regenerating
from review.workflow.transitions import check_in_force
from storefront_studio.lib.errors import BadInput, StudioError
from storefront_studio.lib.hashing import digest


@member()
@require_http_methods(["GET", "POST"])
def regenerate(request: MemberRequest, pk: int) -> HttpResponse:
    """What to keep and what to change; what the words mean is shown beside it before anything is started."""
    draft = draft_of(request, pk)
    try:
        check_in_force(draft)
    except StudioError as error:
        messages.error(request, str(error))
        return redirect("draft-preview", pk)
    rows = regenerating.rows_of(draft)
    if request.method != "POST":
        only = request.GET.get("only", "")
        keep = _all_but(rows, int(only)) if only.isdigit() and len(only) < 18 else regenerating.locked_at_first(rows)
        form = RegenerateForm(initial={"instruction": request.GET.get("instruction", "")[: regenerating.LONGEST]})
        return _page(request, draft, rows, form, keep, form.initial["instruction"])
    form = RegenerateForm(request.POST)
    keep = {int(one) for one in request.POST.getlist("keep") if one.isdigit() and len(one) < 18}
    text = form.cleaned_data["instruction"] if form.is_valid() else ""
    start = request.POST.get("then") == "start" and not request.htmx
    if not start or not form.is_valid():
        return _page(request, draft, rows, form, keep, text, status=422 if start else 200)
    if text and request.POST.get("understood") != understood(text):  # sent before its meaning was on screen
        return _page(request, draft, rows, form, keep, text, look=True)
    try:
        run = regenerating.start(plan=_plan(request, draft, keep, text), actor=request.user)
    except StudioError as error:
        return _page(request, draft, rows, form, keep, text, problem=str(error), status=status_of(error))
    messages.success(request, f"Run {run.pk} writes the unlocked rows anew. The page stays as it is until you choose.")
    return redirect("run-detail", run_id=run.pk)


def understood(text: str) -> str:
    """A token of the words whose meaning was shown."""
    return digest(" ".join(text.split()))[-16:]


def _all_but(rows: list[Placement], only: int) -> set[int]:
    return {row.pk for row in rows if row.pk != only or not regenerating.may_unlock(row)}


def _plan(request: MemberRequest, draft: Draft, keep: set[int], text: str) -> regenerating.Plan:
    return regenerating.plan(
        draft=draft,
        instruction=text,
        keep=keep,
        offered=request.POST.getlist("offered"),
        taken=request.POST.getlist("take"),
    )


def _page(
    request: MemberRequest,
    draft: Draft,
    rows: list[Placement],
    form: RegenerateForm,
    keep: set[int],
    text: str,
    *,
    problem: str = "",
    status: int = 200,
    look: bool = False,
) -> HttpResponse:
    plan: regenerating.Plan | None = None
    try:
        plan = _plan(request, draft, keep, text)
    except BadInput as error:
        problem = problem or str(error)
    context = {
        "draft": draft,
        "form": form,
        "rows": [
            {
                "row": row,
                "kept": row.pk in keep or not regenerating.may_unlock(row),
                "fixed": not regenerating.may_unlock(row),
                "tiles": present.tiles(row)["shown"][:5],
            }
            for row in rows
        ],
        "plan": plan,
        "swapped": request.htmx,
        "problem": problem,
        "look": look,
        "understood": understood(text),
        **(_costs(draft, plan) if plan else {}),
        "open_run": draft.campaign.runs.filter(status__in=Run.OPEN, segment=draft.run.segment).first(),
    }
    template = "review/regenerate.html#meaning" if request.htmx else "review/regenerate.html"
    return render(request, template, context, status=200 if request.htmx else status)


def _costs(draft: Draft, plan: regenerating.Plan) -> dict[str, Any]:
    """{"estimate", "misconfigured"} for the rows that would be new; the ones that stay cost nothing."""
    foreseen, misconfigured = estimate.of_model(draft.store, max(plan.wanted, 1), draft.campaign.products)
    return {"estimate": foreseen, "misconfigured": misconfigured}


# --- Choosing -----------------------------------------------------------------------------------------------------
@member()
@require_GET
def compare(request: MemberRequest, pk: int) -> HttpResponse:
    return compare_page(request, draft_of(request, pk))


def compare_page(request: MemberRequest, draft: Draft, *, problem: str = "", status: int = 200) -> HttpResponse:
    """Both pages, row by row, with the choice or what was chosen."""
    if draft.parent is None:
        messages.error(request, f"The page of run {draft.run_id} stands alone; there is nothing to compare it with.")
        return redirect("draft-preview", draft.pk)
    old = draft.parent
    diff = differences.between(draft, old)
    decides = Act.DECIDE in acts(request.membership.role)
    context = {
        "draft": draft,
        "old": old,
        "diff": diff,
        "rows": [_shown(one) for one in diff.rows],
        "seen": proposals.seen_of(draft),
        "choice": proposals.choice_of(draft),
        "undoable": proposals.may_undo(draft),
        "needs_reviewer": diff.losing > 0 and not decides,
        "problem": problem,
    }
    return render(request, "review/compare.html", context, status=status)


def _shown(one: differences.RowDiff) -> dict[str, Any]:
    """A row of the comparison with both sides as the placement component wants them."""
    return {
        "diff": one,
        "old": present.row(one.old) if one.old else None,
        "new": present.row(one.new) if one.new else None,
        "come": {item.product_id for item in one.products_in},
        "go": {item.product_id for item in one.products_out},
    }


@member()
def take(request: MemberRequest, pk: int) -> HttpResponse:
    def work(draft: Draft) -> Draft:
        instead = [int(one) for one in request.POST.getlist("instead") if one.isdigit() and len(one) < 18]
        return choosing.take(draft=draft, actor=request.user, seen=request.POST.get("seen", ""), instead=instead)

    said = "The new page took the place of the old one; its rows wait for review."
    return _chosen(request, pk, work, said, "draft-preview")


@member()
def keep_old(request: MemberRequest, pk: int) -> HttpResponse:
    def work(draft: Draft) -> Draft:
        return choosing.keep_old(draft=draft, actor=request.user)

    return _chosen(request, pk, work, "The old page stays; the new one was set aside.", "draft-compare")


@member()
def undo_choice(request: MemberRequest, pk: int) -> HttpResponse:
    def work(draft: Draft) -> Draft:
        return choosing.undo(draft=draft, actor=request.user)

    return _chosen(request, pk, work, "Both pages stand beside each other again.", "draft-compare", undo=False)


def _chosen(
    request: MemberRequest, pk: int, work: Callable[[Draft], Draft], said: str, onward: str, undo: bool = True
) -> HttpResponse:
    draft = draft_of(request, pk)
    back = reverse("draft-compare", args=[pk])
    if request.method != "POST":
        return redirect(back)
    try:
        work(draft)
    except StudioError as error:
        if request.htmx:
            messages.error(request, str(error))
            return HttpResponseClientRedirect(back)
        return compare_page(request, draft_of(request, pk), problem=str(error), status=status_of(error))
    messages.success(request, said, extra_tags=reverse("draft-undo-choice", args=[pk]) if undo else "")
    address = reverse(onward, args=[pk])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
