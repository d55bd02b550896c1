"""Which store the person is working in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts import origin
from accounts.models import Membership


def current_membership(request: HttpRequest) -> Membership | None:
    """The membership chosen by the store picker, else the person's newest; None for strangers to every store."""
    if not request.user.is_authenticated:
        return None
    mine = Membership.objects.filter(user=request.user).select_related("store").order_by("-id")
    chosen = request.session.get("store")
    return (mine.filter(store_id=chosen).first() if chosen else None) or mine.first()


class CurrentStoreMiddleware:
    """Sets `request.membership`, lazily: a page that never asks costs no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership = SimpleLazyObject(lambda: current_membership(request))  # type: ignore[attr-defined]
        return self.get_response(request)


class OriginMiddleware:
    """What this request writes into the audit trail says that it came from it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with origin.entering(origin.of_request(request)):
            return self.get_response(request)
