"""Placements, decisions, pages and the audit as callers meet them."""

from typing import Any


def _approve(client: Any, send: Any, placement: Any, **more: Any) -> Any:
    placement.refresh_from_db()
    body = {"decision": "approve", "revision": placement.revision, **more}
    return send(client, "post", f"placements/{placement.pk}/decisions/", body)


def test_a_placement_shows_its_products_and_its_bench(merchandiser_client: Any, shop: Any, send: Any) -> None:
    found = send(merchandiser_client, "get", f"placements/{shop.first.pk}/").json()
    assert (len(found["products"]), len(found["bench"])) == (5, 2)
    assert found["status"] == "waiting"
    assert found["products"][0]["slot"] == 1
    assert found["keywords"][0]["density"] == 12


def test_words_are_changed_at_the_revision_that_was_seen(merchandiser_client: Any, shop: Any, send: Any) -> None:
    path = f"placements/{shop.first.pk}/"
    changed = send(merchandiser_client, "patch", path, {"title": "Soup nights", "revision": 0}).json()
    assert (changed["title"], changed["revision"]) == ("Soup nights", 1)
    late = send(merchandiser_client, "patch", path, {"title": "Late", "revision": 0})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "wrong_state")
    assert send(merchandiser_client, "patch", path, {"revision": 1}).status_code == 400


def test_a_decision_answers_with_the_placement(merchandiser_client: Any, shop: Any, send: Any) -> None:
    answer = _approve(merchandiser_client, send, shop.first)
    assert (answer.status_code, answer.json()["placement"]["status"]) == (201, "approved")
    history = send(merchandiser_client, "get", f"placements/{shop.first.pk}/decisions/").json()["results"]
    assert [(one["decision"], one["was"], one["actor"]) for one in history] == [
        ("approve", "waiting", "Merle Handiser")
    ]


def test_rejecting_needs_a_reason(merchandiser_client: Any, shop: Any, send: Any) -> None:
    assert _approve(merchandiser_client, send, shop.first, decision="reject").status_code == 400
    done = _approve(merchandiser_client, send, shop.first, decision="reject", reason_code="title")
    assert done.json()["placement"]["status"] == "rejected"


def test_a_decision_can_be_undone(merchandiser_client: Any, shop: Any, send: Any) -> None:
    _approve(merchandiser_client, send, shop.second, decision="request_changes", reason_code="brand")
    undone = _approve(merchandiser_client, send, shop.second, decision="undo")
    assert undone.json()["placement"]["status"] == "waiting"


def test_only_admins_overturn_and_say_why(admin_client: Any, merchandiser_client: Any, shop: Any, send: Any) -> None:
    assert _approve(merchandiser_client, send, shop.dropped, decision="overturn", note="It fits.").status_code == 403
    assert _approve(admin_client, send, shop.dropped, decision="overturn").status_code == 400
    done = _approve(admin_client, send, shop.dropped, decision="overturn", note="It fits.")
    assert done.json()["placement"]["status"] == "waiting"


def test_marketing_may_not_decide(marketing_client: Any, shop: Any, send: Any) -> None:
    answer = _approve(marketing_client, send, shop.first)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "permission_denied")


def test_whoever_started_the_run_may_not_approve_it(admin: Any, admin_client: Any, shop: Any, send: Any) -> None:
    type(shop.run).objects.filter(pk=shop.run.pk).update(requested_by=admin)
    answer = _approve(admin_client, send, shop.first)
    assert answer.status_code == 403
    assert "four eyes" in answer.json()["error"]["message"]


def test_why_a_product_is_there(merchandiser_client: Any, shop: Any, send: Any) -> None:
    why = send(merchandiser_client, "get", f"placements/{shop.first.pk}/why/{shop.product.item_id}/").json()
    assert (why["state"], why["product"]["fit"], why["product"]["rank_score"]) == ("shown", 0.9, 0.6)
    assert [word["text"] for word in why["keywords"]] == ["lentils"]
    assert [one["level"] for one in why["judgements"]] == ["product", "placement"]
    assert why["receipts"][0]["constraint"] == "in stock"
    far = shop.products[-1].item_id
    assert send(merchandiser_client, "get", f"placements/{shop.first.pk}/why/{far}/").status_code == 404


