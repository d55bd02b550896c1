"""What shop front ends get from the API."""

import json

import pytest
from django.db import OperationalError, connection
from django.test import Client

from accounts.models import Scope
from review.models import Page
from review.publishing import services
from review.serving import database
from storefront_studio.lib.hashing import digest
from tests.factories import DraftFactory, PlacementFactory, SegmentFactory, api_key

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.review.urls")]
HOME = "/api/v1/storefront/home/"


@pytest.fixture(autouse=True)
def _database_is_trusted():
    database.forgive()
    yield
    database.forgive()


@pytest.fixture
def draft(store):
    draft = DraftFactory(store=store)
    PlacementFactory(draft=draft, approved=True, title="Soups")
    return draft


@pytest.fixture
def live(draft, merchandiser, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        return services.publish(draft=draft, actor=merchandiser)


@pytest.fixture
def front(store) -> Client:
    """The shop's front end with its key."""
    return Client(headers={"Authorization": f"Api-Key {api_key(store)[1]}"})


def gone(execute, sql, params, many, context):
    raise OperationalError("the server closed the connection unexpectedly")


def test_the_page_has_the_published_shape(front, live) -> None:
    response = front.get(HOME)
    page = response.json()
    assert response.status_code == 200 and response["Content-Type"] == "application/json"
    assert {**page, "placements": None} == {
        "page": "home",
        "version": 1,
        "manifest": live.manifest,
        "segment": "default",
        "experiment": None,
        "generated_at": live.created_at.isoformat(),
        "placements": None,
    }
    row = page["placements"][0]
    assert set(row) == {"id", "title", "subtitle", "reason", "source", "keywords", "products"}
    assert row["keywords"] == [{"text": "lentils", "kind": "search"}]
    assert set(row["products"][0]) == {"id", "title", "price", "sale_price", "image_link", "link", "slot"}
    assert row["products"][0]["price"] == {"amount": "4.99", "currency": "EUR"}
    assert [product["slot"] for product in row["products"]] == [1, 2, 3, 4]


def test_the_manifest_can_be_checked_by_whoever_gets_the_page(front, live) -> None:
    page = front.get(HOME).json()
    assert page["manifest"] == digest({name: page[name] for name in ("page", "segment", "placements")})


def test_a_draft_never_shows_through(front, live, draft) -> None:
    PlacementFactory(draft=draft, title="Secret roasts")
    draft.placements.update(title="Secret stews")
    text = front.get(HOME).content.decode()
    assert "Secret" not in text and "Soups" in text


def test_a_page_with_drafts_only_is_not_there(front, draft) -> None:
    response = front.get(HOME)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_a_key_sees_no_other_store(live, other_store) -> None:
    foreign = Client(headers={"Authorization": f"Api-Key {api_key(other_store)[1]}"})
    assert foreign.get(HOME).status_code == 404


def test_anonymous_callers_are_asked_for_a_key(client, live) -> None:
    response = client.get(HOME)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Api-Key"
    assert "error" in response.json()


@pytest.mark.parametrize("value", ["", "nonsense", "abcdefgh.wrong"])
def test_a_key_nobody_made_opens_nothing(client, live, value) -> None:
    assert client.get(HOME, headers={"Authorization": f"Api-Key {value}"}).status_code == 401


def test_somebody_elses_prefix_opens_nothing(client, store, live) -> None:
    key = api_key(store)[1]
    headers = {"Authorization": f"Api-Key {key}"}
    assert client.get(HOME, headers=headers).status_code == 200
    assert client.get(HOME, headers={"Authorization": f"Api-Key {key[:-1]}~"}).status_code == 401
    assert client.get(HOME, headers=headers).status_code == 200


def test_a_key_of_another_scope_is_refused(client, store, live) -> None:
    key = api_key(store, Scope.EVENTS_WRITE)[1]
    assert client.get(HOME, headers={"Authorization": f"Api-Key {key}"}).status_code == 403


def test_a_revoked_key_stops_at_once(client, store, live, django_capture_on_commit_callbacks) -> None:
    row, key = api_key(store)
    headers = {"Authorization": f"Api-Key {key}"}
    assert client.get(HOME, headers=headers).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        row.revoked = True
        row.save()
    assert client.get(HOME, headers=headers).status_code == 401


def test_the_stores_own_people_may_look(marketing_client, stranger_client, live) -> None:
    assert marketing_client.get(HOME).status_code == 200
    assert stranger_client.get(HOME).status_code == 404


def test_an_unchanged_page_costs_a_304(front, live) -> None:
    etag = front.get(HOME)["ETag"]
    again = front.get(HOME, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)


def test_shared_caches_keep_nothing(front, live) -> None:
    response = front.get(HOME)
    assert response["Cache-Control"].startswith("private, max-age=30")
    assert "Authorization" in response["Vary"]


def test_a_segment_gets_its_page_and_others_the_one_for_everyone(
    front, live, store, merchandiser, django_capture_on_commit_callbacks
) -> None:
    families = DraftFactory(store=store, segment=SegmentFactory(store=store, slug="families").slug)
    PlacementFactory(draft=families, approved=True, title="Big pots")
    with django_capture_on_commit_callbacks(execute=True):
        services.publish(draft=families, actor=merchandiser)
    titles = {
        segment: front.get(HOME, {"segment": segment, "visitor": "v1"}).json()["placements"][0]["title"]
        for segment in ("families", "default", "nobody-knows")
    }
    assert titles == {"families": "Big pots", "default": "Soups", "nobody-knows": "Soups"}


def test_a_publication_and_a_rollback_show_at_once(
    front, live, draft, merchandiser, django_capture_on_commit_callbacks
) -> None:
    assert front.get(HOME).json()["version"] == 1
    draft.placements.update(title="Stews")
    with django_capture_on_commit_callbacks(execute=True):
        services.publish(draft=draft, actor=merchandiser)
    assert front.get(HOME).json()["placements"][0]["title"] == "Stews"
    with django_capture_on_commit_callbacks(execute=True):
        services.publish_version(page=Page.objects.get(), version=live, actor=merchandiser)
    assert front.get(HOME).json()["version"] == 1


def test_a_page_in_demand_asks_the_database_nothing(front, live, django_assert_num_queries) -> None:
    front.get(HOME)
    with django_assert_num_queries(0):
        front.get(HOME)


def test_a_cold_page_asks_little_however_long_it_is(front, draft, merchandiser, django_assert_max_num_queries) -> None:
    for _ in range(5):
        PlacementFactory(draft=draft, approved=True)
    services.publish(draft=draft, actor=merchandiser)  # its commit never comes: nothing is cached
    with django_assert_max_num_queries(4):
        assert front.get(HOME).status_code == 200


# --- When the database is gone ------------------------------------------------------------------------------------
def test_the_last_good_page_outlives_the_database(front, live, monkeypatch) -> None:
    fresh = front.get(HOME)
    monkeypatch.setattr("review.serving.shelf.time.time", lambda: 9e9)  # everything kept is old by now
    with connection.execute_wrapper(gone):
        stale = front.get(HOME)
        assert front.get(HOME).status_code == 200
    assert stale.status_code == 200
    assert stale["X-Studio-Stale"] == "1" and "X-Studio-Stale" not in fresh
    assert json.loads(stale.content) == fresh.json()
    database.forgive()
    assert "X-Studio-Stale" not in front.get(HOME)


def test_without_a_copy_the_answer_is_a_503_that_says_when_to_try(front, draft) -> None:
    front.get(HOME)  # the key is known now, the page is not published
    with connection.execute_wrapper(gone):
        response = front.get(HOME)
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "unavailable"
    assert int(response["Retry-After"]) > 0


def test_an_unknown_key_gets_nothing_from_the_copy(client, front, live) -> None:
    front.get(HOME)
    with connection.execute_wrapper(gone):
        response = client.get(HOME, headers={"Authorization": "Api-Key abcdefgh.wrong"})
    assert response.status_code == 503


def test_a_cache_that_is_gone_takes_no_page_away(front, live, settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    response = front.get(HOME)
    assert response.status_code == 200 and response.json()["version"] == 1
