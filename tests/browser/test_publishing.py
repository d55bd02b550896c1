"""Two roads of publishing: a guest decides by a link, and a schedule comes, is seen, and gives way to the base again.

What the pages show was made by factories; the clock is moved by moving the schedule, so that nothing waits.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person, Team, Watched
from tests.browser.steps import sign_in
from tests.review.race import at_once


def apart(act: Callable[[], Any]) -> Any:
    """What `act` returns; done on a connection of its own, so that the studio's processes see it."""
    (done,) = at_once(act)
    if isinstance(done, Exception):
        raise done
    return done


@pytest.fixture(scope="module")
def shop(team: Team, django_db_blocker: Any) -> Iterator[Team]:
    """A store of its own with a merchandiser, so that no other road meets what is made here."""
    from tests.factories import PASSWORD, MembershipFactory

    with django_db_blocker.unblock():
        who = apart(lambda: MembershipFactory(user__name="Pia Publishes", user__with_password=True))
    yield Team(who.store, {"merchandiser": Person(who.user, who.user.name, who.user.email, PASSWORD)})


@pytest.fixture
def sit(studio: str, watched: Watched, shop: Team) -> Iterator[Callable[..., Any]]:
    """A browser in which the merchandiser is signed in."""
    opened: list[Any] = []

    def at(width: int = 1440) -> Any:
        page = watched.window(studio, width, 900)
        opened.append(page.context)
        sign_in(page, shop.people["merchandiser"])
        return page

    yield at
    for context in opened:
        context.close()


def draft_of(shop: Team, page: str, *titles: str) -> Any:
    """Approved rows; the products have no picture, since nothing outside this machine can be reached."""
    from generation.models import Product
    from tests.factories import CampaignFactory, DraftFactory, PlacementFactory, UserFactory

    campaign = CampaignFactory(store=shop.store, page=page, name=f"For {page}")
    draft = DraftFactory(store=shop.store, campaign=campaign, requested_by=UserFactory())
    for title in titles:
        PlacementFactory(draft=draft, approved=True, title=title)
    Product.objects.filter(store=shop.store).update(image_link="")
    return draft


@pytest.mark.parametrize("width", [1440, 390])
def test_a_guest_decides_once_by_a_link(
    sit: Callable[..., Any], watched: Watched, studio: str, shop: Team, width: int
) -> None:
    draft = apart(lambda: draft_of(shop, f"guests-{width}", "Soups for guests"))
    page = sit(width)
    page.goto(f"/drafts/{draft.pk}/share/")
    page.get_by_label("Look at the page and decide once").check()
    page.get_by_label("For whom").fill("Ana Okoye")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".share-row code").first.inner_text()

    guest = watched.window(studio, width, 844)
    guest.goto(link)
    expect(guest.get_by_role("heading", name="Soups for guests")).to_be_visible()
    assert not guest.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    guest.get_by_role("button", name="Request changes").click()
    expect(guest.get_by_text("Say what should change.")).to_be_visible()
    guest.get_by_label("Your note").fill("More soup.")
    guest.get_by_role("button", name="Request changes").click()
    expect(guest.get_by_text("You asked for changes")).to_be_visible()
    expect(guest.get_by_role("button", name="Approve")).to_have_count(0)

    page.goto(f"/drafts/{draft.pk}/preview/")
    expect(page.get_by_text("More soup.").first).to_be_visible()
    page.goto(f"/drafts/{draft.pk}/share/")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Revoked", exact=True)).to_be_visible()
    guest.reload()
    expect(guest.get_by_role("heading", name="This link has ended")).to_be_visible()
    guest.context.close()
    told = [said for said in watched.complaints if "/s/" in said]
    assert not [said for said in told if "status of 4" not in said]  # refusals on purpose are no complaints
    watched.complaints[:] = [said for said in watched.complaints if said not in told]


def test_a_schedule_comes_and_the_base_is_restored(sit: Callable[..., Any], shop: Team) -> None:
    from django.utils import timezone

    from review.models import Placement, Schedule
    from review.publishing import scheduling
    from review.publishing import services as publishing

    def published() -> Any:
        draft = draft_of(shop, "advent", "The usual suppers")
        publishing.publish(draft=draft, actor=shop.people["merchandiser"].user)
        Placement.objects.filter(draft=draft).update(title="Suppers for Advent")
        return draft

    def moved(**changed: dt.datetime) -> None:
        Schedule.objects.filter(page__slug="advent").update(**changed)
        scheduling.keep()

    draft = apart(published)

    page = sit()
    page.goto(f"/drafts/{draft.pk}/schedule/")
    year = timezone.now().year + 1
    page.get_by_label("Start").fill(f"{year}-11-24T09:00")
    page.get_by_label("End").fill(f"{year}-12-01T09:00")
    page.get_by_label("End").blur()
    expect(page.get_by_text("After that the shop shows version 1 again.")).to_be_visible()
    page.get_by_role("button", name=re.compile(f"Schedule for 24 Nov {year}, 09:00 UTC")).click()
    expect(page.get_by_text("After that the shop shows version 1 again").first).to_be_visible()
    frame = page.frame_locator("iframe.frame")
    expect(frame.get_by_role("heading", name="The usual suppers")).to_be_visible()

    now = timezone.now()
    apart(lambda: moved(starts_at=now - dt.timedelta(minutes=2)))
    page.reload()
    expect(frame.get_by_role("heading", name="Suppers for Advent")).to_be_visible()
    expect(page.get_by_role("link", name="Change the end")).to_be_visible()

    apart(lambda: moved(ends_at=now - dt.timedelta(minutes=1)))
    page.reload()
    expect(frame.get_by_role("heading", name="The usual suppers")).to_be_visible()
    expect(page.get_by_text("Restored version 1")).to_be_visible()
