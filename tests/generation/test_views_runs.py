"""The run screen: who gets in, what it says while the cascade works and when it has ended."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from generation import worker
from generation.models import Run, StageOutput
from generation.stages.contracts import Candidate, Candidates, Judged, Keywords, Theme, Themes
from generation.views import words
from tests.factories import CampaignFactory, DraftFactory, RunFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def run(store: Any, marketing: Any) -> Run:
    return RunFactory(campaign=CampaignFactory(store=store), requested_by=marketing)


def set_status(run: Run, status: str, **fields: Any) -> Run:
    for name, value in {"status": status, **fields}.items():
        setattr(run, name, value)
    run.save()
    return run


def save(run: Run, stage: str, key: int, output: Any) -> None:
    StageOutput.objects.create(run=run, stage=stage, key=key, output=output.model_dump(mode="json"), seconds=1.5)


def page(client: Any, run: Run) -> str:
    response = client.get(reverse("run-detail", args=[run.pk]))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


# --- Who gets in --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["run-detail", "run-progress"])
def test_anonymous_people_are_sent_to_sign_in(client: Any, run: Run, name: str) -> None:
    assert client.get(reverse(name, args=[run.pk]))["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", ["run-detail", "run-progress"])
def test_a_run_of_another_store_is_not_found(stranger_client: Any, run: Run, name: str) -> None:
    assert stranger_client.get(reverse(name, args=[run.pk])).status_code == 404


@pytest.mark.parametrize("name", ["run-cancel", "run-retry"])
def test_a_run_of_another_store_cannot_be_changed(stranger_client: Any, run: Run, name: str) -> None:
    assert stranger_client.post(reverse(name, args=[run.pk])).status_code == 404


@pytest.mark.parametrize("who", ["marketing_client", "admin_client", "merchandiser_client", "team_mate_client"])
def test_every_role_reads_a_run(request: Any, run: Run, who: str) -> None:
    assert request.getfixturevalue(who).get(reverse("run-detail", args=[run.pk])).status_code == 200


@pytest.mark.parametrize("name", ["run-cancel", "run-retry"])
def test_merchandisers_neither_cancel_nor_retry(merchandiser_client: Any, run: Run, name: str) -> None:
    assert merchandiser_client.post(reverse(name, args=[run.pk])).status_code == 403


# --- While it waits and works -------------------------------------------------------------------------------------
def test_a_queued_run_says_when_no_worker_is_there(marketing_client: Any, run: Run) -> None:
    assert "No worker is running" in page(marketing_client, run)


def test_a_queued_run_says_nothing_of_workers_when_one_is_there(marketing_client: Any, run: Run) -> None:
    worker.beat("worker")
    assert "No worker is running" not in page(marketing_client, run)


def test_an_open_run_is_asked_about_every_second(marketing_client: Any, run: Run) -> None:
    assert 'hx-trigger="every 1s"' in page(marketing_client, run)


def test_an_ended_run_is_not_asked_about_any_more(marketing_client: Any, run: Run) -> None:
    set_status(run, Run.Status.FAILED, error="Out of luck.")
    assert "every 1s" not in page(marketing_client, run)


def test_the_screen_stays_as_it_is_while_nothing_happened(marketing_client: Any, run: Run) -> None:
    seen = marketing_client.get(reverse("run-detail", args=[run.pk])).context["screen"].fingerprint
    address = reverse("run-progress", args=[run.pk])
    assert marketing_client.get(address, {"seen": seen}, headers=HTMX).status_code == 204
    save(run, "themes", 0, Themes(themes=[Theme(title="Soups", concepts=["soup"])]))
    assert marketing_client.get(address, {"seen": seen}, headers=HTMX).status_code == 200


def test_the_last_answer_replaces_the_whole_screen(marketing_client: Any, run: Run) -> None:
    set_status(run, Run.Status.CANCELLED)
    response = marketing_client.get(reverse("run-progress", args=[run.pk]), {"seen": "old"}, headers=HTMX)
    assert response["HX-Retarget"] == "#run"


def test_progress_without_htmx_leads_to_the_page(marketing_client: Any, run: Run) -> None:
    response = marketing_client.get(reverse("run-progress", args=[run.pk]))
    assert response["Location"] == reverse("run-detail", args=[run.pk])


def test_a_placement_shows_its_title_its_keywords_and_who_dropped_it_why(marketing_client: Any, run: Run) -> None:
    soup = Candidate(id=1, kind="search", text="lentil soup", density=9, similarity=0.8, concept="soup")
    set_status(run, Run.Status.RUNNING, started_at=timezone.now())
    themes = [Theme(title="Soups", concepts=["soup"]), Theme(title="Pork roasts", concepts=["pork"])]
    save(run, "themes", 0, Themes(themes=themes))
    save(run, "keywords", 1, Keywords(keywords=[soup]))
    save(run, "judging", 2, Judged(dropped_by="rule", drop_reason="Breaks “without pork”."))
    text = page(marketing_client, run)
    assert "lentil soup" in text
    assert 'dropped (rule): <span dir="auto">Breaks “without pork”.</span>' in text


def test_the_strip_counts_placements_and_seconds(marketing_client: Any, run: Run) -> None:
    set_status(run, Run.Status.RUNNING, started_at=timezone.now())
    save(run, "themes", 0, Themes(themes=[Theme(title="A", concepts=["a"]), Theme(title="B", concepts=["b"])]))
    save(run, "candidates", 1, Candidates(candidates=[]))
    strip = {row["label"]: row for row in _strip(marketing_client, run)}
    assert strip["Themes"] == {"label": "Themes", "state": "done", "detail": "1.5 s"}
    assert strip["Candidates"] == {"label": "Candidates", "state": "running", "detail": "1/2 in 1.5 s"}
    assert strip["Judging"]["state"] == "queued"


def _strip(client: Any, run: Run) -> list[dict[str, str]]:
    strip: list[dict[str, str]] = client.get(reverse("run-detail", args=[run.pk])).context["screen"].strip
    return strip


# --- Money --------------------------------------------------------------------------------------------------------
def test_the_library_costs_nothing(run: Run) -> None:
    assert words.cost(run, Decimal(0)) == "no model cost"


def test_a_cost_that_is_not_known_is_never_zero(marketing_client: Any, run: Run) -> None:
    set_status(run, Run.Status.RUNNING, generator="vendor/model", started_at=timezone.now())
    call = {"model": "m", "prompt": "p/v1", "request_hash": "h", "outcome": "ok", "seconds": 1}
    run.calls.create(stage="themes", cost=Decimal("0.01"), **call)
    run.calls.create(stage="keywords", cost=None, **call)
    screen = marketing_client.get(reverse("run-detail", args=[run.pk])).context["screen"]
    assert screen.cost == "0.0100 of 2.00 USD, 1 call of unknown cost beside it"
    run.calls.filter(stage="themes").delete()
    screen = marketing_client.get(reverse("run-detail", args=[run.pk])).context["screen"]
    assert screen.cost == "cost unknown"


# --- Ending, and going on -----------------------------------------------------------------------------------------
def test_cancelling_ends_a_queued_run(marketing_client: Any, run: Run) -> None:
    marketing_client.post(reverse("run-cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED


def test_cancelling_an_ended_run_is_refused_in_words(marketing_client: Any, run: Run) -> None:
    set_status(run, Run.Status.FAILED)
    response = marketing_client.post(reverse("run-cancel", args=[run.pk]), follow=True)
    assert "has ended already" in str(next(iter(response.context["messages"])))


def test_a_failed_run_shows_its_error_and_can_be_retried(marketing_client: Any, run: Run) -> None:
    set_status(run, Run.Status.FAILED, error="The model's answer did not fit, twice.")
    text = page(marketing_client, run)
    assert "The model&#x27;s answer did not fit, twice." in text
    assert reverse("run-retry", args=[run.pk]) in text
    assert "goes on after the last saved stage" in text


def test_a_retried_run_waits_again(marketing_client: Any, run: Run) -> None:
    set_status(run, Run.Status.FAILED, error="Out of luck.")
    marketing_client.post(reverse("run-retry", args=[run.pk]))
    run.refresh_from_db()
    assert (run.status, run.error) == (Run.Status.QUEUED, "")


def test_a_done_run_says_how_many_placements_it_has_for_review(marketing_client: Any, store: Any) -> None:
    done = RunFactory(campaign=CampaignFactory(store=store), done=True)
    screen = marketing_client.get(reverse("run-detail", args=[done.pk])).context["screen"]
    assert (screen.kept, screen.said) == (2, "Done. 2 placements are ready for review.")


def test_a_done_run_leads_to_the_preview_of_its_own_draft(marketing_client: Any, store: Any) -> None:
    done = RunFactory(campaign=CampaignFactory(store=store), done=True)
    draft = DraftFactory(store=store, campaign=done.campaign, run=done)
    screen = marketing_client.get(reverse("run-detail", args=[done.pk])).context["screen"]
    assert screen.preview_url == reverse("draft-preview", args=[draft.pk])


# --- What it was made with ----------------------------------------------------------------------------------------
def test_the_brief_is_shown_as_it_was_when_the_run_started(marketing_client: Any, run: Run) -> None:
    run.campaign.objective = "Something else by now"
    run.campaign.save()
    text = page(marketing_client, run)
    assert "Quick warming suppers" in text
    assert "Something else by now" not in text


def test_vocabulary_gaps_are_listed(marketing_client: Any, run: Run) -> None:
    save(run, "candidates", 1, Candidates(candidates=[], gaps=["lightning cables"]))
    assert "lightning cables" in page(marketing_client, run)


def test_a_model_call_shows_unknown_tokens_as_unknown(marketing_client: Any, run: Run) -> None:
    run.calls.create(stage="themes", model="m", prompt="p/v1", request_hash="h", outcome="timeout", seconds=30)
    calls = marketing_client.get(reverse("run-detail", args=[run.pk])).context["calls"]
    assert (calls[0]["tokens"], calls[0]["cost"], calls[0]["outcome"]) == ("unknown", "unknown", "timeout")
