"""Addresses of the probes; no slash at the end, as probes write them."""

from django.urls import URLPattern, URLResolver, path

from storefront_studio.health import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
