"""One shape for every API error: ``{"error": {"code", "message", "fields"?}}``."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from storefront_studio.lib.errors import BadInput, StudioError, WrongState


def body(code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """The error object; `fields` maps a field's dotted path to its sentences."""
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    return {"error": error}


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER: our errors and DRF's alike; None (a 500) for what nobody foresaw."""
    if isinstance(error, WrongState):
        return Response(body("wrong_state", str(error)), status=status.HTTP_409_CONFLICT)
    if isinstance(error, BadInput):
        return Response(body("bad_input", str(error)), status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, StudioError) and not isinstance(error, PermissionDenied):
        return Response(body("unavailable", str(error)), status=status.HTTP_503_SERVICE_UNAVAILABLE)
    if isinstance(error, DjangoValidationError):
        return Response(body("invalid", " ".join(error.messages)), status=status.HTTP_400_BAD_REQUEST)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.data = body("invalid", "Some fields are not right.", _fields(error.detail))
    elif isinstance(error, Http404):
        response.data = body("not_found", "There is no such thing here.")
    elif isinstance(error, PermissionDenied):
        response.data = body("permission_denied", str(error) or "Your role does not allow this.")
    elif isinstance(error, exceptions.APIException):
        response.data = body(str(error.default_code), str(error.detail))
    return response


def _fields(detail: Any, path: str = "") -> dict[str, list[str]]:
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            found.update(_fields(inner, f"{path}.{name}" if path else str(name)))
        return found
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        found = {}
        for place, inner in enumerate(detail):
            found.update(_fields(inner, f"{path}.{place}"))
        return found
    return {path or "non_field_errors": [str(text) for text in (detail if isinstance(detail, list) else [detail])]}
