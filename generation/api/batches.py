"""Batches over HTTP: one campaign for many segments, started, watched, cancelled, retried."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import PLANNERS
from accounts.api_view import StudioView
from generation import batch_rows, batches, fanout
from generation.api.campaigns import CampaignView
from generation.api.runs import cents
from generation.api.shapes import Budget, Shape
from generation.models import Batch, Run
from storefront_studio.lib.api_shapes import MoneyOut, money


class BatchStart(Budget):
    segments = serializers.ListField(
        child=serializers.CharField(max_length=50),
        allow_empty=False,
        max_length=fanout.MOST_SEGMENTS,
        help_text='Slugs of segments, or ["all"]',
    )
    mode = serializers.ChoiceField(
        Batch.Mode.choices,
        default=Batch.Mode.LIVE,
        help_text="live: models are asked at once; vendor: through the vendor's batch service, cheaper, within a day",
    )
    concurrency = serializers.IntegerField(
        min_value=1, max_value=batches.MOST_CONCURRENCY, default=4, help_text="Runs at work at the same time"
    )


class BatchOut(serializers.ModelSerializer[Batch]):
    """A batch in a list."""

    campaign = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    budget = serializers.SerializerMethodField(help_text="Most that all runs together may spend; null: no such limit")
    requested_by = serializers.CharField(allow_null=True, help_text="Name of the person")

    class Meta:
        model = Batch
        fields = [
            "id", "campaign", "mode", "status", "concurrency", "budget", "requested_by", "created_at", "finished_at",
        ]  # fmt: skip

    def get_budget(self, batch: Batch) -> dict[str, str] | None:
        return money(batch.budget, "USD")


class BatchRunOut(Shape):
    segment = serializers.CharField(allow_null=True)
    run = serializers.IntegerField()
    status = serializers.ChoiceField(Run.Status.choices)
    placements = serializers.IntegerField(allow_null=True, help_text="Null until the run is done")
    calls = serializers.IntegerField()
    cache_hits = serializers.IntegerField(help_text="Calls that were answered from earlier ones and cost nothing")
    cost = MoneyOut(allow_null=True, help_text="Null: unknown")
    error = serializers.CharField(help_text="Why it failed, or ended with less than was asked for")


class BatchTotalsOut(Shape):
    segments = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField(), help_text="Runs in each state")
    placements = serializers.IntegerField()
    calls = serializers.IntegerField()
    cache_hits = serializers.IntegerField()
    cost = MoneyOut(allow_null=True, help_text="Null as soon as one call's is unknown")
    known_cost = MoneyOut(help_text="What is known of it")
    reserved = MoneyOut(help_text="Set aside for calls under way")
    questions = serializers.IntegerField(help_text="Handed in at the vendor's batch service")
    answered = serializers.IntegerField()


class BatchDetailOut(BatchOut):
    """One batch with its runs, a hundred at most: see `?page=`."""

    totals = BatchTotalsOut()
    runs = BatchRunOut(many=True)
    more = serializers.BooleanField(help_text="Whether there are runs on a further page")

    class Meta(BatchOut.Meta):
        fields = [*BatchOut.Meta.fields, "totals", "runs", "more"]


class BatchQuery(Shape):
    page = serializers.IntegerField(min_value=1, max_value=1000, required=False, default=1)
    status = serializers.ChoiceField(Run.Status.choices, required=False, help_text="Only runs in this state")


PAGE = 100


class CampaignBatches(CampaignView):
    @extend_schema(operation_id="batches_list", summary="Batches of a campaign", responses=BatchOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        mine = Batch.objects.filter(campaign=self.campaign(slug)).select_related("campaign", "requested_by")
        return self.paged(mine, BatchOut)

    @extend_schema(
        operation_id="batches_start",
        summary="Generate a campaign for many segments",
        description="Answers at once; the runs work in the background. Watch them under `batches/{id}/`.",
        request=BatchStart,
        responses={202: BatchDetailOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        campaign = self.campaign(slug)
        given = self.given(BatchStart)
        batch = fanout.start_batch(
            campaign=campaign,
            segments=fanout.named_segments(self.store, given["segments"]),
            actor=self.person,
            mode=given["mode"],
            concurrency=given["concurrency"],
            budget=given.get("budget"),
        )
        where = request.build_absolute_uri(f"/api/v1/batches/{batch.pk}/")
        return Response(_told(batch), status=202, headers={"Location": where})


class BatchView(StudioView):
    """What the endpoints of one batch share."""

    writers = PLANNERS

    def batch(self, batch_id: int) -> Batch:
        mine = Batch.objects.select_related("campaign__store", "requested_by")
        found = mine.filter(pk=batch_id, campaign__store=self.store).first()
        if found is None:
            raise Http404
        return found


class BatchDetail(BatchView):
    @extend_schema(
        operation_id="batches_read",
        summary="One batch: each segment's state, placements and cost",
        parameters=[BatchQuery],
        responses=BatchDetailOut,
    )
    def get(self, request: Request, batch_id: int) -> Response:
        asked = self.asked(BatchQuery)
        return Response(_told(self.batch(batch_id), asked["page"], asked.get("status", "")))


class BatchCancel(BatchView):
    @extend_schema(
        operation_id="batches_cancel", summary="End a batch; what is finished stays", request=None, responses=BatchOut
    )
    def post(self, request: Request, batch_id: int) -> Response:
        batch = fanout.cancel_batch(batch=self.batch(batch_id), actor=self.person)
        return Response(BatchOut(batch).data)


class BatchRetry(BatchView):
    @extend_schema(
        operation_id="batches_retry",
        summary="Go on with the failed and cancelled runs of an ended batch",
        request=Budget,
        responses={202: BatchOut},
    )
    def post(self, request: Request, batch_id: int) -> Response:
        budget = self.given(Budget).get("budget")
        batch = fanout.retry_batch(batch=self.batch(batch_id), actor=self.person, budget=budget)
        return Response(BatchOut(batch).data, status=202)


def _told(batch: Batch, page: int = 1, state: str = "") -> dict[str, Any]:
    totals = batch_rows.totals(batch)
    spent = totals.money
    found = list(batch_rows.rows(batch, state)[(page - 1) * PAGE : page * PAGE + 1])
    return {
        **BatchOut(batch).data,
        "totals": {
            "segments": totals.segments,
            "states": dict(totals.states),
            "placements": totals.placements,
            "calls": spent.calls,
            "cache_hits": spent.hits,
            "cost": None if spent.unknown else money(cents(spent.spent), "USD"),
            "known_cost": money(cents(spent.spent), "USD"),
            "reserved": money(cents(spent.reserved), "USD"),
            "questions": totals.asked,
            "answered": totals.answered,
        },
        "runs": [
            {
                "segment": one.slug,
                "run": one.run.pk,
                "status": one.run.status,
                "placements": one.run.kept,
                "calls": one.calls,
                "cache_hits": one.hits,
                "cost": money(cents(one.cost), "USD"),
                "error": one.said,
            }
            for one in map(batch_rows.line, found[:PAGE])
        ],
        "more": len(found) > PAGE,
    }
