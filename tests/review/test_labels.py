"""People's decisions become labels that judges are held against."""

from functools import partial
from typing import Any

import pytest

from review.calibration import labels
from review.models import Judgement, Label, Placement
from review.workflow import services
from tests.factories import PlacementFactory
from tests.review.race import at_once

pytestmark = pytest.mark.django_db

JUDGE, OTHER = "Built-in judge v1", "Stub v2"


def judged(placement: Placement, level: str, facet: str, passes: bool = True, **more: Any) -> Judgement:
    more = {"judge": JUDGE, "reason": f"Why {facet}.", "score": 0.9 if passes else 0.2, **more}
    of = None if level == "page" else placement
    return Judgement.objects.create(
        draft=placement.draft, placement=of, level=level, facet=facet, passes=passes, **more
    )


@pytest.fixture
def placement(store: Any, marketing: Any) -> Placement:
    """Four products shown, two on the bench; every facet passed by one judge."""
    row = PlacementFactory(draft__store=store, draft__requested_by=marketing, title="Pork roasts")
    for facet in ("title_good", "safe", "coherent", "keywords_fit"):
        judged(row, "placement", facet)
    for facet in ("objective_covered", "diverse", "cohesive"):
        judged(row, "page", facet)
    for item in row.items.all():
        judged(row, "product", "fits_title", product=item.product)
    return row


def do(act: Any, placement: Placement, actor: Any, **more: Any) -> Placement:
    now = Placement.objects.get(pk=placement.pk)
    return act(placement=now, actor=actor, revision=now.revision, **more).placement


def said(**where: Any) -> dict[str, bool]:
    """{facet: the person's word} for facets of rows and pages."""
    rows = Label.objects.filter(**where).exclude(level="product")
    return dict(rows.values_list("facet", "person_passes"))


def of_products(source: str) -> dict[int, bool]:
    rows = Label.objects.filter(level="product", source=source)
    return {int(row.item.rpartition(":")[2]): row.person_passes for row in rows}


def products(placement: Placement, state: str) -> list[int]:
    return list(placement.items.filter(state=state).order_by("slot").values_list("product", flat=True))


# --- What each decision says --------------------------------------------------------------------------------------
def test_approving_says_yes_to_what_was_judged_of_the_row(placement: Placement, merchandiser: Any) -> None:
    do(services.approve, placement, merchandiser)
    facets = ("title_good", "safe", "coherent", "keywords_fit", "objective_covered", "diverse")
    assert said(source="decision") == dict.fromkeys(facets, True)


def test_approving_says_yes_to_every_product_shown_and_nothing_of_the_bench(
    placement: Placement, merchandiser: Any
) -> None:
    shown = products(placement, "shown")
    do(services.approve, placement, merchandiser)
    assert of_products("decision") == dict.fromkeys(shown, True)


def test_a_label_keeps_what_judge_and_person_said(placement: Placement, merchandiser: Any) -> None:
    do(services.approve, placement, merchandiser, note="Lovely")
    label = Label.objects.get(facet="coherent")
    assert (label.item, label.level, label.judge) == (f"placement:{placement.pk}", "placement", JUDGE)
    assert (label.judge_passes, label.judge_score, label.judge_reason) == (True, 0.9, "Why coherent.")
    assert (label.person_passes, label.note, label.person, label.text) == (
        True,
        "Lovely",
        merchandiser,
        "“Pork roasts”",
    )


@pytest.mark.parametrize(
    ("code", "facet"),
    [
        ("title", "title_good"),
        ("brand", "title_good"),
        ("wrong_products", "coherent"),
        ("off_objective", "objective_covered"),
        ("duplicate", "diverse"),
        ("unsafe", "safe"),
    ],
)
@pytest.mark.parametrize("act", [services.reject, services.request_changes])
def test_turning_down_says_no_to_the_facet_of_the_reason_alone(
    placement: Placement, merchandiser: Any, act: Any, code: str, facet: str
) -> None:
    do(act, placement, merchandiser, reason_code=code)
    assert said() == {facet: False}


@pytest.mark.parametrize("code", ["commercial", "other"])
def test_stock_price_and_other_reasons_speak_of_no_facet(placement: Placement, merchandiser: Any, code: str) -> None:
    do(services.reject, placement, merchandiser, reason_code=code, note="Sold out")
    assert not Label.objects.exists()


def test_a_product_taken_out_before_approving_does_not_fit(placement: Placement, merchandiser: Any) -> None:
    first = products(placement, "shown")[0]
    do(services.remove_product, placement, merchandiser, product_id=first)
    do(services.approve, placement, merchandiser)
    assert of_products("edit") == {first: False}
    assert of_products("decision") == dict.fromkeys(products(placement, "shown"), True)


def test_a_product_replaced_before_approving_does_not_fit(placement: Placement, merchandiser: Any) -> None:
    first, heir = products(placement, "shown")[0], products(placement, "bench")[0]
    do(services.promote_from_bench, placement, merchandiser, product_id=heir, instead_of=first)
    do(services.approve, placement, merchandiser)
    assert of_products("edit") == {first: False}
    assert of_products("decision")[heir] is True


def test_a_product_that_came_back_was_not_turned_down(placement: Placement, merchandiser: Any) -> None:
    first = products(placement, "shown")[0]
    do(services.remove_product, placement, merchandiser, product_id=first)
    do(services.restore_product, placement, merchandiser, product_id=first)
    do(services.approve, placement, merchandiser)
    assert of_products("edit") == {}


