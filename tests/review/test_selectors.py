"""What the screens read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation.models import Availability, Product
from review import selectors
from review.models import Placement
from review.workflow import services
from tests.factories import DraftFactory, PlacementFactory

pytestmark = pytest.mark.django_db


def test_the_riskiest_placement_comes_first(store) -> None:
    draft = DraftFactory(store=store)
    scores = {"sure": 0.9, "risky": 0.3, "unknown": None, "also risky": 0.3}
    for title, score in scores.items():
        PlacementFactory(draft=draft, title=title, score=score)
    PlacementFactory(draft=draft, approved=True, score=0.1)
    assert [row.title for row in selectors.queue(store)] == ["unknown", "risky", "also risky", "sure"]


def test_a_queue_holds_no_other_stores_placements(store, other_store) -> None:
    PlacementFactory(draft__store=other_store)
    assert not selectors.queue(store) and selectors.waiting_count(store) == 0
    with pytest.raises(Placement.DoesNotExist):
        selectors.placement_for(store, Placement.objects.get().pk)


def test_one_placement_takes_as_many_queries_as_a_long_one(store) -> None:
    def queries(products: int) -> int:
        pk = PlacementFactory(draft__store=store, shown=products).pk
        with CaptureQueriesContext(connection) as captured:
            placement = selectors.placement_for(store, pk)
            selectors.as_published(placement)
            [decision.actor.name for decision in placement.decisions.all()]
            [said.reason for said in placement.judgements.all()]
            assert placement.draft.run.requested_by.name and placement.draft.campaign.name
        return len(captured)

    assert queries(1) == queries(20) == 4


def test_a_preview_takes_as_many_queries_as_a_long_one(store) -> None:
    def queries(placements: int) -> int:
        draft = DraftFactory(store=store)
        for _ in range(placements):
            PlacementFactory(draft=draft)
        with CaptureQueriesContext(connection) as captured:
            assert len(selectors.preview(draft)["placements"]) == placements
        return len(captured)

    assert queries(1) == queries(6)


def test_a_preview_leaves_out_what_was_turned_down(store) -> None:
    draft = DraftFactory(store=store)
    PlacementFactory(draft=draft, title="Soups")
    PlacementFactory(draft=draft, rejected=True)
    PlacementFactory(draft=draft, dropped=True)
    payload = selectors.preview(draft)
    assert [row["title"] for row in payload["placements"]] == ["Soups"]
    assert payload["version"] is None and payload["manifest"] is None


def test_a_sale_price_travels_beside_the_price(store) -> None:
    placement = PlacementFactory(draft__store=store)
    Product.objects.update(sale_price="3.49")
    product = selectors.as_published(placement)["products"][0]
    assert product["sale_price"] == {"amount": "3.49", "currency": "EUR"}


def test_what_sold_out_since_is_a_warning_and_no_obstacle(store, merchandiser) -> None:
    placement = PlacementFactory(draft__store=store)
    item = placement.items.get(state="shown", slot=1)
    Product.objects.filter(pk=item.product_id).update(availability=Availability.OUT_OF_STOCK)
    assert selectors.warnings(placement) == [f"“{item.product.title}” is out of stock now."]
    services.approve(placement=placement, actor=merchandiser, revision=0)


def test_a_row_that_is_too_short_is_a_warning(store) -> None:
    placement = PlacementFactory(draft__store=store, shown=2)
    assert selectors.warnings(placement) == ["It shows 2 products; a row needs 3."]


def test_the_trail_is_the_stores_own_and_can_be_narrowed(store, other_store, merchandiser) -> None:
    placement = PlacementFactory(draft__store=store, title="Soups")
    now = services.edit_text(placement=placement, actor=merchandiser, revision=0, title="Stews").placement
    services.approve(placement=now, actor=merchandiser, revision=now.revision)
    assert [entry.action for entry in selectors.trail(store)] == ["placement.fix_approve", "placement.edit_text"]
    assert selectors.trail(store, action="placement.edit", actor=merchandiser, text="stews").count() == 1
    assert selectors.trail(store, subject=f"placement:{placement.pk}").count() == 2
    assert not selectors.trail(other_store)
