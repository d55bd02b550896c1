"""Campaigns on worker processes of their own, as `bench pipeline --campaigns` measures them."""

from typing import Any

import pytest

from generation.campaigns.brief import read
from generation.measure import fleet
from generation.models import Run

pytestmark = pytest.mark.django_db(transaction=True)


def test_campaigns_at_once_end_in_pages_whose_calls_were_all_asked_of_the_server(committed_shop: Any) -> None:
    given = read({"brief_id": "fleet", "objective": "Muesli, porridge, granola", "placements": 2, "products": 4,
                  "constraints": {"density_min": 3}})  # fmt: skip
    row, notes = fleet.measure(committed_shop, given, 2, 20, ("themes", "keywords", "judge"))
    runs = Run.objects.filter(campaign__store=committed_shop)
    assert {run.status for run in runs} == {Run.Status.DONE}, [run.error for run in runs]
    assert runs.count() == 2 + fleet.WORKERS  # a page each to warm up

    assert row["placements"] >= 2 and row["throughput_over_ideal"] > 0
    assert notes[0].startswith("2 of 2 campaigns made a page in ")
