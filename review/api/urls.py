"""Addresses of review's API, below /api/v1/."""

from django.urls import path

from review.api.audit import Rejected, RejectedFile, Trail, TrailFile
from review.api.calibration import Calibration
from review.api.pages import Pages, Rollback, VersionDetail, VersionPublish, VersionRollback, Versions
from review.api.placements import Decisions, PlacementDetail, Why
from review.api.regenerating import RunChoice, RunRegenerate
from review.api.runs import RunDetail
from review.api.schedules import ScheduleCancel, ScheduleDetail, ScheduleResume, Schedules, VersionSchedule
from review.api.spend import SpendView

urlpatterns = [
    path("runs/<int:run_id>/", RunDetail.as_view(), name="api-run"),
    path("runs/<int:run_id>/regenerate/", RunRegenerate.as_view(), name="api-run-regenerate"),
    path("runs/<int:run_id>/choice/", RunChoice.as_view(), name="api-run-choice"),
    path("placements/<int:placement_id>/", PlacementDetail.as_view(), name="api-placement"),
    path("placements/<int:placement_id>/decisions/", Decisions.as_view(), name="api-decisions"),
    path("placements/<int:placement_id>/why/<path:product_id>/", Why.as_view(), name="api-why"),
    path("pages/", Pages.as_view(), name="api-pages"),
    path("pages/<slug:page>/rollback/", Rollback.as_view(), name="api-rollback"),
    path("pages/<slug:page>/versions/", Versions.as_view(), name="api-versions"),
    path("pages/<slug:page>/versions/<int:number>/", VersionDetail.as_view(), name="api-version"),
    path("pages/<slug:page>/versions/<int:number>/publish/", VersionPublish.as_view(), name="api-publish"),
    path("pages/<slug:page>/versions/<int:number>/rollback/", VersionRollback.as_view(), name="api-rollback-to"),
    path("pages/<slug:page>/versions/<int:number>/schedule/", VersionSchedule.as_view(), name="api-version-schedule"),
    path("pages/<slug:page>/schedules/", Schedules.as_view(), name="api-schedules"),
    path("schedules/<int:schedule_id>/", ScheduleDetail.as_view(), name="api-schedule"),
    path("schedules/<int:schedule_id>/cancel/", ScheduleCancel.as_view(), name="api-schedule-cancel"),
    path("schedules/<int:schedule_id>/resume/", ScheduleResume.as_view(), name="api-schedule-resume"),
    path("calibration/", Calibration.as_view(), name="api-calibration"),
    path("spend/", SpendView.as_view(), name="api-spend"),
    path("audit/", Trail.as_view(), name="api-audit"),
    path("audit/export/", TrailFile.as_view(), name="api-audit-export"),
    path("audit/rejected/", Rejected.as_view(), name="api-rejected"),
    path("audit/rejected/export/", RejectedFile.as_view(), name="api-rejected-export"),
]
