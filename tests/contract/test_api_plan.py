"""Campaigns, feasibility, runs and the catalogue as callers meet them."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

BRIEF = {
    "brief_id": "Warm evenings",
    "objective": "Quick warming suppers.",
    "objective_kind": "season",
    "segment": {"name": "Families", "profile": {"household": "family"}},
    "placements": 3,
    "products": 4,
    "max_price": "20",
    "constraints": {"price_max": "50", "max_per_brand": None, "rating_min": None},
}


def test_a_brief_becomes_a_campaign(marketing_client: Any, send: Any) -> None:
    answer = send(marketing_client, "post", "campaigns/", BRIEF)
    campaign = answer.json()
    assert answer.status_code == 201
    assert answer["Location"].endswith("/api/v1/campaigns/warm-evenings/")
    assert (campaign["slug"], campaign["name"]) == ("warm-evenings", "Quick warming suppers")
    assert campaign["constraints"]["price_max"] == "20"
    assert campaign["constraints"]["max_per_brand"] is None
    assert campaign["segment"] == {"slug": "families", "name": "Families", "profile": {"household": "family"}}
    assert campaign["last_run"] is None


def test_the_same_brief_again_changes_its_campaign(marketing_client: Any, send: Any) -> None:
    send(marketing_client, "post", "campaigns/", BRIEF)
    answer = send(marketing_client, "post", "campaigns/", {**BRIEF, "placements": 5})
    assert (answer.status_code, answer.json()["placements"]) == (200, 5)


def test_a_change_touches_only_what_it_names(marketing_client: Any, send: Any) -> None:
    send(marketing_client, "post", "campaigns/", BRIEF)
    body = {"season": "autumn", "constraints": {"density_min": 4}, "segment": None}
    campaign = send(marketing_client, "patch", "campaigns/warm-evenings/", body).json()
    assert (campaign["season"], campaign["segment"], campaign["placements"]) == ("autumn", None, 3)
    assert campaign["constraints"]["density_min"] == 4
    assert campaign["constraints"]["price_max"] == "20"


def test_variety_is_a_number_from_0_to_1_with_a_usual_value(marketing_client: Any, send: Any) -> None:
    usual = send(marketing_client, "post", "campaigns/", BRIEF).json()["variety"]
    changed = send(marketing_client, "patch", "campaigns/warm-evenings/", {"variety": 0.8}).json()["variety"]
    again = send(marketing_client, "patch", "campaigns/warm-evenings/", {"variety": None}).json()["variety"]
    refused = send(marketing_client, "patch", "campaigns/warm-evenings/", {"variety": 1.5})
    assert (usual, changed, again) == (0.25, 0.8, 0.25)
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["variety"])


def test_the_address_of_a_campaign_does_not_change(marketing_client: Any, shop: Any, send: Any) -> None:
    answer = send(marketing_client, "patch", f"campaigns/{shop.campaign.slug}/", {"brief_id": "other"})
    assert "brief_id" in answer.json()["error"]["fields"]


def test_feasibility_says_what_each_rule_costs(marketing_client: Any, shop: Any, send: Any) -> None:
    found = send(marketing_client, "get", f"campaigns/{shop.campaign.slug}/feasibility/").json()
    assert (found["total"], found["eligible"], found["feasible"]) == (24, 24, True)
    assert {rule["name"] for rule in found["rules"]} == {"in_stock", "price_max"}


def test_other_constraints_can_be_tried_without_changing_anything(
    merchandiser_client: Any, shop: Any, send: Any
) -> None:
    path = f"campaigns/{shop.campaign.slug}/"
    tried = send(merchandiser_client, "post", f"{path}feasibility/", {"price_max": "1"}).json()
    assert (tried["eligible"], tried["feasible"], tried["tightest"]) == (0, False, "price_max")
    assert send(merchandiser_client, "get", path).json()["constraints"]["price_max"] == "500"


def test_starting_a_run_hands_it_to_the_worker(
    marketing_client: Any, shop: Any, send: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from generation import tasks

    asked: list[int] = []
    monkeypatch.setattr(tasks.execute_run, "delay", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(marketing_client, "post", f"campaigns/{shop.campaign.slug}/runs/", {"seed": 7})
    run = answer.json()
    assert (answer.status_code, run["status"], run["seed"]) == (202, "queued", 7)
    assert answer["Location"].endswith(f"/api/v1/runs/{run['id']}/")
    assert asked == [run["id"]]


def test_a_second_open_run_is_refused(marketing_client: Any, shop: Any, send: Any) -> None:
    path = f"campaigns/{shop.campaign.slug}/runs/"
    send(marketing_client, "post", path, {})
    assert send(marketing_client, "post", path, {}).json()["error"]["code"] == "wrong_state"


def test_a_run_can_be_cancelled_and_retried_once(marketing_client: Any, shop: Any, send: Any) -> None:
    run = send(marketing_client, "post", f"campaigns/{shop.campaign.slug}/runs/", {}).json()["id"]
    assert send(marketing_client, "post", f"runs/{run}/cancel/").json()["status"] == "cancelled"
    assert send(marketing_client, "post", f"runs/{run}/cancel/").status_code == 409
    again = send(marketing_client, "post", f"runs/{run}/retry/", {})
    assert (again.status_code, again.json()["status"]) == (202, "queued")


def test_a_finished_run_shows_its_rows_in_the_published_shape(marketing_client: Any, shop: Any, send: Any) -> None:
    run = send(marketing_client, "get", f"runs/{shop.run.pk}/").json()
    assert (run["status"], run["draft"]) == ("done", shop.draft.pk)
    assert len(run["placements"]) == 2
    product = run["placements"][0]["products"][0]
    assert product["sale_price"] == {"amount": "3.49", "currency": "EUR"}
    assert run["dropped"] == [{"title": "Pork roasts", "reason": "Only 1 product fits."}]
    assert [stage["name"] for stage in run["stages"]][:2] == ["context", "themes"]


def test_unknown_cost_is_null_and_no_cost_is_zero(marketing_client: Any, shop: Any, send: Any) -> None:
    path = f"runs/{shop.run.pk}/"
    assert send(marketing_client, "get", path).json()["cost"] == {"amount": "0.00", "currency": "USD"}
    call = {"stage": "themes", "model": "m", "prompt": "p", "request_hash": "h", "outcome": "ok", "seconds": 1}
    shop.run.calls.create(**call, input_tokens=10, output_tokens=5, cost="0.001200")
    assert send(marketing_client, "get", path).json()["cost"]["amount"] == "0.0012"
    shop.run.calls.create(**call)
    run = send(marketing_client, "get", path).json()
    assert (run["cost"], run["tokens"]) == (None, None)


def test_products_are_found_by_words_branch_brand_and_price(marketing_client: Any, shop: Any, send: Any) -> None:
    from tests.factories import ProductFactory

    ProductFactory(
        store=shop.store, item_id="a/b", title="Copper kettle", brand="Alba", price="80.00", categories=["Home"]
    )
    for query in ("q=kettle", "category=Home", "brand=alba", "price_min=50", "on_sale=false"):
        found = send(marketing_client, "get", f"products/?{query}").json()["results"]
        assert [product["id"] for product in found] == ["a/b"], query
    kettle = send(marketing_client, "get", "products/a/b/").json()
    assert kettle["price"] == {"amount": "80.00", "currency": "EUR"}
    assert kettle["sale_price"] is None
    assert kettle["cost_of_goods_sold"] is None


def test_lists_are_walked_by_cursor(marketing_client: Any, shop: Any, send: Any) -> None:
    seen: list[str] = []
    url = "/api/v1/products/?page_size=10"
    while url:
        page = marketing_client.get(url).json()
        seen += [product["id"] for product in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 24
    assert page["previous"]


def test_keywords_are_found_by_part_and_kind(marketing_client: Any, shop: Any, send: Any) -> None:
    found = send(marketing_client, "get", "keywords/?q=LENT&kind=search").json()["results"]
    assert found == [{"id": shop.keyword.pk, "kind": "search", "field": "", "text": "lentils", "density": 12}]
    assert send(marketing_client, "get", "keywords/?kind=category").json()["results"] == []


def _feed(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("feed.csv", text.encode(), content_type="text/csv")


def test_a_file_is_imported_in_the_background(
    merchandiser_client: Any,
    store: Any,
    monkeypatch: Any,
    settings: Any,
    tmp_path: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    from generation import imports, tasks
    from generation.models import ImportJob

    settings.MEDIA_ROOT = tmp_path
    asked: list[int] = []
    monkeypatch.setattr(tasks.import_feed, "delay", asked.append)
    body = {
        "file": _feed("sku,name,cost\n1,Red lentils,2.50\n2,Soup pot,free\n"),
        "mapping": json.dumps({"fields": {"id": "sku", "title": "name", "price": "cost"}}),
    }
    with django_capture_on_commit_callbacks(execute=True):
        answer = merchandiser_client.post("/api/v1/imports/", body)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    job = ImportJob.objects.get()
    assert asked == [job.pk]
    imports.execute(job)
    report = merchandiser_client.get(f"/api/v1/imports/{job.pk}/").json()
    assert (report["status"], report["accepted"], report["refused"]) == ("done", 1, 1)
    assert (report["errors"][0]["line"], report["errors"][0]["column"]) == (3, "cost")


def test_a_file_that_is_no_feed_leaves_nothing_behind(
    merchandiser_client: Any, store: Any, settings: Any, tmp_path: Any
) -> None:
    from generation.models import ImportJob

    settings.MEDIA_ROOT = tmp_path
    for body in ({"file": _feed("sku,name\n1,Pot\n"), "mapping": "[]"}, {"file": _feed("colour\nred\n")}, {}):
        answer = merchandiser_client.post("/api/v1/imports/", body)
        assert answer.status_code == 400, answer.content
    assert not ImportJob.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
