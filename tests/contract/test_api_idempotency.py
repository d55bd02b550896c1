"""A write that is sent twice with one key is done once."""

import threading
from typing import Any

import pytest

BRIEF = {"brief_id": "warm", "objective": "Quick warming suppers"}


def _campaigns() -> int:
    from generation.models import Campaign

    return Campaign.objects.count()


def _audits() -> int:
    from accounts.models import AuditEntry

    return AuditEntry.objects.count()


def test_the_first_answer_comes_again_and_nothing_is_done(marketing_client: Any, send: Any) -> None:
    first = send(marketing_client, "post", "campaigns/", BRIEF, key="k1")
    acts = _audits()
    second = send(marketing_client, "post", "campaigns/", BRIEF, key="k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert _audits() == acts


def test_blanks_and_order_do_not_make_another_body(marketing_client: Any, send: Any) -> None:
    send(marketing_client, "post", "campaigns/", BRIEF, key="k1")
    turned = dict(reversed(BRIEF.items()))
    assert send(marketing_client, "post", "campaigns/", turned, key="k1").status_code == 201


def test_another_body_with_the_same_key_is_refused(marketing_client: Any, send: Any) -> None:
    send(marketing_client, "post", "campaigns/", BRIEF, key="k1")
    answer = send(marketing_client, "post", "campaigns/", {**BRIEF, "season": "autumn"}, key="k1")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "idempotency_mismatch"


def test_keys_belong_to_one_person_and_one_path(marketing_client: Any, admin_client: Any, send: Any) -> None:
    send(marketing_client, "post", "campaigns/", BRIEF, key="k1")
    assert send(admin_client, "post", "campaigns/", {**BRIEF, "brief_id": "b2"}, key="k1").status_code == 201
    assert send(marketing_client, "patch", "campaigns/warm/", {"season": "autumn"}, key="k1").status_code == 200
    assert _campaigns() == 2


def test_a_refusal_is_kept_too(marketing_client: Any, shop: Any, send: Any) -> None:
    path = f"campaigns/{shop.campaign.slug}/"
    assert send(marketing_client, "patch", path, {"placements": 99}, key="k1").status_code == 400
    again = send(marketing_client, "patch", path, {"placements": 99}, key="k1")
    assert (again.status_code, again["Idempotency-Replayed"]) == (400, "true")


def test_after_a_day_the_key_is_free(marketing_client: Any, send: Any) -> None:
    import datetime as dt

    from django.utils import timezone

    from accounts.models import IdempotencyRecord

    send(marketing_client, "post", "campaigns/", BRIEF, key="k1")
    IdempotencyRecord.objects.update(created_at=timezone.now() - dt.timedelta(hours=25))
    answer = send(marketing_client, "post", "campaigns/", {**BRIEF, "season": "autumn"}, key="k1")
    assert answer.status_code == 200


def test_failures_on_our_side_are_not_kept(marketing: Any, send: Any, monkeypatch: Any) -> None:
    from django.test import Client

    from accounts.models import IdempotencyRecord
    from generation.api import campaigns

    client = Client(raise_request_exception=False)
    client.force_login(marketing)
    with monkeypatch.context() as patched:
        patched.setattr(campaigns, "checked", None)
        assert send(client, "post", "campaigns/", BRIEF, key="k1").status_code == 500
    assert not IdempotencyRecord.objects.exists()
    assert send(client, "post", "campaigns/", BRIEF, key="k1").status_code == 201


def test_an_upload_counts_by_its_content(
    merchandiser_client: Any, store: Any, settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.MEDIA_ROOT = tmp_path

    def upload(text: str) -> int:
        body = {"file": SimpleUploadedFile("feed.csv", text.encode())}
        status: int = merchandiser_client.post("/api/v1/imports/", body, headers={"Idempotency-Key": "k1"}).status_code
        return status

    feed = "id,title,price\n1,Red lentils,2.50 EUR\n"
    assert [upload(feed), upload(feed), upload(f"{feed}2,Pot,9 EUR\n")] == [202, 202, 422]
    assert len(list(tmp_path.rglob("*.feed"))) == 1


def test_a_key_must_be_visible_ascii(marketing_client: Any, send: Any) -> None:
    assert send(marketing_client, "post", "campaigns/", BRIEF, key="a b").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_the_work_once(marketing: Any, send: Any, sign_in: Any) -> None:
    from django.db import connection

    clients = [sign_in(marketing) for _ in range(4)]
    statuses: list[int] = []
    start = threading.Barrier(4)

    def ask(client: Any) -> None:
        try:
            start.wait()
            statuses.append(send(client, "post", "campaigns/", BRIEF, key="k1").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert _campaigns() == 1
    assert _audits() == 1
