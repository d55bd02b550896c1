"""Addresses of generation's API, below /api/v1/. One run is told by review."""

from django.urls import path

from generation.api.batches import BatchCancel, BatchDetail, BatchRetry, CampaignBatches
from generation.api.campaigns import CampaignDetail, Campaigns, Feasibility
from generation.api.compiling import Compile
from generation.api.imports import ImportDetail, Imports
from generation.api.keywords import Keywords
from generation.api.policy import PolicyView
from generation.api.products import ProductDetail, Products
from generation.api.registry import GateDetail, Gates, Registry, RegistryLabels
from generation.api.runs import CampaignRuns, RunCancel, RunRetry
from generation.api.segments import SegmentDetail, Segments
from generation.api.static_placements import StaticPlacementDetail, StaticPlacements

urlpatterns = [
    path("campaigns/", Campaigns.as_view(), name="api-campaigns"),
    path("campaigns/compile/", Compile.as_view(), name="api-campaign-compile"),
    path("campaigns/<slug:slug>/", CampaignDetail.as_view(), name="api-campaign"),
    path("campaigns/<slug:slug>/feasibility/", Feasibility.as_view(), name="api-feasibility"),
    path("campaigns/<slug:slug>/runs/", CampaignRuns.as_view(), name="api-campaign-runs"),
    path("campaigns/<slug:slug>/batches/", CampaignBatches.as_view(), name="api-campaign-batches"),
    path("batches/<int:batch_id>/", BatchDetail.as_view(), name="api-batch"),
    path("batches/<int:batch_id>/cancel/", BatchCancel.as_view(), name="api-batch-cancel"),
    path("batches/<int:batch_id>/retry/", BatchRetry.as_view(), name="api-batch-retry"),
    path("segments/", Segments.as_view(), name="api-segments"),
    path("segments/<slug:segment>/", SegmentDetail.as_view(), name="api-segment"),
    path("campaigns/<slug:slug>/static-placements/", StaticPlacements.as_view(), name="api-static-placements"),
    path(
        "campaigns/<slug:slug>/static-placements/<int:row_id>/",
        StaticPlacementDetail.as_view(),
        name="api-static-placement",
    ),
    path("runs/<int:run_id>/cancel/", RunCancel.as_view(), name="api-run-cancel"),
    path("runs/<int:run_id>/retry/", RunRetry.as_view(), name="api-run-retry"),
    path("products/", Products.as_view(), name="api-products"),
    path("products/<path:product_id>/", ProductDetail.as_view(), name="api-product"),
    path("keywords/", Keywords.as_view(), name="api-keywords"),
    path("policy/", PolicyView.as_view(), name="api-policy"),
    path("registry/", Registry.as_view(), name="api-registry"),
    path("registry/labels/", RegistryLabels.as_view(), name="api-registry-labels"),
    path("registry/gates/", Gates.as_view(), name="api-registry-gates"),
    path("registry/gates/<int:gate_id>/", GateDetail.as_view(), name="api-registry-gate"),
    path("imports/", Imports.as_view(), name="api-imports"),
    path("imports/<int:import_id>/", ImportDetail.as_view(), name="api-import"),
]
