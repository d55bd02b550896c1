"""The campaign screens: who gets in, what the brief accepts, what it says the catalogue can do."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from generation import services
from generation.models import Campaign, Run
from tests.factories import CampaignFactory, ProductFactory, RunFactory, SegmentFactory


@pytest.fixture
def campaign(store: Any, marketing: Any) -> Campaign:
    return CampaignFactory(store=store, slug="autumn-suppers", created_by=marketing)


@pytest.fixture
def shelf(store: Any) -> list[Any]:
    """Thirty products in stock at 4.99, and ten at 49.99."""
    cheap = ProductFactory.create_batch(30, store=store)
    return cheap + ProductFactory.create_batch(10, store=store, price=Decimal("49.99"))


def answers(**changes: Any) -> dict[str, Any]:
    """A brief as the form posts it."""
    plain = {
        "objective_kind": "season",
        "objective": "Cosy suppers for autumn. No fuss.",
        "page": "home",
        "placements": "2",
        "products": "5",
        "in_stock": "on",
        "density_min": "6",
        "max_per_brand": "3",
    }
    return {**plain, **changes}


def form_errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


READ = [("campaign-list", []), ("campaign-detail", ["autumn-suppers"])]
WRITE = [("campaign-create", []), ("campaign-edit", ["autumn-suppers"]), ("campaign-eligible", [])]


# --- Who gets in --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "args"), READ + WRITE)
def test_anonymous_people_are_sent_to_sign_in(client: Any, campaign: Campaign, name: str, args: list[str]) -> None:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", ["campaign-detail", "campaign-edit"])
def test_a_campaign_of_another_store_is_not_found(stranger_client: Any, campaign: Campaign, name: str) -> None:
    assert stranger_client.get(reverse(name, args=[campaign.slug])).status_code == 404


def test_the_list_holds_only_campaigns_of_the_store(stranger_client: Any, campaign: Campaign) -> None:
    assert campaign.name not in stranger_client.get(reverse("campaign-list")).content.decode()


@pytest.mark.parametrize(("name", "args"), READ)
def test_merchandisers_read_campaigns(merchandiser_client: Any, campaign: Campaign, name: str, args: list[str]) -> None:
    assert merchandiser_client.get(reverse(name, args=args)).status_code == 200


@pytest.mark.parametrize(("name", "args"), WRITE)
def test_merchandisers_do_not_write_campaigns(
    merchandiser_client: Any, campaign: Campaign, name: str, args: list[str]
) -> None:
    assert merchandiser_client.get(reverse(name, args=args)).status_code == 403


@pytest.mark.parametrize("name", ["campaign-generate", "campaign-copy"])
def test_merchandisers_neither_generate_nor_copy(merchandiser_client: Any, campaign: Campaign, name: str) -> None:
    assert merchandiser_client.post(reverse(name, args=[campaign.slug])).status_code == 403


@pytest.mark.parametrize(("name", "args"), READ + WRITE)
@pytest.mark.parametrize("who", ["marketing_client", "admin_client"])
def test_planners_read_and_write(request: Any, campaign: Campaign, who: str, name: str, args: list[str]) -> None:
    assert request.getfixturevalue(who).get(reverse(name, args=args)).status_code == 200


@pytest.mark.parametrize("name", ["campaign-generate", "campaign-copy"])
def test_changes_need_a_post(marketing_client: Any, campaign: Campaign, name: str) -> None:
    assert marketing_client.get(reverse(name, args=[campaign.slug])).status_code == 405


# --- Saving -------------------------------------------------------------------------------------------------------
def test_a_saved_brief_becomes_a_campaign(marketing_client: Any, store: Any) -> None:
    response = marketing_client.post(reverse("campaign-create"), answers(name="Suppers", price_max="10"))
    saved = Campaign.objects.get(store=store)
    assert response["Location"] == reverse("campaign-detail", args=[saved.slug])
    assert (saved.name, saved.constraints["price_max"], saved.segment) == ("Suppers", "10", None)


def test_an_empty_name_is_taken_from_the_sentence(marketing_client: Any, store: Any) -> None:
    marketing_client.post(reverse("campaign-create"), answers())
    assert Campaign.objects.get(store=store).name == "Cosy suppers for autumn"


def test_a_margin_is_asked_for_in_per_cent(marketing_client: Any, store: Any) -> None:
    marketing_client.post(reverse("campaign-create"), answers(margin_min="20"))
    saved = Campaign.objects.get(store=store)
    shown = marketing_client.get(reverse("campaign-edit", args=[saved.slug])).context["form"]
    assert (saved.constraints["margin_min"], shown["margin_min"].value()) == ("0.2", "20")


def test_an_empty_brand_limit_means_no_limit(marketing_client: Any, store: Any) -> None:
    marketing_client.post(reverse("campaign-create"), answers(max_per_brand=""))
    assert Campaign.objects.get(store=store).constraints["max_per_brand"] is None


def test_variety_is_asked_for_in_hundredths(marketing_client: Any, store: Any) -> None:
    marketing_client.post(reverse("campaign-create"), answers(variety="60"))
    saved = Campaign.objects.get(store=store)
    edited = marketing_client.get(reverse("campaign-edit", args=[saved.slug]))
    shown = marketing_client.get(reverse("campaign-detail", args=[saved.slug])).content.decode()
    assert (saved.variety, edited.context["form"]["variety"].value()) == (0.6, 60)
    assert "60 of 100: much" in shown


def test_a_new_campaign_has_a_little_variety(marketing_client: Any, store: Any) -> None:
    shown = marketing_client.get(reverse("campaign-create")).context["form"]
    marketing_client.post(reverse("campaign-create"), answers())
    assert (shown["variety"].value(), Campaign.objects.get(store=store).variety) == (25, 0.25)


@pytest.mark.parametrize("dial", ["-1", "101", "much", "1e9"])
def test_variety_has_two_ends(marketing_client: Any, store: Any, dial: str) -> None:
    response = marketing_client.post(reverse("campaign-create"), answers(variety=dial))
    assert "variety" in form_errors(response)
    assert not Campaign.objects.filter(store=store).exists()


def test_terms_never_to_say_are_a_list(marketing_client: Any, store: Any) -> None:
    marketing_client.post(reverse("campaign-create"), answers(banned_terms="cheap, bargain ,, cheap"))
    assert Campaign.objects.get(store=store).banned_terms == ["cheap", "bargain"]


def test_a_category_with_a_comma_in_its_name_stays_whole(marketing_client: Any, store: Any) -> None:
    ProductFactory(store=store, categories=["Grains, Oil & Spices", "Grains, Oil & Spices > Oil"])
    marketing_client.post(reverse("campaign-create"), answers(include_categories="Grains, Oil & Spices > Oil"))
    assert Campaign.objects.get(store=store).constraints["include_categories"] == ["Grains, Oil & Spices > Oil"]


def test_an_unknown_category_is_refused_with_the_nearest_one(marketing_client: Any, shelf: list[Any]) -> None:
    response = marketing_client.post(reverse("campaign-create"), answers(include_categories="Grocery > Pulsses"))
    assert form_errors(response)["include_categories"] == [
        "The catalogue has no category “Grocery > Pulsses”. The nearest is “Grocery > Pulses”."
    ]


def test_a_category_is_found_whatever_its_case(marketing_client: Any, store: Any, shelf: list[Any]) -> None:
    marketing_client.post(reverse("campaign-create"), answers(exclude_categories="grocery>PULSES"))
    assert Campaign.objects.get(store=store).constraints["exclude_categories"] == ["Grocery > Pulses"]


def test_an_unknown_brand_is_refused_with_the_nearest_one(marketing_client: Any, store: Any) -> None:
    ProductFactory(store=store, brand="Tata Sampann")
    response = marketing_client.post(reverse("campaign-create"), answers(exclude_brands="Tata Sampan"))
    assert form_errors(response)["exclude_brands"] == [
        "The catalogue has no brand “Tata Sampan”. The nearest is “Tata Sampann”."
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"objective": ""}, "objective"),
        ({"page": "front page"}, "page"),
        ({"placements": "0"}, "placements"),
        ({"products": "41"}, "products"),
        ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "ends_on"),
        ({"price_min": "20", "price_max": "10"}, "price_max"),
        ({"rating_min": "6"}, "rating_min"),
        ({"price_max": "1e400"}, "price_max"),
    ],
)
def test_an_answer_that_cannot_be_used_is_marked(marketing_client: Any, changes: dict[str, str], field: str) -> None:
    response = marketing_client.post(reverse("campaign-create"), answers(**changes))
    assert field in form_errors(response)
    assert not Campaign.objects.exists()


def test_a_segment_of_another_store_cannot_be_chosen(marketing_client: Any, other_store: Any) -> None:
    theirs = SegmentFactory(store=other_store)
    response = marketing_client.post(reverse("campaign-create"), answers(segment=str(theirs.pk)))
    assert "segment" in form_errors(response)


def test_editing_records_what_changed(marketing_client: Any, campaign: Campaign) -> None:
    seen = campaign.updated_at.isoformat()
    marketing_client.post(reverse("campaign-edit", args=[campaign.slug]), answers(name="Winter suppers", seen=seen))
    entry = AuditEntry.objects.get(action="campaign.change")
    assert (entry.old["name"], entry.new["name"]) == ("Autumn suppers", "Winter suppers")


def test_a_save_over_somebody_elses_says_who_and_what_and_saves_nothing(
    marketing_client: Any, admin: Any, campaign: Campaign
) -> None:
    seen = campaign.updated_at.isoformat()
    services.save_campaign(store=campaign.store, actor=admin, campaign=campaign, name="Ada's name")
    response = marketing_client.post(reverse("campaign-edit", args=[campaign.slug]), answers(name="Mine", seen=seen))
    campaign.refresh_from_db()
    assert campaign.name == "Ada's name"
    assert "Ada Min saved this campaign (name)" in form_errors(response)["__all__"][0]


def test_saving_again_after_that_message_replaces_theirs(marketing_client: Any, admin: Any, campaign: Campaign) -> None:
    services.save_campaign(store=campaign.store, actor=admin, campaign=campaign, name="Ada's name")
    address = reverse("campaign-edit", args=[campaign.slug])
    old = (campaign.updated_at - timedelta(minutes=1)).isoformat()
    told = marketing_client.post(address, answers(name="Mine", seen=old))
    marketing_client.post(address, answers(name="Mine", seen=told.context["form"]["seen"].value()))
    campaign.refresh_from_db()
    assert campaign.name == "Mine"


def test_a_campaign_named_like_a_screen_gets_another_address(marketing_client: Any, store: Any) -> None:
    marketing_client.post(reverse("campaign-create"), answers(name="New"))
    assert Campaign.objects.get(store=store).slug == "new-2"


def test_a_copy_has_the_same_answers_and_a_name_of_its_own(marketing_client: Any, campaign: Campaign) -> None:
    response = marketing_client.post(reverse("campaign-copy", args=[campaign.slug]))
    copy = Campaign.objects.get(name="Copy of Autumn suppers")
    assert response["Location"] == reverse("campaign-edit", args=[copy.slug])
    assert (copy.objective, copy.products) == (campaign.objective, campaign.products)


# --- Consequences -------------------------------------------------------------------------------------------------
def panel(client: Any, **changes: Any) -> str:
    response = client.post(reverse("campaign-eligible"), answers(**changes), headers={"HX-Request": "true"})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_panel_counts_eligible_products(marketing_client: Any, shelf: list[Any]) -> None:
    assert '<strong class="num">30</strong> of <span class="num">40</span>' in panel(marketing_client, price_max="10")


def test_the_panel_names_the_tightest_constraint_and_what_would_remain_without_it(
    marketing_client: Any, shelf: list[Any]
) -> None:
    text = panel(marketing_client, price_max="1")
    assert 'Without it <span class="num">40</span> would remain' in text
    assert 'name="loosen" value="price_max"' in text


def test_generate_is_off_with_the_reason_when_nothing_can_be_filled(marketing_client: Any, shelf: list[Any]) -> None:
    text = panel(marketing_client, price_max="1")
    assert "Not enough eligible products: 0 of 40." in text
    assert 'value="generate" form="brief" disabled' in text


def test_a_wrong_answer_is_left_out_of_the_count_and_said_so(marketing_client: Any, shelf: list[Any]) -> None:
    text = panel(marketing_client, price_max="abc")
    assert '<strong class="num">40</strong>' in text
    assert "Price to: Enter a number. Not counted." in text


def test_the_panel_warns_while_products_wait_for_their_vectors(marketing_client: Any, shelf: list[Any]) -> None:
    assert "40 of 40 products are still being embedded." in panel(marketing_client)


def test_without_a_key_the_built_in_library_generates_at_no_cost(marketing_client: Any, shelf: list[Any]) -> None:
    text = panel(marketing_client)
    assert "Built-in library" in text
    assert "no language model is asked" in text


def test_loosening_takes_one_constraint_out_and_saves_nothing(marketing_client: Any, shelf: list[Any]) -> None:
    response = marketing_client.post(
        reverse("campaign-create"), answers(price_max="1", objective="Half a th", loosen="price_max")
    )
    form = response.context["form"]
    assert (form["price_max"].value(), form["objective"].value(), form.is_bound) == ("", "Half a th", False)
    assert response.context["seen"].able.eligible == 40
    assert not Campaign.objects.exists()


def test_loosening_works_for_the_stock_constraint_too(marketing_client: Any, store: Any) -> None:
    ProductFactory.create_batch(6, store=store, sold_out=True)
    response = marketing_client.post(reverse("campaign-create"), answers(loosen="in_stock"))
    assert response.context["form"]["in_stock"].value() is False
    assert response.context["seen"].able.eligible == 6


def test_less_used_constraints_are_open_when_one_is_set(marketing_client: Any, store: Any) -> None:
    marketing_client.post(reverse("campaign-create"), answers(name="Rated", rating_min="4"))
    opened = marketing_client.get(reverse("campaign-edit", args=["rated"])).context["form"].more
    fresh = marketing_client.get(reverse("campaign-create")).context["form"].more
    assert (opened, fresh) == (True, False)


# --- Generating ---------------------------------------------------------------------------------------------------
def test_generate_saves_and_starts_a_run(marketing_client: Any, store: Any, shelf: list[Any], marketing: Any) -> None:
    response = marketing_client.post(reverse("campaign-create"), answers(then="generate"))
    run = Run.objects.get(campaign__store=store)
    assert response["Location"] == reverse("run-detail", args=[run.pk])
    assert run.requested_by == marketing


def test_a_run_that_cannot_start_is_explained_and_the_campaign_kept(marketing_client: Any, store: Any) -> None:
    response = marketing_client.post(reverse("campaign-create"), answers(then="generate"), follow=True)
    assert [str(message) for message in response.context["messages"]] == [
        "The catalogue is empty. Import products first."
    ]
    assert Campaign.objects.filter(store=store).exists()


def test_a_second_run_of_an_open_campaign_is_refused_in_words(
    marketing_client: Any, campaign: Campaign, shelf: list[Any]
) -> None:
    RunFactory(campaign=campaign)
    address = reverse("campaign-generate", args=[campaign.slug])
    response = marketing_client.post(address, follow=True)
    assert "already" in str(next(iter(response.context["messages"])))
    assert campaign.runs.count() == 1


# --- Reading ------------------------------------------------------------------------------------------------------
def test_an_empty_list_offers_the_first_campaign(marketing_client: Any, store: Any) -> None:
    text = marketing_client.get(reverse("campaign-list")).content.decode()
    assert "No campaigns yet" in text
    assert reverse("campaign-create") in text


def test_the_list_finds_campaigns_by_their_sentence(marketing_client: Any, campaign: Campaign) -> None:
    CampaignFactory(store=campaign.store, name="Toys", objective="Presents for children")
    rows = marketing_client.get(reverse("campaign-list"), {"q": "warming"}).context["rows"]
    assert [row["campaign"].slug for row in rows] == [campaign.slug]


def test_the_list_takes_as_many_queries_for_many_campaigns_as_for_one(
    marketing_client: Any, campaign: Campaign, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        RunFactory(campaign=CampaignFactory(store=campaign.store))
    with django_assert_max_num_queries(10):
        marketing_client.get(reverse("campaign-list"))


def test_the_runs_of_a_campaign_show_an_unknown_cost_as_unknown(marketing_client: Any, campaign: Campaign) -> None:
    run = RunFactory(campaign=campaign, generator="vendor/model", generator_label="Model")
    run.calls.create(stage="themes", model="m", prompt="themes/v1", request_hash="h", outcome="ok", seconds=1)
    rows = marketing_client.get(reverse("campaign-detail", args=[campaign.slug])).context["rows"]
    assert rows[0]["cost"] == "cost unknown"


def test_lists_are_newest_first(marketing_client: Any, campaign: Campaign) -> None:
    newer = CampaignFactory(store=campaign.store)
    runs = [RunFactory(campaign=campaign, done=True), RunFactory(campaign=campaign)]
    listed = marketing_client.get(reverse("campaign-list")).context["rows"]
    shown = marketing_client.get(reverse("campaign-detail", args=[campaign.slug])).context["rows"]
    assert [row["campaign"].pk for row in listed] == [newer.pk, campaign.pk]
    assert [row["run"].pk for row in shown] == [runs[1].pk, runs[0].pk]
