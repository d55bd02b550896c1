"""The reviewers' desk: keys alone, two people at one item, a claim that ends, fixing, undoing, and many at once.

Every test makes a campaign of its own and looks at the queue through its filter, whatever else is in the store.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person, Team, Watched
from tests.browser.steps import PATIENCE, sign_in, until

NOTE = "We said this last week already."


@pytest.fixture
def database(django_db_blocker: Any) -> Callable[[Callable[[], Any]], Any]:
    """Asks and changes the database as the studio sees it: beside the transaction that every test is wrapped in."""

    def ask(what: Callable[[], Any]) -> Any:
        from django.db import connection

        def apart() -> Any:
            try:
                with django_db_blocker.unblock():
                    return what()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(apart).result()

    return ask


@pytest.fixture
def shop(team: Team, database: Callable[[Callable[[], Any]], Any]) -> Team:
    """A store of the test's own, whatever others are doing in theirs; the database is emptied by `team`."""
    from tests.factories import PASSWORD, MembershipFactory, StoreFactory

    def make() -> Team:
        store = StoreFactory()
        names = {"merchandiser": "Merle Handiser", "admin": "Ada Min", "marketing": "Mara Keting"}
        made = {
            role: MembershipFactory(store=store, role=role, user__name=name, user__with_password=True).user
            for role, name in names.items()
        }
        return Team(store, {role: Person(who, who.name, who.email, PASSWORD) for role, who in made.items()})

    return database(make)  # type: ignore[no-any-return]


@pytest.fixture
def sit(studio: str, watched: Watched, shop: Team) -> Iterator[Callable[..., Any]]:
    """A browser of one's own, signed in to the test's own store."""
    opened: list[Any] = []

    def of(role: str, width: int = 1440) -> Any:
        page = watched.window(studio, width, 900)
        opened.append(page.context)
        sign_in(page, shop.people[role])
        return page

    yield of
    for context in opened:
        context.close()


@pytest.fixture
def rows(shop: Team, database: Callable[[Callable[[], Any]], Any]) -> Callable[..., str]:
    """`rows(20)` makes a campaign with so many waiting placements and gives the address of its queue."""
    from generation.models import Product
    from tests.factories import CampaignFactory, DraftFactory, PlacementFactory

    def of(count: int, shown: int = 3) -> str:
        def make() -> str:
            campaign = CampaignFactory(store=shop.store, name=f"Desk of {count}")
            draft = DraftFactory(store=shop.store, campaign=campaign, requested_by=shop.people["marketing"].user)
            for number in range(1, count + 1):
                row = {"title": f"Row {number}", "key": number, "position": number, "score": number / 100}
                PlacementFactory(draft=draft, **row, shown=shown, bench=0)
            Product.objects.filter(store=shop.store).update(image_link="")  # nothing to load from elsewhere
            return f"/review/?campaign={campaign.pk}"

        return str(database(make))

    return of


def open_first(page: Any, queue: str) -> None:
    page.goto(queue)
    page.locator(".table-title a").first.click()
    sits(page)


def sits(page: Any) -> None:
    """The first item is open, and the script that opens the others is there."""
    expect(title(page)).to_have_text("Review: Row 1")
    expect(page.locator("html")).to_have_attribute("data-desk", "ready")


def title(page: Any) -> Any:
    return page.locator("#desk-title")


def shows(page: Any, row: int) -> None:
    """The item is on screen, has the focus, and was announced."""
    expect(title(page)).to_have_text(f"Review: Row {row}")
    expect(title(page)).to_be_focused()
    expect(page.locator("#desk-said")).to_contain_text(f"“Row {row}”")


def statuses(queue: str) -> list[str]:
    from review.models import Placement

    found = Placement.objects.filter(draft__campaign=int(queue.rpartition("=")[2]))
    return list(found.order_by("position").values_list("status", flat=True))


def test_twenty_items_are_decided_with_keys_alone_and_no_page_load(
    rows: Callable[..., str], sit: Callable[..., Any], database: Any, watched: Watched
) -> None:
    queue, page = rows(20), sit("merchandiser")
    page.goto(queue)
    page.keyboard.press("Enter")
    sits(page)
    page.evaluate("window.sameDocument = true")
    for row in range(1, 20):
        if row % 5:
            page.keyboard.press("a")
        else:
            page.keyboard.press("r")
            dialog = page.get_by_role("dialog", name="Reject this placement?")
            dialog.get_by_label("Reason").press("T")  # the reason that begins so
            dialog.get_by_label("Reason").press("Tab")
            page.keyboard.type("a note, typed with r and a in it")
            page.keyboard.press("Control+Enter")
        shows(page, row + 1)
    assert page.evaluate("window.sameDocument") is True
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    expect(page.locator(".toast-success")).to_contain_text("approved “Row 20”")
    assert database(lambda: statuses(queue)) == (["approved"] * 4 + ["rejected"]) * 3 + ["approved"] * 5
    assert watched.complaints == []