def test_wrong_products_names_the_ones_that_were_taken_out(placement: Placement, merchandiser: Any) -> None:
    first = products(placement, "shown")[0]
    do(services.remove_product, placement, merchandiser, product_id=first)
    do(services.reject, placement, merchandiser, reason_code="wrong_products")
    assert of_products("edit") == {first: False}
    assert said() == {"coherent": False}


def test_approving_another_title_says_no_to_the_one_that_was_judged(
    placement: Placement, merchandiser: Any, team_mate: Any
) -> None:
    do(services.edit_text, placement, team_mate, title="Roasts for a crowd")
    do(services.approve, placement, merchandiser)
    label = Label.objects.get(facet="title_good")
    assert (label.person_passes, label.source, label.person, label.text) == (False, "edit", team_mate, "“Pork roasts”")
    assert "safe" not in said()


def test_approving_what_was_mended_does_not_praise_what_was_judged(placement: Placement, merchandiser: Any) -> None:
    do(services.request_changes, placement, merchandiser, reason_code="wrong_products")
    do(services.remove_product, placement, merchandiser, product_id=products(placement, "shown")[0])
    do(services.approve, placement, merchandiser)
    assert said()["coherent"] is False


def test_overturning_a_drop_says_yes_where_the_judge_said_no(placement: Placement, admin: Any) -> None:
    Placement.objects.update(status="dropped", dropped_by=OTHER)
    judged(placement, "placement", "title_good", passes=False, judge=OTHER)
    do(services.overturn, placement, admin, note="It is a fine title")
    rows = {row.judge: (row.judge_passes, row.person_passes) for row in Label.objects.filter(source="overturn")}
    assert rows == {JUDGE: (True, True), OTHER: (False, True)}
    assert set(said()) == {"title_good"}


def test_overturning_a_rejection_takes_its_label_back(placement: Placement, merchandiser: Any, admin: Any) -> None:
    do(services.reject, placement, merchandiser, reason_code="title")
    do(services.overturn, placement, admin, note="It is a fine title")
    assert not Label.objects.exists()


def test_each_judge_that_spoke_gets_its_own_label(placement: Placement, merchandiser: Any) -> None:
    judged(placement, "placement", "coherent", passes=False, judge=OTHER)
    do(services.approve, placement, merchandiser)
    rows = Label.objects.filter(facet="coherent").values_list("judge", "judge_passes", "person_passes")
    assert set(rows) == {(JUDGE, True, True), (OTHER, False, True)}


def test_facets_keep_their_labels_under_the_names_they_had_before(
    store: Any, marketing: Any, merchandiser: Any
) -> None:
    row = PlacementFactory(draft__store=store, draft__requested_by=marketing)
    judged(row, "placement", "clear")
    judged(row, "placement", "density", judge="rules v1")
    judged(row, "product", "fits the title", product=row.items.filter(state="shown").first().product)
    do(services.approve, row, merchandiser)
    assert set(Label.objects.values_list("level", "facet")) == {("placement", "title_good"), ("product", "fits_title")}


# --- Once, and back again -----------------------------------------------------------------------------------------
def test_undoing_takes_the_labels_back(placement: Placement, merchandiser: Any) -> None:
    do(services.approve, placement, merchandiser)
    do(services.undo, placement, merchandiser)
    assert not Label.objects.exists()


def test_undoing_brings_back_the_word_before(placement: Placement, merchandiser: Any) -> None:
    do(services.request_changes, placement, merchandiser, reason_code="title")
    do(services.reject, placement, merchandiser, reason_code="unsafe")
    assert said() == {"title_good": False, "safe": False}
    do(services.undo, placement, merchandiser)
    assert said() == {"title_good": False}


def test_undoing_an_overturning_brings_the_rejection_back(placement: Placement, merchandiser: Any, admin: Any) -> None:
    do(services.reject, placement, merchandiser, reason_code="title")
    do(services.overturn, placement, admin, note="It is a fine title")
    do(services.undo, placement, admin)
    assert said() == {"title_good": False}


def test_the_later_word_counts(placement: Placement, merchandiser: Any) -> None:
    do(services.request_changes, placement, merchandiser, reason_code="title")
    do(services.approve, placement, merchandiser)
    assert said()["title_good"] is True


def test_reading_the_trail_again_changes_nothing(placement: Placement, merchandiser: Any) -> None:
    do(services.approve, placement, merchandiser)
    before = set(Label.objects.values_list("pk", "created_at"))
    labels.sync(Placement.objects.get())
    assert set(Label.objects.values_list("pk", "created_at")) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_leaves_labels(placement: Placement, merchandiser: Any, team_mate: Any) -> None:
    at_once(
        partial(services.approve, placement=placement, actor=merchandiser, revision=0),
        partial(services.reject, placement=placement, actor=team_mate, revision=0, reason_code="title"),
    )
    won = Placement.objects.get().status
    assert said().get("title_good") is (won == "approved")
    assert Label.objects.filter(facet="title_good").count() == 1


def test_a_decision_asks_a_bounded_number_of_questions(
    placement: Placement, merchandiser: Any, django_assert_max_num_queries: Any
) -> None:
    do(services.approve, placement, merchandiser)
    with django_assert_max_num_queries(5):
        labels.sync(placement)
