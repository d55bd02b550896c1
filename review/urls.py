"""Addresses of home, review, drafts, pages and audit."""

from django.urls import path

from review.views import audit, deciding, drafts, find, home, insights, pages, placements, regenerating, remembered

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
    path("drafts/<int:pk>/regenerate/", regenerating.regenerate, name="draft-regenerate"),
    path("drafts/<int:pk>/compare/", regenerating.compare, name="draft-compare"),
    path("drafts/<int:pk>/take/", regenerating.take, name="draft-take"),
    path("drafts/<int:pk>/keep-old/", regenerating.keep_old, name="draft-keep-old"),
    path("drafts/<int:pk>/undo-choice/", regenerating.undo_choice, name="draft-undo-choice"),
    path("pages/", pages.page_list, name="page-list"),
    path("pages/<slug:slug>/", pages.page_detail, name="page-detail"),
    path("pages/<slug:slug>/rollback/", pages.page_rollback, name="page-rollback"),
    path("pages/<slug:slug>/versions/<int:number>/shop/", pages.version_shop, name="version-shop"),
    path("insights/judges/", insights.judges, name="insights-judges"),
    path("audit/rejected/", audit.rejected, name="audit-rejected"),
    path("audit/rejected/<int:pk>/", audit.rejection, name="audit-rejection"),
    path("audit/remembered/", remembered.remembered, name="audit-remembered"),
    path("audit/remembered/<int:pk>/forget/", remembered.forget, name="audit-forget"),
    path("audit/remembered/<int:pk>/recall/", remembered.recall, name="audit-recall"),
    path("audit/trail/", audit.trail, name="audit-trail"),
    path("audit/trail/export.csv", audit.trail_export, name="audit-trail-export"),
]
