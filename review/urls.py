"""Addresses of home, review, drafts, pages and audit."""

from django.urls import path

from review.views import audit, deciding, drafts, find, home, pages, placements

urlpatterns = [
    path("", home.home, name="home"),
    path("find/", find.find, name="find"),
    path("review/", placements.queue, name="review-queue"),
    path("review/<int:pk>/", placements.placement_review, name="placement-review"),
    path("review/<int:pk>/approve/", deciding.approve, name="placement-approve"),
    path("review/<int:pk>/changes/", deciding.request_changes, name="placement-request-changes"),
    path("review/<int:pk>/reject/", deciding.reject, name="placement-reject"),
    path("review/<int:pk>/resubmit/", deciding.resubmit, name="placement-resubmit"),
    path("review/<int:pk>/undo/", deciding.undo, name="placement-undo"),
    path("review/<int:pk>/overturn/", deciding.overturn, name="placement-overturn"),
    path("review/<int:pk>/edit/", deciding.edit, name="placement-edit"),
    path("review/<int:pk>/product/", deciding.product, name="placement-product"),
    path("drafts/<int:pk>/preview/", drafts.draft_preview, name="draft-preview"),
    path("drafts/<int:pk>/shop/", drafts.draft_shop, name="draft-shop"),
    path("drafts/<int:pk>/publish/", drafts.page_publish, name="page-publish"),
    path("pages/", pages.page_list, name="page-list"),
    path("pages/<slug:slug>/", pages.page_detail, name="page-detail"),
    path("pages/<slug:slug>/rollback/", pages.page_rollback, name="page-rollback"),
    path("pages/<slug:slug>/versions/<int:number>/shop/", pages.version_shop, name="version-shop"),
    path("audit/rejected/", audit.rejected, name="audit-rejected"),
    path("audit/rejected/<int:pk>/", audit.rejection, name="audit-rejection"),
    path("audit/trail/", audit.trail, name="audit-trail"),
    path("audit/trail/export.csv", audit.trail_export, name="audit-trail-export"),
]
