"""What would be left of a page: counted, never guessed, and nobody is asked."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import ModelCall, Product
from review.models import Draft, Placement
from review.publishing import counterfactual
from tests.factories import DraftFactory, KeywordFactory, PlacementFactory, ProductFactory, SegmentFactory

TODAY = dt.date(2026, 11, 2)


@pytest.fixture
def draft(store: Any) -> Draft:
    return DraftFactory(store=store)


@pytest.fixture
def row(draft: Draft) -> Placement:
    """Four products shown, two on the bench, and a keyword that reaches everything with lentils in it."""
    word = KeywordFactory(store=draft.store, text="lentils")
    return PlacementFactory(draft=draft, keywords=[{"id": word.pk, "text": "lentils", "kind": "search", "density": 9}])


def only(draft: Draft, stock: str = "now", day: dt.date = TODAY) -> counterfactual.RowLeft:
    (cell,) = counterfactual.grid([draft], [day], [stock])
    return cell.rows[0]


def sell_out(row: Placement, state: str, count: int) -> None:
    ids = row.items.filter(state=state).order_by("slot").values_list("product", flat=True)[:count]
    Product.objects.filter(pk__in=list(ids)).update(availability="out_of_stock")


def test_a_page_on_which_nothing_changed_is_whole(draft: Draft, row: Placement) -> None:
    left = only(draft)
    assert (left.remain, left.of, left.state) == (4, 4, "whole")


def test_the_bench_comes_up_before_retrieval(draft: Draft, row: Placement) -> None:
    spare = ProductFactory(store=draft.store, title="Green lentils")
    sell_out(row, "shown", 3)
    bench = list(row.items.filter(state="bench").order_by("slot").values_list("product__title", flat=True))
    left = only(draft)
    assert (left.remain, left.from_bench, left.from_retrieval) == (1, tuple(bench), (spare.title,))
    assert left.state == "filled"


def test_what_cannot_be_filled_is_lost_and_never_padded(draft: Draft, row: Placement) -> None:
    sell_out(row, "shown", 3)
    sell_out(row, "bench", 2)
    ProductFactory(store=draft.store, title="A kettle")
    left = only(draft)
    assert (left.shown, left.state) == (1, "lost")
    assert only(draft, "any").state == "whole"


def test_nearly_sold_out_counts_as_sold_where_that_is_asked(draft: Draft, row: Placement) -> None:
    Product.objects.filter(pk=row.items.get(state="shown", slot=1).product_id).update(quantity=3)
    assert only(draft, "now").remain == 4
    assert only(draft, "nearly").remain == 3


def test_a_day_rules_out_what_is_no_longer_new(draft: Draft, row: Placement) -> None:
    Product.objects.update(listed_on=TODAY - dt.timedelta(days=25))
    draft.run.brief["constraints"]["new_within_days"] = 30
    draft.run.save()
    assert only(draft).remain == 4
    assert only(draft, day=TODAY + dt.timedelta(days=7)).remain == 0


def test_constraints_hold_for_what_comes_up(draft: Draft, row: Placement) -> None:
    sell_out(row, "shown", 1)
    sell_out(row, "bench", 2)
    ProductFactory(store=draft.store, title="Gold lentils", price=99)
    draft.run.brief["constraints"]["price_max"] = "10"
    draft.run.save()
    assert only(draft).from_retrieval == ()


def test_no_product_comes_up_twice_nor_from_another_store(draft: Draft, row: Placement, other_store: Any) -> None:
    second = PlacementFactory(draft=draft, keywords=row.keywords, bench=0, position=2000, key=2000)
    ProductFactory(store=draft.store, title="One more lentils")
    ProductFactory(store=other_store, title="Foreign lentils")
    sell_out(row, "shown", 3)
    sell_out(second, "shown", 1)
    (cell,) = counterfactual.grid([draft], [TODAY], ["now"])
    came = [title for left in cell.rows for title in (*left.from_bench, *left.from_retrieval)]
    assert len(came) == len(set(came)) == 3 and "Foreign lentils" not in came


def test_twelve_cells_cost_hardly_more_questions_than_one(
    draft: Draft, row: Placement, django_assert_max_num_queries: Any
) -> None:
    days = [TODAY + dt.timedelta(days=n) for n in range(4)]
    with django_assert_max_num_queries(8):
        assert len(counterfactual.grid([draft], days, list(counterfactual.STOCK))) == 12
    assert len(counterfactual.grid([draft], [*days, *days], list(counterfactual.STOCK))) == counterfactual.MOST


def test_the_screen_compares_audiences_and_asks_no_model(
    draft: Draft, row: Placement, marketing_client: Client
) -> None:
    segment = SegmentFactory(store=draft.store, name="Families")
    other = DraftFactory(store=draft.store, campaign=draft.campaign, run__segment=segment, segment=segment.slug)
    PlacementFactory(draft=other)
    shown = marketing_client.get(reverse("draft-whatif", args=[draft.pk]), {"day": "2027-01-05"})
    assert [(one["segment"], len(one["cells"])) for one in shown.context["lines"]] == [
        ("Everybody", 2), ("Everybody", 2), ("Everybody", 2), ("Families", 2), ("Families", 2), ("Families", 2),
    ]  # fmt: skip
    assert not ModelCall.objects.exists()


def test_who_may_look(draft: Draft, row: Placement, request: pytest.FixtureRequest) -> None:
    address = reverse("draft-whatif", args=[draft.pk])
    assert Client().get(address).status_code == 302
    for person, status in {
        "marketing": 200,
        "merchandiser": 200,
        "team_mate": 200,
        "admin": 200,
        "stranger": 404,
    }.items():
        assert request.getfixturevalue(f"{person}_client").get(address).status_code == status


@pytest.mark.parametrize("query", ["day=x", "stock=nothing", "day=0001-01-01", "stock=any&stock=any"])
def test_nonsense_in_the_address_gets_the_usual_grid(
    query: str, draft: Draft, row: Placement, marketing_client: Client
) -> None:
    assert marketing_client.get(reverse("draft-whatif", args=[draft.pk]) + "?" + query).status_code == 200
