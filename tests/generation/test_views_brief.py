"""The brief's sentence on the campaign form: chips that are accepted or struck, and what they put into the fields."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from generation.models import Campaign
from tests.factories import CampaignFactory, SegmentFactory
from tests.generation.campaigns.catalogue import stocked

SENTENCE = "Cosy autumn suppers under 10 euros, no pork"


@pytest.fixture
def shop(store: Any) -> Any:
    return stocked(store)


def answers(**changes: Any) -> dict[str, Any]:
    plain = {
        "objective_kind": "discovery",
        "objective": SENTENCE,
        "page": "home",
        "placements": "6",
        "products": "10",
        "in_stock": "on",
        "density_min": "6",
        "max_per_brand": "",
    }
    return {**plain, **changes}


def read(client: Any, **changes: Any) -> Any:
    """What the screen gets while somebody types."""
    return client.post(reverse("campaign-eligible"), answers(**changes), headers={"hx-request": "true"})


def state(response: Any) -> dict[str, list[str]]:
    """The chips as they would be posted next."""
    text = response.content.decode()
    state = {name: re.findall(rf'name="{name}" value="([^"]*)"', text) for name in ("shown", "was", "put", "struck")}
    state["accept"] = re.findall(r'name="accept" value="([^"]*)" checked', text)
    return state


def put(response: Any) -> dict[str, str]:
    """The answers that the sentence changed, by field, as the screen gets them."""
    found = {}
    for part in response.content.decode().split('<div id="f-')[1:]:
        name = part.partition('"')[0]
        chosen = re.search(r'<option value="([^"]*)" selected', part)
        typed = re.search(rf'<input[^>]*name="{name}"(?:[^>]*? value="([^"]*)")?', part)
        found[name] = chosen[1] if chosen else (typed[1] or "") if typed else ""
    return found


def test_what_the_sentence_says_is_put_into_empty_fields(marketing_client: Any, shop: Any) -> None:
    response = read(marketing_client)
    assert put(response) == {
        "price_max": "10", "exclude_terms": "pork", "season": "Autumn", "objective_kind": "season"
    }  # fmt: skip
    assert set(state(response)["accept"]) >= {"price_max=10", "exclude_terms=pork"}
    assert "of <span" in response.content.decode()


def test_the_consequences_follow_what_was_understood(marketing_client: Any, shop: Any) -> None:
    text = read(marketing_client).content.decode()
    assert "price up to 10.00 EUR" in text
    assert "without pork" in text


def test_a_struck_chip_empties_its_field_and_stays_struck(marketing_client: Any, shop: Any) -> None:
    first = state(read(marketing_client))
    kept = [key for key in first["accept"] if key != "price_max=10"]
    struck = read(marketing_client, **{**first, "accept": kept}, price_max="10", exclude_terms="pork")
    assert put(struck)["price_max"] == ""
    again = state(struck)
    assert "price_max=10" in again["struck"]
    later = read(marketing_client, **again, objective=SENTENCE + " please", exclude_terms="pork", season="Autumn")
    assert "price_max" not in put(later)


def test_a_struck_chip_can_be_accepted_again(marketing_client: Any, shop: Any) -> None:
    ticks = {"shown": ["price_max=10"], "accept": ["price_max=10"], "struck": ["price_max=10"]}
    assert put(read(marketing_client, **ticks))["price_max"] == "10"


def test_what_the_person_typed_wins_over_the_sentence(marketing_client: Any, shop: Any) -> None:
    response = read(marketing_client, price_max="12")
    assert "price_max" not in put(response)
    assert "price_max=10" not in state(response)["accept"]
    assert "The field below says otherwise." in response.content.decode()


def test_a_field_that_was_emptied_by_hand_is_not_filled_again(marketing_client: Any, shop: Any) -> None:
    first = state(read(marketing_client))
    later = read(marketing_client, **first, price_max="", exclude_terms="pork", season="Autumn")
    assert "price_max" not in put(later)
    assert "price_max=10" in state(later)["struck"]


def test_what_the_sentence_no_longer_says_is_taken_out_again(marketing_client: Any, shop: Any) -> None:
    first = state(read(marketing_client))
    later = read(marketing_client, **first, objective="Cosy autumn suppers", price_max="10", exclude_terms="pork")
    assert put(later)["price_max"] == ""
    assert put(later)["exclude_terms"] == ""


def test_without_scripts_a_button_reads_the_sentence(marketing_client: Any, shop: Any) -> None:
    response = marketing_client.post(reverse("campaign-create"), answers(read="1"))
    assert response.status_code == 200
    assert response.context["form"]["price_max"].value() == "10"
    assert not Campaign.objects.exists()


def test_saving_keeps_the_chips_that_were_unticked_out(marketing_client: Any, shop: Any) -> None:
    first = state(read(marketing_client))
    kept = [key for key in first["accept"] if key != "price_max=10"]
    filled = {"price_max": "10", "exclude_terms": "pork", "season": "Autumn", "objective_kind": "season"}
    marketing_client.post(reverse("campaign-create"), answers(**{**first, "accept": kept}, **filled))
    saved = Campaign.objects.get()
    assert saved.constraints["price_max"] is None
    assert saved.constraints["exclude_terms"] == ["pork"]


def test_a_limit_that_nobody_saw_yet_is_shown_before_it_is_saved(marketing_client: Any, shop: Any) -> None:
    response = marketing_client.post(reverse("campaign-create"), answers())
    assert response.status_code == 422
    assert "Your sentence also says: Price up to 10.00 EUR, Without pork." in response.content.decode()
    assert response.context["form"]["price_max"].value() == "10"
    assert not Campaign.objects.exists()
    again = marketing_client.post(
        reverse("campaign-create"), answers(**state(response), price_max="10", exclude_terms="pork")
    )
    assert again.status_code == 302
    assert Campaign.objects.get().constraints["exclude_terms"] == ["pork"]


def test_a_saved_campaign_opens_as_it_was_saved(marketing_client: Any, shop: Any, store: Any) -> None:
    campaign = CampaignFactory(store=store, objective=SENTENCE, constraints={"exclude_terms": ["pork"]})
    response = marketing_client.get(reverse("campaign-edit", args=[campaign.slug]))
    ticks = state(response)
    assert "exclude_terms=pork" in ticks["accept"]
    assert "price_max=10" in ticks["struck"]
    assert response.context["form"]["price_max"].value() is None


def test_loosening_strikes_the_chip_of_that_constraint(marketing_client: Any, shop: Any) -> None:
    first = state(read(marketing_client))
    filled = {"price_max": "10", "exclude_terms": "pork", "loosen": "price_max"}
    response = marketing_client.post(
        reverse("campaign-create"), answers(**first, **filled), headers={"hx-request": "true"}
    )
    assert response.context["form"]["price_max"].value() == ""
    assert "price_max=10" in state(response)["struck"]


def test_our_own_brand_is_asked_for_and_the_answer_taken(marketing_client: Any, shop: Any, store: Any) -> None:
    store.name = "Bargain House"
    store.save()
    sentence = "Suppers, push our own brand"
    asked = read(marketing_client, objective=sentence)
    assert "Which brand is yours?" in asked.content.decode()
    told = read(marketing_client, objective=sentence, own_brand="Hill Farm", **state(asked))
    assert put(told)["include_brands"] == "Hill Farm"
    assert "Which brand is yours?" not in told.content.decode()


def test_an_audience_that_the_sentence_names_is_chosen(marketing_client: Any, shop: Any, store: Any) -> None:
    segment = SegmentFactory(store=store, name="Young families")
    assert put(read(marketing_client, objective="Suppers for young families"))["segment"] == str(segment.pk)


def test_a_share_is_shown_in_per_cent(marketing_client: Any, shop: Any) -> None:
    response = read(marketing_client, objective="Soups with at least 30 % margin")
    assert Decimal(put(response)["margin_min"]) == 30
    assert "margin_min=0.3" in state(response)["accept"]


def test_what_was_not_understood_is_said(marketing_client: Any, shop: Any) -> None:
    text = read(marketing_client, objective="Soups, at least 30 % off").content.decode()
    assert "Not understood:" in text
    assert "“at least 30 % off”" in text


def test_markup_in_the_sentence_is_text(marketing_client: Any, shop: Any) -> None:
    text = read(marketing_client, objective="<img src=x onerror=alert(1)> no <b>pork</b>").content.decode()
    assert "<img src=x" not in text
    assert "<b>" not in text


def test_keys_that_no_chip_ever_had_change_nothing(marketing_client: Any, shop: Any) -> None:
    ticks = {"shown": ["seen=1", "nonsense"], "accept": ["seen=1", "nonsense"], "was": ["csrf=2"], "put": ["="]}
    response = read(marketing_client, objective="Hello there", **ticks)
    assert response.status_code == 200
    assert put(response) == {}
