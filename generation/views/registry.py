"""Settings, Prompts and models: what is in production, what wants to be, and the gate between them."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import ADMINS, MemberRequest, member
from accounts.settings_tabs import settings_tabs
from generation import worker
from generation.forms.registry import GateForm, LabelForm
from generation.measure import snapshots
from generation.models import Artefact, GateReport, ReleaseLabel
from generation.registry import gate_requests, gates, labelling, overview, releases, versions
from generation.registry.releases import Releases
from generation.registry.versions import short
from generation.views import gate_plots
from storefront_studio.lib.errors import StudioError

A_PAGE = 25
KINDS = {Artefact.PROMPT: "Prompts", Artefact.RUBRIC: "Rubrics", Artefact.MODEL: "Models"}
OF_KIND = {Artefact.PROMPT: "prompt", Artefact.RUBRIC: "rubric", Artefact.MODEL: "model"}


@require_safe
@member(*ADMINS)
def registry(request: MemberRequest) -> HttpResponse:
    store = request.membership.store
    told = overview.of(store)
    page = Paginator(releases.history(store), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": settings_tabs(request, "registry"),
        "problem": told["problem"],
        "groups": [
            _group(label, [_thing(one, told["gates"]) for one in told["things"] if one["kind"] == kind])
            for kind, label in KINDS.items()
        ],
        "gates": [_gate_row(one) for one in told["gates"][:10]],
        "snapshots": snapshots.listed(store),
        "rows": [_history_row(row) for row in page],
        "page_obj": page,
        "facets": told["facets"],
    }
    return render(request, "generation/registry.html", context)


@require_POST
@member(*ADMINS)
def registry_label(request: MemberRequest) -> HttpResponse:
    """Candidate or production to one version."""
    form = LabelForm(request.POST)
    if form.is_valid():
        try:
            row = labelling.give(store=request.membership.store, actor=request.user, **form.cleaned_data)
        except StudioError as error:
            messages.error(request, str(error))
        else:
            word = "in production" if row.label == ReleaseLabel.PRODUCTION else "the candidate"
            messages.success(request, f"{_label(row.kind, row.name)} {short(row.version)} is {word}.")
    else:
        messages.error(request, form.problem())
    return redirect("registry")


@require_POST
@member(*ADMINS)
def gate_start(request: MemberRequest) -> HttpResponse:
    """Hand a gate to the worker and go to its page."""
    form = GateForm(request.POST)
    if form.is_valid():
        given = {**form.cleaned_data, "snapshot": form.cleaned_data["snapshot"] or snapshots.SAMPLE}
        try:
            row = gate_requests.ask(store=request.membership.store, actor=request.user, **given)
        except StudioError as error:
            messages.error(request, str(error))
        else:
            return redirect("gate", gate_id=row.pk)
    else:
        messages.error(request, form.problem())
    return redirect("registry")


@require_POST
@member(*ADMINS)
def gate_stop(request: MemberRequest, gate_id: int) -> HttpResponse:
    row = _gate(request, gate_id)
    try:
        gates.stop(gate=row, actor=request.user)
        messages.success(request, "Stopped. What was measured so far is not used.")
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("gate", gate_id=row.pk)


@require_safe
@member(*ADMINS)
def gate(request: MemberRequest, gate_id: int) -> HttpResponse:
    """One report; while it is open, only its progress comes again (`#live`)."""
    row = _gate(request, gate_id)
    if request.htmx:
        if not row.is_open:
            answer = HttpResponse()
            answer["HX-Refresh"] = "true"
            return answer
        return render(request, "generation/gate.html#live", _progress(row))
    report = row.report
    production = Releases.model_validate(report["production"])
    in_production = releases.labelled(row.store, ReleaseLabel.PRODUCTION).get((row.kind, row.name))
    context = {
        **_progress(row),
        "label": _label(row.kind, row.name),
        "title": f"{_label(row.kind, row.name)} {short(row.candidate)}",
        "beside": short(row.production),
        "beside_words": f"Beside {short(row.production)}, which was in production when the gate was asked for.",
        "checks": [{**one, "told": one["sentence"].removeprefix(f"{one['label']}: ")} for one in row.checks],
        "plots": gate_plots.bars(row.checks),
        "dots": gate_plots.briefs(report),
        "facts": _facts(row, production),
        "failed": [one["sentence"] for one in row.checks if one["gating"] and not one["passes"]],
        "may_promote": row.passed and (in_production is None or in_production.version != row.candidate),
        "version": short(row.candidate),
    }
    return render(request, "generation/gate.html", context)


def _progress(row: GateReport) -> dict[str, Any]:
    done = sum(len(sides) for sides in row.report.get("pages", {}).values())
    total = 2 * (row.briefs or 0)
    state = "Waiting for a worker" if row.status == GateReport.Status.QUEUED else f"{done} of {total} pages replayed"
    if row.status == GateReport.Status.RUNNING and not done:
        state = "Opening the frozen catalogue"
    if done == total and total:
        state = "Comparing"
    return {
        "gate": row,
        "done": done,
        "total": total,
        "state": state,
        "no_worker": row.status == GateReport.Status.QUEUED and not worker.alive(),
    }


def _facts(row: GateReport, production: Releases) -> list[dict[str, Any]]:
    report = row.report
    catalogue = "The sample catalogue" if report["catalogue"] == snapshots.SAMPLE else "A snapshot of this store"
    judged = report.get("agreement", {}).get("pairs")
    spent = [side["spent"] for sides in report["pages"].values() for side in sides.values()]
    calls = sum(one["calls"] for one in spent)
    vendor = any(Releases.model_validate(report[side]).generator != "library" for side in ("production", "candidate"))
    facts = [
        {"term": "Replayed on", "value": f"{row.briefs} briefs, for {report['day']}"},
        {"term": "Catalogue", "value": f"{catalogue}, {row.snapshot[:19]}…"},
        {"term": "In production then", "value": releases.in_words(production, report["policy"]["number"])},
        {"term": "Candidate", "value": row.candidate},
        {"term": "Production", "value": row.production},
        {"term": "Calls to models", "value": f"{calls:,}" if calls or vendor else "None; the built-in library does it"},
        {"term": "Asked for by", "value": str(row.requested_by) if row.requested_by else "Command line"},
    ]
    if judged:
        facts.insert(3, {"term": "Held against", "value": f"{judged} products that people labelled"})
    return facts


def _group(label: str, things: list[dict[str, Any]]) -> dict[str, Any]:
    """The things of a kind. What keeps several of them from being measured is said once, above."""
    why = [one["why_not"] for one in things if one["why_not"]]
    shared = next((reason for reason in why if why.count(reason) > 1 or len(things) == 1), "")
    return {
        "label": label,
        "why": shared,
        "things": [{**one, "why_shown": "" if one["why_not"] == shared else one["why_not"]} for one in things],
    }


def _thing(one: dict[str, Any], gates_of: list[dict[str, Any]]) -> dict[str, Any]:
    """A thing with what can be done about it now."""
    candidate = one["candidate"]
    mine = [gate for gate in gates_of if (gate["kind"], gate["name"]) == (one["kind"], one["name"])]
    in_production = one["production"]["version"]
    latest = next((gate for gate in mine if candidate and gate["candidate"] == candidate["token"]), None)
    choices = [row for row in one["versions"] if row["token"] and row["token"] != one["production"]["token"]]
    free_text = one["name"] in versions.NAMED
    running = next((gate for gate in mine if gate["status"] in ("queued", "running")), None)
    passed = bool(latest and latest["passed"] and latest["production"] == one["production"]["token"])
    return {
        **one,
        "id": f"{one['kind']}-{one['name']}",
        "shown": "the model that plans" if in_production == versions.GENERATOR_JUDGES else in_production,
        "choices": choices,
        "problems": [row for row in one["versions"] if row["problem"]],
        "back": [row for row in one["versions"] if row["held"]],
        "free_text": free_text,
        "judges": one["name"] == "judges",
        "gate": latest,
        "gate_state": _verdict(latest) if latest else "",
        "may_promote": passed,
        "running": running,
        "other_running": running if running is not latest else None,
        "may_choose": not one["why_not"] and bool(choices or free_text),
        "may_measure": bool(candidate) and not passed and not running and not one["why_not"],
    }


def _verdict(gate: dict[str, Any]) -> str:
    if gate["status"] == "done":
        return "passed" if gate["passed"] else "did not pass"
    return {"queued": "waits", "running": "is running", "failed": "stopped"}[gate["status"]]


def _gate_row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        "title": f"{_label(one['kind'], one['name'])} {short(one['candidate'])}",
        "beside": short(one["production"]),
        "verdict": _verdict(one),
    }


def _history_row(row: Any) -> dict[str, Any]:
    return {"row": row, "thing": _label(row.kind, row.name), "version": short(row.version)}


def _label(kind: str, name: str) -> str:
    known = versions.ABOUT.get(name, (name.capitalize(),))[0]
    return known if kind == Artefact.MODEL else f"{known} {OF_KIND[Artefact(kind)]}"


def _gate(request: MemberRequest, gate_id: int) -> GateReport:
    mine = GateReport.objects.select_related("store", "requested_by")
    return get_object_or_404(mine, store=request.membership.store, pk=gate_id)
