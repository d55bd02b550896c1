"""Regenerating part of a page over HTTP, and choosing between the page and what was proposed beside it."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import EVERYONE
from generation.api.runs import RunView
from generation.api.shapes import RunOut
from generation.models import Run
from review.models import Draft
from review.workflow import choosing, proposals, regenerating
from storefront_studio.lib.errors import WrongState

Shape = serializers.Serializer[Any]
CHOICES = ("take", "keep_old", "undo")


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 1, "maximum": 20},
            {"type": "string", "pattern": "^[0-9]{1,17}$"},
        ]
    }
)
class RowField(serializers.Field[Any, Any, Any, Any]):
    """A row by its place on the page (a number), or by its placement's id (a text)."""

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, int) and not isinstance(data, bool) and 1 <= data <= 20:
            return data
        if isinstance(data, str) and re.fullmatch(r"[0-9]{1,17}", data, re.ASCII):
            return data
        raise serializers.ValidationError("Give a place from 1 to 20 as a number, or a placement's id as text.")

    def to_representation(self, value: Any) -> Any:
        return value


class RegenerateIn(Shape):
    instruction = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=regenerating.LONGEST,
        help_text="What should change, in words: “cheaper, nothing with plastic, keep rows 1 and 3”",
    )
    keep = serializers.ListField(
        child=RowField(),
        required=False,
        allow_null=True,
        default=None,
        max_length=20,
        help_text="Rows that stay as they are: places as numbers, placement ids as text. Left out: the approved ones",
    )


class ChoiceIn(Shape):
    choice = serializers.ChoiceField(CHOICES, help_text="Take the new page, keep the old one, or undo the last choice")
    instead = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        default=list,
        max_length=20,
        help_text="With “take”: placements of the old page that stay in place of the new ones",
    )
    seen = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=64, help_text="`seen` of the last answer you read"
    )


class ChoiceOut(Shape):
    """A page and the one it came from: before the choice, and after it."""

    draft = serializers.IntegerField(help_text="The draft of this run")
    parent = serializers.IntegerField(  # type: ignore[assignment]
        allow_null=True, help_text="The draft it regenerates in part; null for a page of its own"
    )
    state = serializers.ChoiceField(
        ["alone", "open", "taken", "set_aside"], help_text="“open”: somebody still has to choose"
    )
    seen = serializers.CharField(
        help_text="Send it with “take”: it changes with every decision and edit on either page"
    )


class RunRegenerate(RunView):
    writers: tuple[str, ...] = EVERYONE

    @extend_schema(
        operation_id="runs_regenerate",
        summary="Write part of a run's page anew",
        description="Rows to keep stay exactly as people left them; the new page stands beside the old one until "
        "somebody chooses. Answers at once; watch the new run under `runs/{id}/`.",
        request=RegenerateIn,
        responses={202: RunOut},
    )
    def post(self, request: Request, run_id: int) -> Response:
        asked = self.run(run_id)
        given = self.given(RegenerateIn)
        draft = _draft(asked)
        places = None if given["keep"] is None else [one for one in given["keep"] if isinstance(one, int)]
        ids = [int(one) for one in given["keep"] or [] if isinstance(one, str)]
        keep = regenerating.named(draft, places, ids)
        plan = regenerating.plan(draft=draft, instruction=given["instruction"], keep=keep)
        run = regenerating.start(plan=plan, actor=self.person)
        where = request.build_absolute_uri(f"/api/v1/runs/{run.pk}/")
        return Response(RunOut(self.run(run.pk)).data, status=202, headers={"Location": where})


class RunChoice(RunView):
    writers: tuple[str, ...] = EVERYONE

    @extend_schema(operation_id="choice_read", summary="Where the choice between two pages stands", responses=ChoiceOut)
    def get(self, request: Request, run_id: int) -> Response:
        return Response(_told(_draft(self.run(run_id))))

    @extend_schema(
        operation_id="choice_make",
        summary="Choose between a page and the one that regenerates it in part",
        request=ChoiceIn,
        responses=ChoiceOut,
    )
    def post(self, request: Request, run_id: int) -> Response:
        asked = self.run(run_id)
        given = self.given(ChoiceIn)
        draft = _draft(asked)
        if given["choice"] == "take":
            choosing.take(draft=draft, actor=self.person, seen=given["seen"], instead=given["instead"])
        elif given["choice"] == "keep_old":
            choosing.keep_old(draft=draft, actor=self.person)
        else:
            choosing.undo(draft=draft, actor=self.person)
        return Response(_told(_draft(draft.run)))


def _draft(run: Run) -> Draft:
    found = Draft.objects.filter(run=run).select_related("store", "campaign", "run", "parent__run").first()
    if found is None:
        raise WrongState(f"Run {run.pk} has no page yet; wait until it is done.")
    return found


def _told(draft: Draft) -> dict[str, Any]:
    state = "open" if draft.is_proposal else "set_aside" if draft.superseded else "taken"
    if draft.parent_id is None and not draft.superseded:
        state = "alone"
    return ChoiceOut(
        {"draft": draft.pk, "parent": draft.parent_id, "state": state, "seen": proposals.seen_of(draft)}
    ).data
