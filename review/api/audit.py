"""The audit over HTTP: what happened, and what was turned down, by pages and as files. For admins."""

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import ADMINS
from accounts.api_view import StudioView
from accounts.models import AuditEntry, User
from generation.models import Campaign
from review import archive, exports, selectors
from review.api.audit_shapes import RejectedFileQuery, RejectedOut, RejectedQuery, TrailFileQuery, TrailOut, TrailQuery
from review.models import TurnedDown

FILES = {
    (200, "text/csv"): OpenApiResponse({"type": "string"}, "All that the filters find, a line for each"),
    (200, "application/json"): OpenApiResponse(
        {"type": "array", "items": {"type": "object", "additionalProperties": True}}, "All that the filters find"
    ),
}


class _Trail(StudioView):
    readers = ADMINS

    def entries(self, shape: type[TrailQuery] = TrailQuery) -> tuple[QuerySet[AuditEntry], str]:
        asked = self.asked(shape)
        email, kind = asked.pop("actor", None), asked.pop("file", "")
        entries = selectors.trail(self.store, text=asked.pop("q"), **asked)
        if email:
            entries = entries.filter(actor__in=User.objects.filter(email__iexact=email))
        return entries, kind


class Trail(_Trail):
    @extend_schema(
        operation_id="audit_list",
        summary="What happened, by whom, newest first",
        parameters=[TrailQuery],
        responses=TrailOut(many=True),
    )
    def get(self, request: Request) -> Response:
        return self.paged(self.entries()[0], TrailOut)


class TrailFile(_Trail):
    @extend_schema(
        operation_id="audit_export",
        summary="The trail as a file, streamed",
        parameters=[TrailFileQuery],
        responses=FILES,
    )
    def get(self, request: Request) -> HttpResponseBase:
        return exports.trail(self.store, *self.entries(TrailFileQuery))


class _Rejected(StudioView):
    readers = ADMINS

    def rows(self, shape: type[RejectedQuery] = RejectedQuery) -> tuple[QuerySet[TurnedDown], str]:
        asked = self.asked(shape)
        person, campaign = asked["person"], asked["campaign"]
        # Nobody and nothing has the number -1: a person or campaign that is not there finds nothing.
        who = User.objects.filter(email__iexact=person).values_list("pk", flat=True).first() or -1
        where = Campaign.objects.filter(store=self.store, slug=campaign).values_list("pk", flat=True).first() or -1
        wanted = archive.Asked(
            by=asked["by"],
            why=asked["why"],
            judge=asked["judge"],
            person=who if person else None,
            prompt=asked["prompt"] or None,
            campaign=where if campaign else None,
            text=asked["q"],
            since=asked["since"],
            until=asked["until"],
        )
        return archive.find(self.store, wanted), asked.get("file", "")


class Rejected(_Rejected):
    @extend_schema(
        operation_id="audit_rejected",
        summary="What rules, judges and people turned down, with reasons, newest first",
        parameters=[RejectedQuery],
        responses=RejectedOut(many=True),
    )
    def get(self, request: Request) -> Response:
        return self.paged(self.rows()[0].select_related("campaign", "person", "placement"), RejectedOut)


class RejectedFile(_Rejected):
    @extend_schema(
        operation_id="audit_rejected_export",
        summary="What was turned down as a file, streamed",
        parameters=[RejectedFileQuery],
        responses=FILES,
    )
    def get(self, request: Request) -> HttpResponseBase:
        return exports.rejected(self.store, *self.rows(RejectedFileQuery))
