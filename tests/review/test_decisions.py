"""What people may decide, and what a decision does."""

from functools import partial

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts.models import AuditEntry
from review.models import Decision, Placement
from review.policies import NotAllowed
from review.workflow import services
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import PlacementFactory
from tests.review.race import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def placement(store, marketing) -> Placement:
    return PlacementFactory(draft__store=store, draft__requested_by=marketing)


def test_approving_says_who_and_on_which_revision(placement, merchandiser) -> None:
    outcome = services.approve(placement=placement, actor=merchandiser, revision=0)
    decision = Decision.objects.get()
    assert outcome.placement.status == "approved"
    assert (decision.kind, decision.was, decision.revision, decision.actor) == ("approve", "waiting", 0, merchandiser)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.old, entry.new) == ("placement.approve", {"status": "waiting"}, {"status": "approved"})


def test_rejecting_a_placement_needs_a_reason(placement, merchandiser) -> None:
    with pytest.raises(BadInput, match="Choose a reason"):
        services.reject(placement=placement, actor=merchandiser, revision=0, reason_code="")
    placement.refresh_from_db()
    assert (placement.status, placement.revision) == ("waiting", 0)


def test_another_reason_needs_a_note(placement, merchandiser) -> None:
    with pytest.raises(BadInput, match="note"):
        services.reject(placement=placement, actor=merchandiser, revision=0, reason_code="other", note="  ")


def test_the_database_refuses_a_rejection_without_a_reason(placement, merchandiser) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(placement=placement, kind="reject", was="waiting", revision=0, actor=merchandiser)


def test_a_rejection_keeps_its_reason_in_the_audit(placement, merchandiser) -> None:
    services.reject(placement=placement, actor=merchandiser, revision=0, reason_code="brand", note="Too loud")
    assert AuditEntry.objects.get().new == {"status": "rejected", "reason_code": "brand", "note": "Too loud"}


def test_a_decision_on_what_changed_since_is_refused(placement, merchandiser, team_mate) -> None:
    services.edit_text(placement=placement, actor=team_mate, revision=0, title="Slow soups")
    with pytest.raises(WrongState, match="changed since you opened it; look again"):
        services.approve(placement=placement, actor=merchandiser, revision=0)


def test_a_decision_through_a_stale_object_is_refused(placement, merchandiser, team_mate) -> None:
    seen = Placement.objects.get(pk=placement.pk)
    services.approve(placement=placement, actor=team_mate, revision=0)
    with pytest.raises(WrongState):
        services.reject(placement=seen, actor=merchandiser, revision=0, reason_code="title")
    assert Placement.objects.get().status == "approved"


def test_an_approved_placement_cannot_be_approved_again(placement, merchandiser) -> None:
    now = services.approve(placement=placement, actor=merchandiser, revision=0).placement
    with pytest.raises(WrongState, match="is approved"):
        services.approve(placement=now, actor=merchandiser, revision=now.revision)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_one_wins(placement, merchandiser, team_mate) -> None:
    said = at_once(
        *(
            partial(services.approve, placement=placement, actor=actor, revision=0)
            for actor in (merchandiser, team_mate)
        )
    )
    assert sorted(type(one).__name__ for one in said) == ["Outcome", "WrongState"]
    assert Decision.objects.count() == AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_approval_and_an_edit_at_once_never_approve_what_was_not_seen(placement, merchandiser, team_mate) -> None:
    said = at_once(
        partial(services.approve, placement=placement, actor=merchandiser, revision=0),
        partial(services.edit_text, placement=placement, actor=team_mate, revision=0, title="Slow soups"),
    )
    assert sorted(type(one).__name__ for one in said) == ["Outcome", "WrongState"]
    now = Placement.objects.get()
    assert (now.status, now.title == "Slow soups") in [("approved", False), ("waiting", True)]


def test_a_refused_decision_leaves_no_trace(placement, merchandiser) -> None:
    placement.items.filter(state="shown").delete()
    with pytest.raises(BadInput, match="shows 0 products; a row needs 3"):
        services.approve(placement=placement, actor=merchandiser, revision=0)
    assert not Decision.objects.exists() and not AuditEntry.objects.exists()
    assert Placement.objects.get().revision == 0


def test_a_product_may_not_be_approved_twice_on_a_page(placement, merchandiser) -> None:
    twin = PlacementFactory(draft=placement.draft, shown=3)
    twin.items.filter(state="shown", slot=1).update(product=placement.items.get(state="shown", slot=1).product)
    services.approve(placement=placement, actor=merchandiser, revision=0)
    with pytest.raises(BadInput, match="is in the approved row"):
        services.approve(placement=twin, actor=merchandiser, revision=0)


# --- Who ----------------------------------------------------------------------------------------------------------
def test_whoever_started_the_run_cannot_approve_it(store, merchandiser) -> None:
    own = PlacementFactory(draft__store=store, draft__requested_by=merchandiser)
    with pytest.raises(NotAllowed, match="four eyes"):
        services.approve(placement=own, actor=merchandiser, revision=0)


def test_where_two_eyes_do_the_requester_may_approve(store, merchandiser) -> None:
    store.four_eyes = False
    store.save()
    own = PlacementFactory(draft__store=store, draft__requested_by=merchandiser)
    assert services.approve(placement=own, actor=merchandiser, revision=0).placement.status == "approved"


