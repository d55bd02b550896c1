"""What the OpenAPI document says of every endpoint alike: errors in one shape, and the key that makes writes safe to
repeat."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from storefront_studio.lib.api_shapes import ErrorOut
from storefront_studio.lib.idempotency import HEADER

ERRORS = {
    "400": "Something in the request is not right; the message says what.",
    "401": "Sign in, or send a key.",
    "403": "Your role or key does not allow this.",
    "404": "There is no such thing in your store.",
    "409": "Not possible in the present state, or somebody else was first.",
    "413": "The body is too large.",
    "415": "The content type is not one of those listed.",
    "422": f"The {HEADER} was used for a different request.",
    "429": "Too many requests; Retry-After says how many seconds to wait.",
    "503": "Something the studio needs is missing or out of reach; the message says what.",
}
READ = ("400", "401", "403", "404", "429")
WRITE = tuple(ERRORS)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """``Authorization: Api-Key <key>``, for shop front ends."""

    target_class = "accounts.api.ApiKeyAuthentication"
    match_subclasses = True
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "A shop front end's key, written as: Api-Key <key>",
        }


class StudioSchema(AutoSchema):
    """drf-spectacular's, with our errors, and without what a view leaves unsaid."""

    def get_override_parameters(self) -> list[Any]:
        """Every write takes an Idempotency-Key."""
        found = list(super().get_override_parameters())
        if self.method in {"POST", "PATCH", "PUT", "DELETE"}:
            found.append(
                OpenApiParameter(
                    HEADER,
                    {"type": "string", "pattern": "^[!-~]{1,255}$"},
                    OpenApiParameter.HEADER,
                    description="The same key with the same body gets the first answer again, for 24 hours.",
                )
            )
        return found

    def get_description(self) -> str:  # type: ignore[override]
        """Only what `extend_schema` says: docstrings of views speak to us, not to callers."""
        return ""

    def get_auth(self) -> list[Any]:
        """Keys only where a view has a scope for them."""
        if not getattr(self.view, "key_scope", None):  # this view is made for the document alone
            people = [one for one in self.view.authentication_classes if one.__name__ != "ApiKeyAuthentication"]
            self.view.authentication_classes = people
        return list(super().get_auth())

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in READ if self.method == "GET" else WRITE:
            if code not in bodies:
                body = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    ErrorOut, code, ["application/json"], direction
                )
                bodies[code] = {**body, "description": ERRORS[code]}
        if "429" in bodies:
            bodies["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
        return dict(sorted(bodies.items()))
