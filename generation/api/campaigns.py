"""Campaigns over HTTP: written from briefs, checked against the catalogue."""

from typing import Any

from django.db import IntegrityError
from django.db.models import Max
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts.access import PLANNERS
from accounts.api_view import StudioView, checked
from generation import estimate, selectors, services
from generation.api.shapes import BriefShape, CampaignOut, CampaignPatch, ConstraintsShape, FeasibilityOut
from generation.campaigns import feasibility
from generation.campaigns.brief import BriefIn
from generation.campaigns.constraints import Constraints
from generation.models import Campaign
from storefront_studio.lib.errors import WrongState


class CampaignView(StudioView):
    """What the endpoints of one campaign share."""

    writers: tuple[str, ...] = PLANNERS

    def campaign(self, slug: str) -> Campaign:
        found: Campaign = get_object_or_404(selectors.campaigns(self.store), slug=slug)
        return found

    def described(self, campaign: Campaign) -> Any:
        return CampaignOut(self.campaign(campaign.slug)).data


class Campaigns(CampaignView):
    @extend_schema(operation_id="campaigns_list", summary="Campaigns, newest first", responses=CampaignOut(many=True))
    def get(self, request: Request) -> Response:
        return self.paged(selectors.campaigns(self.store), CampaignOut)

    @extend_schema(
        operation_id="campaigns_create",
        summary="A campaign from a brief",
        request=BriefShape,
        responses={201: CampaignOut, 200: OpenApiResponse(CampaignOut, "There was one of this brief_id; it changed.")},
    )
    def post(self, request: Request) -> Response:
        brief = checked(BriefIn, self.check_object())
        try:
            newest = Campaign.objects.aggregate(id=Max("id"))["id"] or 0
            campaign = services.campaign_from_brief(store=self.store, actor=self.person, data=brief)
        except IntegrityError:
            raise WrongState("Somebody sent the same brief at the same moment. Send it again to change it.") from None
        return Response(
            self.described(campaign),
            status=201 if campaign.pk > newest else 200,
            headers={"Location": request.build_absolute_uri(f"{request.path}{campaign.slug}/")},
        )


class CampaignDetail(CampaignView):
    @extend_schema(operation_id="campaigns_read", summary="One campaign", responses=CampaignOut)
    def get(self, request: Request, slug: str) -> Response:
        return Response(CampaignOut(self.campaign(slug)).data)

    @extend_schema(
        operation_id="campaigns_change",
        summary="Change a campaign",
        description="What is left out stays. Constraints are merged one by one; null sets a field to its usual value.",
        request=CampaignPatch,
        responses=CampaignOut,
    )
    def patch(self, request: Request, slug: str) -> Response:
        campaign = self.campaign(slug)
        given = self.check_object()
        unknown = set(given) - (set(BriefIn.model_fields) - {"brief_id"})  # an address never changes
        if unknown:
            raise ValidationError({name: ["There is no such field to change."] for name in sorted(unknown)})
        brief = checked(BriefIn, _merged(campaign, given))
        if "name" in given and not brief.name.strip():
            raise ValidationError({"name": ["Give the campaign a name."]})
        values = {name: getattr(brief, name) for name in given if name not in {"segment", "constraints", "max_price"}}
        if "objective_kind" in values:
            values["objective_kind"] = brief.objective_kind.value
        if "constraints" in given or "max_price" in given:
            values["constraints"] = brief.hard()
        if "segment" in given:
            values["segment"] = None
            if brief.segment is not None:
                values["segment"] = services.save_segment(
                    store=self.store, name=brief.segment.name, profile=brief.segment.profile
                )
        services.save_campaign(store=self.store, actor=self.person, campaign=campaign, **values)
        return Response(self.described(campaign))


def _merged(campaign: Campaign, given: dict[str, Any]) -> dict[str, Any]:
    """The campaign as a brief, with what was sent put over it."""
    now = {name: getattr(campaign, name) for name in services.FIELDS if name not in {"segment", "constraints"}}
    constraints = given.get("constraints")
    if isinstance(constraints, dict):
        constraints = {**campaign.constraints, **constraints}
    elif "constraints" not in given:
        constraints = campaign.constraints
    return {"brief_id": campaign.slug, **now, **given, "constraints": constraints}


class Feasibility(CampaignView):
    writers = CampaignView.readers  # asking what would be possible changes nothing

    @extend_schema(operation_id="feasibility_read", summary="What the catalogue can fill", responses=FeasibilityOut)
    def get(self, request: Request, slug: str) -> Response:
        campaign = self.campaign(slug)
        return self._measured(campaign, Constraints.model_validate(campaign.constraints))

    @extend_schema(
        operation_id="feasibility_try",
        summary="What the catalogue could fill under other constraints",
        description="Takes the place of the campaign's constraints for this answer only.",
        request=ConstraintsShape,
        responses=FeasibilityOut,
    )
    def post(self, request: Request, slug: str) -> Response:
        campaign = self.campaign(slug)
        given = self.check_object()
        kept = {name: value for name, value in given.items() if value is not None or name == "max_per_brand"}
        return self._measured(campaign, checked(Constraints, kept))

    def _measured(self, campaign: Campaign, constraints: Constraints) -> Response:
        today = timezone.localdate()
        found = feasibility.measure(self.store, constraints, campaign.placements, campaign.products, today)
        foreseen, _why = estimate.of_model(self.store, estimate.rows_of(campaign), campaign.products)
        return Response(FeasibilityOut({**vars(found), **_verdict(found), "estimate": foreseen}).data)


def _verdict(found: feasibility.Feasibility) -> dict[str, Any]:
    return {"feasible": found.feasible, "sentence": found.sentence}
