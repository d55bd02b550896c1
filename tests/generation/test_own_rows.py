"""Rows that the shop writes itself: what may be written, in what order, and what a run starts with."""

from functools import partial
from typing import Any

import pytest

from accounts.models import AuditEntry
from generation import services
from generation.campaigns import standing, static_rows
from generation.campaigns.constraints import Constraints
from generation.models import Campaign, StaticPlacement
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import TODAY, CampaignFactory, ProductFactory
from tests.review.race import at_once

pytestmark = pytest.mark.django_db
FREE = Constraints(density_min=1)


@pytest.fixture
def campaign(store: Any) -> Campaign:
    return CampaignFactory(store=store, placements=4, products=4, banned_terms=["cheap"])


def products(store: Any, count: int = 3, **fields: Any) -> list[str]:
    return [one.item_id for one in ProductFactory.create_batch(count, store=store, **fields)]


def add(campaign: Campaign, actor: Any = None, **fields: Any) -> StaticPlacement:
    asked = {"title": f"Our picks {StaticPlacement.objects.count()}", **fields}
    asked.setdefault("item_ids", products(campaign.store))
    return static_rows.add(campaign=campaign, actor=actor, **asked)


def positions(campaign: Campaign) -> list[tuple[int, str]]:
    return list(campaign.static_placements.order_by("position").values_list("position", "title"))


