"""Every address of the studio, part by part."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("review.urls")),
    path("", include("accounts.urls")),
    path("campaigns/audiences/", include("generation.urls.audiences")),
    path("campaigns/", include("generation.urls.campaigns")),
    path("runs/", include("generation.urls.runs")),
    path("batches/", include("generation.urls.batches")),
    path("catalogue/", include("generation.urls.catalogue")),
    path("settings/", include("generation.urls.settings")),
    path("api/", include("storefront_studio.api_urls")),
    path("", include("storefront_studio.health_urls")),
]
