"""Rows that a partial regeneration keeps: the same row on the new draft, with everything people did to it.

A kept row is copied from the old draft as the database has it, not from what the run brought back: whatever the run
does, a locked row stays as it is. Decisions stay with the row they were made on; the audit says where they are.
"""

from collections.abc import Iterable, Mapping

from accounts.models import AuditEntry, User
from generation.models import Run
from generation.stages.arrange import FIRST_FIXED_KEY
from generation.stages.contracts import Fixed
from review.models import Decision, Draft, Judgement, Placement, PlacementProduct

CARRIED = [
    "source",
    "title",
    "subtitle",
    "intent",
    "concepts",
    "keywords",
    "reason",
    "confidence",
    "score",
    "density",
    "receipts",
    "flags",
    "status",
    "dropped_by",
    "drop_facet",
    "drop_reason",
]
FACTS = ["product_id", "state", "slot", "pinned", "score", "fit", "rank_score", "why", "ranker", "parts", "sources"]
SAID = ["product_id", "level", "facet", "severity", "passes", "score", "reason", "judge"]


def kept_by(run: Run, parent: Draft | None) -> dict[int, Placement]:
    """The rows of `parent` that `run` was told to keep, by the key they have in the run."""
    fixed = sorted((Fixed.model_validate(one) for one in run.brief.get("fixed", [])), key=lambda one: one.position)
    keys = {one.kept_from: FIRST_FIXED_KEY - n for n, one in enumerate(fixed) if one.kept_from is not None}
    if parent is None or not keys:
        return {}
    rows = parent.placements.filter(pk__in=list(keys)).prefetch_related("items", "judgements")
    return {keys[row.pk]: row for row in rows}


def copied(old: Placement, draft: Draft, key: int, position: int) -> Placement:
    """`old` as a row of `draft`, not saved yet."""
    facts = {name: getattr(old, name) for name in CARRIED}
    return Placement(draft=draft, key=key, position=position, kept_from=old, **facts)


def items(old: Placement, new: Placement) -> list[PlacementProduct]:
    """The products of `old` for `new`: shown, on the bench and taken out, with slots and pins; not saved yet."""
    return [
        PlacementProduct(placement=new, **{name: getattr(item, name) for name in FACTS}) for item in old.items.all()
    ]


def judgements(old: Placement, new: Placement) -> list[Judgement]:
    """What judges said of `old`, for `new`; not saved yet."""
    return [
        Judgement(draft=new.draft, placement=new, **{name: getattr(said, name) for name in SAID})
        for said in old.judgements.all()
    ]


def bring_up(pairs: Mapping[int, Placement]) -> None:
    """Make rows exactly what the ones they were kept from are now; `pairs`: new row's pk -> old row."""
    new = {row.pk: row for row in Placement.objects.filter(pk__in=list(pairs))}
    for pk, old in pairs.items():
        for name in CARRIED:
            setattr(new[pk], name, getattr(old, name))
    Placement.objects.bulk_update(new.values(), CARRIED)
    PlacementProduct.objects.filter(placement__in=list(pairs)).delete()
    PlacementProduct.objects.bulk_create(item for pk, old in pairs.items() for item in items(old, new[pk]))


def note_carried(rows: Iterable[tuple[Placement, Placement]], actor: User | None) -> None:
    """One audit entry for every (new, old): which row it was, and whose decision its status rests on."""
    rows = list(rows)
    last = {
        one.placement_id: one
        for one in Decision.objects.filter(placement__in=[old.pk for _, old in rows]).select_related("actor")
    }
    AuditEntry.objects.bulk_create(_entry(new, old, last.get(old.pk), actor) for new, old in rows)


def _entry(new: Placement, old: Placement, decision: Decision | None, actor: User | None) -> AuditEntry:
    label = Placement.Status(old.status).label.lower()
    said = f"“{old.title}” was kept from run {old.draft.run_id} as it is"
    resting = decision is not None and old.status != Placement.Status.WAITING
    if decision is not None and resting:
        said += f", {label} by {decision.actor} on {decision.created_at:%-d %b %Y}"
    return AuditEntry(
        store=new.draft.store,
        actor=actor,
        actor_name=str(actor) if actor else "Studio",
        action="placement.keep",
        subject=f"placement:{new.pk}",
        summary=f"{said}."[:500],
        new={
            "status": old.status,
            "kept from": f"placement {old.pk}",
            **({"decision": decision.pk} if decision is not None and resting else {}),
        },
    )
