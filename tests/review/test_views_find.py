"""Finding things by their words."""

from typing import Any

from django.test import Client
from django.urls import reverse

from tests.factories import CampaignFactory, DraftFactory, KeywordFactory, PlacementFactory, ProductFactory, UserFactory


def test_anonymous_people_are_sent_to_sign_in(db: None) -> None:
    assert Client().get(reverse("find")).status_code == 302


def test_everything_with_the_words_is_found(store: Any, marketing_client: Client) -> None:
    campaign = CampaignFactory(store=store, name="Lentil week")
    PlacementFactory(
        draft=DraftFactory(store=store, campaign=campaign, requested_by=UserFactory()),
        title="Lentil soups",
        shown=0,
        bench=0,
    )
    ProductFactory(store=store, title="Red lentils")
    KeywordFactory(store=store, text="lentils")
    groups = marketing_client.get(reverse("find") + "?q=LENTIL").context["groups"]
    assert [group["label"] for group in groups] == ["Campaigns", "Placements", "Products", "Keywords"]


def test_nothing_of_another_store_is_found(other_store: Any, marketing_client: Client) -> None:
    ProductFactory(store=other_store, title="Red lentils")
    answer = marketing_client.get(reverse("find") + "?q=lentils")
    assert not answer.context["groups"]
    assert "Nothing has these words" in answer.content.decode()


def test_a_zero_byte_is_no_accident(marketing_client: Client) -> None:
    assert marketing_client.get(reverse("find") + "?q=%00").status_code == 200
