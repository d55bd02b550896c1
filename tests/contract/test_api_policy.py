"""The policy over HTTP: members read, admins write, and the version that was seen counts."""

from typing import Any

import pytest

from generation.models import Policy
from generation.policy import policies

pytestmark = pytest.mark.django_db
NEW = {"number": 0, "note": "Odd rows", "show_from": 0.75}


def test_nobody_reads_without_signing_in(client: Any, send: Any) -> None:
    assert send(client, "get", "policy/").status_code == 401


def test_a_shop_key_opens_none_of_it(client: Any, store: Any, send: Any) -> None:
    from tests.factories import api_key

    _, text = api_key(store)
    assert send(client, "get", "policy/", Authorization=f"Api-Key {text}").status_code == 403


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client"])
def test_people_without_the_role_read_and_do_not_write(request: Any, store: Any, send: Any, who: str) -> None:
    client = request.getfixturevalue(who)
    assert send(client, "get", "policy/").json()["number"] == 0
    assert send(client, "put", "policy/", NEW).status_code == 403
    assert not Policy.objects.exists()


def test_a_stranger_reads_and_writes_their_own(stranger_client: Any, store: Any, send: Any) -> None:
    assert send(stranger_client, "put", "policy/", NEW).status_code == 200
    assert policies.current(store).number == 0


def test_what_is_left_out_stays(admin_client: Any, store: Any, send: Any) -> None:
    send(admin_client, "put", "policy/", NEW)
    body = send(admin_client, "put", "policy/", {"number": 1, "note": "Judges settle less", "settle_share": 0.4}).json()
    assert (body["number"], body["policy"]["show_from"], body["policy"]["settle_share"]) == (2, 0.75, 0.4)
    assert [one["note"] for one in body["history"]] == ["Judges settle less", "Odd rows"]


def test_the_second_of_two_gets_a_conflict(admin_client: Any, store: Any, send: Any) -> None:
    send(admin_client, "put", "policy/", NEW)
    answer = send(admin_client, "put", "policy/", {**NEW, "show_from": 0.8, "placement_floor": 0.9})
    assert answer.status_code == 409
    assert "saved policy 1 while you were changing policy 0" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"note": "x"}, "number"),
        ({"number": 0, "note": ""}, "note"),
        ({**NEW, "show_from": 3}, "show_from"),
        ({**NEW, "severities": {"product.safe": "ignore"}}, "severities"),
        ({**NEW, "number": 9}, "number"),
        ({**NEW, "tenant": 1}, "tenant"),
    ],
)
def test_what_is_wrong_is_named(admin_client: Any, store: Any, send: Any, body: Any, field: str) -> None:
    answer = send(admin_client, "put", "policy/", body)
    assert answer.status_code == 400
    assert any(name.startswith(field) for name in answer.json()["error"]["fields"])
