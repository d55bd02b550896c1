"""Changing words and products of a placement."""

import pytest

from accounts.models import AuditEntry
from review.models import Placement
from review.workflow import services
from review.workflow.row import around
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import PlacementFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def placement(store) -> Placement:
    return PlacementFactory(draft__store=store, shown=4, bench=2)


def ids(placement: Placement, state: str = "shown") -> list[int]:
    items = placement.items.filter(state=state).order_by("slot")
    assert list(items.values_list("slot", flat=True)) == list(range(1, len(items) + 1))
    return list(items.values_list("product", flat=True))


# --- Words --------------------------------------------------------------------------------------------------------
def test_new_words_keep_the_old_ones_in_the_audit(placement, merchandiser) -> None:
    old = placement.title
    services.edit_text(placement=placement, actor=merchandiser, revision=0, title="  Slow   soups ")
    entry = AuditEntry.objects.get()
    assert (entry.old, entry.new) == ({"title": old}, {"title": "Slow soups"})


@pytest.mark.parametrize(
    ("title", "said"),
    [("", "needs a title"), ("x" * 61, "61 characters; 60 fit"), ("Cheap soups", "never says “cheap”")],
)
def test_people_write_under_the_rules_that_models_obey(placement, merchandiser, title, said) -> None:
    placement.draft.campaign.banned_terms = ["cheap"]
    placement.draft.campaign.save()
    with pytest.raises(BadInput, match=said):
        services.edit_text(placement=placement, actor=merchandiser, revision=0, title=title)


def test_editing_an_approved_placement_voids_its_approval(store, merchandiser) -> None:
    approved = PlacementFactory(draft__store=store, approved=True)
    outcome = services.edit_text(placement=approved, actor=merchandiser, revision=0, title="Slow soups")
    assert outcome.placement.status == "waiting"
    assert "approval is void" in outcome.summary


def test_taking_a_product_out_voids_an_approval_too(store, merchandiser) -> None:
    approved = PlacementFactory(draft__store=store, approved=True)
    outcome = services.remove_product(placement=approved, actor=merchandiser, revision=0, product_id=ids(approved)[0])
    assert outcome.placement.status == "waiting"
    assert AuditEntry.objects.get().new["status"] == "waiting"


@pytest.mark.parametrize("trait", ["rejected", "dropped"])
def test_what_was_turned_down_is_overturned_before_it_is_edited(store, merchandiser, trait) -> None:
    placement = PlacementFactory(draft__store=store, **{trait: True})
    with pytest.raises(WrongState, match="overturn"):
        services.edit_text(placement=placement, actor=merchandiser, revision=0, title="Slow soups")


# --- Products -----------------------------------------------------------------------------------------------------
def test_the_first_of_the_bench_takes_the_slot_of_what_was_taken_out(placement, merchandiser) -> None:
    a, b, c, d = ids(placement)
    first, second = ids(placement, "bench")
    outcome = services.remove_product(placement=placement, actor=merchandiser, revision=0, product_id=b)
    assert ids(placement) == [a, first, c, d]
    assert (ids(placement, "bench"), ids(placement, "removed")) == ([second], [b])
    assert "from the bench takes slot 2" in outcome.summary


def test_with_an_empty_bench_the_row_closes_up(store, merchandiser) -> None:
    placement = PlacementFactory(draft__store=store, bench=0)
    a, b, c, d = ids(placement)
    outcome = services.remove_product(placement=placement, actor=merchandiser, revision=0, product_id=a)
    assert ids(placement) == [b, c, d]
    assert "nothing to take its place" in outcome.summary


def test_the_bench_never_brings_what_another_row_shows(placement, merchandiser) -> None:
    first, second = ids(placement, "bench")
    other = PlacementFactory(draft=placement.draft, shown=1, bench=0)
    other.items.update(product=first)
    services.remove_product(placement=placement, actor=merchandiser, revision=0, product_id=ids(placement)[0])
    assert ids(placement)[0] == second


