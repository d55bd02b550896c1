"""The registry as plain data: what the command prints with --json, the API answers and the screens show."""

from typing import Any

from accounts.models import Store
from generation.models import GateReport, Release, ReleaseLabel
from generation.policy import policies
from generation.registry import releases, versions
from generation.registry.labelling import why_not_measurable
from generation.registry.releases import Releases
from generation.registry.versions import Thing, short
from storefront_studio.lib.errors import Misconfigured

LATEST = 20


def of(store: Store) -> dict[str, Any]:
    """{"store", "problem", "things": [...], "gates": [...]}; `problem` is why no run could start now, or empty.

    A thing is {"kind", "name", "label", "about", "production", "candidate", "versions", "why_not"}; a label is
    {"version", "token", "author", "since", "note", "default"} or None. A few queries whatever the number of versions.
    """
    problem, now = "", None
    try:
        now = releases.in_force(store)
    except Misconfigured as error:
        problem = str(error)
    production = releases.labelled(store, ReleaseLabel.PRODUCTION)
    candidate = releases.labelled(store, ReleaseLabel.CANDIDATE)
    defaults = releases.defaults()
    held = releases.held(store)
    things = []
    for one in versions.things():
        key = (one.kind, one.name)
        things.append(_thing(one, production.get(key), candidate.get(key), defaults, now, held.get(key, set())))
    open_or_ended = GateReport.objects.filter(store=store).select_related("requested_by")
    return {
        "store": store.slug,
        "problem": problem,
        "policy": policies.current(store).number,
        "facets": versions.facets_version(),
        "things": things,
        "gates": [gate(one) for one in open_or_ended.defer("report")[:LATEST]],
    }


def _thing(
    one: Thing,
    production: Release | None,
    candidate: Release | None,
    defaults: dict[tuple[str, str], str],
    now: Releases | None,
    held: set[str],
) -> dict[str, Any]:
    installed = versions.listed(one.kind, one.name)
    if production is None:
        default = now.of(one.kind, one.name) if now else defaults.get((one.kind, one.name), "")
        in_production = {**_label(None), "version": short(default), "token": default}
    else:
        in_production = _label(production)
    wanted = _label(candidate) if candidate and candidate.version != in_production["token"] else None
    return {
        "kind": one.kind,
        "name": one.name,
        "label": one.label,
        "about": one.about,
        "production": in_production,
        "candidate": wanted,
        "versions": [
            {
                "version": version.name,
                "token": version.token,
                "problem": version.problem,
                "held": version.token in held and version.token != in_production["token"],
            }
            for version in installed
        ],
        "why_not": why_not_measurable(one.kind, one.name, now) if now else "",
    }


def _label(row: Release | None) -> dict[str, Any]:
    return {
        "version": short(row.version) if row else "",
        "token": row.version if row else "",
        "author": row.author_name if row else "",
        "since": row.created_at if row else None,
        "note": row.note if row else "",
        "default": row is None,
    }


def label(row: Release) -> dict[str, Any]:
    """One giving of a label, for the history."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "name": row.name,
        "version": short(row.version),
        "token": row.version,
        "label": row.label,
        "note": row.note,
        "author": row.author_name,
        "gate": row.gate_id,
        "created_at": row.created_at,
    }


def gate(row: GateReport) -> dict[str, Any]:
    """One gate without its pages."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "name": row.name,
        "candidate": row.candidate,
        "production": row.production,
        "status": row.status,
        "passed": row.passed,
        "snapshot": row.snapshot,
        "briefs": row.briefs,
        "checks": row.checks,
        "error": row.error,
        "requested_by": str(row.requested_by) if row.requested_by else "",
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }
