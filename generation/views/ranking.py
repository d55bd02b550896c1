"""Settings, Rankers: how much the shop's score counts beside the fit, and the proposals that were tuned from events."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import ADMINS, MemberRequest, member
from accounts.models import Role, Store
from generation import ranking_report, ranking_tuning
from generation.models import ObjectiveKind, RankingProposal
from generation.policy import policies
from generation.rankers.signals import NAMES, weights_of
from generation.stages.fusion import alpha_of
from generation.stages.policy import Tuning
from generation.views import ranker_plots
from storefront_studio.lib.errors import BadInput, StudioError

SHOWN = 10


def in_force(store: Store) -> dict[str, Any]:
    """What the list of rankers says of alpha and beta, and of the newest proposals."""
    policy = policies.current(store)
    return {
        "values": _values(policy.tuning),
        "beta": f"{policy.tuning.beta:g}",
        "number": policy.tuning.number,
        "policy": policy.number,
        "proposals": [
            {"row": row, "told": ranking_report.in_short(row.report), "in_force": row.number == policy.tuning.number}
            for row in ranking_tuning.listed(store)[:SHOWN]
        ],
    }


@require_safe
@member()
def proposal(request: MemberRequest, number: int) -> HttpResponse:
    store = request.membership.store
    try:
        row = ranking_tuning.numbered(store, number)
    except BadInput as error:
        raise Http404 from error
    policy = policies.current(store)
    context = {
        "proposal": row,
        "serves": policy.tuning.number == row.number,
        "seen": policy.number,
        "groups": [_group(one) for one in row.report["objectives"]],
        "changes_any": any(one["changes"] for one in row.report["objectives"]),
        "silent": [
            {"term": ranking_report.objectives([one["kind"]]), "value": one["why"]} for one in row.report["silent"]
        ],
        "facts": _facts(row),
        "notes": row.report["notes"],
        "may": request.membership.role == Role.ADMIN,
    }
    return render(request, "generation/ranking_proposal.html", context)


@require_POST
@member(*ADMINS)
def proposal_activate(request: MemberRequest, number: int) -> HttpResponse:
    """Puts a proposal in force as the next version of the policy; number 0 stands for the studio's own values."""
    try:
        seen = int(request.POST.get("seen", ""))
    except ValueError:
        seen = -1
    try:
        policy = ranking_tuning.activate(
            store=request.membership.store,
            actor=request.user,
            number=number,
            seen=seen,
            note=request.POST.get("note", ""),
        )
        what = f"Ranking proposal {number} is" if number else "The studio's own values are"
        messages.success(
            request, f"{what} in force, as policy {policy}. Runs that are under way keep the one they began with."
        )
    except StudioError as error:
        messages.error(request, str(error))
    return redirect("rankers")


def _values(tuned: Tuning) -> list[dict[str, str]]:
    """Alpha and the weights of R by objective, as they are in force."""
    return [
        {
            "label": str(kind.label),
            "alpha": f"{alpha_of(kind.value, tuned):g}",
            "own": "" if kind.value in tuned.alpha else "studio's own",
            "weights": ", ".join(
                f"{NAMES[name].lower()} {weight:g}" for name, weight in weights_of(kind.value, tuned.weights).items()
            ),
        }
        for kind in ObjectiveKind
    ]


def _group(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": ranking_report.objectives(one["kinds"]),
        "change": ranking_report.change(one),
        "changes": one["changes"],
        "sentences": one["sentences"],
        "systems": [{**system, "ndcg": system["ndcg@10"]} for system in one["systems"]],
        "plot": ranker_plots.curve(one["curve"], one["alpha_now"], one["alpha"]),
        "choices": one["choices"],
        "visitors": one["visitors"],
    }


def _facts(row: RankingProposal) -> Sequence[dict[str, str]]:
    counts, report = row.counts, row.report
    return [
        {"term": "Events", "value": f"{counts['events']:,}, of {counts['visitors']:,} visitors"},
        {
            "term": "Left out",
            "value": f"{counts['other_products']:,} events of products that are not in the catalogue, "
            f"{counts['refused_lines']:,} lines that are no event",
        },
        {"term": "Rows", "value": f"{report['shelves']:,} categories, {report['products']:,} products that fit them"},
        {"term": "Tuned on", "value": f"from {report['tuned_from']} on"},
        {"term": "Held out", "value": f"from {report['held_out_from']} on"},
        {"term": "R", "value": report["ranker"]},
        {"term": "S", "value": f"Evaluator {report['evaluator']}"},
        {"term": "File of events", "value": row.log_hash},
        {"term": "Tuned by", "value": row.author_name},
    ]
