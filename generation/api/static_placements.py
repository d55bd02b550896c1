"""The shop's own rows over HTTP: list, write, change, delete."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from generation.api.campaigns import CampaignView
from generation.campaigns import standing, static_rows
from generation.campaigns.constraints import Constraints
from generation.models import Campaign, StaticPlacement
from generation.stages.judging.rules import LONGEST_SUBTITLE, LONGEST_TITLE

Shape = serializers.Serializer[Any]
NAMES = {"products": "item_ids"}


class StaticPlacementPatch(Shape):
    title = serializers.CharField(max_length=LONGEST_TITLE, required=False)
    subtitle = serializers.CharField(max_length=LONGEST_SUBTITLE, required=False, allow_blank=True)
    products = serializers.ListField(
        child=serializers.CharField(max_length=128),
        required=False,
        max_length=static_rows.MOST,
        help_text="Ids as in your feed, in order. Those beyond the campaign's number step in when one is gone",
    )
    position = serializers.IntegerField(
        min_value=1, max_value=20, required=False, help_text="Place on the page, from 1"
    )


class StaticPlacementIn(StaticPlacementPatch):
    """Without `position` it takes the first free place."""

    title = serializers.CharField(max_length=LONGEST_TITLE)
    products = serializers.ListField(
        child=serializers.CharField(max_length=128), max_length=static_rows.MOST, help_text="Ids as in your feed"
    )


class LeftOutOut(Shape):
    product = serializers.CharField(help_text="Title, or the id when the catalogue has lost it")
    reason = serializers.CharField()


class StaticPlacementOut(serializers.ModelSerializer[StaticPlacement]):
    """A row that the shop wrote, and what would be left out of it today."""

    products = serializers.ListField(child=serializers.CharField(), source="item_ids")
    left_out = serializers.SerializerMethodField()
    problem = serializers.SerializerMethodField(help_text="Why the whole row would be left out; empty when it stands")
    created_by = serializers.CharField(allow_null=True, help_text="Name of the person")

    class Meta:
        model = StaticPlacement
        fields = [
            "id",
            "position",
            "title",
            "subtitle",
            "products",
            "left_out",
            "problem",
            "created_by",
            "created_at",
            "updated_at",
        ]

    def _standing(self, row: StaticPlacement) -> standing.Standing:
        found: standing.Standing = self.context["standing"][row.pk]
        return found

    def get_left_out(self, row: StaticPlacement) -> list[dict[str, str]]:
        return [{"product": product, "reason": reason} for product, reason in self._standing(row).left_out]

    def get_problem(self, row: StaticPlacement) -> str:
        return self._standing(row).problem


class StaticView(CampaignView):
    """What the endpoints of own rows share."""

    def told(self, campaign: Campaign, rows: Any, many: bool = False) -> Any:
        limits = Constraints.model_validate(campaign.constraints)
        found = {one.row.pk: one for one in standing.of_campaign(campaign, limits, timezone.localdate())}
        return StaticPlacementOut(rows, many=many, context={"standing": found}).data

    def row(self, campaign: Campaign, row_id: int) -> StaticPlacement:
        found = self.rows(campaign).filter(pk=row_id).first()
        if found is None:
            raise Http404
        return found

    def rows(self, campaign: Campaign) -> QuerySet[StaticPlacement]:
        return campaign.static_placements.select_related("created_by", "campaign")


class StaticPlacements(StaticView):
    pagination_class = None  # type: ignore[assignment]  # a page has twenty places at most

    @extend_schema(
        operation_id="static_placements_list",
        summary="The shop's own rows of a campaign, in page order",
        responses=StaticPlacementOut(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        campaign = self.campaign(slug)
        return Response(self.told(campaign, self.rows(campaign), many=True))

    @extend_schema(
        operation_id="static_placements_create",
        summary="Write a row of your own",
        description="It keeps its place, words and products on every page of the campaign.",
        request=StaticPlacementIn,
        responses={201: StaticPlacementOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        campaign = self.campaign(slug)
        given = self.given(StaticPlacementIn)
        row = static_rows.add(campaign=campaign, actor=self.person, **_named(given))
        return Response(
            self.told(campaign, row),
            status=201,
            headers={"Location": request.build_absolute_uri(f"{request.path}{row.pk}/")},
        )


class StaticPlacementDetail(StaticView):
    @extend_schema(operation_id="static_placements_read", summary="One own row", responses=StaticPlacementOut)
    def get(self, request: Request, slug: str, row_id: int) -> Response:
        campaign = self.campaign(slug)
        return Response(self.told(campaign, self.row(campaign, row_id)))

    @extend_schema(
        operation_id="static_placements_change",
        summary="Change an own row",
        description="What is left out stays.",
        request=StaticPlacementPatch,
        responses=StaticPlacementOut,
    )
    def patch(self, request: Request, slug: str, row_id: int) -> Response:
        campaign = self.campaign(slug)
        row = self.row(campaign, row_id)
        static_rows.change(row=row, actor=self.person, **_named(self.given(StaticPlacementPatch)))
        return Response(self.told(campaign, self.row(campaign, row_id)))

    @extend_schema(operation_id="static_placements_delete", summary="Delete an own row", responses={204: None})
    def delete(self, request: Request, slug: str, row_id: int) -> Response:
        static_rows.delete(row=self.row(self.campaign(slug), row_id), actor=self.person)
        return Response(status=204)


def _named(given: dict[str, Any]) -> dict[str, Any]:
    return {NAMES.get(name, name): value for name, value in given.items()}
