"""Who may call what: anonymous 401, keys and wrong roles 403, strangers 404."""

from typing import Any

import pytest

READS = [
    "campaigns/",
    "campaigns/{campaign}/",
    "campaigns/{campaign}/feasibility/",
    "campaigns/{campaign}/runs/",
    "campaigns/{campaign}/static-placements/",
    "runs/{run}/",
    "placements/{placement}/",
    "placements/{placement}/decisions/",
    "placements/{placement}/why/{product}/",
    "pages/",
    "pages/home/versions/",
    "pages/home/versions/1/",
    "pages/home/schedules/",
    "products/",
    "products/{product}/",
    "keywords/",
    "imports/",
    "imports/{job}/",
    "segments/",
]
ADMIN_READS = ["audit/", "audit/rejected/"]
WRITES = [
    ("post", "campaigns/", ("marketing", "admin")),
    ("patch", "campaigns/{campaign}/", ("marketing", "admin")),
    ("post", "campaigns/{campaign}/runs/", ("marketing", "admin")),
    ("post", "campaigns/{campaign}/static-placements/", ("marketing", "admin")),
    ("post", "runs/{run}/cancel/", ("marketing", "admin")),
    ("post", "runs/{run}/regenerate/", ("marketing", "merchandiser", "admin")),
    ("post", "runs/{run}/choice/", ("marketing", "merchandiser", "admin")),
    ("post", "runs/{run}/retry/", ("marketing", "admin")),
    ("post", "imports/", ("merchandiser", "admin")),
    ("post", "pages/home/versions/", ("merchandiser", "admin")),
    ("post", "pages/home/versions/1/publish/", ("merchandiser", "admin")),
    ("post", "pages/home/versions/1/rollback/", ("merchandiser", "admin")),
    ("post", "pages/home/versions/1/schedule/", ("merchandiser", "admin")),
    ("post", "pages/home/rollback/", ("merchandiser", "admin")),
]


def _at(path: str, shop: Any) -> str:
    return path.format(
        campaign=shop.campaign.slug,
        run=shop.run.pk,
        placement=shop.first.pk,
        product=shop.product.item_id,
        job=shop.job.pk,
    )


@pytest.mark.parametrize("path", [*READS, *ADMIN_READS])
def test_nobody_reads_without_signing_in(client: Any, shop: Any, send: Any, path: str) -> None:
    answer = send(client, "get", _at(path, shop))
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_authenticated"


@pytest.mark.parametrize("path", [*READS, *ADMIN_READS])
def test_a_shop_key_opens_none_of_it(client: Any, shop: Any, send: Any, path: str) -> None:
    from tests.factories import api_key

    _, text = api_key(shop.store)
    answer = send(client, "get", _at(path, shop), Authorization=f"Api-Key {text}")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "permission_denied"


@pytest.mark.parametrize("person", ["marketing", "merchandiser", "admin"])
@pytest.mark.parametrize("path", READS)
def test_everyone_of_the_store_reads(request: Any, shop: Any, send: Any, person: str, path: str) -> None:
    client = request.getfixturevalue(f"{person}_client")
    assert send(client, "get", _at(path, shop)).status_code == 200


@pytest.mark.parametrize("path", [path for path in READS if "{" in path or "home" in path])
def test_strangers_find_nothing(stranger_client: Any, shop: Any, send: Any, path: str) -> None:
    answer = send(stranger_client, "get", _at(path, shop))
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", [path for path in [*READS, *ADMIN_READS] if "{" not in path and "home" not in path])
def test_a_strangers_lists_are_their_own(stranger_client: Any, shop: Any, send: Any, path: str) -> None:
    assert send(stranger_client, "get", path).json()["results"] == []


@pytest.mark.parametrize("path", ADMIN_READS)
def test_only_admins_audit(admin_client: Any, merchandiser_client: Any, shop: Any, send: Any, path: str) -> None:
    assert send(admin_client, "get", path).json()["results"]
    assert send(merchandiser_client, "get", path).status_code == 403


@pytest.mark.parametrize(("method", "path", "roles"), WRITES)
def test_roles_decide_who_writes(request: Any, shop: Any, send: Any, method: str, path: str, roles: Any) -> None:
    for role in {"marketing", "merchandiser"} - set(roles):
        answer = send(request.getfixturevalue(f"{role}_client"), method, _at(path, shop), {})
        assert answer.status_code == 403, role


@pytest.mark.parametrize(("method", "path", "roles"), WRITES)
def test_strangers_change_nothing(
    stranger_client: Any, shop: Any, send: Any, method: str, path: str, roles: Any
) -> None:
    if "{" in path:
        assert send(stranger_client, method, _at(path, shop), {}).status_code == 404


def test_writing_needs_the_csrf_token(shop: Any, admin: Any) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    answer = client.post("/api/v1/campaigns/", {}, content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["error"]["message"]


def test_a_person_of_no_store_gets_nowhere(sign_in: Any, shop: Any, send: Any) -> None:
    from tests.factories import UserFactory

    assert send(sign_in(UserFactory()), "get", "campaigns/").status_code == 403
