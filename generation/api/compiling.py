"""Reading a brief's free text over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import StudioThrottle
from accounts.api_view import StudioView
from generation import briefing
from generation.api.shapes import ConstraintsShape, Shape
from generation.campaigns.compiler.text import LONGEST
from generation.models import ObjectiveKind


class CompileThrottle(StudioThrottle):
    """A language model may be asked: fewer calls than of anything else."""

    scope = "compile"
    rate = "60/min"


class CompileIn(Shape):
    text = serializers.CharField(max_length=LONGEST, trim_whitespace=False, help_text="As people write it")
    model = serializers.BooleanField(required=False, default=True, help_text="False: by the built-in rules alone")


class ReadingOut(Shape):
    field = serializers.CharField(help_text="A field of the brief or of its constraints")
    value = serializers.JSONField(allow_null=True, help_text="One member where the field is a list; null in a question")
    label = serializers.CharField(help_text="In words")  # type: ignore[assignment]
    quote = serializers.CharField(allow_blank=True, help_text="The words it was read from")
    start = serializers.IntegerField(help_text="text[start:end] is the quote; -1 where there is none")
    end = serializers.IntegerField()
    source = serializers.CharField(help_text="“rules”, or the model")  # type: ignore[assignment]
    sure = serializers.BooleanField(help_text="False: offered, and in no other field of this answer")
    note = serializers.CharField(allow_blank=True)
    question = serializers.CharField(allow_blank=True, help_text="What only the person knows")


class LeftoverOut(Shape):
    quote = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    why = serializers.CharField(allow_blank=True)


class AskedOut(Shape):
    model = serializers.CharField()
    input_tokens = serializers.IntegerField(allow_null=True)
    output_tokens = serializers.IntegerField(allow_null=True)
    cost = serializers.CharField(allow_null=True, help_text="USD; null where it is not known")
    cached = serializers.BooleanField(help_text="Answered before: nothing was sent")


class CompiledOut(Shape):
    objective = serializers.CharField(help_text="The text without the clauses that became constraints")
    objective_kind = serializers.ChoiceField(ObjectiveKind.choices, allow_blank=True)
    season = serializers.CharField(allow_blank=True)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    segment = serializers.CharField(allow_blank=True, help_text="Slug of a known audience")
    placements = serializers.IntegerField(allow_null=True)
    products = serializers.IntegerField(allow_null=True)
    brand_voice = serializers.CharField(allow_blank=True)
    banned_terms = serializers.ListField(child=serializers.CharField())
    concepts = serializers.ListField(child=serializers.CharField())
    constraints = ConstraintsShape()
    readings = ReadingOut(many=True)
    not_understood = LeftoverOut(many=True)
    dropped = serializers.ListField(child=serializers.CharField(), help_text="What a model said and could not be used")
    note = serializers.CharField(allow_blank=True, help_text="Why no model took part although there is one")
    asked = AskedOut(allow_null=True, help_text="What a language model used; null where none was asked")


class Compile(StudioView):
    """Saves nothing, so there is nothing to repeat safely: an `Idempotency-Key` is accepted and not needed."""

    throttle_classes = [StudioThrottle, CompileThrottle]

    @extend_schema(
        operation_id="campaigns_compile",
        summary="A brief from free text",
        description="Proposes the fields of a brief from what somebody wrote. Every reading quotes its words; what "
        "asks for something and was not understood is listed. Saves nothing.",
        request=CompileIn,
        responses=CompiledOut,
    )
    def post(self, request: Request) -> Response:
        given = self.given(CompileIn)
        compiled = briefing.read(store=self.store, text=given["text"], actor=self.person, ask=given["model"])
        return Response(CompiledOut(compiled).data)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Not through the store of answers for repeated writes: that would hold a transaction while a model thinks."""
        super(StudioView, self).initial(request, *args, **kwargs)
