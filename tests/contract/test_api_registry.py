"""The registry over HTTP: admins only, and the gate before production."""

from pathlib import Path
from typing import Any

import pytest

from generation.models import GateReport, Release
from tests.generation.registry_things import ended_gate, second_weights

pytestmark = pytest.mark.django_db
V2 = {"kind": "model", "name": "evaluator", "version": "v2"}
LABEL = {**V2, "label": "production", "note": "It passed"}


@pytest.fixture(autouse=True)
def weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return second_weights(monkeypatch, tmp_path / "weights")


CALLS = [("get", "registry/", None), ("post", "registry/labels/", LABEL), ("post", "registry/gates/", V2)]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_nobody_gets_in_without_signing_in(client: Any, send: Any, method: str, path: str, body: Any) -> None:
    assert send(client, method, path, body).status_code == 401


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client"])
def test_people_without_the_role_get_nowhere(
    request: Any, store: Any, send: Any, who: str, method: str, path: str, body: Any
) -> None:
    gate = ended_gate(store, "model", "evaluator", "v2")
    client = request.getfixturevalue(who)
    assert send(client, method, path, body).status_code == 403
    assert send(client, "get", f"registry/gates/{gate.pk}/").status_code == 403
    assert not Release.objects.exists()


def test_a_shop_key_opens_none_of_it(client: Any, store: Any, send: Any) -> None:
    from tests.factories import api_key

    _, text = api_key(store)
    assert send(client, "get", "registry/", Authorization=f"Api-Key {text}").status_code == 403


def test_a_stranger_finds_nothing_of_ours(stranger_client: Any, store: Any, send: Any) -> None:
    gate = ended_gate(store, "model", "evaluator", "v2")
    assert send(stranger_client, "get", f"registry/gates/{gate.pk}/").status_code == 404
    assert send(stranger_client, "get", "registry/").json()["gates"] == []
    assert send(stranger_client, "post", "registry/labels/", LABEL).status_code == 409


def test_production_is_refused_without_a_gate_and_given_with_one(admin_client: Any, store: Any, send: Any) -> None:
    refused = send(admin_client, "post", "registry/labels/", LABEL)
    assert refused.status_code == 409
    assert "No gate has measured Evaluator v2" in refused.json()["error"]["message"]
    gate = ended_gate(store, "model", "evaluator", "v2")
    given = send(admin_client, "post", "registry/labels/", LABEL)
    assert given.status_code == 201
    assert (given.json()["version"], given.json()["gate"]) == ("v2", gate.pk)
    told = send(admin_client, "get", "registry/").json()
    thing = next(one for one in told["things"] if one["name"] == "evaluator")
    assert (thing["production"]["version"], thing["production"]["author"]) == ("v2", "Ada Min")
    assert [one["held"] for one in thing["versions"]] == [True, False]
    assert told["history"][0]["note"] == "It passed"


def test_a_gate_is_started_and_watched(
    admin_client: Any, store: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.measure import snapshots

    monkeypatch.setattr(snapshots, "sample_digest", lambda: "sha256:" + "0" * 64)
    started = send(admin_client, "post", "registry/gates/", V2)
    assert started.status_code == 202
    row = GateReport.objects.get(store=store)
    assert started.headers["Location"].endswith(f"/api/v1/registry/gates/{row.pk}/")
    told = send(admin_client, "get", f"registry/gates/{row.pk}/").json()
    assert (told["status"], told["pages_done"], told["pages"]) == ("queued", 0, 32)
    assert send(admin_client, "post", "registry/gates/", V2).status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("registry/labels/", {**LABEL, "note": ""}, "note"),
        ("registry/labels/", {**LABEL, "label": "gold"}, "label"),
        ("registry/gates/", {**V2, "kind": "poem"}, "kind"),
        ("registry/gates/", {"kind": "model", "name": "evaluator"}, "version"),
    ],
)
def test_what_is_wrong_is_named(admin_client: Any, store: Any, send: Any, path: str, body: Any, field: str) -> None:
    answer = send(admin_client, "post", path, body)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]


def test_what_would_measure_nothing_is_a_bad_request(admin_client: Any, store: Any, send: Any) -> None:
    answer = send(admin_client, "post", "registry/gates/", {"kind": "prompt", "name": "themes", "version": "v1"})
    assert answer.status_code == 400
    assert "does not read prompts" in answer.json()["error"]["message"]
