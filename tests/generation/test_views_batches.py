"""The batch screens: who may see and do what, and what they say."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from generation.models import Batch, ModelCall, Reservation, Run
from review.models import Draft
from tests.factories import (
    CampaignFactory,
    DraftFactory,
    PlacementFactory,
    ProductFactory,
    RunFactory,
    SegmentFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(store: Any, marketing: Any) -> Batch:
    campaign = CampaignFactory(store=store, slug="autumn", name="Autumn suppers")
    made = Batch.objects.create(campaign=campaign, requested_by=marketing, budget="2.00")
    states = (("Families", "done", 4), ("Students", "running", None), ("Night owls", "failed", None))
    for name, status, kept in states:
        run = RunFactory(
            campaign=campaign,
            batch=made,
            segment=SegmentFactory(store=store, name=name),
            status=status,
            kept=kept,
            generator="openai:stub-1",
            error="The vendor was down." if status == "failed" else "",
            result={"placements": [], "dropped": []} if status == "done" else None,
        )
        ModelCall.objects.create(
            run=run,
            stage="themes",
            model="m",
            prompt="themes/v1",
            request_hash="h",
            outcome="ok",
            cost="0.10",
            seconds=1,
        )
    return made


def address(batch: Batch, name: str = "batch-detail") -> str:
    return reverse(name, args=[batch.pk])


def test_anonymous_people_are_sent_to_sign_in(client: Any, batch: Batch) -> None:
    for where in (address(batch), reverse("batch-create", args=["autumn"])):
        assert client.get(where).status_code == 302


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client", "admin_client"])
def test_everybody_of_the_store_sees_a_batch(request: Any, batch: Batch, who: str) -> None:
    assert request.getfixturevalue(who).get(address(batch)).status_code == 200


def test_a_stranger_sees_neither_a_batch_nor_its_progress_and_changes_nothing(
    stranger_client: Any, batch: Batch
) -> None:
    assert stranger_client.get(address(batch)).status_code == 404
    assert stranger_client.get(address(batch, "batch-progress")).status_code == 404
    assert stranger_client.get(reverse("batch-create", args=["autumn"])).status_code == 404
    for name in ("batch-cancel", "batch-retry"):
        assert stranger_client.post(address(batch, name)).status_code == 404
    batch.refresh_from_db()
    assert batch.status == Batch.Status.OPEN


def test_reviewers_start_cancel_and_retry_nothing(merchandiser_client: Any, batch: Batch) -> None:
    assert merchandiser_client.get(reverse("batch-create", args=["autumn"])).status_code == 403
    for name in ("batch-cancel", "batch-retry"):
        assert merchandiser_client.post(address(batch, name)).status_code == 403
    assert "Cancel the batch" not in merchandiser_client.get(address(batch)).content.decode()


def test_the_screen_tells_states_placements_money_and_what_went_wrong(marketing_client: Any, batch: Batch) -> None:
    run = batch.runs.get(status="running")
    Reservation.objects.create(run=run, stage="judge", model="m", prompt="p", request_hash="x", amount="0.05")
    said = marketing_client.get(address(batch)).content.decode()
    assert "2 of 3 pages have ended." in said
    assert "0.30 of 2.00 USD, 0.0500 set aside for calls under way" in said
    assert "The vendor was down." in said
    for name in ("Families", "Students", "Night owls"):
        assert name in said


def test_a_cost_that_nobody_knows_is_never_shown_as_zero(marketing_client: Any, batch: Batch) -> None:
    ModelCall.objects.update(cost=None)
    said = marketing_client.get(address(batch)).content.decode()
    assert "cost unknown" in said
    assert "0.00 USD" not in said
    assert "The price of this model is not known, so the budget cannot hold it." in said


def test_the_table_can_be_narrowed_to_what_failed(marketing_client: Any, batch: Batch) -> None:
    said = marketing_client.get(address(batch), {"state": "failed"}).content.decode()
    assert "Night owls" in said and "Families" not in said
    assert "Families" in marketing_client.get(address(batch), {"state": "nonsense"}).content.decode()


def test_the_open_screen_asks_again_and_is_told_only_what_is_new(marketing_client: Any, batch: Batch) -> None:
    page = marketing_client.get(address(batch))
    assert "every 2s" in page.content.decode()
    where, seen = address(batch, "batch-progress"), page.context["screen"].fingerprint
    assert marketing_client.get(where, {"seen": seen}, headers={"HX-Request": "true"}).status_code == 204
    batch.runs.filter(status="running").update(status="failed")
    answer = marketing_client.get(where, {"seen": seen}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "3 of 3 pages have ended." in answer.content.decode()


def test_an_ended_batch_stops_asking_and_offers_to_retry_with_another_budget(
    marketing_client: Any, batch: Batch
) -> None:
    batch.runs.filter(status="running").update(status="cancelled")
    Batch.objects.filter(pk=batch.pk).update(status="done")
    said = marketing_client.get(address(batch)).content.decode()
    assert "every 2s" not in said
    assert "2 audiences have no page" in said and 'value="2.00"' in said
    answer = marketing_client.post(address(batch, "batch-retry"), {"budget": "5.00"}, follow=True)
    assert "Nothing is paid for again" in answer.content.decode()
    batch.refresh_from_db()
    assert (batch.status, batch.budget) == (Batch.Status.OPEN, Decimal("5.00"))


@pytest.mark.parametrize("budget", ["nonsense", "-3", "NaN", "0"])
def test_a_budget_that_is_none_is_refused_in_words(marketing_client: Any, batch: Batch, budget: str) -> None:
    Batch.objects.filter(pk=batch.pk).update(status="done")
    answer = marketing_client.post(address(batch, "batch-retry"), {"budget": budget}, follow=True)
    assert "A budget is a number of US dollars above 0." in answer.content.decode()
    batch.refresh_from_db()
    assert batch.status == Batch.Status.DONE


def test_cancelling_twice_says_that_it_has_ended(marketing_client: Any, batch: Batch) -> None:
    first = marketing_client.post(address(batch, "batch-cancel"), follow=True)
    assert "Pages that are finished stay." in first.content.decode()
    second = marketing_client.post(address(batch, "batch-cancel"), follow=True)
    assert "has ended already" in second.content.decode()


def test_the_queries_of_the_screen_do_not_grow_with_its_rows(
    marketing_client: Any, batch: Batch, store: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        RunFactory(
            campaign=batch.campaign,
            batch=batch,
            segment=SegmentFactory(store=store, name=f"More {number}"),
            status="queued",
        )
    with django_assert_max_num_queries(20):
        marketing_client.get(address(batch))


@pytest.fixture
def shop(store: Any) -> Any:
    ProductFactory.create_batch(12, store=store, rating=4)
    return CampaignFactory(store=store, slug="winter", constraints={"density_min": 3})


def test_a_store_without_audiences_is_told_where_to_make_them(marketing_client: Any, shop: Any) -> None:
    said = marketing_client.get(reverse("batch-create", args=["winter"])).content.decode()
    assert "This store has no audiences yet" in said
    assert reverse("audience-list") in said


def test_starting_a_batch_makes_a_run_for_each_chosen_audience(marketing_client: Any, shop: Any, store: Any) -> None:
    for name in ("one", "two", "three"):
        SegmentFactory(store=store, slug=name, name=name)
    answer = marketing_client.post(
        reverse("batch-create", args=["winter"]),
        {"which": "chosen", "segments": ["one", "three"], "concurrency": "2", "budget": "3.50"},
    )
    batch = Batch.objects.get()
    assert answer.url == address(batch)
    assert (batch.concurrency, batch.budget) == (2, Decimal("3.50"))
    assert sorted(batch.runs.values_list("segment__slug", flat=True)) == ["one", "three"]


def test_choosing_none_and_an_audience_of_another_store_are_refused(
    marketing_client: Any, shop: Any, store: Any, other_store: Any
) -> None:
    SegmentFactory(store=store, slug="one")
    SegmentFactory(store=other_store, slug="theirs")
    where = reverse("batch-create", args=["winter"])
    for chosen in ([], ["theirs"]):
        answer = marketing_client.post(where, {"which": "chosen", "segments": chosen, "concurrency": "2"})
        assert answer.status_code == 422
    assert not Batch.objects.exists()


def test_ticked_audiences_beside_all_of_them_are_asked_about(marketing_client: Any, shop: Any, store: Any) -> None:
    SegmentFactory(store=store, slug="one")
    given = {"which": "all", "segments": ["one"], "concurrency": "2"}
    answer = marketing_client.post(reverse("batch-create", args=["winter"]), given)
    assert answer.status_code == 422
    assert "Some audiences are ticked." in answer.content.decode()


def test_a_campaign_shows_its_batches(marketing_client: Any, batch: Batch) -> None:
    said = marketing_client.get(reverse("campaign-detail", args=["autumn"])).content.decode()
    assert address(batch) in said
    assert "for 3 audiences, 1 failed" in said


def test_a_run_of_a_batch_leads_back_to_it(marketing_client: Any, batch: Batch) -> None:
    run = batch.runs.get(status="failed")
    assert address(batch) in marketing_client.get(reverse("run-detail", args=[run.pk])).content.decode()


def test_a_waiting_run_says_what_it_waits_for(marketing_client: Any, batch: Batch) -> None:
    run = batch.runs.get(status="running")
    Run.objects.filter(pk=run.pk).update(status="waiting")
    said = marketing_client.get(reverse("run-detail", args=[run.pk])).content.decode()
    assert "Its questions were handed in together with those of the other audiences." in said


def test_a_run_that_its_budget_stopped_offers_the_way_out(marketing_client: Any, store: Any) -> None:
    run = RunFactory(
        campaign=CampaignFactory(store=store),
        generator="openai:stub-1",
        status="done",
        result={"placements": [], "dropped": [], "note": "Two of three."},
        stopped="The spending limit of 0.20 USD is reached.",
        budget="0.20",
    )
    said = marketing_client.get(reverse("run-detail", args=[run.pk])).content.decode()
    assert "The budget was reached before the page was full" in said
    assert "Raise the budget and retry: finished rows are kept and not paid for again." in said
    assert 'value="0.40"' in said
    answer = marketing_client.post(reverse("run-retry", args=[run.pk]), {"budget": "0.40"})
    rest = Run.objects.exclude(pk=run.pk).get()
    assert answer.url == reverse("run-detail", args=[rest.pk])
    assert rest.budget == Decimal("0.40")


def test_the_page_of_a_stopped_run_says_so_and_leads_to_the_run(merchandiser_client: Any, store: Any) -> None:
    draft = DraftFactory(store=store, run__stopped="The spending limit of 0.20 USD is reached.")
    said = merchandiser_client.get(reverse("draft-preview", args=[draft.pk])).content.decode()
    assert "The budget was reached before this page was full" in said
    assert reverse("run-detail", args=[draft.run_id]) in said


def test_pages_of_a_batch_are_told_apart_by_their_audience(merchandiser_client: Any, batch: Batch, store: Any) -> None:
    for run in batch.runs.exclude(status="failed"):
        draft = DraftFactory(store=store, campaign=batch.campaign, run=run, segment=run.segment.slug)
        PlacementFactory(draft=draft, shown=1, bench=0)
    said = merchandiser_client.get(reverse("review-queue")).content.decode()
    assert "for Families" in said and "for Students" in said
    done = Draft.objects.get(run__segment__name="Families")
    assert reverse("draft-preview", args=[done.pk]) in merchandiser_client.get(address(batch)).content.decode()
    assert "Families" in merchandiser_client.get(reverse("draft-preview", args=[done.pk])).content.decode()
