"""Addresses of the campaign screens, under /campaigns/."""

from django.urls import path

from generation.views import batches, brief, campaigns, own_rows

urlpatterns = [
    path("", campaigns.campaign_list, name="campaign-list"),
    path("new/", brief.campaign_create, name="campaign-create"),
    path("eligible/", brief.campaign_eligible, name="campaign-eligible"),
    path("<slug:slug>/", campaigns.campaign_detail, name="campaign-detail"),
    path("<slug:slug>/edit/", brief.campaign_edit, name="campaign-edit"),
    path("<slug:slug>/generate/", campaigns.campaign_generate, name="campaign-generate"),
    path("<slug:slug>/copy/", campaigns.campaign_copy, name="campaign-copy"),
    path("<slug:slug>/batches/new/", batches.batch_create, name="batch-create"),
    path("<slug:slug>/rows/new/", own_rows.row_create, name="own-row-create"),
    path("<slug:slug>/rows/<int:pk>/", own_rows.row_edit, name="own-row-edit"),
    path("<slug:slug>/rows/<int:pk>/move/", own_rows.row_move, name="own-row-move"),
    path("<slug:slug>/rows/<int:pk>/delete/", own_rows.row_delete, name="own-row-delete"),
    path("<slug:slug>/rows/restore/<int:entry>/", own_rows.row_restore, name="own-row-restore"),
]
