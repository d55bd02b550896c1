"""One run over HTTP, with the rows it ended in."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from generation.api.runs import RunView, told
from generation.api.shapes import RunOut, StageOut
from generation.models import Run
from review import selectors
from review.api.shapes import RunDetailOut
from review.models import Draft


class RunDetail(RunView):
    @extend_schema(
        operation_id="runs_read", summary="One run: how far it is, what it cost, its rows", responses=RunDetailOut
    )
    def get(self, request: Request, run_id: int) -> Response:
        return Response(_detail(self.run(run_id)))


def _detail(run: Run) -> dict[str, Any]:
    draft = Draft.objects.filter(run=run).first()
    facts = told(run)
    return {
        **RunOut(run).data,
        "draft": draft.pk if draft else None,
        "stages": StageOut(facts["stages"], many=True).data,
        "placements": selectors.preview(draft)["placements"] if draft else [],
        "dropped": facts["dropped"],
        "note": draft.note if draft else "",
        "cost": facts["cost"],
        "tokens": facts["tokens"],
    }
