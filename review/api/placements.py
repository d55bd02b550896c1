"""Placements over HTTP: look, fix the words, decide, and ask why a product is there."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts.api_view import StudioView
from review import selectors
from review.api.shapes import (
    DecidedOut,
    DecisionIn,
    DecisionOut,
    JudgementOut,
    PlacementOut,
    PlacementPatch,
    WhyOut,
    item,
)
from review.models import Decision, Placement
from review.workflow import services

Kind = Decision.Kind


class PlacementView(StudioView):
    """What the endpoints of one placement share. Who may do what is said by `review.policies`, act by act."""

    def placement(self, placement_id: int) -> Placement:
        try:
            return selectors.placement_for(self.store, placement_id)
        except Placement.DoesNotExist:
            raise Http404 from None


class PlacementDetail(PlacementView):
    @extend_schema(operation_id="placements_read", summary="One placement", responses=PlacementOut)
    def get(self, request: Request, placement_id: int) -> Response:
        return Response(PlacementOut(self.placement(placement_id)).data)

    @extend_schema(
        operation_id="placements_change",
        summary="Write title or subtitle anew",
        description="Changing an approved placement makes it wait again.",
        request=PlacementPatch,
        responses=PlacementOut,
    )
    def patch(self, request: Request, placement_id: int) -> Response:
        placement = self.placement(placement_id)
        given = self.given(PlacementPatch)
        if "title" not in given and "subtitle" not in given:
            raise ValidationError({"title": ["Send a title, a subtitle or both."]})
        services.edit_text(placement=placement, actor=self.person, **given)
        return Response(PlacementOut(self.placement(placement_id)).data)


class Decisions(PlacementView):
    @extend_schema(
        operation_id="decisions_list", summary="What people decided, newest first", responses=DecisionOut(many=True)
    )
    def get(self, request: Request, placement_id: int) -> Response:
        placement = self.placement(placement_id)
        return self.paged(Decision.objects.filter(placement=placement).select_related("actor"), DecisionOut)

    @extend_schema(operation_id="decisions_make", summary="Decide", request=DecisionIn, responses={201: DecidedOut})
    def post(self, request: Request, placement_id: int) -> Response:
        placement = self.placement(placement_id)
        outcome = _decide(placement, self.person, self.given(DecisionIn))
        body = {"summary": outcome.summary, "placement": PlacementOut(self.placement(placement_id)).data}
        return Response(body, status=201)


def _decide(placement: Placement, actor: Any, given: dict[str, Any]) -> services.Outcome:
    kind = given["decision"]
    seen: dict[str, Any] = {"placement": placement, "actor": actor, "revision": given["revision"]}
    if kind == Kind.UNDO:
        return services.undo(**seen)
    seen["note"] = given["note"]
    if kind in {Kind.APPROVE, Kind.FIX_APPROVE}:
        return services.approve(**seen)
    if kind == Kind.OVERTURN:
        return services.overturn(**seen)
    if kind == Kind.RESUBMIT:
        return services.resubmit(**seen)
    turn_down = services.reject if kind == Kind.REJECT else services.request_changes
    return turn_down(**seen, reason_code=given["reason_code"])


class Why(PlacementView):
    @extend_schema(operation_id="placements_why", summary="Why this product is here", responses=WhyOut)
    def get(self, request: Request, placement_id: int, product_id: str) -> Response:
        placement = self.placement(placement_id)
        found = next((row for row in placement.items.all() if row.product.item_id == product_id), None)
        if found is None:
            raise Http404
        said = list(placement.judgements.all())
        own = [one for one in said if one.product_id == found.product_id]
        body = {
            "product": item(found),
            "state": found.state,
            "keywords": [word for word in placement.keywords if word["text"] in found.sources],
            "judgements": JudgementOut([*own, *(one for one in said if one.level == "placement")], many=True).data,
            "receipts": placement.receipts,
        }
        return Response(WhyOut(body).data)
