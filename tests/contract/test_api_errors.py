"""One shape for every error, whatever went wrong."""

from typing import Any

import pytest


def _error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] and error["message"]
    return error


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_address_that_does_not_exist(client: Any, method: str) -> None:
    assert _error(getattr(client, method)("/api/v1/nothing/"), 404)["code"] == "not_found"


def test_a_forgotten_slash_is_added_for_readers_and_named_for_writers(client: Any) -> None:
    answer = client.get("/api/v1/products?q=soup")
    assert (answer.status_code, answer["Location"]) == (302, "/api/v1/products/?q=soup")
    assert "/api/v1/campaigns/" in _error(client.post("/api/v1/campaigns"), 404)["message"]


def test_a_method_that_is_not_there(admin_client: Any, send: Any) -> None:
    assert _error(send(admin_client, "delete", "campaigns/"), 405)["code"] == "method_not_allowed"


def test_a_body_in_another_format(admin_client: Any) -> None:
    assert _error(admin_client.post("/api/v1/campaigns/", "<a/>", content_type="text/xml"), 415)


@pytest.mark.parametrize(
    "body", ["{", '{"objective": NaN}', '{"objective": "a\\u0000b"}', '{"a": "\\ud800"}', "[" * 100]
)
def test_json_that_cannot_be_used(admin_client: Any, body: str) -> None:
    _error(admin_client.post("/api/v1/campaigns/", body, content_type="application/json"), 400)


def test_a_body_that_is_too_large(admin_client: Any) -> None:
    body = '{"objective": "' + "a" * (2 * 1024 * 1024) + '"}'
    assert (
        _error(admin_client.post("/api/v1/campaigns/", body, content_type="application/json"), 413)["code"]
        == "too_large"
    )


def test_fields_are_named_by_their_path(admin_client: Any, send: Any) -> None:
    body = {"brief_id": "b1", "objective": "Warm suppers", "constraints": {"rating_min": 9}, "colour": "red"}
    error = _error(send(admin_client, "post", "campaigns/", body), 400)
    assert set(error["fields"]) == {"constraints.rating_min", "colour"}


def test_an_invented_cursor(admin_client: Any, send: Any) -> None:
    for cursor in ("zzz", "cD1hYmM=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk="):
        _error(send(admin_client, "get", f"products/?cursor={cursor}"), 404)


def test_a_filter_that_is_no_number(admin_client: Any, send: Any) -> None:
    assert "price_min" in _error(send(admin_client, "get", "products/?price_min=cheap"), 400)["fields"]


def test_too_many_requests_say_when_to_come_back(admin_client: Any, send: Any, monkeypatch: Any) -> None:
    from accounts.api import StudioThrottle

    monkeypatch.setattr(StudioThrottle, "THROTTLE_RATES", {"studio": "1/hour"})
    assert send(admin_client, "get", "keywords/").status_code == 200
    answer = send(admin_client, "get", "keywords/")
    assert _error(answer, 429)["code"] == "throttled"
    assert 0 < int(answer["Retry-After"]) <= 3600


def test_what_nobody_foresaw_is_told_in_the_same_shape(admin: Any, send: Any, monkeypatch: Any) -> None:
    from django.test import Client

    from generation.api.keywords import Keywords

    def broken(view: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Keywords, "store", property(broken))
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    error = _error(send(client, "get", "keywords/"), 500)
    assert "secret" not in error["message"]
