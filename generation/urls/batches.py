"""Addresses of the batch screens, under /batches/."""

from django.urls import path

from generation.views import batches

urlpatterns = [
    path("<int:batch_id>/", batches.batch_detail, name="batch-detail"),
    path("<int:batch_id>/progress/", batches.batch_progress, name="batch-progress"),
    path("<int:batch_id>/cancel/", batches.batch_cancel, name="batch-cancel"),
    path("<int:batch_id>/retry/", batches.batch_retry, name="batch-retry"),
]
