"""What every endpoint of people's API stands on: one store, one error shape, safe repeats, pages of results."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.signals import got_request_exception
from django.db import transaction
from django.db.models import QuerySet
from pydantic import BaseModel, ValidationError
from rest_framework import exceptions, serializers
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import idempotency
from accounts.access import EVERYONE
from accounts.api import store_of
from accounts.models import Membership, Store, User
from storefront_studio.lib import api_errors
from storefront_studio.lib.api_parsers import StudioJSONParser
from storefront_studio.lib.api_schema import StudioSchema
from storefront_studio.lib.idempotency import key_of
from storefront_studio.lib.pagination import NewestFirst

Shape = TypeVar("Shape", bound=BaseModel)
log = logging.getLogger(__name__)


class StudioView(GenericAPIView[Any]):
    """An endpoint for the people of a store.

    A view names `readers` and `writers` (roles), says what it takes with `self.given` and `self.asked`, and answers
    through serializers. Whoever sends an ``Idempotency-Key`` with a write gets it done once.
    """

    schema = StudioSchema()
    parser_classes: list[type[BaseParser]] = [StudioJSONParser]
    pagination_class = NewestFirst
    filter_backends = ()
    readers: tuple[str, ...] = EVERYONE
    writers: tuple[str, ...] = EVERYONE

    @property
    def store(self) -> Store:
        return store_of(self.request)

    @property
    def membership(self) -> Membership:
        return cast("Membership", self.request._request.membership)  # type: ignore[attr-defined]

    @property
    def person(self) -> User:
        """Who asks; keys never come this far."""
        return cast("User", self.request.user)

    # --- In -------------------------------------------------------------------------------------------------------
    def asked(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The query, checked. Raises ValidationError naming the parameters."""
        query = shape(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return cast("dict[str, Any]", query.validated_data)

    def given(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body, checked; names that the shape does not know are refused. Raises ValidationError."""
        self.check_object()
        unknown = sorted(set(self.request.data) - set(shape().fields))
        if unknown:
            raise serializers.ValidationError({name: ["There is no such field here."] for name in unknown})
        body = shape(data=self.request.data)
        body.is_valid(raise_exception=True)
        return cast("dict[str, Any]", body.validated_data)

    def check_object(self) -> dict[str, Any]:
        """The body as sent. Raises ParseError when it is no JSON object."""
        if not isinstance(self.request.data, dict):
            raise exceptions.ParseError("Send a JSON object.")
        return self.request.data

    # --- Out ------------------------------------------------------------------------------------------------------
    def paged(self, rows: QuerySet[Any], shape: type[serializers.BaseSerializer[Any]]) -> Response:
        """A page of `rows`, newest first."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shape(page, many=True, context={"request": self.request}).data)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After access was checked: a write with a key is done through `idempotency.once`."""
        super().initial(request, *args, **kwargs)
        name = (request.method or "").lower()
        key = "" if request.method in SAFE_METHODS else key_of(request)
        work: Callable[..., Response] | None = getattr(self, name, None)
        if key and work is not None:
            setattr(self, name, lambda *a, **kw: self._once(key, work, *a, **kw))

    def _once(self, key: str, work: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
        def answer() -> Response:
            try:
                with transaction.atomic():  # what fails leaves nothing but its answer
                    return work(request, *args, **kwargs)
            except Exception as error:
                return self.handle_exception(error)

        return idempotency.once(request=request, store=self.store, key=key, work=answer)

    def handle_exception(self, error: Exception) -> Response:
        """Ours and the framework's as they say; what nobody foresaw is logged and becomes a 500 in the same shape."""
        try:
            return super().handle_exception(error)
        except Exception as unforeseen:
            log.exception("the API failed on %s %s", self.request.method, self.request.path)
            got_request_exception.send(sender=type(self), request=self.request._request)
            code = f"Something went wrong on our side ({type(unforeseen).__name__}). The log has more."
            return Response(api_errors.body("server_error", code), status=500)


def checked(shape: type[Shape], data: Any) -> Shape:
    """`data` as a pydantic model; raises DRF's ValidationError with the dotted path of every field in error."""
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        raise serializers.ValidationError(_by_field(error)) from None


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in error.errors(include_url=False):
        place = ".".join(str(part) for part in one["loc"]) or "non_field_errors"
        found.setdefault(place, []).append(one["msg"].removeprefix("Value error, "))
    return found
