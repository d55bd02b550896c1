"""Filters of the queue that people keep by name, for themselves or for the store."""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.models import Store, User
from review.models import SavedView
from review.workflow.asked import Asked
from storefront_studio.lib.errors import BadInput, WrongState

MOST = 50  # that one person keeps in one store


def seen_by(store: Store, person: User) -> QuerySet[SavedView]:
    """One's own and those that others share, by name."""
    found = SavedView.objects.filter(store=store).filter(Q(owner=person) | Q(shared=True))
    return found.select_related("owner")


def keep(*, store: Store, owner: User, name: str, filters: Asked, shared: bool = False) -> SavedView:
    """Under a name, in place of one's own of the same name. Raises BadInput."""
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise BadInput("A view needs a name of up to 60 characters.")
    own = SavedView.objects.filter(store=store, owner=owner)
    if own.exclude(name=name).count() >= MOST:
        raise BadInput(f"You keep {MOST} views already; remove one first.")
    try:
        with transaction.atomic():
            view, _ = SavedView.objects.update_or_create(
                store=store, owner=owner, name=name, defaults={"query": filters.query, "shared": shared}
            )
    except IntegrityError:
        raise WrongState(f"A view “{name}” was kept at the same moment; look again.") from None
    return view


def remove(*, store: Store, owner: User, pk: int) -> str:
    """One's own; its name. Raises WrongState when it is not there."""
    view = SavedView.objects.filter(store=store, owner=owner, pk=pk).first()
    if view is None:
        raise WrongState("This view is not yours or was removed already.")
    view.delete()
    return view.name
