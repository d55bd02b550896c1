"""The states of a placement as a table, and the one way to change them: compare and swap."""

from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import AuditEntry
from review.models import Decision, Draft, Placement
from storefront_studio.lib.errors import WrongState

Kind, Status = Decision.Kind, Placement.Status

# from -> decision -> to. Undoing is not listed: it leads back to where the last decision came from.
ALLOWED: dict[str, dict[str, str]] = {
    Status.WAITING: {
        Kind.APPROVE: Status.APPROVED,
        Kind.FIX_APPROVE: Status.APPROVED,
        Kind.REQUEST_CHANGES: Status.CHANGES_REQUESTED,
        Kind.REJECT: Status.REJECTED,
    },
    Status.CHANGES_REQUESTED: {
        Kind.APPROVE: Status.APPROVED,
        Kind.FIX_APPROVE: Status.APPROVED,
        Kind.REJECT: Status.REJECTED,
        Kind.RESUBMIT: Status.WAITING,
    },
    Status.APPROVED: {
        Kind.REQUEST_CHANGES: Status.CHANGES_REQUESTED,
        Kind.REJECT: Status.REJECTED,
    },
    Status.REJECTED: {Kind.OVERTURN: Status.WAITING},
    Status.DROPPED: {Kind.OVERTURN: Status.WAITING},
}

# What an edit makes of the status. An approval holds for what was seen, so changing it voids the approval.
AFTER_EDIT: dict[str, str] = {
    Status.WAITING: Status.WAITING,
    Status.CHANGES_REQUESTED: Status.CHANGES_REQUESTED,
    Status.APPROVED: Status.WAITING,
}


def target(placement: Placement, kind: str) -> str:
    """Where the decision `kind` leads from here. Raises WrongState when it leads nowhere."""
    try:
        return ALLOWED[placement.status][kind]
    except KeyError:
        raise WrongState(f"“{placement}” is {_state(placement)}; that decision is not open now.") from None


def edited(placement: Placement) -> str:
    """The status after an edit. Raises WrongState when the placement was turned down."""
    try:
        return AFTER_EDIT[placement.status]
    except KeyError:
        raise WrongState(f"“{placement}” is {_state(placement)}; overturn that before editing it.") from None


def check_seen(placement: Placement, revision: int) -> None:
    """Raises WrongState when `placement` is no longer at the revision the person saw, or its page is not worked on."""
    check_in_force(placement.draft)
    if placement.revision != revision:
        raise _stale(placement)


def check_in_force(draft: Draft) -> None:
    """Raises WrongState for a page that was replaced, and for one that is still a proposal beside another."""
    if draft.superseded:
        raise WrongState(f"The page of run {draft.run_id} was set aside for another one; nothing on it can change now.")
    if draft.is_proposal and draft.parent is not None:
        raise WrongState(
            f"The page of run {draft.run_id} is a proposal beside that of run {draft.parent.run_id}: "
            "take it, or keep the old page, before deciding on its rows."
        )


def move(placement: Placement, *, revision: int, to: str, **changes: Any) -> None:
    """Bring the row from the state in `placement` to `to` with `changes`, one revision up.

    Of two who saw the same revision one wins; the other gets WrongState. The row stays locked until the
    transaction ends, so what follows in it happens to nobody else's version. Must be called inside one.
    """
    moved = Placement.objects.filter(pk=placement.pk, status=placement.status, revision=revision).update(
        status=to, revision=F("revision") + 1, updated_at=timezone.now(), **changes
    )
    if not moved:
        raise _stale(placement)


def _state(placement: Placement) -> str:
    return Placement.Status(placement.status).label.lower()


def _stale(placement: Placement) -> WrongState:
    """Who was first, and with what, is in the trail by now: the row was locked until they had written it."""
    acts = AuditEntry.objects.filter(store=placement.draft.store_id, subject=f"placement:{placement.pk}")
    last = acts.order_by("-id").first()
    said = f" {last.summary}" if last is not None else ""
    return WrongState(f"“{placement}” changed since you opened it; look again.{said}")
