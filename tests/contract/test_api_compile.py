"""Reading a brief over HTTP, and what a run would cost before it is started."""

from typing import Any

import pytest

from tests.generation.campaigns.catalogue import stocked

TEXT = "Cosy autumn suppers under 10 euros, no pork, at least 20 % off"


def test_a_text_becomes_a_proposed_brief(marketing_client: Any, store: Any, send: Any) -> None:
    stocked(store)
    answer = send(marketing_client, "post", "campaigns/compile/", {"text": TEXT})
    read = answer.json()
    assert answer.status_code == 200
    assert read["objective"] == "Cosy autumn suppers, at least 20 % off"
    assert (read["objective_kind"], read["season"]) == ("season", "Autumn")
    assert (read["constraints"]["price_max"], read["constraints"]["exclude_terms"]) == ("10", ["pork"])
    assert [left["quote"] for left in read["not_understood"]] == ["at least 20 % off"]
    for reading in read["readings"]:
        assert TEXT[reading["start"] : reading["end"]] == reading["quote"]
    assert read["asked"] is None


def test_a_proposed_brief_is_one_that_the_campaigns_take(marketing_client: Any, store: Any, send: Any) -> None:
    stocked(store)
    read = send(marketing_client, "post", "campaigns/compile/", {"text": TEXT + ", 4 rows of 8"}).json()
    names = ["objective", "objective_kind", "season", "placements", "products", "constraints", "concepts"]
    brief = {"brief_id": "from-text", **{name: read[name] for name in names}}
    answer = send(marketing_client, "post", "campaigns/", brief)
    campaign = answer.json()
    assert answer.status_code == 201
    assert (campaign["placements"], campaign["products"]) == (4, 8)
    assert campaign["constraints"]["exclude_terms"] == ["pork"]
    assert campaign["concepts"] == read["concepts"]


@pytest.mark.parametrize("role", ["marketing_client", "merchandiser_client", "admin_client"])
def test_every_member_may_have_a_text_read(role: str, request: Any, store: Any, send: Any) -> None:
    assert send(request.getfixturevalue(role), "post", "campaigns/compile/", {"text": "Soups"}).status_code == 200


def test_anonymous_people_may_not(client: Any, db: None, send: Any) -> None:
    assert send(client, "post", "campaigns/compile/", {"text": "Soups"}).status_code in (401, 403)


def test_a_stranger_reads_against_their_own_catalogue(stranger_client: Any, store: Any, send: Any) -> None:
    stocked(store)
    read = send(stranger_client, "post", "campaigns/compile/", {"text": "Only Hill Farm"}).json()
    assert read["constraints"]["include_brands"] == []


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 1001}, {"text": "Soups", "other": 1}, [], "text"])
def test_what_is_no_text_is_refused(marketing_client: Any, send: Any, body: Any) -> None:
    answer = send(marketing_client, "post", "campaigns/compile/", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_reading_is_limited_to_sixty_texts_a_minute(marketing_client: Any, store: Any, send: Any) -> None:
    codes = [send(marketing_client, "post", "campaigns/compile/", {"text": "Soups"}).status_code for _ in range(125)]
    assert 429 in codes
    assert codes[:60] == [200] * 60


def test_feasibility_says_what_a_run_would_use(marketing_client: Any, shop: Any, send: Any) -> None:
    found = send(marketing_client, "get", f"campaigns/{shop.campaign.slug}/feasibility/").json()
    assert found["estimate"]["tokens"] == 0
    assert found["estimate"]["sentence"] == "0: no language model is asked"
    assert "price up to 500.00 EUR" in {rule["label"] for rule in found["rules"]}
