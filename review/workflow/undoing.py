"""Taking the last decision back."""

from django.db import transaction

from accounts.models import Role, User
from review import memory
from review.calibration import labels
from review.models import Decision, PageVersion, Placement
from review.policies import Act, NotAllowed, check
from review.workflow import transitions
from review.workflow.changing import Outcome, audit, fresh
from storefront_studio.lib.errors import WrongState

LEADS_TO = {kind: to for moves in transitions.ALLOWED.values() for kind, to in moves.items()}


def last_decision(placement: Placement) -> Decision | None:
    """The newest decision that still holds: not undone, and not voided by an edit."""
    standing: list[Decision] = []
    for decision in placement.decisions.all():
        if decision.kind != Decision.Kind.UNDO:
            standing.append(decision)
        elif standing:
            standing.pop()
    last = standing[-1] if standing else None
    return last if last and LEADS_TO[last.kind] == placement.status else None


@transaction.atomic
def undo(*, placement: Placement, actor: User, revision: int) -> Outcome:
    """Take back the last decision: one's own, or anybody's for an admin. The former status holds again.

    An approval comes back only when nothing was edited since; otherwise the placement waits. Raises NotAllowed,
    WrongState (nothing to undo, changed meanwhile, or already in a published version).
    """
    placement = fresh(placement)
    role = check(actor, Act.UNDO, placement.draft.store)
    transitions.check_seen(placement, revision)
    last = last_decision(placement)
    if last is None:
        raise WrongState(f"There is no decision on “{placement}” to undo.")
    if last.actor_id != actor.pk and role != Role.ADMIN:
        raise NotAllowed(f"{last.actor} decided this; only they or an admin can undo it.")
    to = last.was
    if to == Placement.Status.APPROVED and placement.revision != last.revision + 1:
        to = Placement.Status.WAITING
    transitions.move(placement, revision=revision, to=to)
    # Looked up after the row was taken: publishing holds the same lock, so no version can slip in between.
    version = _published_in(placement)
    if version:
        raise WrongState(f"“{placement}” is in {version}; publish another version or roll back instead.")
    Decision.objects.create(
        placement=placement, kind=Decision.Kind.UNDO, was=placement.status, revision=revision, actor=actor
    )
    memory.follow(placement, to)
    label = Placement.Status(to).label.lower()
    summary = f"{actor} undid “{Decision.Kind(last.kind).label.lower()}” on “{placement}”: it is {label} again."
    audit(placement, actor, "undo", summary, {"status": placement.status}, {"status": to, "decision": last.pk})
    labels.sync(placement)
    return Outcome(fresh(placement), summary)


def _published_in(placement: Placement) -> PageVersion | None:
    versions = PageVersion.objects.filter(
        draft=placement.draft_id, body__placements__contains=[{"id": str(placement.pk)}]
    )
    return versions.select_related("page").order_by("number").first()
