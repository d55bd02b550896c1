"""The registry over HTTP, for admins: what is in production, labels, and the gates that let a version in."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import ADMINS
from accounts.api_view import StudioView
from generation.measure.snapshots import SAMPLE
from generation.models import Artefact, GateReport, ReleaseLabel
from generation.registry import gate_requests, labelling, overview, releases

Shape = serializers.Serializer[Any]
LONGEST_HISTORY = 100


class LabelShape(Shape):
    version = serializers.CharField(help_text="v2, or vendor and model")
    token = serializers.CharField(help_text="The version with the hash of its content")
    author = serializers.CharField(help_text="Empty for what the code names")
    since = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()
    default = serializers.BooleanField(help_text="Nobody labelled it: the code names it")


class VersionShape(Shape):
    version = serializers.CharField()
    token = serializers.CharField()
    problem = serializers.CharField(help_text="Why its file cannot be used, or empty")
    held = serializers.BooleanField(help_text="It was in production before and may go back without a gate")


class ThingShape(Shape):
    kind = serializers.ChoiceField(Artefact.choices)
    name = serializers.CharField()
    # Shadows nothing that is used: these classes only describe.
    label = serializers.CharField()  # type: ignore[assignment]
    about = serializers.CharField()
    production = LabelShape()
    candidate = LabelShape(allow_null=True)
    versions = VersionShape(many=True)
    why_not = serializers.CharField(help_text="Why a gate would measure nothing, or empty")


class ReleaseOut(Shape):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Artefact.choices)
    name = serializers.CharField()
    version = serializers.CharField()
    token = serializers.CharField()
    label = serializers.ChoiceField(ReleaseLabel.choices)  # type: ignore[assignment]
    note = serializers.CharField()
    author = serializers.CharField()
    gate = serializers.IntegerField(allow_null=True, help_text="The gate that let it in; none for a way back")
    created_at = serializers.DateTimeField()


class CheckShape(Shape):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    passes = serializers.BooleanField()
    gating = serializers.BooleanField(help_text="Whether failing it keeps the candidate out")
    candidate = serializers.CharField(allow_null=True)
    production = serializers.CharField(allow_null=True)
    limit = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()


class GateOut(Shape):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Artefact.choices)
    name = serializers.CharField()
    candidate = serializers.CharField()
    production = serializers.CharField()
    status = serializers.ChoiceField(GateReport.Status.choices)
    passed = serializers.BooleanField(allow_null=True)
    snapshot = serializers.CharField(help_text="Hash of the catalogue that was replayed")
    briefs = serializers.IntegerField(allow_null=True)
    checks = CheckShape(many=True)
    error = serializers.CharField()
    requested_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class GateFull(GateOut):
    pages_done = serializers.IntegerField()
    pages = serializers.IntegerField(help_text="Two a brief: one with production, one with the candidate")


class RegistryOut(Shape):
    problem = serializers.CharField(help_text="Why no run could start now, or empty")
    things = ThingShape(many=True)
    gates = GateOut(many=True, help_text="Newest first")
    history = ReleaseOut(many=True, help_text=f"Newest first, {LONGEST_HISTORY} at most")


class LabelGive(Shape):
    kind = serializers.ChoiceField(Artefact.choices)
    name = serializers.CharField(max_length=60)
    version = serializers.CharField(max_length=120)
    label = serializers.ChoiceField(ReleaseLabel.choices)  # type: ignore[assignment]
    note = serializers.CharField(max_length=labelling.LONGEST_NOTE, help_text="Why; the history shows it")


class GateAsk(Shape):
    kind = serializers.ChoiceField(Artefact.choices)
    name = serializers.CharField(max_length=60)
    version = serializers.CharField(max_length=120)
    snapshot = serializers.CharField(
        max_length=80, default=SAMPLE, help_text="“sample”, or the hash of one of the store's own snapshots"
    )


class AdminView(StudioView):
    readers = ADMINS
    writers = ADMINS


class Registry(AdminView):
    @extend_schema(
        operation_id="registry_read", summary="Versions, labels, gates and their history", responses=RegistryOut
    )
    def get(self, request: Request) -> Response:
        history = releases.history(self.store)[:LONGEST_HISTORY]
        told = {**overview.of(self.store), "history": [overview.label(row) for row in history]}
        return Response(RegistryOut(told).data)


class RegistryLabels(AdminView):
    @extend_schema(
        operation_id="registry_label",
        summary="Give a version a label",
        description="Production needs a gate that passed beside what is in production now; 409 says what is missing.",
        request=LabelGive,
        responses={201: ReleaseOut},
    )
    def post(self, request: Request) -> Response:
        row = labelling.give(store=self.store, actor=self.person, **self.given(LabelGive))
        return Response(ReleaseOut(overview.label(row)).data, status=201)


class Gates(AdminView):
    @extend_schema(
        operation_id="registry_gate_start",
        summary="Measure a candidate beside production",
        description="Answers at once; the replay works in the background. Watch it under `registry/gates/{id}/`.",
        request=GateAsk,
        responses={202: GateFull},
    )
    def post(self, request: Request) -> Response:
        row = gate_requests.ask(store=self.store, actor=self.person, **self.given(GateAsk))
        where = request.build_absolute_uri(f"{request.path}{row.pk}/")
        return Response(GateFull(_full(row)).data, status=202, headers={"Location": where})


class GateDetail(AdminView):
    @extend_schema(operation_id="registry_gate_read", summary="One gate and its checks", responses=GateFull)
    def get(self, request: Request, gate_id: int) -> Response:
        rows = GateReport.objects.filter(store=self.store).select_related("requested_by")
        return Response(GateFull(_full(get_object_or_404(rows, pk=gate_id))).data)


def _full(row: GateReport) -> dict[str, Any]:
    done = sum(len(sides) for sides in row.report.get("pages", {}).values())
    return {**overview.gate(row), "pages_done": done, "pages": 2 * (row.briefs or 0)}
