"""Schedules over HTTP: what a page is to show when."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import REVIEWERS
from accounts.api_view import StudioView
from review.api.pages import PageView
from review.api.shapes import SegmentQuery, Shape
from review.models import Schedule
from review.publishing import scheduling

FULL = ("page", "version", "created_by")


class ScheduleOut(serializers.ModelSerializer[Schedule]):
    page = serializers.CharField(source="page.slug")
    segment = serializers.CharField(source="page.segment")
    version = serializers.IntegerField(source="version.number")
    created_by = serializers.CharField(allow_null=True, help_text="Name of the person")

    class Meta:
        model = Schedule
        fields = [
            "id", "page", "segment", "version", "starts_at", "ends_at", "state", "revision", "created_by", "created_at",
        ]  # fmt: skip


class ScheduleIn(Shape):
    starts_at = serializers.DateTimeField(help_text="With its zone or offset")
    ends_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Null keeps the version until something else comes"
    )


class ScheduleChangeIn(ScheduleIn):
    revision = serializers.IntegerField(min_value=0, help_text="The one you saw")


class RevisionIn(Shape):
    revision = serializers.IntegerField(min_value=0, help_text="The one you saw")


class Schedules(PageView):
    @extend_schema(
        operation_id="schedules_list",
        summary="Schedules of a page, newest first",
        parameters=[SegmentQuery],
        responses=ScheduleOut(many=True),
    )
    def get(self, request: Request, page: str) -> Response:
        return self.paged(Schedule.objects.filter(page=self.page(page)).select_related(*FULL), ScheduleOut)


class VersionSchedule(PageView):
    @extend_schema(
        operation_id="versions_schedule",
        summary="Show a version from one moment, and what was there before again from another",
        parameters=[SegmentQuery],
        request=ScheduleIn,
        responses={201: ScheduleOut},
    )
    def post(self, request: Request, page: str, number: int) -> Response:
        version = self.version(page, number)
        given = self.given(ScheduleIn)
        made = scheduling.schedule_version(page=version.page, version=version, actor=self.person, **given)
        return Response(ScheduleOut(made).data, status=201)


class OneSchedule(StudioView):
    """What the endpoints of one schedule share."""

    writers = REVIEWERS

    def schedule(self, pk: int) -> Schedule:
        found = Schedule.objects.select_related(*FULL, "page__store").filter(page__store=self.store, pk=pk).first()
        if found is None:
            raise Http404
        return found

    def answer(self, schedule: Schedule) -> Response:
        return Response(ScheduleOut(Schedule.objects.select_related(*FULL).get(pk=schedule.pk)).data)


class ScheduleDetail(OneSchedule):
    @extend_schema(operation_id="schedules_read", summary="One schedule", responses=ScheduleOut)
    def get(self, request: Request, schedule_id: int) -> Response:
        return self.answer(self.schedule(schedule_id))

    @extend_schema(
        operation_id="schedules_change",
        summary="Other dates; while it is live, another end",
        request=ScheduleChangeIn,
        responses=ScheduleOut,
    )
    def put(self, request: Request, schedule_id: int) -> Response:
        given = self.given(ScheduleChangeIn)
        return self.answer(scheduling.change(schedule=self.schedule(schedule_id), actor=self.person, **given))


class ScheduleCancel(OneSchedule):
    @extend_schema(
        operation_id="schedules_cancel", summary="Not shown, or no longer", request=RevisionIn, responses=ScheduleOut
    )
    def post(self, request: Request, schedule_id: int) -> Response:
        given = self.given(RevisionIn)
        return self.answer(scheduling.cancel(schedule=self.schedule(schedule_id), actor=self.person, **given))


class ScheduleResume(OneSchedule):
    @extend_schema(
        operation_id="schedules_resume", summary="Take up what was cancelled", request=RevisionIn, responses=ScheduleOut
    )
    def post(self, request: Request, schedule_id: int) -> Response:
        given = self.given(RevisionIn)
        return self.answer(scheduling.undo_cancel(schedule=self.schedule(schedule_id), actor=self.person, **given))