def test_pages_say_which_version_is_live(merchandiser_client: Any, shop: Any, send: Any) -> None:
    page = send(merchandiser_client, "get", "pages/").json()["results"][0]
    assert (page["page"], page["segment"], page["live"], page["versions"]) == ("home", "default", 2, 2)
    versions = send(merchandiser_client, "get", "pages/home/versions/").json()["results"]
    assert [(one["version"], one["live"]) for one in versions] == [(2, True), (1, False)]


def test_publishing_freezes_what_is_approved(merchandiser_client: Any, shop: Any, send: Any) -> None:
    _approve(merchandiser_client, send, shop.first)
    body = {"draft": shop.draft.pk}
    refused = send(merchandiser_client, "post", "pages/home/versions/", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")
    _approve(merchandiser_client, send, shop.second)
    answer = send(merchandiser_client, "post", "pages/home/versions/", body)
    version = answer.json()
    assert (answer.status_code, version["version"], version["live"], len(version["placements"])) == (201, 3, True, 2)
    assert version["manifest"].startswith("sha256:")
    again = send(merchandiser_client, "post", "pages/home/versions/", body)
    assert (again.status_code, again.json()["version"]) == (200, 3)


def test_a_draft_of_another_page_or_store_is_refused(merchandiser_client: Any, shop: Any, send: Any) -> None:
    from tests.factories import DraftFactory

    for path, draft in (("pages/sale/versions/", shop.draft.pk), ("pages/home/versions/", DraftFactory().pk)):
        answer = send(merchandiser_client, "post", path, {"draft": draft})
        assert "draft" in answer.json()["error"]["fields"]


def test_rolling_back_goes_to_the_version_before(merchandiser_client: Any, shop: Any, send: Any) -> None:
    back = send(merchandiser_client, "post", "pages/home/rollback/", {}).json()
    assert (back["version"], back["live"]) == (1, True)
    assert back["publications"][0]["kind"] == "rollback"
    assert send(merchandiser_client, "post", "pages/home/rollback/", {}).status_code == 400
    assert send(merchandiser_client, "post", "pages/home/versions/2/rollback/").status_code == 400
    assert send(merchandiser_client, "post", "pages/home/versions/2/publish/").json()["live"] is True
    assert send(merchandiser_client, "post", "pages/home/rollback/", {"to": 1}).json()["version"] == 1
    assert send(merchandiser_client, "post", "pages/home/rollback/", {"to": 9}).status_code == 400


def test_the_trail_is_filtered(admin_client: Any, merchandiser: Any, shop: Any, send: Any) -> None:
    for query in ("action=page.", f"actor={merchandiser.email}", "q=Published", "since=2020-01-01T00:00:00Z"):
        found = send(admin_client, "get", f"audit/?{query}").json()["results"]
        assert "page.publish" in {one["action"] for one in found}, query
    assert send(admin_client, "get", "audit/?until=2020-01-01T00:00:00Z").json()["results"] == []
    assert send(admin_client, "get", "audit/?since=yesterday").status_code == 400


def test_what_was_turned_down_has_its_reason(admin_client: Any, merchandiser_client: Any, shop: Any, send: Any) -> None:
    _approve(merchandiser_client, send, shop.second, decision="reject", reason_code="title", note="Too vague.")
    found = {one["by"]: one for one in send(admin_client, "get", "audit/rejected/").json()["results"]}
    assert found["rule"]["reason"] == "Only 1 product fits."
    assert found["person"]["reason"] == "Title or subtitle is not right: Too vague."
    only = send(admin_client, "get", "audit/rejected/?by=person&why=title").json()["results"]
    assert [one["id"] for one in only] == [str(shop.second.pk)]