def test_of_two_reviewers_one_decides_and_the_other_is_told_and_loses_nothing(
    rows: Callable[..., str], sit: Callable[..., Any], database: Any, watched: Watched
) -> None:
    queue, merle, ada = rows(2), sit("merchandiser"), sit("admin")
    open_first(merle, queue)
    expect(merle.locator("#claim")).to_contain_text("You are at this")
    open_first(ada, queue)
    expect(ada.locator("#claim")).to_contain_text("Merle Handiser")

    ada.keyboard.press("r")
    dialog = ada.get_by_role("dialog", name="Reject this placement?")
    dialog.get_by_label("Reason").select_option("duplicate")
    dialog.get_by_label("Note").fill(NOTE)
    ada.keyboard.press("Control+Enter")
    expect(dialog.get_by_text("Take it over to decide")).to_be_visible()
    expect(dialog.get_by_label("Note")).to_have_value(NOTE)

    merle.keyboard.press("a")
    expect(title(merle)).to_have_text("Review: Row 2")
    ada.keyboard.press("Control+Enter")
    expect(dialog.get_by_text("Merle Handiser approved “Row 1”")).to_be_visible()
    expect(dialog.get_by_label("Note")).to_have_value(NOTE)
    expect(dialog.get_by_label("Reason")).to_have_value("duplicate")
    assert database(lambda: statuses(queue)) == ["approved", "waiting"]
    assert watched.complaints == []


def test_what_somebody_is_at_is_taken_over_knowingly(
    rows: Callable[..., str], sit: Callable[..., Any], database: Any
) -> None:
    queue, merle, ada = rows(2), sit("merchandiser"), sit("admin")
    open_first(merle, queue)
    open_first(ada, queue)
    ada.keyboard.press("t")
    expect(ada.locator("#claim")).to_contain_text("You are at this")
    merle.evaluate("document.dispatchEvent(new Event('desk:look'))")  # what its clock does every 45 seconds
    expect(merle.locator("#claim")).to_contain_text("Ada Min")
    ada.keyboard.press("a")
    expect(title(ada)).to_have_text("Review: Row 2")
    merle.evaluate("document.dispatchEvent(new Event('desk:look'))")
    expect(merle.locator("#claim")).to_contain_text("Changed since you opened it: Ada Min approved “Row 1”.")
    assert database(lambda: statuses(queue)) == ["approved", "waiting"]


def test_a_claim_ends_by_itself_and_the_item_is_free(
    rows: Callable[..., str], sit: Callable[..., Any], database: Any
) -> None:
    from django.utils import timezone

    from review.models import Claim

    queue, merle, ada = rows(1), sit("merchandiser"), sit("admin")
    open_first(merle, queue)
    past = timezone.now() - dt.timedelta(minutes=1)
    held = Claim.objects.filter(placement__draft__campaign=int(queue.rpartition("=")[2]))
    assert database(lambda: held.update(since=past - dt.timedelta(minutes=3), until=past)) == 1
    open_first(ada, queue)
    expect(ada.locator("#claim")).to_contain_text("You are at this")
    ada.keyboard.press("a")
    expect(ada.get_by_text("Nothing matches")).to_be_visible()
    assert database(lambda: statuses(queue)) == ["approved"]


def test_words_are_fixed_and_approved_in_one_act_and_undone(
    rows: Callable[..., str], sit: Callable[..., Any], database: Any, watched: Watched
) -> None:
    queue, page = rows(2), sit("merchandiser")
    open_first(page, queue)
    bar = page.locator(".action-bar")
    expect(bar.get_by_role("button", name="Fix and approve")).to_be_hidden()
    page.keyboard.press("e")
    page.keyboard.type("Fair rows")
    expect(bar.get_by_role("button", name="Approve", exact=True)).to_be_hidden()
    page.keyboard.press("Escape")  # out of the field, and the old words are back
    expect(page.locator("#id_title")).to_have_value("Row 1")
    page.locator("#id_title").fill("Fair rows")
    page.locator("#id_title").evaluate("field => field.blur()")
    page.keyboard.press("j")
    expect(page.locator(".toast")).to_contain_text("words that are not saved")
    page.keyboard.press("f")
    shows(page, 2)
    expect(page.locator(".toast-success")).to_contain_text("fixed and approved “Fair rows”")
    page.keyboard.press("u")
    expect(title(page)).to_have_text("Review: Fair rows")
    expect(page.locator(".stage-words .badge").last).to_have_text("Waiting")
    assert database(lambda: statuses(queue)) == ["waiting", "waiting"]
    assert watched.complaints == []


def test_all_that_match_are_rejected_with_a_reason_and_undone_at_once(
    rows: Callable[..., str], sit: Callable[..., Any], database: Any, watched: Watched
) -> None:
    queue, page = rows(62, shown=1), sit("merchandiser")  # more than a page of the queue
    page.goto(queue)
    page.get_by_role("group", name="Decide on all 62 that match").get_by_role("link", name="Reject").click()
    expect(page.get_by_text("Reject 62 of 62 placements that match.")).to_be_visible()
    page.get_by_label("Reason").select_option("brand")
    page.get_by_label("Note").fill(NOTE)
    page.get_by_role("button", name="Reject 62").click()
    expect(page.get_by_text("62 decided by Merle Handiser")).to_be_visible(timeout=PATIENCE)
    assert database(lambda: statuses(queue)) == ["rejected"] * 62
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.get_by_text("62 undone by Merle Handiser")).to_be_visible(timeout=PATIENCE)
    until(lambda: database(lambda: statuses(queue)) == ["waiting"] * 62, 5)
    assert watched.complaints == []
