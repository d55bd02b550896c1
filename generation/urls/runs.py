"""Addresses of the run screens, under /runs/."""

from django.urls import path

from generation.views import runs

urlpatterns = [
    path("<int:run_id>/", runs.run_detail, name="run-detail"),
    path("<int:run_id>/progress/", runs.run_progress, name="run-progress"),
    path("<int:run_id>/cancel/", runs.run_cancel, name="run-cancel"),
    path("<int:run_id>/retry/", runs.run_retry, name="run-retry"),
]
