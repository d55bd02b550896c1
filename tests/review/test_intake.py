"""A finished run becomes a draft to review, once."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from generation.models import Product, Run
from generation.signals import run_finished
from generation.stages.contracts import DraftPage
from review.models import Draft, Judgement, Placement, PlacementProduct
from review.workflow.intake import draft_from
from tests.factories import CampaignFactory, ProductFactory, RunFactory, SegmentFactory, placement_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(store) -> Run:
    return RunFactory(done=True, campaign=CampaignFactory(store=store))


def test_a_finished_run_becomes_a_draft_with_its_placements_in_page_order(run: Run) -> None:
    run_finished.send(sender=Run, run=run)
    rows = run.draft.placements.values_list("position", "title", "status")
    assert list(rows) == [
        (1, "Soups that cook themselves", "waiting"),
        (2, "One-pan suppers", "waiting"),
        (3, "Pork roasts", "dropped"),
    ]


def test_a_run_that_is_announced_twice_makes_one_draft(run: Run) -> None:
    run_finished.send(sender=Run, run=run)
    run_finished.send(sender=Run, run=run)
    assert Draft.objects.count() == 1
    assert Placement.objects.count() == 3


def test_shown_products_and_the_bench_are_numbered_from_one(run: Run) -> None:
    first = draft_from(run).placements.get(key=1)
    assert list(first.items.filter(state="shown").values_list("slot", flat=True)) == [1, 2, 3, 4, 5]
    assert list(first.items.filter(state="bench").values_list("slot", flat=True)) == [1, 2]


def test_judgements_arrive_at_their_level(run: Run) -> None:
    draft = draft_from(run)
    levels = Judgement.objects.filter(draft=draft).values_list("level", flat=True)
    assert {level: list(levels).count(level) for level in levels} == {"page": 1, "placement": 3, "product": 9}


def test_the_audit_says_what_dropped_a_placement_and_why(run: Run) -> None:
    dropped = draft_from(run).placements.get(status="dropped")
    entry = AuditEntry.objects.get(subject=f"placement:{dropped.pk}")
    assert (entry.actor, entry.actor_name, entry.action) == (None, "Studio", "placement.drop")
    assert entry.new == {"by": "rules v1", "facet": "enough products", "reason": "Only 1 product fits."}


def test_a_broken_constraint_names_itself_as_the_cause(store) -> None:
    page = DraftPage(
        placements=[],
        dropped=[
            placement_draft(
                1,
                "Pork roasts",
                [],
                receipts=[{"constraint": "without pork", "passes": False, "detail": "2 of 5"}],
                dropped_by="rules v1",
                drop_reason="Breaks “without pork”.",
            )
        ],
    )
    run = RunFactory(campaign=CampaignFactory(store=store), status="done", result=page.model_dump(mode="json"))
    assert draft_from(run).placements.get().drop_facet == "without pork"


def test_a_product_deleted_meanwhile_is_left_out_and_named(run: Run) -> None:
    gone = Product.objects.get(pk=run.result["placements"][0]["judged"]["shown"][0]["hit"]["product"])
    title = gone.title
    gone.delete()
    draft = draft_from(run)
    first = draft.placements.get(key=1)
    assert list(first.items.filter(state="shown").values_list("slot", flat=True)) == [1, 2, 3, 4]
    assert f"“{title}”" in draft.note


def test_a_draft_is_for_the_segment_of_its_run(store) -> None:
    segment = SegmentFactory(store=store, slug="families")
    run = RunFactory(done=True, campaign=CampaignFactory(store=store, segment=segment))
    assert draft_from(run).segment == "families"


def test_a_result_that_is_no_page_undoes_the_end_of_the_run(run: Run) -> None:
    run.result = {"nonsense": True}
    with pytest.raises(ValueError), transaction.atomic():
        run_finished.send(sender=Run, run=run)
    assert not Draft.objects.exists()


def test_a_long_page_takes_no_more_queries_than_a_short_one(store) -> None:
    def queries(placements: int) -> int:
        page = DraftPage(
            placements=[
                placement_draft(key, f"Row {key}", ProductFactory.create_batch(4, store=store))
                for key in range(1, placements + 1)
            ],
            dropped=[],
        )
        run = RunFactory(campaign=CampaignFactory(store=store), status="done", result=page.model_dump(mode="json"))
        run = Run.objects.get(pk=run.pk)
        with CaptureQueriesContext(connection) as captured:
            draft_from(run)
        return len(captured)

    assert queries(1) == queries(8) <= 15
    assert PlacementProduct.objects.count() == 36
