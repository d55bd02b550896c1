"""Addresses of the campaign screens, under /campaigns/."""

from django.urls import path

from generation.views import campaigns

urlpatterns = [
    path("", campaigns.campaign_list, name="campaign-list"),
    path("new/", campaigns.campaign_create, name="campaign-create"),
    path("eligible/", campaigns.campaign_eligible, name="campaign-eligible"),
    path("<slug:slug>/", campaigns.campaign_detail, name="campaign-detail"),
    path("<slug:slug>/edit/", campaigns.campaign_edit, name="campaign-edit"),
    path("<slug:slug>/generate/", campaigns.campaign_generate, name="campaign-generate"),
    path("<slug:slug>/copy/", campaigns.campaign_copy, name="campaign-copy"),
]
