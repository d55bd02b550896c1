"""The one door every page goes through: signed in, in a store, in a role that may."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, Role, Store, User

P = ParamSpec("P")
EVERYONE = tuple(Role.values)
PLANNERS = (Role.MARKETING, Role.ADMIN)
REVIEWERS = (Role.MERCHANDISER, Role.ADMIN)
ADMINS = (Role.ADMIN,)


class MemberRequest(HttpRequest):
    """A request that passed the door."""

    user: User
    membership: Membership
    htmx: HtmxDetails

    @property
    def store(self) -> Store:
        return self.membership.store


def member(*roles: str) -> Callable[[Callable[Concatenate[Any, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Let in signed-in members whose role is in `roles` (any role when none is named).

    Anonymous people go to the sign-in page; members in another role and people without a store get 403. Objects of
    other stores are 404, because views look them up within `request.membership.store`.
    """

    def decorate(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        @login_required
        def guarded(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.membership:
                raise PermissionDenied("You are not a member of any store yet. Ask an admin to add you.")
            if roles and request.membership.role not in roles:
                names = " or ".join(Role(role).label.lower() for role in roles)
                raise PermissionDenied(f"This needs the role of {names}.")
            return view(request, *args, **kwargs)

        return guarded

    return decorate
