"""Settings, Policy: the thresholds in force, what others would have changed, and who set them when."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import ADMINS, MemberRequest, member
from accounts.settings_tabs import settings_tabs
from generation.campaigns import segments
from generation.forms.policy import PolicyForm
from generation.policy import policies, terms, trial
from generation.policy.terms import LEVELS, PARTS, SEVERITIES
from generation.stages.facets import FACETS
from generation.stages.policy import QualityPolicy
from storefront_studio.lib.errors import StudioError, WrongState

A_PAGE = 20


@require_safe
@member()
def policy(request: MemberRequest) -> HttpResponse:
    now = policies.current(request.membership.store)
    return _page(request, now, PolicyForm(now=now))


@require_POST
@member(*ADMINS)
def policy_save(request: MemberRequest) -> HttpResponse:
    """Saves, or with `then=try` only says what it would have changed."""
    store = request.membership.store
    now = policies.current(store)
    form = PolicyForm(request.POST, now=now)
    if request.POST.get("then") == "try":
        wanted = form.wanted()
        form.errors.pop("note", None)
        return _page(request, now, form, trial.trial(store, now, wanted) if wanted else None)
    if not form.is_valid():
        return _page(request, now, form, status=422)
    try:
        saved = policies.save(
            store=store,
            actor=request.user,
            policy=form.policy(),
            note=form.cleaned_data["note"],
            seen=form.cleaned_data["seen"],
        )
    except StudioError as error:
        form.add_error(None, str(error))
        return _page(request, now, form, status=409 if isinstance(error, WrongState) else 422)
    messages.success(
        request, f"Policy {saved.number} is in force. Runs that are under way keep the one they began with."
    )
    return redirect("policy")


@require_POST
@member(*ADMINS)
def policy_try(request: MemberRequest) -> HttpResponse:
    """The panel beside the form, for the values as they stand; nothing is saved."""
    store = request.membership.store
    now = policies.current(store)
    form = PolicyForm(request.POST, now=now)
    wanted = form.wanted()
    context = {
        "now": now,
        "trial": trial.trial(store, now, wanted) if wanted else None,
        "changes": terms.changes(now, wanted) if wanted else [],
        "problems": [error for name, errors in form.errors.items() if name != "note" for error in errors],
    }
    return render(request, "generation/policy.html#trial", context)


@require_POST
@member(*ADMINS)
def policy_restore(request: MemberRequest, number: int) -> HttpResponse:
    """An earlier version once more, as the newest."""
    try:
        seen = int(request.POST.get("seen", ""))
    except ValueError:
        seen = -1
    try:
        saved = policies.restore(
            store=request.membership.store,
            actor=request.user,
            number=number,
            note=request.POST.get("note", ""),
            seen=seen,
        )
        messages.success(request, f"Policy {saved.number} is in force; it says what policy {number} said.")
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("policy")


def _page(
    request: MemberRequest,
    now: QualityPolicy,
    form: PolicyForm,
    trial: trial.Trial | None = None,
    status: int = 200,
) -> HttpResponse:
    store = request.membership.store
    wanted = form.wanted() if form.is_bound else None
    newest = policies.history(store).first()
    context = {
        "tabs": settings_tabs(request, "policy"),
        "now": now,
        "newest": newest,
        "form": form,
        "may_change": request.membership.role in ADMINS,
        "trial": trial,
        "changes": terms.changes(now, wanted) if wanted else [],
        "values": _values(now),
        "severities": _severities(now),
        **_history(request, now),
    }
    return render(request, "generation/policy.html", context, status=status)


def _values(now: QualityPolicy) -> list[dict[str, Any]]:
    """The thresholds for people who may only read."""
    parts = [
        {
            "title": part.title,
            "lead": part.lead,
            "items": [{"term": term.label, "value": f"{getattr(now, term.name):g}"} for term in part.terms],
        }
        for part in PARTS
    ]
    sent = ", ".join(segments.FIELDS[one].label for one in now.profile_fields if one in segments.FIELDS)
    parts.append(
        {
            "title": "What may leave for a vendor",
            "lead": "Fields of a segment's profile that a vendor's model may see.",
            "items": [{"term": "Sent", "value": sent or "Nothing"}],
        }
    )
    return parts


def _severities(now: QualityPolicy) -> list[dict[str, str]]:
    return [
        {
            "level": LEVELS[facet.level],
            "label": facet.label,
            "question": facet.question,
            "does": SEVERITIES[now.severity(facet.level, facet.name)],
        }
        for facet in FACETS
    ]


def _history(request: MemberRequest, now: QualityPolicy) -> dict[str, Any]:
    """A page of versions, each with what it changed in the one before; the defaults stand at the end."""
    page = Paginator(policies.history(request.membership.store), A_PAGE).get_page(request.GET.get("page"))
    listed = list(page)
    before: dict[int, QualityPolicy] = {row.number: policies.read(row) for row in listed}
    if listed and listed[-1].number > 1:
        before[listed[-1].number - 1] = policies.version(request.membership.store, listed[-1].number - 1)
    rows = [
        {
            "row": row,
            "changes": terms.changes(before.get(row.number - 1, QualityPolicy()), before[row.number]),
            "in_force": row.number == now.number,
        }
        for row in listed
    ]
    return {"page_obj": page, "rows": rows}
