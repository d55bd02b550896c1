"""What every change to a placement shares: the row as it is, the outcome, and who may edit."""

from typing import Any, NamedTuple

from accounts.audit import record
from accounts.models import User
from review.models import Placement
from review.policies import Act, check
from review.workflow import transitions


class Outcome(NamedTuple):
    """The placement as it is now, and a sentence that says what happened."""

    placement: Placement
    summary: str


def fresh(placement: Placement) -> Placement:
    """The placement as the database has it, with all that rules ask about."""
    found = Placement.objects.select_related("draft__store", "draft__campaign", "draft__run", "draft__parent")
    return found.get(pk=placement.pk)


def start_edit(placement: Placement, actor: User, revision: int, **changes: Any) -> str:
    """Check that `actor` may edit what they saw, then take the row; returns the status it has now.

    Marketing may change what was sent back to them; everything else is edited by reviewers. Raises NotAllowed,
    WrongState.
    """
    sent_back = placement.status == Placement.Status.CHANGES_REQUESTED
    check(actor, Act.REVISE if sent_back else Act.EDIT, placement.draft.store)
    transitions.check_seen(placement, revision)
    to = transitions.edited(placement)
    transitions.move(placement, revision=revision, to=to, **changes)
    return to


def end_edit(
    placement: Placement,
    actor: User,
    action: str,
    summary: str,
    old: dict[str, Any],
    new: dict[str, Any],
    status: str,
) -> Outcome:
    """Write the audit entry of an edit; when it voided an approval, both entry and sentence say so."""
    if status != placement.status:
        summary += " Its approval is void: it waits again."
        old, new = {**old, "status": placement.status}, {**new, "status": status}
    audit(placement, actor, action, summary, old, new)
    return Outcome(fresh(placement), summary)


def audit(
    placement: Placement, actor: User, action: str, summary: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    record(
        store=placement.draft.store,
        actor=actor,
        action=f"placement.{action}",
        subject=f"placement:{placement.pk}",
        summary=summary,
        old=old,
        new=new,
    )