# --- Writing ------------------------------------------------------------------------------------------------------
def test_a_row_takes_the_first_free_place_and_the_audit_says_who_wrote_it(campaign: Campaign, marketing: Any) -> None:
    row = add(campaign, marketing, title="  Our   picks ")
    entry = AuditEntry.objects.get()
    assert (row.position, row.title, row.created_by) == (1, "Our picks", marketing)
    assert (entry.action, entry.subject, entry.actor) == ("static.add", f"campaign:{campaign.slug}", marketing)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": " "}, "Give the row a title"),
        ({"title": "S" * 61}, "61 characters; 60 fit"),
        ({"subtitle": "S" * 101}, "101 characters; 100 fit"),
        ({"title": "Сheap treats"}, "never says “cheap”"),  # the first letter is Cyrillic
        ({"position": 5}, "choose one from 1 to 4"),
        ({"position": 0}, "choose one from 1 to 4"),
        ({"item_ids": ["nowhere", "x", "y"]}, "no product with the id “nowhere”"),
        ({"item_ids": []}, "3 to 40 products; this one has 0"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(campaign: Campaign, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        add(campaign, **fields)
    assert not campaign.static_placements.exists()


def test_a_product_of_another_store_is_unknown_here(campaign: Campaign, other_store: Any) -> None:
    with pytest.raises(BadInput, match="no product with the id"):
        add(campaign, item_ids=products(other_store))


def test_a_product_stands_in_one_row_and_once(campaign: Campaign) -> None:
    ids = products(campaign.store)
    with pytest.raises(BadInput, match="in this row twice"):
        add(campaign, item_ids=[*ids, ids[0]])
    add(campaign, title="First", item_ids=ids)
    with pytest.raises(BadInput, match="is in your row “First” already"):
        add(campaign, item_ids=[*products(campaign.store), ids[2]])


def test_two_rows_do_not_share_a_title(campaign: Campaign) -> None:
    add(campaign, title="Our picks")
    with pytest.raises(BadInput, match="another title"):
        add(campaign, title="our PICKS")


def test_one_place_is_left_to_generate(campaign: Campaign) -> None:
    for _ in range(3):
        add(campaign)
    with pytest.raises(BadInput, match="at least one is left to generate"):
        add(campaign)


def test_a_place_that_is_taken_says_by_what(campaign: Campaign) -> None:
    add(campaign, title="First", position=2)
    with pytest.raises(BadInput, match="Place 2 is taken by your row “First”"):
        add(campaign, position=2)


@pytest.mark.django_db(transaction=True)
def test_two_rows_written_at_once_get_two_places(campaign: Campaign) -> None:
    ids = products(campaign.store, 6)
    said = at_once(
        partial(add, campaign, title="One", item_ids=ids[:3]), partial(add, campaign, title="Two", item_ids=ids[3:])
    )
    assert {type(one) for one in said} == {StaticPlacement}
    assert [position for position, _ in positions(campaign)] == [1, 2]


# --- Changing -----------------------------------------------------------------------------------------------------
def test_a_change_names_what_changed(campaign: Campaign) -> None:
    row = add(campaign, title="Before")
    static_rows.change(row=row, actor=None, title="After")
    entry = AuditEntry.objects.order_by("-id")[0]
    assert (entry.action, entry.old, entry.new) == ("static.change", {"title": "Before"}, {"title": "After"})


def test_of_two_people_who_change_a_row_the_second_is_told(campaign: Campaign) -> None:
    row = add(campaign)
    seen = row.updated_at.isoformat()
    static_rows.change(row=row, actor=None, seen=seen, title="Mine")
    with pytest.raises(WrongState, match="Somebody changed “Mine”"):
        static_rows.change(row=row, actor=None, seen=seen, title="Theirs")


def test_moving_onto_a_taken_place_swaps_the_two(campaign: Campaign) -> None:
    first, _ = add(campaign, title="One"), add(campaign, title="Two")
    static_rows.move(row=first, actor=None, position=2)
    assert positions(campaign) == [(1, "Two"), (2, "One")]


def test_rows_can_change_places_when_twenty_are_asked_for(store: Any) -> None:
    campaign = CampaignFactory(store=store, placements=20)
    rows = [add(campaign, title=f"Row {number}") for number in range(1, 20)]
    static_rows.move(row=rows[0], actor=None, position=19)
    assert positions(campaign)[0] == (1, "Row 19")
    assert positions(campaign)[-1] == (19, "Row 1")


def test_a_deleted_row_comes_back_as_it_was(campaign: Campaign, marketing: Any) -> None:
    row = add(campaign, title="Our picks", position=3)
    entry = static_rows.delete(row=row, actor=marketing)
    assert not campaign.static_placements.exists()
    back = static_rows.restore(campaign=campaign, actor=marketing, entry=entry)
    assert (back.title, back.position, back.item_ids) == ("Our picks", 3, row.item_ids)


def test_a_deleted_row_whose_place_was_given_away_takes_another(campaign: Campaign) -> None:
    entry = static_rows.delete(row=add(campaign, title="Our picks", position=1), actor=None)
    add(campaign, title="Another", position=1)
    assert static_rows.restore(campaign=campaign, actor=None, entry=entry).position == 2


def test_an_entry_of_another_campaign_brings_nothing_back(campaign: Campaign, store: Any) -> None:
    entry = static_rows.delete(row=add(campaign), actor=None)
    with pytest.raises(BadInput, match="no deleted row"):
        static_rows.restore(campaign=CampaignFactory(store=store), actor=None, entry=entry)


def test_a_copied_campaign_brings_its_rows_or_says_why_not(campaign: Campaign, store: Any) -> None:
    add(campaign, title="Our picks", position=2)
    lost = add(campaign, title="Gone by now", position=3)
    store.products.filter(item_id=lost.item_ids[0]).delete()
    target = CampaignFactory(store=store, placements=4)
    said = static_rows.copy(source=campaign, target=target, actor=None)
    assert positions(target) == [(2, "Our picks")]
    assert len(said) == 1 and "“Gone by now” did not come along" in said[0]


# --- What a run starts with ---------------------------------------------------------------------------------------
def freeze(campaign: Campaign, limits: Constraints = FREE) -> tuple[Any, Any]:
    return standing.freeze(campaign, limits, TODAY)


def test_own_rows_are_frozen_in_page_order_with_their_products_in_theirs(campaign: Campaign) -> None:
    ids = products(campaign.store)[::-1]
    add(campaign, title="Later", position=3)
    add(campaign, title="Sooner", position=1, item_ids=ids)
    fixed, said = freeze(campaign)
    assert [(one.position, one.row.key, one.row.source, one.row.theme.title) for one in fixed] == [
        (1, 1000, "static", "Sooner"),
        (3, 999, "static", "Later"),
    ]
    assert [one.hit.item_id for one in fixed[0].row.judged.shown] == ids
    assert said == []


def test_what_sells_out_makes_room_for_the_reserve_and_is_named(campaign: Campaign) -> None:
    ids = products(campaign.store, 5)
    add(campaign, title="Our picks", item_ids=ids)
    campaign.store.products.filter(item_id=ids[1]).update(availability="out_of_stock", title="Split peas")
    fixed, said = freeze(campaign)
    assert [one.hit.item_id for one in fixed[0].row.judged.shown] == [ids[0], *ids[2:]]
    assert fixed[0].row.judged.bench == []
    assert said == ["“Split peas” is left out of your row “Our picks”: it is out of stock now."]


def test_products_beyond_the_rows_length_wait_in_reserve(campaign: Campaign) -> None:
    ids = products(campaign.store, 6)
    add(campaign, item_ids=ids)
    judged = freeze(campaign)[0][0].row.judged
    assert [len(judged.shown), [one.hit.item_id for one in judged.bench]] == [4, ids[4:]]


def test_a_product_that_breaks_a_constraint_is_left_out_and_the_constraint_named(campaign: Campaign) -> None:
    ids = products(campaign.store, 4)
    campaign.store.products.filter(item_id=ids[0]).update(price=90)
    add(campaign, item_ids=ids)
    fixed, said = freeze(campaign, Constraints(density_min=1, price_max=10))
    assert len(fixed[0].row.judged.shown) == 3
    assert "it does not hold “price up to 10.00 EUR”" in said[0]


def test_the_limit_of_a_brand_holds_for_own_rows_too(campaign: Campaign) -> None:
    add(campaign, item_ids=products(campaign.store, 5, brand="Mill Lane"))
    fixed, said = freeze(campaign, Constraints(density_min=1, max_per_brand=3))
    assert len(fixed[0].row.judged.shown) == 3
    assert len(said) == 2 and "allows 3 of a brand" in said[0]


def test_a_row_with_too_little_left_is_left_out_whole(campaign: Campaign) -> None:
    ids = products(campaign.store)
    add(campaign, title="Our picks", item_ids=ids)
    campaign.store.products.filter(item_id=ids[0]).delete()
    assert freeze(campaign) == (
        [],
        [
            "Your row “Our picks” is left out: 2 products of it can be shown now; a row needs 3.",
            f"“{ids[0]}” is left out of your row “Our picks”: the catalogue has lost it.",
        ],
    )


def test_a_title_that_was_banned_since_keeps_the_row_out(campaign: Campaign) -> None:
    add(campaign, title="Bargain treats")
    campaign.banned_terms = ["bargain"]
    assert "never says “bargain”" in freeze(campaign)[1][0]


def test_a_started_run_keeps_the_rows_and_what_was_left_out(campaign: Campaign, marketing: Any) -> None:
    ids = products(campaign.store, 4)
    products(campaign.store, 12)
    add(campaign, title="Our picks", item_ids=ids, position=2)
    campaign.store.products.filter(item_id=ids[3]).update(availability="out_of_stock")
    run = services.start_run(campaign=campaign, actor=marketing, enqueue=False)
    assert [(one["position"], one["row"]["theme"]["title"]) for one in run.brief["fixed"]] == [(2, "Our picks")]
    assert len(run.brief["left_out"]) == 1


def test_a_page_full_of_own_rows_starts_no_run(campaign: Campaign, marketing: Any) -> None:
    for _ in range(2):
        add(campaign)
    products(campaign.store, 12)
    Campaign.objects.filter(pk=campaign.pk).update(placements=2)
    campaign.refresh_from_db()
    with pytest.raises(BadInput, match="nothing is left to generate"):
        services.start_run(campaign=campaign, actor=marketing, enqueue=False)
    assert not campaign.runs.exists()


def test_ten_rows_take_no_more_queries_than_one(store: Any, django_assert_num_queries: Any) -> None:
    few, many = CampaignFactory(store=store, placements=20), CampaignFactory(store=store, placements=20)
    add(few)
    for _ in range(10):
        add(many)
    for campaign in (few, many):
        with django_assert_num_queries(3):
            standing.of_campaign(campaign, FREE, TODAY)
