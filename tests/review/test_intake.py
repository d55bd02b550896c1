"""A finished run becomes a draft to review, once."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from generation.models import Product, Run
from generation.signals import run_finished
from generation.stages.contracts import DraftPage, DroppedProduct, Flag, JudgementOut, LeftOut, Theme
from generation.stages.themes import UNUSED
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


def ended(store, page: DraftPage) -> Draft:
    run = RunFactory(campaign=CampaignFactory(store=store), status="done", result=page.model_dump(mode="json"))
    return draft_from(run)


def test_flags_and_severities_arrive_with_their_row(store) -> None:
    judgement = JudgementOut(
        level="placement", facet="fits_segment", severity="review", passes=False, reason="Far.", judge="A"
    )
    flag = Flag(facet="fits_segment", judge="A", reason="Far.")
    row = placement_draft(1, "Soups", ProductFactory.create_batch(3, store=store), judgements=[judgement], flags=[flag])
    placement = ended(store, DraftPage(placements=[row], dropped=[])).placements.get()
    assert placement.status == Placement.Status.WAITING
    assert placement.flags == [{"facet": "fits_segment", "judge": "A", "reason": "Far.", "ruling": None}]
    assert placement.judgements.get().severity == "review"


def test_a_product_that_was_turned_down_is_on_record_with_who_why_and_score(store) -> None:
    *kept, bad, worse = ProductFactory.create_batch(5, store=store)
    by_juror = JudgementOut(
        level="product", facet="safe", severity="drop", passes=False, reason="Sharp.", judge="A", product=worse.pk
    )
    out = [
        DroppedProduct(product=bad.pk, title=bad.title, by="rules v2", facet="claims", reason="Not vegan.", score=0.9),
        DroppedProduct(product=worse.pk, title=worse.title, by="A", facet="safe", reason="Sharp.", score=0.8),
    ]
    row = placement_draft(1, "Vegan soups", kept, judgements=[by_juror], dropped_products=out)
    draft = ended(store, DraftPage(placements=[row], dropped=[]))
    said = Judgement.objects.filter(draft=draft, level="product").order_by("product")
    assert [(one.product, one.judge, one.facet, one.reason, one.severity, one.passes) for one in said] == [
        (bad, "rules v2", "claims", "Not vegan.", "drop", False),
        (worse, "A", "safe", "Sharp.", "drop", False),
    ]
    assert said[0].score == 0.9
    assert draft.placements.get().items.count() == 3


def test_a_dropped_row_keeps_the_facet_that_decided(store) -> None:
    outvoted = JudgementOut(
        level="placement", facet="title_good", severity="pass", passes=False, reason="Hm.", judge="A"
    )
    row = placement_draft(
        1, "Soups", [], judgements=[outvoted], dropped_by="B", drop_facet="safe", drop_reason="Insulting."
    )
    placement = ended(store, DraftPage(placements=[], dropped=[row])).placements.get()
    assert (placement.dropped_by, placement.drop_facet, placement.drop_reason) == ("B", "safe", "Insulting.")


def test_themes_that_were_refused_are_for_the_audit_and_those_not_needed_are_nowhere(
    store, admin, admin_client
) -> None:
    def left(title: str, facet: str) -> LeftOut:
        about = Theme(title=title, concepts=[title])
        return LeftOut(theme=about, by="selection v1", facet=facet, reason=f"{title}: no.", score=0.3)

    rows = [placement_draft(1, "Soups", ProductFactory.create_batch(3, store=store))]
    refused = [left("Twin soups", "not a duplicate"), left("Unsure", "confidence"), left("Spare", UNUSED)]
    draft = ended(store, DraftPage(placements=rows, dropped=[], left_out=refused))
    assert set(draft.placements.filter(status="dropped").values_list("title", "dropped_by", "drop_facet")) == {
        ("Twin soups", "selection v1", "not a duplicate"),
        ("Unsure", "selection v1", "confidence"),
    }
    audit = admin_client.get(reverse("audit-rejected"), {"by": "rule"}).content.decode()
    assert "Twin soups" in audit and "Spare" not in audit
    screen = admin_client.get(reverse("draft-preview", args=[draft.pk])).content.decode()
    assert "Soups" in screen and "Twin soups" not in screen


def test_the_review_screen_says_flags_as_sentences_and_names_facets_in_words(store, admin_client) -> None:
    product = ProductFactory(store=store, title="Ham soup")
    said = [
        JudgementOut(level="placement", facet="title_good", severity="drop", passes=True, reason="Clear.", judge="A"),
        JudgementOut(
            level="product", facet="fits_objective", severity="drop", passes=False, reason="Ham.", judge="A",
            product=product.pk,
        ),
    ]  # fmt: skip
    flag = Flag(facet="fits_segment", judge="A", reason="Far from what they buy.")
    out = DroppedProduct(product=product.pk, title="Ham soup", by="A", facet="fits_objective", reason="Ham.")
    row = placement_draft(
        1,
        "Soups",
        ProductFactory.create_batch(3, store=store),
        judgements=said,
        flags=[flag],
        dropped_products=[out],
    )
    placement = ended(store, DraftPage(placements=[row], dropped=[])).placements.get()
    screen = admin_client.get(reverse("placement-review", args=[placement.pk])).content.decode()
    assert "Fits the audience" in screen and "Far from what they buy. (A)" in screen
    assert "Title good and on brand" in screen
    assert "1 product turned down" in screen and "Fits the objective: Ham." in screen


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
