"""Scheduling on screen: the button that says when, what comes after, taking it back, the calendar, the checks."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from review.models import Draft, Page, Placement, Schedule, ShopFront
from review.publishing import checks, scheduling
from review.publishing import services as publishing
from storefront_studio.lib.errors import BadInput
from tests.factories import DraftFactory, PlacementFactory, UserFactory

YEAR = timezone.now().year + 1


@pytest.fixture
def draft(store: Any) -> Draft:
    ShopFront.objects.create(store=store, time_zone="Europe/Berlin")
    draft = DraftFactory(store=store, requested_by=UserFactory())
    PlacementFactory(draft=draft, approved=True, title="Soups")
    return draft


@pytest.fixture
def page(draft: Draft, merchandiser: Any) -> Page:
    return publishing.publish(draft=draft, actor=merchandiser).page


@pytest.fixture
def schedule(page: Page, draft: Draft, merchandiser: Any) -> Schedule:
    Placement.objects.filter(draft=draft).update(title="Stews")
    start = timezone.now() + dt.timedelta(days=2)
    return scheduling.schedule_draft(
        draft=draft, actor=merchandiser, starts_at=start, ends_at=start + dt.timedelta(days=1)
    )


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def dates(starts: str, ends: str = "", **more: str) -> dict[str, str]:
    return {"starts": f"{YEAR}-{starts}", "ends": f"{YEAR}-{ends}" if ends else "", **more}


# --- The dates ----------------------------------------------------------------------------------------------------
def test_the_button_says_when_and_the_page_names_what_comes_after(page: Page, draft: Draft, sign_in: Any) -> None:
    client = sign_in(page.live.created_by)  # type: ignore[union-attr]
    Placement.objects.filter(draft=draft).update(title="Stews")
    shown = text(client.get(reverse("draft-schedule", args=[draft.pk]), dates("11-24T09:00", "12-01T09:00")))
    assert f"Schedule for 24 Nov {YEAR}, 09:00 Europe/Berlin<" in shown
    assert "After that the shop shows version 1 again." in shown


def test_dates_are_those_of_the_stores_clock(draft: Draft, merchandiser_client: Client) -> None:
    answer = merchandiser_client.post(reverse("draft-schedule", args=[draft.pk]), dates("07-01T09:00", "12-01T09:00"))
    assert answer.status_code == 302
    one = Schedule.objects.get()
    assert (one.starts_at.hour, one.ends_at and one.ends_at.hour) == (7, 8)


def test_a_time_that_comes_twice_is_asked_about(draft: Draft, merchandiser_client: Client) -> None:
    last = max(day for day in range(25, 32) if dt.date(YEAR, 10, day).weekday() == 6)
    address, given = reverse("draft-schedule", args=[draft.pk]), dates(f"10-{last}T02:30")
    asked = merchandiser_client.post(address, given)
    assert asked.status_code == 422 and "comes twice in Europe/Berlin" in text(asked)
    assert 'name="starts_twice"' in text(asked)
    merchandiser_client.post(address, {**given, "starts_twice": "second"})
    assert Schedule.objects.get().starts_at.hour == 1


def test_a_time_that_does_not_exist_is_refused(draft: Draft, merchandiser_client: Client) -> None:
    last = max(day for day in range(25, 32) if dt.date(YEAR, 3, day).weekday() == 6)
    answer = merchandiser_client.post(reverse("draft-schedule", args=[draft.pk]), dates(f"03-{last}T02:30"))
    assert answer.status_code == 422 and "Choose 03:30" in text(answer)


@pytest.mark.parametrize("starts", ["", "soon", "9999-99-99T09:00", "0001-01-01T00:00", "2001-01-01T09:00"])
def test_what_is_no_date_to_come_schedules_nothing(starts: str, draft: Draft, merchandiser_client: Client) -> None:
    answer = merchandiser_client.post(reverse("draft-schedule", args=[draft.pk]), {"starts": starts, "ends": ""})
    assert answer.status_code == 422
    assert not Schedule.objects.exists()


def test_an_overlap_is_said_before_it_is_made(schedule: Schedule, draft: Draft, merchandiser_client: Client) -> None:
    at = (schedule.starts_at + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    shown = text(merchandiser_client.get(reverse("draft-schedule", args=[draft.pk]), {"starts": at, "ends": ""}))
    assert "Version 2 is scheduled from" in shown and "because it starts later" in shown


def test_changing_the_dates_by_the_screen(schedule: Schedule, merchandiser_client: Client) -> None:
    address = reverse("schedule-edit", args=[schedule.pk])
    answer = merchandiser_client.post(address, {**dates("11-24T09:00"), "revision": "0"})
    assert answer.status_code == 302
    schedule.refresh_from_db()
    assert (schedule.starts_at.year, schedule.ends_at) == (YEAR, None)
    assert merchandiser_client.post(address, {**dates("11-25T09:00"), "revision": "0"}).status_code == 409
    assert merchandiser_client.post(address, {**dates("11-25T09:00"), "revision": "x"}).status_code == 422


def test_cancelling_and_taking_it_up_again(schedule: Schedule, merchandiser_client: Client) -> None:
    answer = merchandiser_client.post(reverse("schedule-cancel", args=[schedule.pk]), {"revision": "0"}, follow=True)
    assert "The schedule of version 2 is cancelled." in text(answer) and "Take it up again" in text(answer)
    merchandiser_client.post(reverse("schedule-undo", args=[schedule.pk]), {"revision": "1"})
    schedule.refresh_from_db()
    assert schedule.state == "scheduled"


def test_the_page_names_its_base_state(schedule: Schedule, marketing_client: Client) -> None:
    shown = text(marketing_client.get(reverse("page-detail", args=["home"])))
    assert "After that the shop shows version 1 again" in shown
    assert "Cancel it" not in shown


# --- The calendar -------------------------------------------------------------------------------------------------
def test_the_calendar_says_what_is_shown_when_and_what_clashes(
    schedule: Schedule, draft: Draft, merchandiser: Any, marketing_client: Client
) -> None:
    Placement.objects.filter(draft=draft).update(title="Roasts")
    inside = schedule.starts_at + dt.timedelta(hours=1)
    scheduling.schedule_draft(draft=draft, actor=merchandiser, starts_at=inside, ends_at=inside + dt.timedelta(hours=1))
    month = schedule.starts_at.astimezone(ShopFront.of(draft.store).zone).strftime("%Y-%m")
    shown = text(marketing_client.get(reverse("pages-calendar"), {"month": month}))
    assert "Version 2 and version 3 are both scheduled from" in shown
    assert "because it starts later. Then version 2 again." in shown
    assert re.search(r"<svg .*Shows version 2", shown)


@pytest.mark.parametrize("month", ["", "2026-13", "x", "1066-10", "2026-11-01"])
def test_a_month_that_is_none_is_this_one(month: str, page: Page, marketing_client: Client) -> None:
    shown = marketing_client.get(reverse("pages-calendar"), {"month": month})
    assert shown.context["month"] == timezone.localdate(timezone=ShopFront.of(page.store).zone).replace(day=1)


# --- Checks before publishing -------------------------------------------------------------------------------------
def shown_product(draft: Draft) -> Any:
    return draft.placements.get().items.filter(state="shown").first().product  # type: ignore[union-attr]


def findings(draft: Draft) -> list[tuple[str, str]]:
    from review.publishing.snapshot import freeze

    return [(one.severity, one.about) for one in checks.of_body(draft.store, freeze(draft)[0], draft.run)]


def test_a_page_on_which_all_is_well_has_no_finding(draft: Draft) -> None:
    assert findings(draft) == []


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("availability", "out_of_stock", ("warn", "stock")),
        ("image_link", "", ("warn", "images")),
        ("link", "", ("warn", "links")),
        ("link", "javascript:alert(1)", ("block", "links")),
        ("image_link", "data:text/html,x", ("block", "images")),
    ],
)
def test_what_changed_since_approval_is_found(field: str, value: str, found: tuple[str, str], draft: Draft) -> None:
    product = shown_product(draft)
    setattr(product, field, value)
    product.save()
    assert findings(draft) == [found]


def test_a_price_over_the_limit_since_blocks_publishing_and_scheduling(draft: Draft, merchandiser: Any) -> None:
    draft.run.brief["constraints"]["price_max"] = "5"
    draft.run.save()
    product = shown_product(draft)
    product.price = 6
    product.save()
    soon = timezone.now() + dt.timedelta(days=1)
    with pytest.raises(BadInput, match=r"no longer holds “price up to 5\.00 EUR”\. Replace it"):
        publishing.publish(draft=draft, actor=merchandiser)
    with pytest.raises(BadInput, match="no longer holds"):
        scheduling.schedule_draft(draft=draft, actor=merchandiser, starts_at=soon)
    assert not Page.objects.filter(live__isnull=False).exists() and not Schedule.objects.exists()


def test_a_row_that_sold_out_blocks_and_names_the_way_out(draft: Draft, merchandiser_client: Client) -> None:
    for item in draft.placements.get().items.filter(state="shown")[:2]:
        item.product.availability = "out_of_stock"
        item.product.save()
    shown = text(merchandiser_client.get(reverse("draft-preview", args=[draft.pk])))
    assert "Only 2 of 4 products of “Soups” are in stock now; a row needs 3. Fill it from the bench" in shown
    assert "Something blocks publishing" in shown
    assert merchandiser_client.post(reverse("page-publish", args=[draft.pk])).status_code == 422


def test_rolling_back_is_never_blocked(page: Page, draft: Draft, merchandiser: Any) -> None:
    first = page.live
    Placement.objects.filter(draft=draft).update(title="Stews")
    publishing.publish(draft=draft, actor=merchandiser)
    draft.placements.get().items.first().product.__class__.objects.update(availability="out_of_stock")  # type: ignore[union-attr]
    assert publishing.publish_version(page=page, version=first, actor=merchandiser) == first  # type: ignore[arg-type]


def test_a_frozen_version_says_what_is_of_another_day(page: Page, draft: Draft) -> None:
    assert page.live is not None
    product = shown_product(draft)
    product.price = 9
    product.save()
    draft.placements.update(status="rejected")
    assert [one.about for one in checks.of_version(page.live)] == ["approval", "prices"]


# --- Settings and access ------------------------------------------------------------------------------------------
def settings_of(**changed: str) -> dict[str, str]:
    colours = {"text": "#000000", "muted": "#555555", "background": "#ffffff", "accent": "#224488", "sale": "#aa0000"}
    usual = {"time_zone": "America/New_York", "embed_origins": "", "radius": "8", "tile": "160", "font": "serif"}
    return {**usual, **colours, **changed}


def test_admins_set_the_zone_of_the_shop(draft: Draft, admin_client: Client, merchandiser_client: Client) -> None:
    address = reverse("shop-front")
    assert merchandiser_client.post(address, settings_of()).status_code == 403
    assert admin_client.post(address, settings_of()).status_code == 302
    assert ShopFront.of(draft.store).time_zone == "America/New_York"


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Olympus"},
        {"accent": "red;}"},
        {"accent": "#12345g"},
        {"embed_origins": "https://shop.example; script-src *"},
        {"embed_origins": "http://shop.example"},
        {"embed_origins": "https://a.example/path"},
        {"font": "url(x)"},
        {"radius": "999"},
    ],
)
def test_settings_that_could_break_out_are_refused(wrong: dict[str, str], draft: Draft, admin_client: Client) -> None:
    assert admin_client.post(reverse("shop-front"), settings_of(**wrong)).status_code == 422
    assert ShopFront.of(draft.store).theme == {}


SCREENS = ("draft", "version", "edit", "calendar", "shop")
REVIEWERS_ONLY = ("draft", "version", "edit")


@pytest.fixture
def addresses(schedule: Schedule, draft: Draft) -> dict[str, str]:
    return {
        "draft": reverse("draft-schedule", args=[draft.pk]),
        "version": reverse("version-schedule", args=["home", 1]),
        "edit": reverse("schedule-edit", args=[schedule.pk]),
        "calendar": reverse("pages-calendar"),
        "shop": reverse("shop-front"),
    }


@pytest.mark.parametrize("name", SCREENS)
def test_who_may_open_which_screen(name: str, addresses: dict[str, str], request: pytest.FixtureRequest) -> None:
    def status(person: str) -> int:
        client = request.getfixturevalue(f"{person}_client") if person else Client()
        return int(client.get(addresses[name]).status_code)

    assert status("") == 302
    assert [status(person) for person in ("merchandiser", "team_mate", "admin")] == [200] * 3
    assert status("marketing") == (403 if name in REVIEWERS_ONLY else 200)
    assert status("stranger") == (404 if name in REVIEWERS_ONLY else 200)


@pytest.mark.parametrize("act", ["schedule-cancel", "schedule-undo"])
def test_only_reviewers_of_the_store_turn_a_schedule(
    act: str, schedule: Schedule, marketing_client: Client, stranger_client: Client
) -> None:
    address = reverse(act, args=[schedule.pk])
    assert Client().post(address).status_code == 302
    assert marketing_client.post(address).status_code == 403
    assert stranger_client.post(address).status_code == 404
    schedule.refresh_from_db()
    assert (schedule.state, schedule.revision) == ("scheduled", 0)


def test_a_calendar_shows_no_other_store(schedule: Schedule, stranger_client: Client) -> None:
    assert "version 2" not in text(stranger_client.get(reverse("pages-calendar")))
