"""The page shoppers see: no model, no draft, and an answer even when the database has none."""

import math

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api import IsStoreMember, store_of
from accounts.models import ApiKey, Scope
from review.serving import database, shelf
from review.serving.authentication import KnownKeyAuthentication, Unavailable
from review.serving.serializers import PublishedPageSerializer
from review.serving.throttles import StorefrontThrottle

FRESH, STALE = 30, 300  # seconds a front end may use its copy, and may use it further while it asks again


def cache_control(lasts: float | None) -> str:
    """How long a copy is good: never past the next start or end of a schedule, `lasts` seconds from now."""
    left = FRESH + STALE if lasts is None else math.floor(lasts)
    fresh = min(FRESH, left)
    further = min(STALE, left - fresh)
    return f"private, max-age={fresh}" + (f", stale-while-revalidate={further}" if further else "")


class StorefrontView(APIView):
    """`GET storefront/{page}/`: what is live, for keys that may read it and for the store's own people."""

    authentication_classes = [KnownKeyAuthentication, SessionAuthentication]
    permission_classes = [IsStoreMember]
    throttle_classes = [StorefrontThrottle]
    key_scope = Scope.STOREFRONT_READ

    @extend_schema(
        operation_id="storefront_page",
        summary="The published page",
        description="Carries an ETag; send it back as If-None-Match and an unchanged page costs a 304. While the "
        "database is gone the last good page comes with `X-Studio-Stale: 1`.",
        parameters=[
            OpenApiParameter("segment", OpenApiTypes.STR, description="Unknown ones get the page for everyone."),
            OpenApiParameter("visitor", OpenApiTypes.STR, description="Your id for the shopper, for experiments."),
        ],
        responses=PublishedPageSerializer,
    )
    def get(self, request: Request, page: str) -> HttpResponseBase:
        store_id = request.auth.store_id if isinstance(request.auth, ApiKey) else store_of(request).pk
        try:
            ready = shelf.page(store_id, page, request.query_params.get("segment") or shelf.DEFAULT)
        except database.Unreachable as error:
            raise Unavailable from error
        if ready is None:
            raise Http404
        response = HttpResponse(ready.text, content_type="application/json")
        response["ETag"] = ready.etag
        # Private: what a key sees depends on its store, and shared caches must not mix them up.
        response["Cache-Control"] = cache_control(ready.lasts)
        response["Vary"] = "Authorization, Cookie"
        if ready.stale:
            response["X-Studio-Stale"] = "1"
            response["Warning"] = '110 - "Response is stale"'
        return get_conditional_response(request, etag=ready.etag, response=response) or response
