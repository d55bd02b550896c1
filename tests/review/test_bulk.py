"""One decision on everything that matches: counted, taken in the background, resumed, undone as one."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from review.models import BulkAct, BulkItem, Decision, Placement
from review.policies import NotAllowed
from review.tasks import decide_on_many, go_on_deciding
from review.workflow import bulk, claims, services
from review.workflow.asked import Asked
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import DraftFactory, PlacementFactory

pytestmark = pytest.mark.django_db
WHY = {"reason_code": "brand", "note": "Too loud for us"}


@pytest.fixture
def draft(store: Any, marketing: Any) -> Any:
    return DraftFactory(store=store, requested_by=marketing)


def dry(store: Any, actor: Any, kind: str = "reject", at: dt.datetime | None = None, **asked: str) -> bulk.DryRun:
    return bulk.dry_run(store=store, actor=actor, kind=kind, filters=Asked.read(asked), at=at)


def started(store: Any, actor: Any, kind: str = "reject", **asked: str) -> BulkAct:
    counted = dry(store, actor, kind, **asked)
    given = WHY if kind != "approve" else {}
    return bulk.start(dry=counted, told=counted.able, store=store, actor=actor, **given)


def statuses() -> list[str]:
    return list(Placement.objects.order_by("pk").values_list("status", flat=True))


# --- The dry run --------------------------------------------------------------------------------------------------
def test_a_dry_run_counts_and_changes_nothing(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory.create_batch(3, draft=draft)
    assert dry(store, merchandiser).able == 3
    assert not BulkAct.objects.exists() and statuses() == ["waiting"] * 3


def test_a_dry_run_says_what_is_left_and_why(draft: Any, store: Any, merchandiser: Any, team_mate: Any) -> None:
    PlacementFactory(draft=draft)
    PlacementFactory(draft=DraftFactory(store=store, requested_by=merchandiser))
    claims.take(PlacementFactory(draft=draft), team_mate)
    counted = dry(store, merchandiser, "approve")
    assert (counted.able, counted.left) == (
        1,
        {"Somebody else is at them": 1, "You started the run that made them: four eyes": 1},
    )
    assert dry(store, merchandiser, "reject").able == 2  # one's own may be turned down


def test_a_decision_that_is_not_open_counts_none(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory(draft=draft, approved=True)
    counted = dry(store, merchandiser, "approve", state="approved")
    assert (counted.able, counted.left) == (0, {"That decision is not open for them": 1})


def test_the_filter_says_which(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory(draft=draft, score=0.0, position=1)
    PlacementFactory(draft=draft, score=1.0, position=40)
    assert dry(store, merchandiser, risk="high").able == 1


def test_marketing_decides_on_nothing(draft: Any, store: Any, marketing: Any) -> None:
    with pytest.raises(NotAllowed):
        dry(store, marketing)


@pytest.mark.parametrize("kind", ["undo", "overturn", "", "approve; --"])
def test_only_three_decisions_are_taken_on_many(kind: str, store: Any, merchandiser: Any) -> None:
    with pytest.raises(BadInput):
        dry(store, merchandiser, kind)


# --- The act ------------------------------------------------------------------------------------------------------
def test_all_that_match_are_rejected_with_reason_and_note(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory.create_batch(3, draft=draft)
    act = started(store, merchandiser)
    decide_on_many(act.pk)
    act.refresh_from_db()
    assert (act.state, statuses()) == ("done", ["rejected"] * 3)
    assert set(Decision.objects.values_list("reason_code", "note")) == {("brand", "Too loud for us")}
    last = AuditEntry.objects.order_by("-id")[0]
    assert last.summary == "Merle Handiser rejected 3 placements at once."


@pytest.mark.parametrize("given", [{"reason_code": "brand"}, {"note": "x"}, {"reason_code": "brand", "note": "  "}])
def test_turning_many_down_needs_both_reason_and_note(
    given: dict[str, str], draft: Any, store: Any, merchandiser: Any
) -> None:
    PlacementFactory(draft=draft)
    with pytest.raises(BadInput):
        bulk.start(dry=dry(store, merchandiser), told=1, store=store, actor=merchandiser, **given)
    assert not BulkAct.objects.exists()


def test_never_more_than_the_person_was_told(draft: Any, store: Any, merchandiser: Any, team_mate: Any) -> None:
    row = PlacementFactory(draft=draft)
    PlacementFactory(draft=draft)
    claims.take(row, team_mate)
    told = dry(store, merchandiser).able
    claims.leave(row, team_mate)
    with pytest.raises(WrongState, match="2 can be decided now, 1 when you looked"):
        bulk.start(dry=dry(store, merchandiser), told=told, store=store, actor=merchandiser, **WHY)
    assert not BulkAct.objects.exists()


def test_what_changed_or_came_after_the_look_is_left(draft: Any, store: Any, merchandiser: Any, team_mate: Any) -> None:
    seen, changed = PlacementFactory(draft=draft), PlacementFactory(draft=draft)
    looked = timezone.now()
    services.edit_text(placement=changed, actor=team_mate, revision=0, title="Stews")
    PlacementFactory(draft=draft, title="new")
    act = bulk.start(dry=dry(store, merchandiser, at=looked), told=2, store=store, actor=merchandiser, **WHY)
    decide_on_many(act.pk)
    seen.refresh_from_db()
    assert (seen.status, statuses()) == ("rejected", ["rejected", "waiting", "waiting"])
    assert bulk.left(act) == [{"why": "Changed since you looked.", "count": 1}]


def test_what_is_decided_meanwhile_is_left_with_who_and_what(
    draft: Any, store: Any, merchandiser: Any, team_mate: Any
) -> None:
    row = PlacementFactory(draft=draft)
    act = started(store, merchandiser)
    services.approve(placement=row, actor=team_mate, revision=0)
    decide_on_many(act.pk)
    assert statuses() == ["approved"]
    assert "Tamsin Mate approved" in bulk.left(act)[0]["why"]


def test_rows_with_too_few_products_are_left(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory(draft=draft, shown=0)
    act = started(store, merchandiser, "approve")
    decide_on_many(act.pk)
    assert statuses() == ["waiting"]
    assert "shows 0 products" in bulk.left(act)[0]["why"]


def test_what_a_killed_worker_left_is_taken_up(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory.create_batch(3, draft=draft)
    act = started(store, merchandiser)
    bulk._decide(act, act.items.select_related("placement__draft").first())  # as far as it came
    assert bulk.unfinished() == [act.pk]
    decide_on_many(act.pk)
    decide_on_many(act.pk)
    assert statuses() == ["rejected"] * 3
    assert Decision.objects.count() == 3 and bulk.unfinished() == []


def test_the_clock_hands_unfinished_acts_to_the_worker(
    draft: Any, store: Any, merchandiser: Any, settings: Any
) -> None:
    from storefront_studio.celery import app

    PlacementFactory(draft=draft)
    started(store, merchandiser)
    app.conf.task_always_eager = True
    try:
        go_on_deciding()
    finally:
        app.conf.task_always_eager = False
    assert statuses() == ["rejected"]


def test_a_reviewer_who_lost_the_role_decides_on_nothing_more(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory(draft=draft)
    act = started(store, merchandiser)
    merchandiser.memberships.update(role="marketing")
    decide_on_many(act.pk)
    assert statuses() == ["waiting"]


# --- One undo -----------------------------------------------------------------------------------------------------
def test_all_of_it_is_undone_at_once(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory.create_batch(3, draft=draft)
    act = started(store, merchandiser)
    decide_on_many(act.pk)
    bulk.undo(act=act, actor=merchandiser)
    decide_on_many(act.pk)
    act.refresh_from_db()
    assert (act.state, statuses()) == ("undone", ["waiting"] * 3)


def test_what_was_decided_on_again_is_not_undone(draft: Any, store: Any, merchandiser: Any, admin: Any) -> None:
    row, _ = PlacementFactory.create_batch(2, draft=draft)
    act = started(store, merchandiser)
    decide_on_many(act.pk)
    row.refresh_from_db()
    services.overturn(placement=row, actor=admin, revision=row.revision, note="We want it.")
    bulk.undo(act=act, actor=merchandiser)
    decide_on_many(act.pk)
    assert bulk.progress(act)["undone"] == 1
    assert bulk.left(act) == [{"why": "Somebody decided on it or changed it since.", "count": 1}]


def test_only_ones_own_or_as_admin(draft: Any, store: Any, merchandiser: Any, team_mate: Any, admin: Any) -> None:
    PlacementFactory(draft=draft)
    act = started(store, merchandiser)
    decide_on_many(act.pk)
    with pytest.raises(NotAllowed):
        bulk.undo(act=act, actor=team_mate)
    bulk.undo(act=act, actor=admin)
    with pytest.raises(WrongState):
        bulk.undo(act=act, actor=admin)
    decide_on_many(act.pk)
    assert statuses() == ["waiting"]


def test_an_act_at_work_cannot_be_undone(draft: Any, store: Any, merchandiser: Any) -> None:
    PlacementFactory(draft=draft)
    act = started(store, merchandiser)
    with pytest.raises(WrongState):
        bulk.undo(act=act, actor=merchandiser)
    assert BulkItem.objects.get().state == "todo"
