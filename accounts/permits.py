"""What only some people of a store may do, asked by services, so that every door gets the same answer."""

from django.core.exceptions import PermissionDenied

from accounts.models import Membership, Role, Store, User
from storefront_studio.lib.errors import BadInput, StudioError


class NotAllowed(StudioError, PermissionDenied):
    """This person may not do this; the text says who may. Becomes a 403."""


def require_admin(store: Store, actor: User | None, act: str) -> None:
    """Raises NotAllowed unless `actor` is an active admin of `store`. `act` ends the sentence "you may not …".

    Without an actor it is the operator at the shell, who has the database anyway.
    """
    if actor is None:
        return
    role = Membership.objects.filter(store=store, user=actor).values_list("role", flat=True).first()
    if role is None or not actor.is_active:
        raise NotAllowed(f"You are not a member of {store}.")
    if role != Role.ADMIN:
        raise NotAllowed(f"As {Role(role).label.lower()} you may not {act}; this needs the role of admin.")


def member_named(store: Store, email: str | None) -> User | None:
    """The person of this address, for commands; None without one. Raises BadInput when the store has no such member."""
    if not email:
        return None
    found = Membership.objects.filter(store=store, user__email__iexact=email).select_related("user").first()
    if found is None:
        raise BadInput(f"{email} is not a member of {store}.")
    return found.user
