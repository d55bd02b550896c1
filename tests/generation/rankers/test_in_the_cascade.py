"""A run ranks by the store's active ranker, and the page can say why."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation import ranker_learning, trained_rankers
from generation.models import Product, Run
from review.models import PlacementProduct
from tests.factories import MembershipFactory
from tests.generation.cascade import conftest
from tests.generation.cascade import shop as shops

_remembered_vectors, shop = conftest._remembered_vectors, conftest.shop  # fixtures of the cascade's tests, ours too
pytestmark = pytest.mark.django_db
BEGIN = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)


def log_of(store: Any, folder: Path) -> tuple[Path, set[str]]:
    """Sixty days in which every second product of the shop sold every day, and the others hardly."""
    items = list(Product.objects.filter(store=store).order_by("id").values_list("item_id", flat=True))
    path = folder / "events.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["time", "session", "product", "kind"])
        for day in range(60):
            for place, item in enumerate(items):
                if place % 2 == 0 or (place + day) % 30 == 0:
                    when = BEGIN + dt.timedelta(days=day, minutes=place)
                    table.writerow([when.isoformat(), f"s{day}-{place % 7}", item, "order"])
    return path, set(items[::2])


@pytest.mark.parametrize("kind", ["popularity", "lambdamart"])
def test_the_active_ranker_ranks_and_its_parts_reach_the_reviewer(shop: Any, tmp_path: Path, kind: Any) -> None:
    before = shops.work(shops.start(shop))
    path, sold = log_of(shop, tmp_path)
    row = ranker_learning.learn(store=shop, actor=None, path=path, kind=kind)
    now = trained_rankers.active(shop)
    trained_rankers.activate(store=shop, actor=None, number=row.number, seen=now.number if now else 0, note="Try")
    after = shops.work(shops.start(shop))
    assert after.status == Run.Status.DONE

    def shown(run: Run) -> list[dict[str, Any]]:
        return [one for placement in run.result["placements"] for one in placement["judged"]["shown"]]

    assert {one["ranker"] for one in shown(before)} == {"signals-v2"}
    assert {one["ranker"] for one in shown(after)} == {f"{kind} (ranker {row.number})"}

    def share(run: Run) -> float:
        return sum(one["hit"]["item_id"] in sold for one in shown(run)) / len(shown(run))

    assert share(after) > share(before)
    item = PlacementProduct.objects.filter(placement__draft__run=after, ranker__startswith=kind, state="shown").first()
    assert item is not None and item.parts and {"name", "value", "adds"} == set(item.parts[0])
    asked = Client()
    asked.force_login(MembershipFactory(store=shop, role="admin").user)
    address = reverse("api-why", args=[item.placement_id, item.product.item_id])
    told = asked.get(address).json()["product"]
    assert told["ranker"] == item.ranker and told["parts"] == item.parts
    page = asked.get(reverse("placement-review", args=[item.placement_id])).content.decode()
    assert f'In the shop, by <span class="nowrap">{item.ranker}</span>' in page
    assert item.parts[0]["name"].lower() in page
    trained_rankers.go_back(store=shop, actor=None, seen=row.number, note="Done")
