"""The audit as files and over HTTP: all that the filters find, streamed, safe for spreadsheets."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import record
from review.models import Draft
from review.workflow import services
from tests.factories import DraftFactory, PlacementFactory, UserFactory


@pytest.fixture
def draft(store: Any, merchandiser: Any) -> Draft:
    draft = DraftFactory(store=store, requested_by=UserFactory())
    PlacementFactory(draft=draft, dropped=True, title="Pork roasts")
    kettles = PlacementFactory(draft=draft, title="=HYPERLINK(1)")
    services.reject(placement=kettles, actor=merchandiser, revision=0, reason_code="title", note="+cmd|calc")
    return draft


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def rejected(client: Client, kind: str, query: str = "") -> Any:
    return client.get(reverse("audit-rejected-export", args=[kind]) + query)


def test_the_archive_is_exported_as_csv_without_formulas(draft: Draft, admin_client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(body(rejected(admin_client, "csv")).removeprefix("\ufeff"))))
    assert [(row["title"], row["by"], row["person"]) for row in rows] == [
        ("'=HYPERLINK(1)", "person", "Merle Handiser"),
        ("Pork roasts", "rule", ""),
    ]
    assert rows[0]["reason"] == "'+cmd|calc"


def test_the_archive_is_exported_as_json(draft: Draft, admin_client: Client) -> None:
    answer = rejected(admin_client, "json")
    assert answer["Content-Type"] == "application/json"
    assert [row["why"] for row in json.loads(body(answer))] == ["title", "density"]


def test_an_export_without_rows_is_still_a_file(store: Any, admin_client: Client) -> None:
    assert json.loads(body(rejected(admin_client, "json"))) == []
    assert body(rejected(admin_client, "csv")).count("\n") == 1


def test_the_export_of_the_archive_follows_the_filters_and_says_how_many(draft: Draft, admin_client: Client) -> None:
    assert [row["by"] for row in json.loads(body(rejected(admin_client, "json", "?by=rule")))] == ["rule"]
    page = admin_client.get(reverse("audit-rejected") + "?by=rule").content.decode()
    assert "Export 1 row (JSON)" in page


def test_another_kind_of_file_is_not_there(store: Any, admin_client: Client) -> None:
    assert rejected(admin_client, "xls").status_code == 404
    assert admin_client.get(reverse("audit-trail-export", args=["xls"])).status_code == 404


def test_the_trail_is_exported_as_json_with_old_and_new_values(store: Any, admin_client: Client) -> None:
    record(store=store, actor=None, action="x.y", subject="x:1", summary="Changed", old={"a": 1}, new={"a": 2})
    (row,) = json.loads(body(admin_client.get(reverse("audit-trail-export", args=["json"]))))
    assert (row["old"], row["new"], row["who"]) == ({"a": 1}, {"a": 2}, "Studio")


def test_an_export_reads_its_rows_in_one_query_however_many(
    draft: Draft, admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    PlacementFactory.create_batch(5, draft=draft, dropped=True, shown=0, bench=0)
    with django_assert_max_num_queries(10):
        assert len(json.loads(body(rejected(admin_client, "json")))) == 7


@pytest.mark.parametrize("path", ["audit/export/", "audit/rejected/export/"])
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_the_api_exports_the_same(path: str, kind: str, draft: Draft, admin_client: Client) -> None:
    answer = admin_client.get(f"/api/v1/{path}?file={kind}")
    assert answer.status_code == 200
    assert "HYPERLINK" in body(answer)


def test_the_api_narrows_as_the_screen_does(draft: Draft, admin_client: Client, merchandiser: Any) -> None:
    def found(query: str) -> list[str]:
        return [row["title"] for row in admin_client.get(f"/api/v1/audit/rejected/?{query}").json()["results"]]

    assert found(f"person={merchandiser.email}") == ["=HYPERLINK(1)"]
    assert found("judge=rules+v1") == ["Pork roasts"]
    assert found("q=por") == ["Pork roasts"]
    assert found("campaign=no-such-campaign") == []
    assert found("person=nobody@example.com") == []
    assert found("until=2020-01-01") == []
    assert admin_client.get("/api/v1/audit/rejected/?since=yesterday").status_code == 400
    assert admin_client.get("/api/v1/audit/export/?file=xls").status_code == 400
