"""Addresses below /api/. What no line names is answered in the API's own shape."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from storefront_studio.api import Docs, Nothing, Schema

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("generation.api.urls")),
    path("v1/", include("review.api.urls")),
    path("v1/", include("review.serving.urls")),
    path("v1/schema/", Schema.as_view(), name="api-schema"),
    path("docs/", Docs.as_view(), name="api-docs"),
    re_path(r"^(?P<address>.*)$", Nothing.as_view(), name="api-nothing"),
]