def test_the_requester_may_still_reject_their_own(store, merchandiser) -> None:
    own = PlacementFactory(draft__store=store, draft__requested_by=merchandiser)
    services.reject(placement=own, actor=merchandiser, revision=0, reason_code="duplicate")


@pytest.mark.parametrize("four_eyes", [True, False])
def test_marketing_never_approves(store, marketing, four_eyes) -> None:
    store.four_eyes = four_eyes
    store.save()
    placement = PlacementFactory(draft__store=store)
    with pytest.raises(NotAllowed, match="As marketing you may not decide on placements"):
        services.approve(placement=placement, actor=marketing, revision=0)


def test_a_stranger_decides_nothing_here(placement, stranger) -> None:
    with pytest.raises(NotAllowed, match="not a member"):
        services.reject(placement=placement, actor=stranger, revision=0, reason_code="title")


def test_only_an_admin_overturns(store, merchandiser) -> None:
    dropped = PlacementFactory(draft__store=store, dropped=True)
    with pytest.raises(NotAllowed, match="role of admin"):
        services.overturn(placement=dropped, actor=merchandiser, revision=0, note="It is fine")


@pytest.mark.parametrize("trait", ["dropped", "rejected"])
def test_what_was_overturned_waits_again(store, admin, trait) -> None:
    placement = PlacementFactory(draft__store=store, **{trait: True})
    now = services.overturn(placement=placement, actor=admin, revision=0, note="It is fine").placement
    assert now.status == "waiting"
    assert Decision.objects.get().was == trait


def test_overturning_needs_a_note(store, admin) -> None:
    dropped = PlacementFactory(draft__store=store, dropped=True)
    with pytest.raises(BadInput, match="why"):
        services.overturn(placement=dropped, actor=admin, revision=0, note="")


# --- Sent back ----------------------------------------------------------------------------------------------------
def test_marketing_may_change_what_was_sent_back_and_nothing_else(placement, marketing, merchandiser) -> None:
    with pytest.raises(NotAllowed):
        services.edit_text(placement=placement, actor=marketing, revision=0, title="Slow soups")
    now = services.request_changes(placement=placement, actor=merchandiser, revision=0, reason_code="title").placement
    now = services.edit_text(placement=now, actor=marketing, revision=now.revision, title="Slow soups").placement
    now = services.resubmit(placement=now, actor=marketing, revision=now.revision).placement
    assert (now.status, now.title) == ("waiting", "Slow soups")


# --- Fixed and approved -------------------------------------------------------------------------------------------
def test_approving_what_one_edited_is_recorded_as_fixed(placement, merchandiser) -> None:
    now = services.edit_text(placement=placement, actor=merchandiser, revision=0, title="Slow soups").placement
    services.approve(placement=now, actor=merchandiser, revision=now.revision)
    assert Decision.objects.get().kind == "fix_approve"


def test_approving_what_somebody_else_edited_is_a_plain_approval(placement, merchandiser, team_mate) -> None:
    now = services.edit_text(placement=placement, actor=team_mate, revision=0, title="Slow soups").placement
    services.approve(placement=now, actor=merchandiser, revision=now.revision)
    assert Decision.objects.get().kind == "approve"


# --- Undo ---------------------------------------------------------------------------------------------------------
def test_undoing_restores_the_status_before_and_says_so(placement, merchandiser) -> None:
    now = services.reject(placement=placement, actor=merchandiser, revision=0, reason_code="title").placement
    outcome = services.undo(placement=now, actor=merchandiser, revision=now.revision)
    assert outcome.placement.status == "waiting"
    assert "it is waiting again" in outcome.summary
    assert list(Decision.objects.values_list("kind", flat=True)) == ["reject", "undo"]


def test_there_is_nothing_to_undo_twice(placement, merchandiser) -> None:
    now = services.approve(placement=placement, actor=merchandiser, revision=0).placement
    now = services.undo(placement=now, actor=merchandiser, revision=now.revision).placement
    with pytest.raises(WrongState, match="no decision"):
        services.undo(placement=now, actor=merchandiser, revision=now.revision)


def test_only_the_decider_or_an_admin_undoes(placement, merchandiser, team_mate, admin) -> None:
    now = services.approve(placement=placement, actor=merchandiser, revision=0).placement
    with pytest.raises(NotAllowed, match="Merle Handiser decided this"):
        services.undo(placement=now, actor=team_mate, revision=now.revision)
    assert services.undo(placement=now, actor=admin, revision=now.revision).placement.status == "waiting"


def test_undoing_never_revives_an_approval_of_something_else(placement, merchandiser, team_mate) -> None:
    now = services.approve(placement=placement, actor=team_mate, revision=0).placement
    now = services.request_changes(
        placement=now, actor=merchandiser, revision=now.revision, reason_code="title"
    ).placement
    now = services.edit_text(placement=now, actor=merchandiser, revision=now.revision, title="Slow soups").placement
    assert services.undo(placement=now, actor=merchandiser, revision=now.revision).placement.status == "waiting"


# --- History ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("model", [Decision, AuditEntry])
def test_history_cannot_be_changed_or_deleted(placement, merchandiser, model) -> None:
    services.approve(placement=placement, actor=merchandiser, revision=0)
    row = model.objects.get()
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        model.objects.update(created_at=row.created_at)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        model.objects.all()._raw_delete("default")
    assert model.objects.get() == row
