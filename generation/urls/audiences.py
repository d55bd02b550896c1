"""Addresses of the audience screens, under /campaigns/audiences/."""

from django.urls import path

from generation.views import audiences

urlpatterns = [
    path("", audiences.audience_list, name="audience-list"),
    path("new/", audiences.audience_create, name="audience-create"),
    path("import/", audiences.audience_import, name="audience-import"),
    path("import/<str:token>/", audiences.audience_import_check, name="audience-import-check"),
    path("<slug:slug>/", audiences.audience_detail, name="audience-detail"),
    path("<slug:slug>/edit/", audiences.audience_edit, name="audience-edit"),
    path("<slug:slug>/delete/", audiences.audience_delete, name="audience-delete"),
]
