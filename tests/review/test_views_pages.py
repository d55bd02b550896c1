"""Preview, publishing, versions and rolling back on screen; home by role."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from review.models import Draft, Page
from review.publishing import services as publishing
from tests.factories import CampaignFactory, DraftFactory, PlacementFactory, UserFactory


@pytest.fixture
def draft(store: Any) -> Draft:
    return DraftFactory(store=store, requested_by=UserFactory())


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_preview_offers_to_publish_what_is_approved(draft: Draft, merchandiser_client: Client) -> None:
    PlacementFactory(draft=draft, approved=True)
    PlacementFactory(draft=draft)
    page = text(merchandiser_client.get(reverse("draft-preview", args=[draft.pk])))
    assert "Publish 1 approved row<" in page
    assert "1 not decided yet will be left out." in page


def test_the_framed_shop_shows_only_what_is_approved_when_asked(draft: Draft, merchandiser_client: Client) -> None:
    PlacementFactory(draft=draft, approved=True, title="Approved soups")
    PlacementFactory(draft=draft, title="Waiting suppers")
    address = reverse("draft-shop", args=[draft.pk])
    assert "Waiting suppers" in text(merchandiser_client.get(address))
    assert "Waiting suppers" not in text(merchandiser_client.get(f"{address}?only=approved"))


def test_the_frame_is_allowed_inside_the_studio_only(draft: Draft, merchandiser_client: Client) -> None:
    answer = merchandiser_client.get(reverse("draft-shop", args=[draft.pk]))
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_the_checklist_names_what_is_sold_out(draft: Draft, merchandiser_client: Client) -> None:
    placement = PlacementFactory(draft=draft, approved=True)
    product = placement.items.filter(state="shown")[0].product
    product.availability = "out_of_stock"
    product.save()
    assert f"1 not in stock now: “{product.title}”, in “{placement.title}”." in text(
        merchandiser_client.get(reverse("draft-preview", args=[draft.pk]))
    )


def test_publishing_makes_a_version_live(draft: Draft, merchandiser_client: Client) -> None:
    PlacementFactory(draft=draft, approved=True)
    answer = merchandiser_client.post(reverse("page-publish", args=[draft.pk]), follow=True)
    assert "Version 1 of home is live." in text(answer)
    assert Page.objects.get().live is not None


def test_publishing_with_undecided_rows_has_to_be_meant(draft: Draft, merchandiser_client: Client) -> None:
    PlacementFactory(draft=draft, approved=True)
    PlacementFactory(draft=draft)
    address = reverse("page-publish", args=[draft.pk])
    assert merchandiser_client.post(address).status_code == 409
    assert merchandiser_client.post(address, {"allow_waiting": "yes"}).status_code == 302


def test_publishing_nothing_says_what_to_do(draft: Draft, merchandiser_client: Client) -> None:
    answer = merchandiser_client.post(reverse("page-publish", args=[draft.pk]))
    assert answer.status_code == 422
    assert "approve at least one row" in text(answer)


@pytest.fixture
def two_versions(draft: Draft, merchandiser: Any) -> Page:
    PlacementFactory(draft=draft, approved=True, title="The first row")
    publishing.publish(draft=draft, actor=merchandiser)
    PlacementFactory(draft=draft, approved=True, title="The second row")
    return publishing.publish(draft=draft, actor=merchandiser).page


def test_rolling_back_makes_the_old_version_live(two_versions: Page, merchandiser_client: Client) -> None:
    address = reverse("page-rollback", args=["home"])
    merchandiser_client.post(address, {"version": "1", "segment": "default"})
    two_versions.refresh_from_db()
    assert two_versions.live is not None
    assert two_versions.live.number == 1


@pytest.mark.parametrize("number", ["7", "x", "", "99999999999999999999"])
def test_a_version_that_does_not_exist_is_not_there(
    number: str, two_versions: Page, merchandiser_client: Client
) -> None:
    assert merchandiser_client.post(reverse("page-rollback", args=["home"]), {"version": number}).status_code == 404


def test_every_version_can_be_looked_at(two_versions: Page, marketing_client: Client) -> None:
    first = text(marketing_client.get(reverse("version-shop", args=["home", 1])))
    assert "The first row" in first
    assert "The second row" not in first


def test_the_page_shows_its_address_without_a_key(two_versions: Page, marketing_client: Client) -> None:
    assert "Api-Key YOUR_KEY" in text(marketing_client.get(reverse("page-detail", args=["home"])))


def test_an_unknown_page_is_not_there(merchandiser_client: Client) -> None:
    assert merchandiser_client.get(reverse("page-detail", args=["nowhere"])).status_code == 404


def test_a_published_draft_is_no_longer_ready(two_versions: Page, draft: Draft, merchandiser_client: Client) -> None:
    assert not list(merchandiser_client.get(reverse("page-list")).context["ready"])
    PlacementFactory(draft=draft, approved=True)
    assert list(merchandiser_client.get(reverse("page-list")).context["ready"]) == [draft]


def test_home_gives_marketing_its_own_campaigns(store: Any, marketing: Any, marketing_client: Client) -> None:
    CampaignFactory(store=store, name="Mine", created_by=marketing)
    CampaignFactory(store=store, name="Theirs")
    page = text(marketing_client.get(reverse("home")))
    assert "Mine" in page
    assert "Theirs" not in page


def test_home_offers_marketing_a_first_campaign(marketing_client: Client) -> None:
    page = text(marketing_client.get(reverse("home")))
    assert "No campaign yet" in page
    assert reverse("campaign-create") in page


def test_home_gives_the_merchandiser_the_five_riskiest(draft: Draft, merchandiser_client: Client) -> None:
    PlacementFactory.create_batch(6, draft=draft, score=0.9)
    risky = PlacementFactory(draft=draft, score=0.1)
    context = merchandiser_client.get(reverse("home")).context
    assert context["waiting"] == "7"
    assert len(context["riskiest"]) == 5
    assert context["riskiest"][0]["title"] == risky.title


def test_home_gives_the_admin_rejections_people_and_services(draft: Draft, admin_client: Client) -> None:
    PlacementFactory(draft=draft, dropped=True)
    page = text(admin_client.get(reverse("home")))
    assert "Density, by a rule" in page
    assert "Ada Min" in page
    assert "Not seen; runs and imports wait until it is back" in page


def test_the_frame_counts_what_waits_in_this_store_only(
    draft: Draft, other_store: Any, merchandiser_client: Client
) -> None:
    PlacementFactory(draft=draft)
    PlacementFactory.create_batch(3, draft=DraftFactory(store=other_store, requested_by=UserFactory()))
    nav = merchandiser_client.get(reverse("page-list")).context["nav"]
    assert next(one["count"] for one in nav() if one["label"] == "Review") == "1"


def test_only_admins_see_the_audit_in_the_frame(admin_client: Client, marketing_client: Client) -> None:
    def labels(client: Client) -> list[str]:
        return [one["label"] for one in client.get(reverse("page-list")).context["nav"]()]

    assert labels(admin_client)[-2:] == ["Audit", "Settings"]
    assert labels(marketing_client)[-3:] == ["Catalogue", "Insights", "Settings"]


def test_sold_out_products_can_be_hidden_and_the_bench_comes_up(draft: Draft, merchandiser_client: Client) -> None:
    row = PlacementFactory(draft=draft, approved=True)
    sold, reserve = row.items.get(state="shown", slot=1).product, row.items.get(state="bench", slot=1).product
    sold.availability = "out_of_stock"
    sold.save()
    address = reverse("draft-shop", args=[draft.pk])
    usual, without = (text(merchandiser_client.get(f"{address}?stock={stock}")) for stock in ("all", "in"))
    assert sold.title in usual and reserve.title not in usual
    assert sold.title not in without and reserve.title in without
    assert row.items.get(product=sold).state == "shown"  # nothing was saved
