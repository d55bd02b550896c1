"""Who may do what in review: one table, read by services, pages and API alike."""

from enum import StrEnum

from accounts.models import Membership, Role, Store, User
from accounts.permits import NotAllowed
from review.models import Placement

__all__ = ["MAY", "Act", "NotAllowed", "acts", "check", "check_four_eyes", "is_own_generation"]


class Act(StrEnum):
    """What can be done to a placement or page, in words that end the sentence "you may not …"."""

    DECIDE = "decide on placements"
    EDIT = "edit placements"
    REVISE = "revise what was sent back"
    UNDO = "undo decisions"
    OVERTURN = "overturn what was turned down"
    FORGET = "forget what is remembered"
    REGENERATE = "regenerate part of a page"
    PUBLISH = "publish or roll back"
    SHARE = "share a preview"
    ASK_GUEST = "ask a guest to decide, or embed a page"


MAY: dict[Act, tuple[Role, ...]] = {
    Act.DECIDE: (Role.MERCHANDISER, Role.ADMIN),
    Act.EDIT: (Role.MERCHANDISER, Role.ADMIN),
    Act.REVISE: (Role.MARKETING, Role.MERCHANDISER, Role.ADMIN),
    Act.UNDO: (Role.MARKETING, Role.MERCHANDISER, Role.ADMIN),  # of one's own; an admin of anybody's
    Act.OVERTURN: (Role.ADMIN,),
    Act.FORGET: (Role.ADMIN,),
    Act.REGENERATE: (Role.MARKETING, Role.MERCHANDISER, Role.ADMIN),
    Act.PUBLISH: (Role.MERCHANDISER, Role.ADMIN),
    Act.SHARE: (Role.MARKETING, Role.MERCHANDISER, Role.ADMIN),
    Act.ASK_GUEST: (Role.MERCHANDISER, Role.ADMIN),
}


def acts(role: str) -> frozenset[Act]:
    """Everything people in `role` may do, for screens that show only what works."""
    return frozenset(act for act, roles in MAY.items() if role in roles)


def check(actor: User, act: Act, store: Store) -> Role:
    """The role in which `actor` may do this in `store`. Raises NotAllowed, for strangers to the store as well."""
    role = Membership.objects.filter(store=store, user=actor).values_list("role", flat=True).first()
    if role is None or not actor.is_active:
        raise NotAllowed(f"You are not a member of {store}.")
    if role not in MAY[act]:
        names = " or ".join(may.label.lower() for may in MAY[act])
        raise NotAllowed(f"As {Role(role).label.lower()} you may not {act}; this needs the role of {names}.")
    return Role(role)


def is_own_generation(actor: User, placement: Placement) -> bool:
    """Whether four eyes are required here and `actor` is the first pair: whoever started the run that made the row.

    A row that was kept while others were regenerated was made by the run it was kept from.
    """
    while placement.kept_from is not None:
        placement = placement.kept_from
    draft = placement.draft
    return draft.store.four_eyes and draft.run.requested_by_id == actor.pk


def check_four_eyes(actor: User, placement: Placement) -> None:
    """Raises NotAllowed when whoever started the run would approve its placement."""
    if is_own_generation(actor, placement):
        raise NotAllowed(
            "You started the run that made this placement, so somebody else must approve it: "
            f"{placement.draft.store} requires four eyes."
        )
