"""What generating cost, over HTTP."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_view import StudioView
from generation.api.shapes import Shape
from review.insights.spend import SpendRow, spend
from storefront_studio.lib.api_shapes import MoneyOut, money


class SpendQuery(Shape):
    days = serializers.IntegerField(
        min_value=1, max_value=3650, required=False, help_text="Runs started in so many days; all of them when left out"
    )


class SpendRowOut(Shape):
    name = serializers.CharField(help_text="A campaign, a prompt version or a model")
    campaign = serializers.CharField(allow_null=True, help_text="Slug, where it is one")
    cost = MoneyOut(allow_null=True, help_text="Null as soon as one call's is unknown")
    known_cost = MoneyOut(help_text="What is known of it")
    unknown_calls = serializers.IntegerField()
    calls = serializers.IntegerField()
    cache_hits = serializers.IntegerField(help_text="Answered from earlier calls, at no cost")
    approved = serializers.IntegerField(help_text="Generated placements that people approved")
    cost_per_approved = MoneyOut(allow_null=True, help_text="Null: unknown, or nothing is approved")


class SpendDayOut(Shape):
    day = serializers.DateField()
    known_cost = MoneyOut()
    unknown_calls = serializers.IntegerField()


class SpendTodayOut(Shape):
    known_cost = MoneyOut()
    unknown_calls = serializers.IntegerField()
    calls = serializers.IntegerField()
    reserved = MoneyOut(help_text="Set aside for calls under way")


class SpendOut(Shape):
    total = SpendRowOut()
    by_campaign = SpendRowOut(many=True)
    by_prompt = SpendRowOut(many=True)
    by_model = SpendRowOut(many=True)
    daily = SpendDayOut(many=True)
    today = SpendTodayOut()


class SpendView(StudioView):
    @extend_schema(
        operation_id="spend_read",
        summary="What generating cost, and what an approved placement cost",
        parameters=[SpendQuery],
        responses=SpendOut,
    )
    def get(self, request: Request) -> Response:
        found = spend(self.store, self.asked(SpendQuery).get("days"))
        return Response(
            {
                "total": _row(found.total),
                **{f"by_{kind}": [_row(row) for row in rows] for kind, rows in found.groups.items()},
                "daily": [
                    {"day": day.day.isoformat(), "known_cost": _usd(day.known), "unknown_calls": day.unknown}
                    for day in found.days
                ],
                "today": {
                    "known_cost": _usd(found.today.known),
                    "unknown_calls": found.today.unknown,
                    "calls": found.today.calls,
                    "reserved": _usd(found.today.reserved),
                },
            }
        )


def _row(row: SpendRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "campaign": row.slug or None,
        "cost": _usd(row.cost),
        "known_cost": _usd(row.known),
        "unknown_calls": row.unknown,
        "calls": row.calls,
        "cache_hits": row.hits,
        "approved": row.approved,
        "cost_per_approved": _usd(row.each),
    }


def _usd(amount: Decimal | None) -> dict[str, str] | None:
    return money(None if amount is None else amount.quantize(Decimal("0.000001")), "USD")