def test_what_was_taken_out_comes_back_at_the_end(placement, merchandiser) -> None:
    b = ids(placement)[1]
    now = services.remove_product(placement=placement, actor=merchandiser, revision=0, product_id=b).placement
    services.restore_product(placement=now, actor=merchandiser, revision=now.revision, product_id=b)
    assert ids(placement)[-1] == b
    assert ids(placement, "removed") == []


def test_into_a_full_row_it_comes_back_on_the_bench(store, merchandiser) -> None:
    placement = PlacementFactory(draft__store=store, shown=5, bench=1)
    gone = ids(placement)[0]
    now = services.remove_product(placement=placement, actor=merchandiser, revision=0, product_id=gone).placement
    outcome = services.restore_product(placement=now, actor=merchandiser, revision=now.revision, product_id=gone)
    assert ids(placement, "bench") == [gone]
    assert "first on the bench" in outcome.summary


def test_a_product_of_the_bench_replaces_the_one_named(placement, merchandiser) -> None:
    a, b, c, d = ids(placement)
    first, second = ids(placement, "bench")
    services.promote_from_bench(placement=placement, actor=merchandiser, revision=0, product_id=second, instead_of=c)
    assert (ids(placement), ids(placement, "bench")) == ([a, b, second, d], [c, first])


def test_a_full_row_takes_nothing_more_from_the_bench(store, merchandiser) -> None:
    placement = PlacementFactory(draft__store=store, shown=5, bench=1)
    with pytest.raises(BadInput, match="full with 5 products"):
        services.promote_from_bench(
            placement=placement, actor=merchandiser, revision=0, product_id=ids(placement, "bench")[0]
        )


def test_a_product_moves_to_the_slot_asked_for(placement, merchandiser) -> None:
    a, b, c, d = ids(placement)
    services.move_product(placement=placement, actor=merchandiser, revision=0, product_id=d, slot=1)
    assert ids(placement) == [d, a, b, c]


def test_a_pinned_product_keeps_its_slot(placement, merchandiser) -> None:
    a, b, c, d = ids(placement)
    now = services.pin_product(placement=placement, actor=merchandiser, revision=0, product_id=b).placement
    now = services.move_product(
        placement=now, actor=merchandiser, revision=now.revision, product_id=d, slot=1
    ).placement
    assert ids(placement) == [d, b, a, c]
    with pytest.raises(BadInput, match="pinned to slot 2"):
        services.move_product(placement=now, actor=merchandiser, revision=now.revision, product_id=a, slot=2)
    now = services.unpin_product(placement=now, actor=merchandiser, revision=now.revision, product_id=b).placement
    services.move_product(placement=now, actor=merchandiser, revision=now.revision, product_id=a, slot=2)
    assert ids(placement) == [d, a, b, c]


def test_a_slot_that_is_not_there_is_named(placement, merchandiser) -> None:
    with pytest.raises(BadInput, match="no slot 9; this row has 1 to 4"):
        services.move_product(placement=placement, actor=merchandiser, revision=0, product_id=ids(placement)[0], slot=9)


def test_a_product_of_another_placement_is_not_touched(placement, merchandiser) -> None:
    other = PlacementFactory(draft=placement.draft)
    with pytest.raises(BadInput, match="no such product"):
        services.remove_product(placement=placement, actor=merchandiser, revision=0, product_id=ids(other)[0])


def test_the_audit_keeps_the_row_before_and_after(placement, merchandiser) -> None:
    services.move_product(placement=placement, actor=merchandiser, revision=0, product_id=ids(placement)[3], slot=1)
    entry = AuditEntry.objects.get()
    assert sorted(entry.old["shown"]) == sorted(entry.new["shown"]) and entry.old != entry.new


def test_who_holds_a_slot_past_the_end_comes_last() -> None:
    assert around(["a", "b"], {4: "z"}) == ["a", "b", "z"]
    assert around(["a", "b"], {1: "z"}) == ["z", "a", "b"]
