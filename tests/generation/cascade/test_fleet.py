"""Campaigns on worker processes of their own, as `bench pipeline --campaigns` measures them."""

from typing import Any

import pytest

from generation.campaigns.brief import read
from generation.models import Campaign, ModelCall, Run
from review.measure import fleet
from review.models import Draft

pytestmark = pytest.mark.django_db(transaction=True)


def test_campaigns_at_once_end_in_pages_whose_calls_were_all_asked_of_the_server(committed_shop: Any) -> None:
    given = read({"brief_id": "fleet", "objective": "Muesli, porridge, granola", "placements": 2, "products": 4,
                  "constraints": {"density_min": 3}})  # fmt: skip
    seen: list[bool] = []

    def look(text: str) -> None:
        seen.append(ModelCall.objects.filter(cached=True).exists())

    row, notes = fleet.measure(committed_shop, given, 2, 20, ("themes", "keywords", "judge"), look)
    assert notes[0].startswith("2 of 2 campaigns made a page in ")
    assert row["placements"] >= 2 and row["throughput_over_ideal"] > 0
    assert not any(seen)  # every page is paid for with calls of its own
    for rows in (Run, Campaign, Draft):
        assert not rows.objects.exists()  # type: ignore[attr-defined]
