"""Addresses of the storefront API, below /api/v1/."""

from django.urls import path

from review.serving.views import StorefrontView

urlpatterns = [path("storefront/<slug:page>/", StorefrontView.as_view(), name="api-storefront")]
