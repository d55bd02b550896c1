"""Giving a version a label. Production is given for a passed gate, or back to what was in production before."""

from django.db import transaction

from accounts import audit
from accounts.models import Store, User
from accounts.permits import require_admin
from generation.models import Artefact, GateReport, Release, ReleaseLabel
from generation.registry import releases, versions
from generation.registry.releases import Releases
from generation.registry.versions import short
from storefront_studio.lib.errors import BadInput, WrongState

LONGEST_NOTE, LONGEST_VERSION = 500, 120
UNREAD = (
    "The built-in library does not read prompts, so with another version nothing would change. "
    "Put a language model in production first (GENERATOR and its key), then this can be measured."
)
NO_REPLAY = (
    "The replay makes pages from briefs that are already structured, so it never asks this prompt: nothing would be "
    "measured. The version that the code names stays in use."
)
NO_LABELS = (
    "People's decisions are about rows and products, so nothing says how well a judge of whole pages agrees with them. "
    "The version that the code names stays in use."
)
REPLAYED = frozenset(
    {
        (Artefact.PROMPT.value, "themes"),
        (Artefact.PROMPT.value, "keywords"),
        (Artefact.RUBRIC.value, "judge"),
        (Artefact.MODEL.value, "generator"),
        (Artefact.MODEL.value, "judges"),
        (Artefact.MODEL.value, "evaluator"),
    }
)
"""What a page depends on, so that a replay can tell two versions apart."""


def why_not_measurable(kind: str, name: str, now: Releases, candidate: str = "") -> str:
    """Why a gate for this thing would measure nothing; empty when it would."""
    if (kind, name) == (Artefact.RUBRIC, "page_judge"):
        return NO_LABELS
    if (kind, name) not in REPLAYED:
        return NO_REPLAY
    unread = now.generator == "library" and not (kind == Artefact.RUBRIC and now.judges)
    if kind != Artefact.MODEL and unread:
        return UNREAD
    if candidate and candidate == now.of(kind, name):
        return f"{short(candidate)} is in production already; there is nothing to compare it with."
    return ""


def give(*, store: Store, actor: User | None, kind: str, name: str, version: str, label: str, note: str) -> Release:
    """One label to one version, with its author and reason. Nothing else in production changes.

    Raises NotAllowed for anybody but an admin; BadInput for a version, label or note that is not right; WrongState
    when production is asked for without a gate that passed for exactly this version beside exactly what is in
    production now, unless the version was in production before; Misconfigured when a file was changed under its label.
    """
    require_admin(store, actor, "give labels to prompts and models")
    note = " ".join(note.split())
    if label not in ReleaseLabel.values:
        raise BadInput(f"There is no label “{label}”. There are: {', '.join(ReleaseLabel.values)}.")
    if not note:
        raise BadInput("Say in the note why. The history shows it.")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(note)} characters; the most is {LONGEST_NOTE}.")
    token = versions.token_of(kind, name, version)
    if len(token) > LONGEST_VERSION:
        raise BadInput(f"These names have {len(token)} characters together; the most is {LONGEST_VERSION}.")
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)  # of two who label at once, one sees the other's
        was = _now(store, kind, name)
        gate = None
        if label == ReleaseLabel.PRODUCTION:
            gate = _allowed(store, kind, name, token, was)
        elif token == was:
            raise WrongState(f"{short(token)} is in production already; it needs no gate.")
        row = Release.objects.create(
            store=store,
            kind=kind,
            name=name,
            version=token,
            label=label,
            note=note,
            gate=gate,
            author=actor,
            author_name=str(actor) if actor else "Command line",
        )
        word = "production" if label == ReleaseLabel.PRODUCTION else "a candidate"
        audit.record(
            store=store,
            actor=actor,
            action=f"registry.{label}",
            subject=f"release:{row.pk}",
            summary=f"Made {versions.thing(kind, name).label} {short(token)} {word}: {note}",
            old={name: was} if label == ReleaseLabel.PRODUCTION else None,
            new={name: token},
            actor_name=row.author_name,
        )
    return row


def _now(store: Store, kind: str, name: str) -> str:
    """The token in production, whether its file is still the same or not: a broken one can be rolled back."""
    row = releases.labelled(store, ReleaseLabel.PRODUCTION).get((kind, name))
    if row is not None:
        return row.version
    if (kind, name) == (Artefact.MODEL, "generator"):
        return versions.default_generator()
    if (kind, name) == (Artefact.MODEL, "judges"):
        return ", ".join(versions.default_judges()) or versions.GENERATOR_JUDGES
    return versions.token_of(kind, name, releases.defaults()[kind, name])


def _allowed(store: Store, kind: str, name: str, token: str, was: str) -> GateReport | None:
    """The gate that lets `token` into production; None for one that was there before."""
    if token == was:
        raise WrongState(f"{short(token)} is in production already.")
    if token in releases.held(store).get((kind, name), set()):
        return None
    now = releases.in_force(store)
    why = why_not_measurable(kind, name, now)
    if why:
        raise WrongState(why)
    gates = GateReport.objects.filter(store=store, kind=kind, name=name, candidate=token).order_by("-id")
    for gate in gates.filter(status=GateReport.Status.DONE, passed=True):
        if gate.production == was and Releases.model_validate(gate.report["production"]) == now:
            return gate
    raise WrongState(_refusal(list(gates[:20]), token, kind, name, now))


def _refusal(gates: list[GateReport], token: str, kind: str, name: str, now: Releases) -> str:
    what = f"{versions.thing(kind, name).label} {short(token)}"
    passed = next((gate for gate in gates if gate.passed), None)
    if passed is not None:
        then = Releases.model_validate(passed.report["production"])
        return (
            f"The gate of {what} passed beside {_difference(then, now)}, so it says nothing about what is in "
            "production now. Run the gate again."
        )
    if any(gate.is_open for gate in gates):
        return f"The gate of {what} has not ended. Wait for it."
    if gates and gates[0].status == GateReport.Status.DONE:
        failed = [one["sentence"] for one in gates[0].checks if one["gating"] and not one["passes"]]
        return f"{what} did not pass its gate: {' '.join(failed)} It cannot go into production."
    if gates:
        return f"The gate of {what} stopped: {gates[0].error} Run it again."
    return f"No gate has measured {what} as it is now. Run the gate first; it compares it with what is in production."


def _difference(then: Releases, now: Releases) -> str:
    """What was in production at the gate and is not any more, in words."""
    models = ("evaluator", "generator", "judges")
    present_all = {**now.prompts, **{name: now.of(Artefact.MODEL, name) for name in models}}
    for name, token in {**then.prompts, **{name: then.of(Artefact.MODEL, name) for name in models}}.items():
        present = present_all.get(name, "none")
        if token != present:
            return f"{name} {short(token)}, and {short(present)} is there now"
    return "other questions to the judges than the studio asks now"
