"""Asking for a gate: what is to be compared is frozen into the row, and the worker does the rest."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import Store, User
from accounts.permits import require_admin
from generation import runs, tasks
from generation.campaigns.brief import BriefIn
from generation.catalog.sample import generator
from generation.measure import evaluation, gate, gate_checks, snapshots
from generation.measure.snapshots import SAMPLE
from generation.models import GateReport
from generation.policy import policies
from generation.registry import agreement, releases, versions
from generation.registry.labelling import LONGEST_VERSION, why_not_measurable
from generation.registry.versions import short
from storefront_studio.lib.errors import BadInput, WrongState


def ask(
    *,
    store: Store,
    actor: User | None,
    kind: str,
    name: str,
    version: str,
    snapshot: str = SAMPLE,
    briefs: Sequence[BriefIn] | None = None,
    day: dt.date | None = None,
    enqueue: bool = True,
) -> GateReport:
    """A queued gate of one version beside what is in production now.

    `snapshot` is “sample” or the hash of one of the store's own; `briefs` are our own frozen set when none are given,
    `day` the day the pages are for (of the snapshot, by default). Raises NotAllowed for anybody but an admin; BadInput
    when nothing would be measured, or too little to tell; WrongState when a gate of the same thing is open;
    Misconfigured when a file was changed under its label.
    """
    require_admin(store, actor, "run a gate")
    token = versions.token_of(kind, name, version)
    if len(token) > LONGEST_VERSION:
        raise BadInput(f"These names have {len(token)} characters together; the most is {LONGEST_VERSION}.")
    now = releases.in_force(store)
    why = why_not_measurable(kind, name, now, token)
    if why:
        raise BadInput(why)
    given = list(briefs) if briefs is not None else evaluation.read_briefs(evaluation.OWN_BRIEFS)
    if len(given) < gate_checks.LEAST_BRIEFS:
        raise BadInput(
            f"{len(given)} briefs are too few to tell two versions apart. Give {gate_checks.LEAST_BRIEFS} or more."
        )
    if gate.judges_too(kind, name, now) and (missing := agreement.too_few(agreement.labelled_pairs(store))):
        raise BadInput(missing)
    catalogue, digest, usual = _catalogue(store, snapshot)
    policy = policies.current(store)
    try:
        with transaction.atomic():
            row = GateReport.objects.create(
                store=store,
                kind=kind,
                name=name,
                candidate=token,
                production=now.of(kind, name),
                snapshot=digest,
                briefs=len(given),
                requested_by=actor,
                report={
                    "production": now.model_dump(mode="json"),
                    "candidate": now.having(kind, name, token).model_dump(mode="json"),
                    "policy": policy.model_dump(mode="json"),
                    "catalogue": catalogue,
                    "day": (day or usual).isoformat(),
                    "seed": 1,
                    "briefs": [one.model_dump(mode="json") for one in given],
                    "pages": {},
                },
            )
            audit.record(
                store=store,
                actor=actor,
                action="registry.gate",
                subject=f"gate:{row.pk}",
                summary=f"Asked for the gate of {versions.thing(kind, name).label} {short(token)}",
                new={"candidate": token, "production": row.production, "snapshot": digest},
                actor_name=str(actor) if actor else "Command line",
            )
            if enqueue:
                runs.after_commit(tasks.run_gate, row.pk)
    except IntegrityError:
        raise WrongState(
            f"A gate of {versions.thing(kind, name).label} is open already. Wait for it, or stop it."
        ) from None
    return row


def _catalogue(store: Store, snapshot: str) -> tuple[str, str, dt.date]:
    """What names the catalogue, its hash, and its day. Raises BadInput for another store's snapshot."""
    if snapshot == SAMPLE:
        return SAMPLE, snapshots.sample_digest(), generator.TODAY
    head = snapshots.read_head(snapshot)
    if head.slug != store.slug:
        raise BadInput(f"There is no snapshot {snapshot} of {store}. Freeze one with manage.py registry snapshot.")
    return head.digest, head.digest, head.day
