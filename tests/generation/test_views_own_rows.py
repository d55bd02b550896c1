"""The screens of the shop's own rows: who gets in, the picker without a script, and taking a deletion back."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from generation.campaigns import static_rows
from generation.models import Campaign, StaticPlacement
from tests.factories import CampaignFactory, ProductFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def campaign(store: Any) -> Campaign:
    return CampaignFactory(store=store, placements=4, products=4, constraints={"density_min": 1})


@pytest.fixture
def row(campaign: Campaign) -> StaticPlacement:
    ids = [one.item_id for one in ProductFactory.create_batch(3, store=campaign.store)]
    return static_rows.add(campaign=campaign, actor=None, title="Our picks", item_ids=ids)


def new(campaign: Campaign) -> str:
    return reverse("own-row-create", args=[campaign.slug])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- Who ----------------------------------------------------------------------------------------------------------
def addresses(row: StaticPlacement) -> list[str]:
    slug = row.campaign.slug
    named = [reverse(f"own-row-{name}", args=[slug, row.pk]) for name in ("edit", "move", "delete", "restore")]
    return [new(row.campaign), *named]


def test_anonymous_people_are_sent_to_sign_in(client: Any, row: StaticPlacement) -> None:
    for address in addresses(row):
        assert client.post(address)["Location"].startswith(reverse("login"))


def test_strangers_find_nothing(stranger_client: Any, row: StaticPlacement) -> None:
    assert {stranger_client.post(address).status_code for address in addresses(row)} == {404}


def test_merchandisers_look_and_do_not_write(merchandiser_client: Any, row: StaticPlacement) -> None:
    assert {merchandiser_client.post(address).status_code for address in addresses(row)} == {403}
    page = text(merchandiser_client.get(reverse("campaign-detail", args=[row.campaign.slug])))
    assert "Our picks" in page and "Add a row" not in page


def test_admins_write_rows(admin_client: Any, row: StaticPlacement) -> None:
    assert admin_client.get(addresses(row)[1]).status_code == 200


# --- Writing ------------------------------------------------------------------------------------------------------
def test_products_are_found_added_and_ordered_by_buttons(marketing_client: Any, campaign: Campaign) -> None:
    first = ProductFactory(store=campaign.store, title="Walnut loaf")
    other = ProductFactory(store=campaign.store, title="Rye loaf")
    typed = {"title": "Our bakery", "position": 2}
    found = marketing_client.post(new(campaign), {**typed, "q": "walnut", "act": "search"}, headers=HTMX)
    assert f'value="add:{first.item_id}"' in text(found) and "Rye loaf" not in text(found)
    added = marketing_client.post(new(campaign), {**typed, "item": other.item_id, "act": f"add:{first.item_id}"})
    assert [one["id"] for one in added.context["chosen"]] == [other.item_id, first.item_id]
    assert 'value="Our bakery"' in text(added)
    both = {"item": [other.item_id, first.item_id]}
    moved = marketing_client.post(new(campaign), {**typed, **both, "act": f"up:{first.item_id}"})
    assert [one["id"] for one in moved.context["chosen"]] == [first.item_id, other.item_id]
    out = marketing_client.post(new(campaign), {**typed, **both, "act": f"out:{other.item_id}"})
    assert [one["id"] for one in out.context["chosen"]] == [first.item_id]
    assert not StaticPlacement.objects.exists()


def test_a_row_is_saved_with_its_products_in_order(marketing_client: Any, campaign: Campaign) -> None:
    ids = [one.item_id for one in ProductFactory.create_batch(3, store=campaign.store)][::-1]
    answer = marketing_client.post(new(campaign), {"title": "Our picks", "position": 3, "item": ids})
    row = StaticPlacement.objects.get()
    assert answer.status_code == 302
    assert (row.item_ids, row.position) == (ids, 3)


def test_a_refusal_keeps_what_was_typed(marketing_client: Any, campaign: Campaign) -> None:
    answer = marketing_client.post(new(campaign), {"title": "Our picks", "position": 3, "item": ["nowhere", "a", "b"]})
    assert answer.status_code == 422
    assert "The catalogue has no product with the id “nowhere”" in text(answer)
    assert [one["id"] for one in answer.context["chosen"]] == ["nowhere", "a", "b"]


def test_somebody_elses_change_is_not_written_over_by_accident(marketing_client: Any, row: StaticPlacement) -> None:
    address = reverse("own-row-edit", args=[row.campaign.slug, row.pk])
    sent = {"title": "Mine", "position": 1, "item": row.item_ids, "seen": row.updated_at.isoformat()}
    static_rows.change(row=row, actor=None, title="Theirs")
    answer = marketing_client.post(address, sent)
    assert "Somebody changed “Theirs”" in text(answer)
    again = {**sent, "seen": answer.context["form"]["seen"].value()}
    assert marketing_client.post(address, again).status_code == 302
    row.refresh_from_db()
    assert row.title == "Mine"


@pytest.mark.parametrize("nonsense", ["a\x00b", "add:", "add:\x00", "up:nowhere", "explode", "<script>"])
def test_nonsense_in_the_picker_does_no_harm(marketing_client: Any, campaign: Campaign, nonsense: str) -> None:
    sent = {"title": "T", "position": 1, "q": nonsense, "act": nonsense, "item": [nonsense]}
    answer = marketing_client.post(new(campaign), sent)
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().split("</head>")[1].replace("</script>", "")


# --- The list -----------------------------------------------------------------------------------------------------
def test_a_row_moves_by_its_buttons(marketing_client: Any, row: StaticPlacement) -> None:
    marketing_client.post(reverse("own-row-move", args=[row.campaign.slug, row.pk]), {"to": "down"})
    row.refresh_from_db()
    assert row.position == 2


def test_a_deleted_row_is_taken_back_from_the_message(marketing_client: Any, row: StaticPlacement) -> None:
    address = reverse("own-row-delete", args=[row.campaign.slug, row.pk])
    answer = marketing_client.post(address, follow=True)
    undo = reverse("own-row-restore", args=[row.campaign.slug, AuditEntry.objects.get(action="static.delete").pk])
    assert f'hx-post="{undo}"' in text(answer)
    assert marketing_client.post(undo, headers=HTMX).status_code == 200
    assert StaticPlacement.objects.get().title == "Our picks"


def test_what_would_be_left_out_is_said_on_the_campaign(marketing_client: Any, row: StaticPlacement) -> None:
    row.campaign.store.products.filter(item_id=row.item_ids[0]).update(availability="out_of_stock")
    page = text(marketing_client.get(reverse("campaign-detail", args=[row.campaign.slug])))
    assert "Left out: 2 products of it can be shown now; a row needs 3." in page
    assert "it is out of stock now" in page


def test_the_campaign_asks_as_often_for_many_rows_as_for_one(
    marketing_client: Any, store: Any, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(rows: int) -> int:
        campaign = CampaignFactory(store=store, placements=20)
        for number in range(rows):
            ids = [one.item_id for one in ProductFactory.create_batch(3, store=store)]
            static_rows.add(campaign=campaign, actor=None, title=f"Row {number}", item_ids=ids)
        with CaptureQueriesContext(connection) as captured:
            marketing_client.get(reverse("campaign-detail", args=[campaign.slug]))
        return len(captured)

    queries(1)  # the first request of a session asks more
    assert queries(1) == queries(6)
