"""Schedules over HTTP: made, changed, cancelled, taken up again, and only by those who may."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

START = timezone.now() + dt.timedelta(days=30)
DATES = {"starts_at": START.isoformat(), "ends_at": (START + dt.timedelta(days=1)).isoformat()}


@pytest.fixture
def made(shop: Any, send: Any, merchandiser_client: Any) -> dict[str, Any]:
    answer = send(merchandiser_client, "post", "pages/home/versions/1/schedule/", DATES)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_schedule_is_made_and_listed(made: dict[str, Any], send: Any, marketing_client: Any) -> None:
    assert (made["version"], made["state"], made["revision"]) == (1, "scheduled", 0)
    assert send(marketing_client, "get", "pages/home/schedules/").json()["results"] == [made]
    assert send(marketing_client, "get", f"schedules/{made['id']}/").json() == made


def test_dates_change_under_the_revision_that_was_seen(
    made: dict[str, Any], send: Any, merchandiser_client: Any
) -> None:
    address, given = f"schedules/{made['id']}/", {"starts_at": DATES["starts_at"], "ends_at": None, "revision": 0}
    assert send(merchandiser_client, "put", address, given).json()["ends_at"] is None
    assert send(merchandiser_client, "put", address, given).status_code == 409


def test_cancelling_and_taking_up_again(made: dict[str, Any], send: Any, merchandiser_client: Any) -> None:
    address = f"schedules/{made['id']}/"
    assert send(merchandiser_client, "post", f"{address}cancel/", {"revision": 0}).json()["state"] == "cancelled"
    assert send(merchandiser_client, "post", f"{address}resume/", {"revision": 1}).json()["state"] == "scheduled"


@pytest.mark.parametrize("body", [{}, {"starts_at": "soon"}, {"starts_at": "2001-01-01T00:00:00Z"}, {**DATES, "x": 1}])
def test_what_is_no_date_to_come_is_refused(
    body: dict[str, Any], shop: Any, send: Any, merchandiser_client: Any
) -> None:
    answer = send(merchandiser_client, "post", "pages/home/versions/1/schedule/", body)
    assert answer.status_code in (400, 422) and answer.json()["error"]["message"]


def test_nobody_else_turns_a_schedule(
    made: dict[str, Any], send: Any, client: Any, marketing_client: Any, stranger_client: Any
) -> None:
    for who, status in ((client, 401), (marketing_client, 403), (stranger_client, 404)):
        assert send(who, "post", f"schedules/{made['id']}/cancel/", {"revision": 0}).status_code == status
        assert send(who, "put", f"schedules/{made['id']}/", {**DATES, "revision": 0}).status_code == status
    assert send(stranger_client, "get", f"schedules/{made['id']}/").status_code == 404
