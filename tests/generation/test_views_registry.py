"""Settings, Prompts and models: for admins only, and no button that leads nowhere."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from generation.models import GateReport, Release
from generation.registry import labelling, releases
from tests.factories import CampaignFactory, ProductFactory
from tests.generation.registry_things import ended_gate, second_weights, versions_given

pytestmark = pytest.mark.django_db
PAGE, LABEL, GATES = "/settings/registry/", "/settings/registry/label/", "/settings/registry/gates/"
V2 = {"kind": "model", "name": "evaluator", "version": "v2"}


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return second_weights(monkeypatch, tmp_path / "weights")


@pytest.fixture
def gate(store: Any, weights: Path) -> GateReport:
    """One that passed, with its numbers."""
    check = {
        "name": "P-T@5",
        "label": "Products that fit, of the first five",
        "passes": True,
        "gating": True,
        "candidate": 0.91,
        "production": 0.9,
        "limit": 0.05,
        "sentence": "Products that fit: 0.910 beside 0.900 in production.",
    }
    now = releases.in_force(store).model_dump(mode="json")
    sides = {side: {"P-T@5": [0.9], "same": "x", "spent": {"calls": 0}} for side in ("production", "candidate")}
    report = {
        "production": now,
        "candidate": now,
        "policy": {"number": 0},
        "catalogue": "sample",
        "day": "2026-11-01",
        "briefs": [{"brief_id": "winter-suppers"}],
        "pages": {"winter-suppers": sides},
    }
    return ended_gate(
        store, "model", "evaluator", "v2", checks=[check], report=report, snapshot="sha256:" + "a" * 64, briefs=1
    )


def test_anonymous_people_are_sent_to_sign_in(client: Any) -> None:
    for answer in (client.get(PAGE), client.post(LABEL), client.post(GATES)):
        assert answer.url.startswith(reverse("login"))


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client"])
def test_people_without_the_role_neither_see_nor_change_it(request: Any, gate: GateReport, who: str) -> None:
    client = request.getfixturevalue(who)
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{GATES}{gate.pk}/").status_code == 403
    for address in (LABEL, GATES, f"{GATES}{gate.pk}/stop/"):
        assert client.post(address, {**V2, "label": "production", "note": "x"}).status_code == 403
    assert not Release.objects.exists()


def test_a_stranger_finds_no_gate_of_ours_and_labels_only_their_own(
    stranger_client: Any, store: Any, gate: GateReport
) -> None:
    assert stranger_client.get(f"{GATES}{gate.pk}/").status_code == 404
    assert stranger_client.post(f"{GATES}{gate.pk}/stop/").status_code == 404
    stranger_client.post(LABEL, {**V2, "label": "candidate", "note": "x"})
    assert not Release.objects.filter(store=store).exists()


def test_the_page_says_what_is_in_production_and_why_prompts_cannot_be_measured(
    admin_client: Any, store: Any, weights: Path
) -> None:
    page = admin_client.get(PAGE).content.decode()
    for words in ("Prompts and models", "named by the code", "does not read prompts", "No candidate was measured yet"):
        assert words in page
    assert page.count("does not read prompts") == 2  # once for prompts, once for the rubric
    assert 'id="candidate-model-evaluator"' in page and 'id="candidate-prompt-themes"' not in page


def test_from_candidate_to_gate_to_production_and_back(admin_client: Any, store: Any, weights: Path) -> None:
    page = admin_client.post(LABEL, {**V2, "label": "candidate", "note": "Closer to people"}, follow=True)
    assert "Evaluator v2 is the candidate" in page.content.decode()
    assert 'id="gate-model-evaluator"' in page.content.decode()
    page = admin_client.post(LABEL, {**V2, "label": "production", "note": "Now"}, follow=True)
    assert "No gate has measured Evaluator v2" in page.content.decode()
    ended_gate(store, "model", "evaluator", "v2")
    assert "Put into production" in admin_client.get(PAGE).content.decode()
    page = admin_client.post(LABEL, {**V2, "label": "production", "note": "It passed"}, follow=True)
    assert "Evaluator v2 is in production" in page.content.decode()
    assert "Roll back" in page.content.decode()
    page = admin_client.post(LABEL, {**V2, "version": "v1", "label": "production", "note": "Back"}, follow=True)
    assert "rolled back" in page.content.decode()
    assert versions_given(store, "production") == ["v1", "v2"]


def test_a_gate_that_was_asked_for_waits_for_the_worker_and_can_be_stopped(
    admin_client: Any, store: Any, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.measure import snapshots

    monkeypatch.setattr(snapshots, "sample_digest", lambda: "sha256:" + "0" * 64)
    answer = admin_client.post(GATES, V2, follow=True)
    page = answer.content.decode()
    row = GateReport.objects.get(store=store)
    assert "Waiting for a worker" in page and 'hx-trigger="every 2s"' in page
    part = admin_client.get(f"{GATES}{row.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Waiting for a worker" in part and "<html" not in part
    assert "is open already" in admin_client.post(GATES, V2, follow=True).content.decode()
    page = admin_client.post(f"{GATES}{row.pk}/stop/", follow=True).content.decode()
    assert "Ada Min stopped it" in page and "hx-trigger" not in page
    assert admin_client.get(f"{GATES}{row.pk}/", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_a_gate_of_a_prompt_is_refused_with_the_reason(admin_client: Any, store: Any) -> None:
    page = admin_client.post(GATES, {"kind": "prompt", "name": "themes", "version": "v1"}, follow=True)
    assert "does not read prompts" in page.content.decode()
    assert not GateReport.objects.exists()


def test_the_report_tells_what_was_checked_and_draws_it(admin_client: Any, gate: GateReport) -> None:
    page = admin_client.get(f"{GATES}{gate.pk}/").content.decode()
    for words in ("It passed", "0.910 beside 0.900", "<svg", "winter-suppers", "Put into production"):
        assert words in page
    assert "style=" not in page.partition("<main")[2].partition("</main")[0]


def test_a_failed_gate_offers_no_way_into_production(admin_client: Any, store: Any, weights: Path) -> None:
    now = releases.in_force(store).model_dump(mode="json")
    report = {"production": now, "candidate": now, "policy": {"number": 0}, "catalogue": "sample", "day": "2026-11-01"}
    row = ended_gate(
        store,
        "model",
        "evaluator",
        "v2",
        passed=False,
        report={**report, "briefs": [], "pages": {}},
        checks=[
            {
                "name": "kappa",
                "label": "Agreement",
                "passes": False,
                "gating": True,
                "candidate": 0.1,
                "production": 0.6,
                "limit": 0.05,
                "sentence": "Agreement: 0.100 beside 0.600.",
            }
        ],
    )
    page = admin_client.get(f"{GATES}{row.pk}/").content.decode()
    assert "cannot go into production" in page and "Agreement: 0.100 beside 0.600." in page
    assert "Put into production" not in page


@pytest.mark.parametrize("body", [{}, {**V2}, {**V2, "label": "gold", "note": "x"}, {**V2, "kind": "poem"}])
def test_nonsense_is_said_and_changes_nothing(admin_client: Any, weights: Path, body: Any) -> None:
    assert admin_client.post(LABEL, body, follow=True).status_code == 200
    assert not Release.objects.exists()


def test_a_file_changed_under_its_label_is_said_loudly_where_it_matters(
    admin_client: Any, marketing_client: Any, store: Any, admin: Any, weights: Path
) -> None:
    ended_gate(store, "model", "evaluator", "v2")
    labelling.give(store=store, actor=admin, label="production", note="x", **V2)
    weights.write_text(weights.read_text() + "\n")
    assert "No run can start" in admin_client.get(PAGE).content.decode()
    ProductFactory.create_batch(12, store=store)
    campaign = CampaignFactory(store=store, constraints={"density_min": 3})
    answer = marketing_client.get(f"/campaigns/{campaign.slug}/edit/")
    assert answer.status_code == 200 and "was changed after Ada Min put it in production" in answer.content.decode()


def test_a_run_says_what_it_works_with(marketing_client: Any, store: Any, admin: Any) -> None:
    from generation import services

    ProductFactory.create_batch(12, store=store)
    campaign = CampaignFactory(store=store, constraints={"density_min": 3})
    run = services.start_run(campaign=campaign, actor=admin, enqueue=False)
    assert "Evaluator v1 · policy 0" in marketing_client.get(reverse("run-detail", args=[run.pk])).content.decode()
