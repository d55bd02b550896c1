"""Home tells each role what is next: what was promised, what is due, what breaks its rules."""

import datetime as dt
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation.models import Availability, Product
from review.publishing import services as publishing
from review.workflow import services
from tests.factories import CampaignFactory, DraftFactory, PlacementFactory, UserFactory


def text(client: Client) -> str:
    return " ".join(client.get(reverse("home")).content.decode().split())


def test_marketing_sees_what_was_asked_and_what_is_approved(
    store: Any, marketing: Any, merchandiser: Any, marketing_client: Client
) -> None:
    today = timezone.localdate()
    campaign = CampaignFactory(store=store, created_by=marketing, placements=4, starts_on=today + dt.timedelta(days=3))
    draft = DraftFactory(store=store, campaign=campaign, requested_by=UserFactory())
    services.approve(placement=PlacementFactory(draft=draft), actor=merchandiser, revision=0)
    PlacementFactory(draft=draft)
    PlacementFactory(draft=draft, dropped=True)
    page = text(marketing_client)
    assert "2 kept, 1 approved" in page
    assert ">4</span> asked" in page
    assert "starts in 3 days" in page
    assert "result unknown" in page


def test_an_admin_sees_a_live_page_whose_products_sold_out(store: Any, merchandiser: Any, admin_client: Client) -> None:
    placement = PlacementFactory(draft__store=store, draft__requested_by=UserFactory())
    services.approve(placement=placement, actor=merchandiser, revision=0)
    publishing.publish(draft=placement.draft, actor=merchandiser)
    assert "in stock now" not in text(admin_client)
    Product.objects.filter(store=store).update(availability=Availability.OUT_OF_STOCK)
    assert "in stock now" in text(admin_client)


def test_home_asks_few_queries(store: Any, admin_client: Client, django_assert_max_num_queries: Any) -> None:
    PlacementFactory(draft__store=store)
    with django_assert_max_num_queries(25):
        admin_client.get(reverse("home"))
