"""The shop's own rows, and pages regenerated in part, as callers meet them."""

from typing import Any

import pytest

from generation.models import Run
from review.models import Draft
from tests.factories import CampaignFactory, ProductFactory
from tests.review.partial import finish, page, row


@pytest.fixture
def campaign(store: Any) -> Any:
    return CampaignFactory(store=store, placements=4, products=4)


@pytest.fixture
def draft(store: Any, marketing: Any) -> Draft:
    return page(store, marketing)


def _ids(store: Any, count: int = 3) -> list[str]:
    return [one.item_id for one in ProductFactory.create_batch(count, store=store)]


# --- Own rows -----------------------------------------------------------------------------------------------------
def test_an_own_row_is_written_read_changed_and_deleted(marketing_client: Any, campaign: Any, send: Any) -> None:
    path = f"campaigns/{campaign.slug}/static-placements/"
    ids = _ids(campaign.store)
    made = send(marketing_client, "post", path, {"title": "Our picks", "products": ids})
    assert (made.status_code, made.json()["position"], made.json()["products"]) == (201, 1, ids)
    own = f"{path}{made.json()['id']}/"
    assert made["Location"].endswith(f"/api/v1/{own}")
    changed = send(marketing_client, "patch", own, {"position": 3}).json()
    assert (changed["position"], changed["title"]) == (3, "Our picks")
    assert [one["title"] for one in send(marketing_client, "get", path).json()] == ["Our picks"]
    assert send(marketing_client, "delete", own).status_code == 204
    assert send(marketing_client, "get", own).status_code == 404


def test_what_would_be_left_out_today_is_told(marketing_client: Any, campaign: Any, send: Any) -> None:
    ids = _ids(campaign.store, 4)
    path = f"campaigns/{campaign.slug}/static-placements/"
    send(marketing_client, "post", path, {"title": "Our picks", "products": ids})
    campaign.store.products.filter(item_id=ids[0]).update(availability="out_of_stock", title="Split peas")
    found = send(marketing_client, "get", path).json()[0]
    assert found["left_out"] == [{"product": "Split peas", "reason": "it is out of stock now"}]
    assert found["problem"] == ""


@pytest.mark.parametrize(
    "body",
    [
        {"title": "Our picks", "products": ["nowhere", "a", "b"]},
        {"title": "Our picks", "products": []},
        {"title": "Our picks"},
        {"title": "Our picks", "products": ["a\u0000b", "b", "c"]},
        {"title": "Our picks", "products": ["a", "b", "c"], "colour": "red"},
        {"title": "Our picks", "products": {"a": 1}},
    ],
)
def test_a_wrong_row_is_refused_in_the_one_shape(marketing_client: Any, campaign: Any, send: Any, body: Any) -> None:
    answer = send(marketing_client, "post", f"campaigns/{campaign.slug}/static-placements/", body)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


# --- Regenerating -------------------------------------------------------------------------------------------------
def test_part_of_a_page_is_asked_for_in_words(marketing_client: Any, draft: Draft, send: Any) -> None:
    body = {"instruction": "Keep row 1, under 8 euros", "keep": [3]}
    answer = send(marketing_client, "post", f"runs/{draft.run_id}/regenerate/", body)
    run = Run.objects.get(pk=answer.json()["id"])
    assert (answer.status_code, answer.json()["parent"]) == (202, draft.run_id)
    assert answer.json()["instruction"] == "Keep row 1, under 8 euros"
    assert [one["position"] for one in run.brief["fixed"]] == [1, 3]
    assert run.brief["constraints"]["price_max"] == "8"


def test_rows_are_kept_by_place_or_by_id(marketing_client: Any, draft: Draft, send: Any) -> None:
    body = {"keep": [1, str(row(draft, 2).pk)]}
    made = send(marketing_client, "post", f"runs/{draft.run_id}/regenerate/", body).json()
    assert [one["position"] for one in Run.objects.get(pk=made["id"]).brief["fixed"]] == [1, 2]


@pytest.mark.parametrize("keep", [[9], ["99999"], [0], [True], [1.5], ["first"], "1"])
def test_a_row_that_is_not_there_is_refused(marketing_client: Any, draft: Draft, send: Any, keep: Any) -> None:
    answer = send(marketing_client, "post", f"runs/{draft.run_id}/regenerate/", {"keep": keep})
    assert answer.status_code in (400, 422)
    assert Run.objects.count() == 1


def test_a_run_without_a_page_cannot_be_regenerated(marketing_client: Any, draft: Draft, send: Any) -> None:
    made = send(marketing_client, "post", f"runs/{draft.run_id}/regenerate/", {"keep": [1]}).json()
    answer = send(marketing_client, "post", f"runs/{made['id']}/regenerate/", {"keep": [1]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")


def test_choosing_over_http_names_what_was_seen(merchandiser_client: Any, draft: Draft, send: Any) -> None:
    made = send(merchandiser_client, "post", f"runs/{draft.run_id}/regenerate/", {"keep": [1]}).json()
    new = finish(Run.objects.get(pk=made["id"]))
    path = f"runs/{new.run_id}/choice/"
    found = send(merchandiser_client, "get", path).json()
    assert (found["draft"], found["parent"], found["state"]) == (new.pk, draft.pk, "open")
    assert send(merchandiser_client, "post", path, {"choice": "take"}).status_code == 409
    taken = send(merchandiser_client, "post", path, {"choice": "take", "seen": found["seen"]}).json()
    assert taken["state"] == "taken"
    assert send(merchandiser_client, "post", path, {"choice": "undo"}).json()["state"] == "open"
    assert send(merchandiser_client, "post", path, {"choice": "keep_old"}).json()["state"] == "set_aside"


def test_a_page_of_its_own_has_nothing_to_choose(merchandiser_client: Any, draft: Draft, send: Any) -> None:
    found = send(merchandiser_client, "get", f"runs/{draft.run_id}/choice/").json()
    assert (found["parent"], found["state"]) == (None, "alone")
    answer = send(merchandiser_client, "post", f"runs/{draft.run_id}/choice/", {"choice": "take"})
    assert answer.status_code == 409


def test_a_shops_key_regenerates_nothing(client: Any, draft: Draft, send: Any) -> None:
    from tests.factories import api_key

    _, text = api_key(draft.store)
    answer = send(client, "post", f"runs/{draft.run_id}/regenerate/", {"keep": [1]}, Authorization=f"Api-Key {text}")
    assert answer.status_code == 403
    assert Run.objects.count() == 1


def test_a_strangers_choice_finds_nothing(stranger_client: Any, draft: Draft, send: Any) -> None:
    assert send(stranger_client, "post", f"runs/{draft.run_id}/regenerate/", {"keep": [1]}).status_code == 404
    assert send(stranger_client, "get", f"runs/{draft.run_id}/choice/").status_code == 404
