"""Who may call the API: shop front ends by key, people by session cookie."""

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts import origin
from accounts.models import ApiKey, Membership, Role, Store

if TYPE_CHECKING:  # the framework loads this module while it loads its views
    from rest_framework.views import APIView


class KeyHolder:
    """What `request.user` is when a key was used: nobody in person, but known and in one store."""

    is_authenticated = True
    is_active = True
    pk = None

    def __init__(self, key: ApiKey) -> None:
        self.key = key

    def __str__(self) -> str:
        return f"key {self.key.name}"


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key <key>``."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "api-key":
            return None
        try:
            key = ApiKey.objects.select_related("store").get(pk=_identified(value.strip()))
        except (ApiKey.DoesNotExist, ValueError):
            raise AuthenticationFailed("This API key is not known, was revoked or has expired.") from None
        origin.by_key(key.name)
        return KeyHolder(key), key

    def authenticate_header(self, request: Request) -> str:
        return "Api-Key"


def _identified(value: str) -> Any:
    key = ApiKey.objects.get_from_key(value)
    if key.revoked or key.has_expired:
        raise ApiKey.DoesNotExist
    return key.pk


def store_of(request: Request) -> Store:
    """The store this caller works in; permissions have already made sure that there is one."""
    if isinstance(request.auth, ApiKey):
        return request.auth.store
    membership: Membership = request._request.membership  # type: ignore[attr-defined]
    return membership.store


class IsStoreMember(BasePermission):
    """People of the store, in a role the view lists under `roles` for writes; keys only where `key_scope` says so."""

    message = "Your role or key does not allow this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.auth, ApiKey):
            scope = getattr(view, "key_scope", None)
            return scope is not None and request.auth.allows(scope)
        membership = getattr(request._request, "membership", None)
        if not request.user.is_authenticated or not membership:
            return False
        readers = getattr(view, "readers", tuple(Role.values))
        writers = getattr(view, "writers", (Role.ADMIN,))
        return membership.role in (readers if request.method in SAFE_METHODS else writers)


class StudioThrottle(SimpleRateThrottle):
    """A published limit per key or person; 429 carries Retry-After.

    Counts in windows of the rate's length with one increment in the cache. The class above keeps the time of every
    request instead: exact, but thousands of numbers are read and written again on each call of a busy front end.
    """

    scope = "studio"
    num_requests: int
    duration: int
    left: float

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if self.rate is None:
            return True
        now = self.timer()
        window = int(now // self.duration)
        self.left = (window + 1) * self.duration - now
        key = f"{self.get_cache_key(request, view)}:{window}"
        self.cache.add(key, 0, self.duration * 2)
        try:
            return bool(self.cache.incr(key) <= self.num_requests)
        except ValueError:  # the window was evicted between the two calls: nobody is refused for that
            return True

    def wait(self) -> float:
        """Seconds until the next window."""
        return float(self.left)

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        if isinstance(request.auth, ApiKey):
            ident = f"key:{request.auth.pk}"
        elif request.user.is_authenticated:
            ident = f"user:{request.user.pk}"
        else:
            ident = f"address:{self.get_ident(request)}"
        return self.cache_format % {"scope": self.scope, "ident": ident}
