"""The audit on screen: filters, the chain, overturning, the trail and its export."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import record
from review.models import Draft, Placement
from review.workflow import services
from tests.factories import DraftFactory, PlacementFactory, UserFactory


@pytest.fixture
def draft(store: Any) -> Draft:
    return DraftFactory(store=store, requested_by=UserFactory())


@pytest.fixture
def dropped(draft: Draft) -> Placement:
    return PlacementFactory(draft=draft, dropped=True, title="Pork roasts")


@pytest.fixture
def turned_down(draft: Draft, merchandiser: Any) -> Placement:
    placement = PlacementFactory(draft=draft, title="Kettles for cold days")
    services.reject(
        placement=placement, actor=merchandiser, revision=0, reason_code="wrong_products", note="Kettles are no food"
    )
    return placement


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def listed(client: Client, query: str = "") -> list[str]:
    rows = client.get(reverse("audit-rejected") + query).context["rows"]
    return [row["placement"].title for row in rows]


def test_everything_turned_down_is_listed(dropped: Placement, turned_down: Placement, admin_client: Client) -> None:
    assert set(listed(admin_client)) == {"Pork roasts", "Kettles for cold days"}


def test_a_bar_filters_the_table(dropped: Placement, turned_down: Placement, admin_client: Client) -> None:
    bars = admin_client.get(reverse("audit-rejected")).context["bars"]
    by_person = next(bar["url"] for bar in bars if "a person" in bar["label"])
    assert listed(admin_client, by_person) == ["Kettles for cold days"]


def test_notes_are_searched(dropped: Placement, turned_down: Placement, admin_client: Client) -> None:
    assert listed(admin_client, "?q=no+food") == ["Kettles for cold days"]


def test_a_filter_that_finds_nothing_offers_the_way_back(dropped: Placement, admin_client: Client) -> None:
    assert "Show everything rejected" in text(admin_client.get(reverse("audit-rejected") + "?q=nothing+like+it"))


def test_the_chain_leads_from_objective_to_reason(turned_down: Placement, admin_client: Client) -> None:
    page = text(admin_client.get(reverse("audit-rejection", args=[turned_down.pk])))
    places = [
        page.index(word) for word in ("Quick warming suppers", "lentils", "Merle Handiser", "“Kettles are no food”")
    ]
    assert places == sorted(places)


def test_a_placement_that_waits_is_not_in_the_audit_of_rejections(draft: Draft, admin_client: Client) -> None:
    waiting = PlacementFactory(draft=draft)
    assert admin_client.get(reverse("audit-rejection", args=[waiting.pk])).status_code == 404


def test_overturning_needs_a_note(dropped: Placement, admin_client: Client) -> None:
    answer = admin_client.post(reverse("placement-overturn", args=[dropped.pk]), {"revision": 0, "note": "  "})
    assert answer.status_code == 422
    assert "Say in the note why this is overturned." in text(answer)


def test_an_overturned_placement_waits_again(dropped: Placement, admin_client: Client) -> None:
    admin_client.post(
        reverse("placement-overturn", args=[dropped.pk]), {"revision": 0, "note": "The rule was too strict."}
    )
    dropped.refresh_from_db()
    assert dropped.status == "waiting"


def summaries(client: Client, query: str = "") -> list[str]:
    return [row["entry"].summary for row in client.get(reverse("audit-trail") + query).context["rows"]]


def test_the_trail_is_filtered_by_person_action_and_text(
    turned_down: Placement, merchandiser: Any, store: Any, admin: Any, admin_client: Client
) -> None:
    record(store=store, actor=admin, action="api_key.create", subject="api_key:1", summary="Ada made a key")
    assert summaries(admin_client, f"?person={admin.pk}") == ["Ada made a key"]
    assert summaries(admin_client, "?action=api_key.") == ["Ada made a key"]
    assert summaries(admin_client, "?q=made+a+key") == ["Ada made a key"]
    assert len(summaries(admin_client)) == 2


def test_the_trail_of_another_store_is_not_shown(other_store: Any, store: Any, admin_client: Client) -> None:
    record(store=other_store, actor=None, action="x.y", subject="x:1", summary="Elsewhere")
    assert summaries(admin_client) == []


def test_older_lines_are_a_link_away(store: Any, admin_client: Client) -> None:
    for n in range(60):
        record(store=store, actor=None, action="x.y", subject="x:1", summary=f"Line {n}")
    context = admin_client.get(reverse("audit-trail")).context
    assert len(context["rows"]) == 50
    assert summaries(admin_client, context["older"])[-1] == "Line 0"


def exported(client: Client, query: str = "") -> str:
    answer = client.get(reverse("audit-trail-export", args=["csv"]) + query)
    return b"".join(answer.streaming_content).decode()


def test_the_export_says_how_many_rows_it_holds_and_holds_them(store: Any, admin_client: Client) -> None:
    for n in range(3):
        record(store=store, actor=None, action="x.y", subject="x:1", summary=f"Line {n}")
    assert "Export 3 rows (CSV)" in text(admin_client.get(reverse("audit-trail")))
    lines = exported(admin_client).splitlines()
    assert len(lines) == 1 + 3


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_of_the_export_is_a_formula(start: str, store: Any, admin_client: Client) -> None:
    record(store=store, actor=None, action="x.y", subject="x:1", summary=f"{start}HYPERLINK(1)")
    told = exported(admin_client)
    assert f"'{start}HYPERLINK" in told


def test_the_export_follows_the_filters(store: Any, admin_client: Client) -> None:
    record(store=store, actor=None, action="x.y", subject="x:1", summary="Wanted")
    record(store=store, actor=None, action="z.y", subject="x:1", summary="Unwanted line")
    told = exported(admin_client, "?action=x.")
    assert "Unwanted" not in told
