"""Audiences over HTTP: list, read, create, change."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts.api_view import StudioView
from generation import audiences
from generation.campaigns import segments
from generation.campaigns.segments import Evidence, Profile
from generation.models import Segment
from storefront_studio.lib.errors import BadInput

SHARES = "A list of names, a list of {name, share} or an object of shares; a share is 0 to 1"


class ProfileShape(serializers.Serializer[Any]):
    """What is typical of an audience; every field may be left out."""

    categories = serializers.JSONField(required=False, help_text=SHARES)
    brands = serializers.JSONField(required=False, help_text=SHARES)
    price_affinity = serializers.ChoiceField(["low", "middle", "high"], required=False)
    price_from = serializers.FloatField(required=False, min_value=0, help_text="Store's currency, for one product")
    price_to = serializers.FloatField(required=False, min_value=0)
    basket = serializers.FloatField(required=False, min_value=0, help_text="A whole order")
    diet = serializers.ListField(child=serializers.CharField(max_length=120), required=False)
    household = serializers.CharField(required=False, max_length=120)
    part_of_day = serializers.CharField(required=False, max_length=120)
    seasonality = serializers.DictField(required=False, help_text="Share of the year's purchases by month, 1 to 12")
    products = serializers.ListField(child=serializers.CharField(max_length=120), required=False, help_text="Ids")
    life_stage = serializers.CharField(required=False, max_length=120, help_text="About persons: stays here")
    age_band = serializers.CharField(required=False, max_length=120, help_text="About persons: stays here")
    location = serializers.CharField(required=False, max_length=120, help_text="About persons: stays here")
    notes = serializers.CharField(required=False, max_length=1000, help_text="About persons: stays here")
    evidence = serializers.DictField(required=False, help_text="What it was derived from; set by the studio")
    other = serializers.DictField(required=False, help_text="What an older profile said besides; stays here")


class SegmentWrite(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    profile = ProfileShape(required=False)
    size = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2_000_000_000)


class SegmentPatch(SegmentWrite):
    """What is left out stays; a profile takes the place of the old one as a whole."""

    name = serializers.CharField(max_length=120, required=False)


class SegmentFull(serializers.ModelSerializer[Segment]):
    profile = ProfileShape()
    size = serializers.IntegerField(allow_null=True, help_text="People in it; null when nobody knows")
    campaigns = serializers.IntegerField(source="used", help_text="Campaigns that are for it")

    class Meta:
        model = Segment
        fields = ["slug", "name", "profile", "source", "size", "campaigns", "updated_at"]

    def to_representation(self, instance: Segment) -> dict[str, Any]:
        told = super().to_representation(instance)
        return {**told, "profile": segments.read_loosely(instance.profile).stored()}


class SegmentView(StudioView):
    """What the endpoints of audiences share."""

    def found(self) -> "QuerySet[Segment]":
        return Segment.objects.filter(store=self.store).annotate(used=Count("campaigns", distinct=True))

    def one(self, slug: str) -> Segment:
        segment = self.found().filter(slug=slug).first()
        if segment is None:
            raise Http404
        return segment

    def body(self) -> dict[str, Any]:
        """The body, checked by name and by `segments.read`; `profile` is a Profile. Raises ValidationError."""
        given = dict(self.check_object())
        unknown = sorted(set(given) - {"name", "profile", "size"})
        if unknown:
            raise ValidationError({name: ["There is no such field here."] for name in unknown})
        profile = given.pop("profile", None)
        shape = SegmentPatch(data=given)
        shape.is_valid(raise_exception=True)
        checked = dict(shape.validated_data)
        if profile is not None:
            try:
                checked["profile"] = segments.read(profile)
            except BadInput as error:
                raise ValidationError({"profile": [str(error)]}) from None
        return checked


class Segments(SegmentView):
    @extend_schema(operation_id="segments_list", summary="Audiences, newest first", responses=SegmentFull(many=True))
    def get(self, request: Request) -> Response:
        return self.paged(self.found(), SegmentFull)

    @extend_schema(
        operation_id="segments_create", summary="A new audience", request=SegmentWrite, responses={201: SegmentFull}
    )
    def post(self, request: Request) -> Response:
        given = self.body()
        if "name" not in given:
            raise ValidationError({"name": ["Give the audience a name."]})
        segment = audiences.save(
            store=self.store,
            actor=self.person,
            name=given["name"],
            profile=given.get("profile", Profile()).model_copy(update={"evidence": Evidence()}),
            size=given.get("size"),
        )
        where = request.build_absolute_uri(f"{request.path}{segment.slug}/")
        return Response(SegmentFull(self.one(segment.slug)).data, status=201, headers={"Location": where})


class SegmentDetail(SegmentView):
    @extend_schema(operation_id="segments_read", summary="One audience", responses=SegmentFull)
    def get(self, request: Request, segment: str) -> Response:
        return Response(SegmentFull(self.one(segment)).data)

    @extend_schema(
        operation_id="segments_change", summary="Change an audience", request=SegmentPatch, responses=SegmentFull
    )
    def patch(self, request: Request, segment: str) -> Response:
        found = self.one(segment)
        given = self.body()
        kept = segments.read_loosely(found.profile)
        profile = given.get("profile")
        audiences.save(
            store=self.store,
            actor=self.person,
            name=given.get("name", found.name),
            profile=kept if profile is None else profile.model_copy(update={"evidence": kept.evidence}),
            segment=found,
            size=given.get("size", found.size),
            source=found.source,
        )
        return Response(SegmentFull(self.one(segment)).data)
