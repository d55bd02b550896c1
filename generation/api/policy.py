"""The quality policy over HTTP: read by the store's people, changed by its admins."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import ADMINS
from accounts.api_view import StudioView, checked
from generation.policy import policies, terms
from generation.stages.policy import QualityPolicy
from storefront_studio.lib.errors import BadInput

Shape = serializers.Serializer[Any]
LONGEST_HISTORY = 100


def _share(what: str, **kwargs: Any) -> serializers.FloatField:
    return serializers.FloatField(min_value=0, max_value=1, help_text=what, **kwargs)


class PolicyShape(Shape):
    """The thresholds; scores are 0 to 1 where nothing else is said."""

    show_from = _share("Fit from which a product is shown", required=False)
    placement_floor = _share("Mean fit of a row's products under which it is dropped", required=False)
    same_title = serializers.FloatField(
        min_value=0, max_value=100, required=False, help_text="Likeness of two titles' words, 0 to 100"
    )
    same_meaning = _share("Cosine of two titles", required=False)
    same_products = _share("Share of two rows' products in common", required=False)
    reject_near = _share("Cosine to an earlier rejection from which a theme is left out", required=False)
    flag_near = _share("Cosine to an earlier rejection from which a theme is flagged", required=False)
    severities = serializers.DictField(
        child=serializers.ChoiceField(list(terms.SEVERITIES.items())),
        required=False,
        help_text="What failing a facet does, by “level.name”, where it is not the usual",
    )
    settle_share = _share("Share of its drops that a judge may settle alone", required=False)
    kappa_min = serializers.FloatField(
        min_value=-1, max_value=1, required=False, help_text="Cohen's kappa with people under which that share shrinks"
    )
    labels_min = serializers.IntegerField(
        min_value=1, max_value=2_000_000_000, required=False, help_text="Decisions from which agreement counts"
    )
    profile_fields = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        help_text="Fields of a segment's profile that a vendor's model may see",
    )


class PolicyChange(PolicyShape):
    """What is left out stays as it is in the version named."""

    number = serializers.IntegerField(
        min_value=0, max_value=2_000_000_000, help_text="The version that you changed; 0 stands for the defaults"
    )
    note = serializers.CharField(max_length=policies.LONGEST_NOTE, help_text="Why; the history shows it")


class PolicyVersion(Shape):
    number = serializers.IntegerField()
    note = serializers.CharField()
    author = serializers.CharField(source="author_name")
    created_at = serializers.DateTimeField()


class PolicyOut(Shape):
    number = serializers.IntegerField(help_text="0 stands for the defaults")
    policy = PolicyShape()
    history = PolicyVersion(many=True, help_text=f"Newest first, {LONGEST_HISTORY} at most")


class PolicyView(StudioView):
    writers = ADMINS

    @extend_schema(operation_id="policy_read", summary="The policy in force and its history", responses=PolicyOut)
    def get(self, request: Request) -> Response:
        return Response(self._told())

    @extend_schema(
        operation_id="policy_change",
        summary="Save a new version of the policy",
        description="409 when somebody saved another version after the one you name.",
        request=PolicyChange,
        responses=PolicyOut,
    )
    def put(self, request: Request) -> Response:
        given = self.given(PolicyChange)
        seen, note = given.pop("number"), given.pop("note")
        try:
            before = policies.version(self.store, seen)
        except BadInput:
            raise serializers.ValidationError({"number": [f"There is no policy {seen}."]}) from None
        wanted = checked(QualityPolicy, {**before.model_dump(mode="json"), **given})
        policies.save(store=self.store, actor=self.person, policy=wanted, note=note, seen=seen)
        return Response(self._told())

    def _told(self) -> Any:
        now = policies.current(self.store)
        history = policies.history(self.store)[:LONGEST_HISTORY]
        return PolicyOut({"number": now.number, "policy": now.model_dump(), "history": history}).data
