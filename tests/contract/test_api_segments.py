"""Audiences over HTTP, and runs for another audience than the campaign's."""

from typing import Any

import pytest

from tests.factories import ProductFactory, SegmentFactory

PROFILE = {"categories": {"Tea": 0.4, "Snacks": 0.2}, "diet": ["vegan"], "age": "30-45"}


def test_an_audience_is_made_read_changed_and_listed(marketing_client: Any, send: Any) -> None:
    made = send(marketing_client, "post", "segments/", {"name": "Green cooks", "profile": PROFILE, "size": 1200})
    assert made.status_code == 201
    assert made["Location"].endswith("/api/v1/segments/green-cooks/")
    told = made.json()
    assert told["profile"]["categories"] == [{"name": "Tea", "share": 0.4}, {"name": "Snacks", "share": 0.2}]
    assert (told["profile"]["age_band"], told["source"], told["campaigns"]) == ("30-45", "written", 0)
    changed = send(marketing_client, "patch", "segments/green-cooks/", {"size": 900}).json()
    assert (changed["size"], changed["profile"]) == (900, told["profile"])
    assert send(marketing_client, "get", "segments/").json()["results"][0]["slug"] == "green-cooks"


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"profile": {}}, "name", "Give the audience a name."),
        ({"name": "A", "profile": {"colour": "red"}}, "profile", "A profile has no field “colour”"),
        ({"name": "A", "profile": {"email": "x"}}, "profile", "describes a group, not a person"),
        ({"name": "A", "profile": 7}, "profile", "A profile is an object"),
        ({"name": "A", "source": "events"}, "source", "no such field"),
        ({"name": "A", "size": -1}, "size", "greater than or equal to 0"),
    ],
)
def test_what_is_wrong_is_named(marketing_client: Any, send: Any, body: Any, field: str, words: str) -> None:
    answer = send(marketing_client, "post", "segments/", body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["fields"][field][0]


def test_a_name_is_there_once(marketing_client: Any, store: Any, send: Any) -> None:
    SegmentFactory(store=store, name="Green cooks")
    answer = send(marketing_client, "post", "segments/", {"name": "green cooks"})
    assert answer.json()["error"]["message"].startswith("There is an audience “green cooks” already")


@pytest.mark.parametrize("who", ["marketing_client", "team_mate_client", "admin_client"])
def test_every_member_reads_and_writes(request: Any, store: Any, send: Any, who: str) -> None:
    SegmentFactory(store=store, slug="cooks")
    client = request.getfixturevalue(who)
    assert send(client, "get", "segments/cooks/").status_code == 200
    assert send(client, "patch", "segments/cooks/", {"name": "Cooks"}).status_code == 200


def test_strangers_find_nothing_and_nobody_gets_in_unknown(
    client: Any, stranger_client: Any, store: Any, send: Any
) -> None:
    SegmentFactory(store=store, slug="cooks")
    assert send(stranger_client, "get", "segments/cooks/").status_code == 404
    assert send(stranger_client, "patch", "segments/cooks/", {"size": 1}).status_code == 404
    assert send(stranger_client, "get", "segments/").json()["results"] == []
    assert send(client, "get", "segments/").status_code == 401
    assert send(client, "post", "segments/", {"name": "A"}).status_code == 401


def test_a_run_may_be_for_another_audience(marketing_client: Any, shop: Any, send: Any) -> None:
    SegmentFactory(store=shop.store, slug="night-owls")
    path = f"campaigns/{shop.campaign.slug}/runs/"
    ProductFactory.create_batch(2, store=shop.store)
    run = send(marketing_client, "post", path, {"segment": "night-owls"})
    assert (run.status_code, run.json()["segment"]) == (202, "night-owls")
    assert send(marketing_client, "get", f"campaigns/{shop.campaign.slug}/").json()["segment"] is None
    other = send(marketing_client, "post", path, {"segment": "nobody"})
    assert other.status_code == 400
    assert "There is no segment “nobody”" in other.json()["error"]["message"]
