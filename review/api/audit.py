"""The audit over HTTP: what happened, and what was turned down. For admins."""

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import ADMINS
from accounts.api_view import StudioView
from accounts.models import User
from review import selectors
from review.api.shapes import RejectedOut, RejectedQuery, TrailOut, TrailQuery
from review.models import Decision


class Trail(StudioView):
    readers = ADMINS

    @extend_schema(
        operation_id="audit_list",
        summary="What happened, by whom, newest first",
        parameters=[TrailQuery],
        responses=TrailOut(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(TrailQuery)
        email = asked.pop("actor", None)
        entries = selectors.trail(self.store, text=asked.pop("q"), **asked)
        if email:
            entries = entries.filter(actor__in=User.objects.filter(email__iexact=email))
        return self.paged(entries, TrailOut)


class Rejected(StudioView):
    readers = ADMINS

    @extend_schema(
        operation_id="audit_rejected",
        summary="What rules, judges and people turned down, with reasons, newest first",
        parameters=[RejectedQuery],
        responses=RejectedOut(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(RejectedQuery)
        rows = selectors.rejected(self.store, by=asked["by"], why=asked["why"], text=asked["q"])
        said = Decision.objects.filter(kind=Decision.Kind.REJECT).order_by("-id")
        return self.paged(rows.prefetch_related(Prefetch("decisions", said, to_attr="turned_down")), RejectedOut)
