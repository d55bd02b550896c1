"""Batches and spend over HTTP."""

from typing import Any

import pytest

from generation.models import Batch, ModelCall
from tests.factories import PlacementFactory, SegmentFactory, api_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def segments(shop: Any) -> list[Any]:
    return [SegmentFactory(store=shop.store, slug=slug, name=slug) for slug in ("one", "two", "three")]


def begin(send: Any, client: Any, shop: Any, **body: Any) -> Any:
    return send(client, "post", f"campaigns/{shop.campaign.slug}/batches/", {"segments": ["all"], **body})


def test_a_batch_is_started_watched_cancelled_and_retried(
    send: Any, marketing_client: Any, shop: Any, segments: Any
) -> None:
    answer = begin(send, marketing_client, shop, budget="5.00", concurrency=2)
    assert answer.status_code == 202, answer.content
    told = answer.json()
    assert (told["status"], told["mode"], told["budget"]) == ("open", "live", {"amount": "5.00", "currency": "USD"})
    assert told["totals"]["states"] == {"queued": 3}
    path = f"batches/{told['id']}/"
    assert answer.headers["Location"].endswith(f"/api/v1/{path}")
    assert [run["segment"] for run in send(marketing_client, "get", path).json()["runs"]] == ["one", "three", "two"]
    assert send(marketing_client, "get", f"campaigns/{shop.campaign.slug}/batches/").json()["results"][0]["id"]
    assert send(marketing_client, "post", f"{path}cancel/").json()["status"] == "cancelled"
    again = send(marketing_client, "post", f"{path}retry/", {"budget": "7.00"})
    assert (again.status_code, again.json()["status"], again.json()["budget"]["amount"]) == (202, "open", "7.00")


def test_two_batches_of_a_campaign_are_never_under_way(
    send: Any, marketing_client: Any, shop: Any, segments: Any
) -> None:
    begin(send, marketing_client, shop)
    answer = begin(send, marketing_client, shop)
    assert answer.status_code == 409
    assert "is under way" in answer.json()["error"]["message"]
    assert Batch.objects.count() == 1


def test_starting_with_the_same_key_starts_one(send: Any, marketing_client: Any, shop: Any, segments: Any) -> None:
    path = f"campaigns/{shop.campaign.slug}/batches/"
    first = send(marketing_client, "post", path, {"segments": ["one"]}, key="k1")
    second = send(marketing_client, "post", path, {"segments": ["one"]}, key="k1")
    assert first.json()["id"] == second.json()["id"]
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"segments": []},
        {"segments": ["nobody"]},
        {"segments": ["one"], "mode": "fast"},
        {"segments": ["one"], "concurrency": 0},
        {"segments": ["one"], "budget": "-1"},
        {"segments": ["one"], "colour": "red"},
        {"segments": ["one"], "mode": "vendor"},
    ],
)
def test_nonsense_is_refused_with_a_sentence(
    send: Any, marketing_client: Any, shop: Any, segments: Any, body: Any
) -> None:
    answer = send(marketing_client, "post", f"campaigns/{shop.campaign.slug}/batches/", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert not Batch.objects.exists()


def test_strangers_reviewers_and_keys_stay_outside(
    send: Any, stranger_client: Any, merchandiser_client: Any, client: Any, shop: Any, segments: Any
) -> None:
    batch = Batch.objects.create(campaign=shop.campaign)
    path = f"batches/{batch.pk}/"
    assert send(stranger_client, "get", path).status_code == 404
    assert send(stranger_client, "post", f"{path}cancel/").status_code == 404
    assert begin(send, stranger_client, shop).status_code == 404
    assert send(merchandiser_client, "get", path).status_code == 200
    assert send(merchandiser_client, "post", f"{path}cancel/").status_code == 403
    assert send(client, "get", path).status_code in (401, 403)
    _row, key = api_key(shop.store)
    assert send(client, "get", path, Authorization=f"Api-Key {key}").status_code == 403
    assert send(client, "get", "spend/", Authorization=f"Api-Key {key}").status_code == 403


def test_spend_tells_unknown_as_null_and_never_as_zero(send: Any, merchandiser_client: Any, shop: Any) -> None:
    PlacementFactory(draft=shop.draft, status="approved", key=91)
    call = {"run": shop.run, "stage": "themes", "model": "openai:m", "prompt": "themes/v1", "request_hash": "h"}
    ModelCall.objects.create(**call, outcome="ok", cost="0.30", seconds=1)
    told = send(merchandiser_client, "get", "spend/").json()
    assert told["total"]["cost"] == {"amount": "0.300000", "currency": "USD"}
    assert told["total"]["approved"] >= 1
    (model,) = told["by_model"]
    assert (model["name"], model["cost_per_approved"]["currency"]) == ("openai:m", "USD")
    ModelCall.objects.create(**call, outcome="timeout", cost=None, seconds=1)
    told = send(merchandiser_client, "get", "spend/").json()
    assert told["total"]["cost"] is None and told["total"]["cost_per_approved"] is None
    assert told["total"]["known_cost"]["amount"] == "0.300000"
    assert told["today"]["unknown_calls"] == 1


def test_spend_is_of_ones_own_store(send: Any, stranger_client: Any, shop: Any) -> None:
    ModelCall.objects.create(
        run=shop.run, stage="s", model="m", prompt="p", request_hash="h", outcome="ok", cost="0.30", seconds=1
    )
    assert send(stranger_client, "get", "spend/").json()["total"]["calls"] == 0
