"""A person's word on a placement: approve, request changes, reject, send again, overturn."""

from django.db import transaction

from accounts.models import AuditEntry, User
from generation.stages.themes import MEMORY
from review import memory, selectors
from review.calibration import labels
from review.models import Decision, Placement, PlacementProduct, ReasonCode
from review.policies import Act, check, check_four_eyes
from review.workflow import claims, limits, transitions
from review.workflow.changing import Outcome, audit, fresh
from review.workflow.editing import edit_text
from storefront_studio.lib.errors import BadInput, WrongState

Kind = Decision.Kind
EDITS = (
    "edit_text",
    "remove_product",
    "restore_product",
    "promote_product",
    "move_product",
    "pin_product",
    "unpin_product",
)


@transaction.atomic
def approve(*, placement: Placement, actor: User, revision: int, note: str = "") -> Outcome:
    """Approve what was seen; recorded as fixed and approved when this person edited it since the last decision.

    Raises NotAllowed (marketing; one's own run under four eyes), WrongState (changed meanwhile, not open), BadInput
    (too few products, or one that an approved row of the page shows already).
    """
    placement = fresh(placement)
    check(actor, Act.DECIDE, placement.draft.store)
    check_four_eyes(actor, placement)
    kind = Kind.FIX_APPROVE if _edited_by(actor, placement) else Kind.APPROVE
    _decide(placement, actor, revision, kind, note=note)
    shown = placement.items.filter(state=PlacementProduct.State.SHOWN).count()
    least = limits.least(placement)
    if shown < least:
        raise BadInput(
            f"“{placement}” shows {shown} products; a row needs {least}. Add some from the bench or reject it."
        )
    clash = next(iter(selectors.shown_elsewhere(placement, [Placement.Status.APPROVED])), None)
    if clash:
        raise BadInput(f"“{clash.product}” is in the approved row “{clash.placement}” already; take it out of one.")
    verb = "fixed and approved" if kind == Kind.FIX_APPROVE else "approved"
    return _said(placement, actor, kind, f"{actor} {verb} “{placement}”.", note=note)


@transaction.atomic
def fix_and_approve(
    *, placement: Placement, actor: User, revision: int, title: str, subtitle: str, note: str = ""
) -> Outcome:
    """Save the words and approve what they make of it, both or neither. Raises as `edit_text` and `approve` do."""
    before = fresh(placement)
    claims.check_free(before, actor)
    new = tuple(" ".join(text.split()) for text in (title, subtitle))
    if new != (before.title, before.subtitle):
        edited = edit_text(placement=placement, actor=actor, revision=revision, title=title, subtitle=subtitle)
        revision = edited.placement.revision
    return approve(placement=placement, actor=actor, revision=revision, note=note)


@transaction.atomic
def reject(*, placement: Placement, actor: User, revision: int, reason_code: str, note: str = "") -> Outcome:
    """Turn it down, with a reason. Raises NotAllowed, WrongState, BadInput (no reason, "other" without a note)."""
    return _turn_down(placement, actor, revision, Kind.REJECT, "rejected", reason_code, note)


@transaction.atomic
def request_changes(*, placement: Placement, actor: User, revision: int, reason_code: str, note: str = "") -> Outcome:
    """Send it back, with a reason. Raises as `reject` does."""
    return _turn_down(placement, actor, revision, Kind.REQUEST_CHANGES, "requested changes to", reason_code, note)


@transaction.atomic
def resubmit(*, placement: Placement, actor: User, revision: int, note: str = "") -> Outcome:
    """What was sent back waits for review again. Raises NotAllowed, WrongState."""
    placement = fresh(placement)
    check(actor, Act.REVISE, placement.draft.store)
    _decide(placement, actor, revision, Kind.RESUBMIT, note=note)
    return _said(placement, actor, Kind.RESUBMIT, f"{actor} sent “{placement}” for review again.", note=note)


@transaction.atomic
def overturn(*, placement: Placement, actor: User, revision: int, note: str) -> Outcome:
    """An admin lets what was dropped or rejected wait for review. Raises NotAllowed, WrongState (also for a theme that
    was blocked before it had products), BadInput (no note)."""
    placement = fresh(placement)
    check(actor, Act.OVERTURN, placement.draft.store)
    if placement.dropped_by == MEMORY:
        raise WrongState(
            f"“{placement}” was blocked before it had products. Forget the earlier rejection and generate again."
        )
    note = note.strip()
    if not note:
        raise BadInput("Say in the note why this is overturned.")
    _decide(placement, actor, revision, Kind.OVERTURN, note=note)
    memory.follow(placement, transitions.target(placement, Kind.OVERTURN))
    by = placement.dropped_by or "a person"
    return _said(
        placement,
        actor,
        Kind.OVERTURN,
        f"{actor} overturned what {by} turned down: “{placement}” waits.",
        note=note,
    )


def _turn_down(
    placement: Placement, actor: User, revision: int, kind: str, verb: str, reason_code: str, note: str
) -> Outcome:
    placement = fresh(placement)
    check(actor, Act.DECIDE, placement.draft.store)
    note = note.strip()
    if reason_code not in ReasonCode.values:
        raise BadInput("Choose a reason; the people who wrote this learn from it.")
    if reason_code == ReasonCode.OTHER and not note:
        raise BadInput("Say in the note what the other reason is.")
    _decide(placement, actor, revision, kind, reason_code, note)
    if kind == Kind.REJECT:
        memory.remember(placement, actor, reason_code, note)
    reason = ReasonCode(reason_code).label
    said = f"{actor} {verb} “{placement}”: {note if reason_code == ReasonCode.OTHER else reason}."
    return _said(placement, actor, kind, said, reason_code, note)


def _decide(placement: Placement, actor: User, revision: int, kind: str, reason_code: str = "", note: str = "") -> None:
    """Move the row, then write the decision, which only then can be the only one on this revision."""
    transitions.check_seen(placement, revision)
    if kind not in (Kind.RESUBMIT, Kind.OVERTURN):
        claims.check_free(placement, actor)
    transitions.move(placement, revision=revision, to=transitions.target(placement, kind))
    Decision.objects.create(
        placement=placement,
        kind=kind,
        was=placement.status,
        reason_code=reason_code,
        note=note,
        revision=revision,
        actor=actor,
    )
    claims.decided(placement)


def _said(placement: Placement, actor: User, kind: str, summary: str, reason_code: str = "", note: str = "") -> Outcome:
    new = {"status": transitions.target(placement, kind), "reason_code": reason_code, "note": note}
    audit(
        placement,
        actor,
        str(kind),
        summary,
        {"status": placement.status},
        {name: value for name, value in new.items() if value},
    )
    labels.sync(placement)
    return Outcome(fresh(placement), summary)


def _edited_by(actor: User, placement: Placement) -> bool:
    """Whether `actor` changed the placement since somebody last decided on it."""
    acts = AuditEntry.objects.filter(store=placement.draft.store_id, subject=f"placement:{placement.pk}")
    since = (
        acts.filter(action__in=[f"placement.{kind}" for kind in Kind.values])
        .order_by("-id")
        .values_list("id", flat=True)
    )
    edits = acts.filter(actor=actor, action__in=[f"placement.{edit}" for edit in EDITS], id__gt=since.first() or 0)
    return edits.exists()
