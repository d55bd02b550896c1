"""How far judges agree with people, over HTTP. For those who decide."""

import datetime as dt
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import REVIEWERS
from accounts.api_view import StudioView
from generation.policy import policies
from review.calibration import numbers, report, settle
from review.models import Label

Shape = serializers.Serializer[Any]


class CalibrationQuery(Shape):
    judge = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=120, help_text="Name and version"
    )
    facet = serializers.RegexField(
        r"^(page|placement|product)\.[a-z_]+$", required=False, default="", help_text="“product.fits_title”"
    )
    source = serializers.ChoiceField(Label.Source.choices, required=False, default="")  # type: ignore[assignment]
    since = serializers.DateTimeField(required=False, default=None, help_text="Labels from then on")


class FacetAgreementOut(Shape):
    level = serializers.ChoiceField(["page", "placement", "product"])
    facet = serializers.CharField()
    label = serializers.CharField(help_text="The facet in words")  # type: ignore[assignment]
    n = serializers.IntegerField(help_text="Labels")
    prevalence = serializers.FloatField(allow_null=True, help_text="Share that people passed")
    agreement = serializers.FloatField(allow_null=True, help_text="Share on which both said the same")
    kappa = serializers.FloatField(allow_null=True, help_text="Cohen's kappa; null where too little is known")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of the 95 % interval")
    high = serializers.FloatField(allow_null=True, help_text="Upper end of the 95 % interval")
    judge_passed = serializers.IntegerField()
    false_accepts = serializers.IntegerField(help_text="Of those the judge passed, people turned down")
    judge_failed = serializers.IntegerField()
    false_rejects = serializers.IntegerField(help_text="Of those the judge turned down, people passed")
    sources = serializers.DictField(child=serializers.IntegerField(), help_text="Labels by where they came from")
    unknown = serializers.CharField(allow_blank=True, help_text="Why there is no kappa")


class JudgeAgreementOut(Shape):
    judge = serializers.CharField(help_text="Name and version")
    facets = FacetAgreementOut(many=True)


class JudgeShareOut(Shape):
    judge = serializers.CharField()
    share = serializers.FloatField(help_text="Of what it turns down, settled without a person")
    kappa = serializers.FloatField(allow_null=True, help_text="As if it had passed as often as it turned down")
    labels = serializers.IntegerField()
    sentence = serializers.CharField()


class SettleOut(Shape):
    share = serializers.FloatField(help_text="What policy allows every judge")
    sentence = serializers.CharField()
    judges = JudgeShareOut(many=True)


class CalibrationOut(Shape):
    store = serializers.CharField()
    judges = JudgeAgreementOut(many=True)
    settle = SettleOut()


class Calibration(StudioView):
    readers = REVIEWERS

    @extend_schema(
        operation_id="calibration",
        summary="How far each judge agrees with people, per facet, and what it may settle alone",
        parameters=[CalibrationQuery],
        responses=CalibrationOut,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(CalibrationQuery)
        since: dt.datetime | None = asked["since"]
        wanted = numbers.Asked(judge=asked["judge"], facet=asked["facet"], source=asked["source"], since=since)
        share = settle.share(self.store, policies.current(self.store))
        found = report.of(self.store, numbers.rows(self.store, wanted), share)
        return Response(CalibrationOut(found).data)
