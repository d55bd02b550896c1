"""Addresses of generation's API, below /api/v1/. One run is told by review."""

from django.urls import path

from generation.api.campaigns import CampaignDetail, Campaigns, Feasibility
from generation.api.imports import ImportDetail, Imports
from generation.api.keywords import Keywords
from generation.api.products import ProductDetail, Products
from generation.api.runs import CampaignRuns, RunCancel, RunRetry

urlpatterns = [
    path("campaigns/", Campaigns.as_view(), name="api-campaigns"),
    path("campaigns/<slug:slug>/", CampaignDetail.as_view(), name="api-campaign"),
    path("campaigns/<slug:slug>/feasibility/", Feasibility.as_view(), name="api-feasibility"),
    path("campaigns/<slug:slug>/runs/", CampaignRuns.as_view(), name="api-campaign-runs"),
    path("runs/<int:run_id>/cancel/", RunCancel.as_view(), name="api-run-cancel"),
    path("runs/<int:run_id>/retry/", RunRetry.as_view(), name="api-run-retry"),
    path("products/", Products.as_view(), name="api-products"),
    path("products/<path:product_id>/", ProductDetail.as_view(), name="api-product"),
    path("keywords/", Keywords.as_view(), name="api-keywords"),
    path("imports/", Imports.as_view(), name="api-imports"),
    path("imports/<int:import_id>/", ImportDetail.as_view(), name="api-import"),
]
