"""Runs over HTTP: start, watch, cancel, retry. What a run ended in is told by review, which knows drafts."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import PLANNERS
from accounts.api_view import StudioView
from generation import selectors, services
from generation.api.campaigns import CampaignView
from generation.api.shapes import Budget, RunOut, RunStart
from generation.models import Run
from generation.stages.contracts import DraftPage
from storefront_studio.lib.api_shapes import money


def _full() -> QuerySet[Run]:
    return Run.objects.select_related("campaign__store", "segment", "requested_by")


class CampaignRuns(CampaignView):
    @extend_schema(operation_id="runs_list", summary="Runs of a campaign, newest first", responses=RunOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        return self.paged(_full().filter(campaign=self.campaign(slug)).defer("result"), RunOut)

    @extend_schema(
        operation_id="runs_start",
        summary="Generate a page",
        description="Answers at once; the run works in the background. Watch it under `runs/{id}/`.",
        request=RunStart,
        responses={202: RunOut},
    )
    def post(self, request: Request, slug: str) -> Response:
        campaign = self.campaign(slug)
        given = self.given(RunStart)
        segment = services.find_segment(self.store, given["segment"]) if given.get("segment") else None
        run = services.start_run(
            campaign=campaign, actor=self.person, seed=given["seed"], segment=segment, budget=given.get("budget")
        )
        where = request.build_absolute_uri(f"/api/v1/runs/{run.pk}/")
        return Response(RunOut(_full().get(pk=run.pk)).data, status=202, headers={"Location": where})


class RunView(StudioView):
    """What the endpoints of one run share."""

    writers: tuple[str, ...] = PLANNERS

    def run(self, run_id: int) -> Run:
        found = _full().filter(pk=run_id, campaign__store=self.store).first()
        if found is None:
            raise Http404
        return found


class RunCancel(RunView):
    @extend_schema(
        operation_id="runs_cancel", summary="Stop an open run; what it saved stays", request=None, responses=RunOut
    )
    def post(self, request: Request, run_id: int) -> Response:
        run = services.cancel_run(run=self.run(run_id), actor=self.person)
        return Response(RunOut(_full().get(pk=run.pk)).data)


class RunRetry(RunView):
    @extend_schema(
        operation_id="runs_retry",
        summary="Go on with a failed or cancelled run after its last saved stage",
        description="A run that ended at its budget is gone on with by a new run, which is the answer; what was saved "
        "is kept and not paid for again.",
        request=Budget,
        responses={202: RunOut},
    )
    def post(self, request: Request, run_id: int) -> Response:
        run = services.retry_run(run=self.run(run_id), actor=self.person, budget=self.given(Budget).get("budget"))
        return Response(RunOut(_full().get(pk=run.pk)).data, status=202)


def told(run: Run) -> dict[str, Any]:
    """How far a run is and what it cost: {"stages", "dropped", "cost", "tokens"}; unknown cost and tokens are None."""
    progress = selectors.progress(run)
    spent = selectors.cost(run)
    if run.result is None:
        dropped = [{"title": one.title, "reason": one.dropped} for one in progress.placements if one.dropped]
    else:
        page = DraftPage.model_validate(run.result)
        dropped = [{"title": one.theme.title, "reason": one.judged.drop_reason} for one in page.dropped]
    return {
        "stages": progress.stages,
        "dropped": dropped,
        "cost": money(cents(spent.usd), "USD"),
        "tokens": spent.tokens,
    }


def cents(usd: Decimal | None) -> Decimal | None:
    """Without the zeros that fixed-point columns add, but with two places at least."""
    if usd is None:
        return None
    short = usd.normalize()
    exponent = short.as_tuple().exponent
    return short if isinstance(exponent, int) and exponent < -2 else usd.quantize(Decimal("0.01"))
