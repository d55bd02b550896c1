"""Part of a page is regenerated: what stays, what is proposed beside it, and what choosing between the two does."""

from functools import partial as bind
from typing import Any

import pytest

from accounts.models import AuditEntry
from generation.models import Run
from review import selectors
from review.models import Decision, Draft, Placement
from review.policies import NotAllowed, is_own_generation
from review.publishing.services import publish
from review.workflow import choosing, proposals, regenerating, services
from review.workflow.intake import draft_from
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import PlacementFactory, ProductFactory
from tests.review.partial import ask, finish, page, proposal, row, rows, shown
from tests.review.race import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(store: Any, marketing: Any) -> Draft:
    return page(store, marketing)


def take(draft: Draft, actor: Any, **more: Any) -> Draft:
    return choosing.take(draft=draft, actor=actor, seen=proposals.seen_of(draft), **more)


def approve(placement: Placement, actor: Any) -> Placement:
    return services.approve(placement=placement, actor=actor, revision=placement.revision).placement


# --- The run ------------------------------------------------------------------------------------------------------
def test_the_run_is_given_the_kept_rows_and_what_must_not_come_again(draft: Draft, marketing: Any) -> None:
    run = ask(draft, marketing, [row(draft, 1), row(draft, 3)])
    assert [(one["position"], one["row"]["key"], one["kept_from"]) for one in run.brief["fixed"]] == [
        (1, 1000, row(draft, 1).pk),
        (3, 999, row(draft, 3).pk),
    ]
    assert run.brief["brief"]["avoid"] == ["One-pan suppers"]
    assert (run.parent, run.requested_by) == (draft.run, marketing)


def test_titles_of_an_earlier_proposal_do_not_come_again_either(draft: Draft, marketing: Any) -> None:
    first = proposal(draft, marketing, [row(draft, 1), row(draft, 3)])
    second = ask(draft, marketing, [row(draft, 1), row(draft, 3)])
    assert row(first, 2).title in second.brief["brief"]["avoid"]


def test_an_instruction_becomes_constraints_of_the_new_run_only(draft: Draft, marketing: Any) -> None:
    run = ask(draft, marketing, [row(draft, 1)], "nothing over 8 euros, without pork")
    assert run.brief["constraints"]["price_max"] == "8"
    assert run.instruction == "nothing over 8 euros, without pork"
    draft.campaign.refresh_from_db()
    assert "price_max" not in draft.campaign.constraints


def test_rows_that_the_words_name_stay(draft: Draft) -> None:
    plan = regenerating.plan(draft=draft, instruction="Keep rows 1 and 3", keep=[])
    assert [one.position for one in plan.keep] == [1, 3]
    assert [one.position for one in plan.renew] == [2]


def test_a_reading_that_is_struck_changes_nothing(draft: Draft) -> None:
    offered = [one.key for one in regenerating.plan(draft=draft, instruction="under 3 euros", keep=[]).reading.readings]
    plan = regenerating.plan(draft=draft, instruction="under 3 euros", keep=[], offered=offered, taken=[])
    assert offered and plan.constraints.price_max is None


def test_the_shops_own_row_cannot_be_unlocked(draft: Draft) -> None:
    Placement.objects.filter(pk=row(draft, 2).pk).update(source="static")
    plan = regenerating.plan(draft=draft, instruction="redo row 2", keep=[])
    assert [one.position for one in plan.keep] == [2]


def test_keeping_everything_starts_nothing(draft: Draft, marketing: Any) -> None:
    with pytest.raises(BadInput, match="Unlock at least one"):
        ask(draft, marketing, rows(draft))
    assert not Run.objects.filter(parent=draft.run).exists()


def test_a_constraint_that_leaves_nothing_starts_nothing(draft: Draft, marketing: Any) -> None:
    with pytest.raises(BadInput, match="Not enough eligible products"):
        ask(draft, marketing, [row(draft, 1)], "under 1 euro")


def test_a_row_of_another_page_cannot_be_kept(draft: Draft, store: Any, marketing: Any) -> None:
    with pytest.raises(BadInput, match="load the page again"):
        ask(draft, marketing, [PlacementFactory(draft__store=store)])


def test_a_stranger_regenerates_nothing(draft: Draft, stranger: Any) -> None:
    with pytest.raises(NotAllowed):
        ask(draft, stranger, [row(draft, 1)])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_regenerate_at_once_one_is_told(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    keep = [row(draft, 1)]
    said = at_once(bind(ask, draft, marketing, keep), bind(ask, draft, merchandiser, keep))
    assert sorted(type(one).__name__ for one in said) == ["Run", "WrongState"]


# --- The proposal -------------------------------------------------------------------------------------------------
def test_kept_rows_arrive_as_people_left_them(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    first = row(draft, 1)
    services.edit_text(placement=first, actor=merchandiser, revision=0, title="Slow soups")
    gone = first.items.get(state="shown", slot=2)
    services.remove_product(placement=first, actor=merchandiser, revision=1, product_id=gone.product_id)
    last = first.items.get(state="shown", slot=4)
    services.pin_product(placement=first, actor=merchandiser, revision=2, product_id=last.product_id)
    new = row(proposal(draft, marketing, [first]), 1)
    first.refresh_from_db()
    assert (new.title, new.kept_from, new.status) == ("Slow soups", first, "waiting")
    facts = ("state", "slot", "product_id", "pinned", "fit", "sources")
    assert sorted(new.items.values_list(*facts)) == sorted(first.items.values_list(*facts))


def test_a_kept_row_is_on_the_page_though_the_run_lost_it(draft: Draft, marketing: Any) -> None:
    run = ask(draft, marketing, [row(draft, 2)])
    run.brief["fixed"] = []
    made = [*finish(run).placements.all()]
    Draft.objects.filter(run=run).delete()
    run.refresh_from_db()
    run.result["placements"] = [one for one in run.result["placements"] if one["key"] < 900]
    new = draft_from(run)
    assert made and row(new, 2).kept_from == row(draft, 2)
    assert shown(row(new, 2)) == shown(row(draft, 2))


def test_a_proposal_waits_in_no_queue_and_in_no_count(draft: Draft, store: Any, marketing: Any) -> None:
    proposal(draft, marketing, [row(draft, 1)])
    assert selectors.waiting_count(store) == 3
    assert {one.draft_id for one in selectors.queue(store)} == {draft.pk}


def test_nothing_of_a_proposal_is_decided_edited_or_published(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    new = proposal(draft, marketing, [row(draft, 1)])
    for act in (
        lambda: approve(row(new, 2), merchandiser),
        lambda: services.edit_text(placement=row(new, 2), actor=merchandiser, revision=0, title="Other"),
        lambda: publish(draft=new, actor=merchandiser, allow_waiting=True),
    ):
        with pytest.raises(WrongState, match="is a proposal beside"):
            act()


# --- Taking it ----------------------------------------------------------------------------------------------------
def test_taking_the_new_page_moves_the_queue_to_it(draft: Draft, store: Any, marketing: Any) -> None:
    new = take(proposal(draft, marketing, [row(draft, 1)]), marketing)
    draft.refresh_from_db()
    assert draft.superseded and not new.superseded
    assert {one.draft_id for one in selectors.queue(store)} == {new.pk}
    assert AuditEntry.objects.get(action="draft.take").actor == marketing


def test_an_approval_goes_with_the_row_and_the_audit_names_whose_it_is(
    draft: Draft, marketing: Any, merchandiser: Any
) -> None:
    first = approve(row(draft, 1), merchandiser)
    new = take(proposal(draft, marketing, [first]), marketing)
    kept = row(new, 1)
    entry = AuditEntry.objects.get(action="placement.keep", subject=f"placement:{kept.pk}")
    assert kept.status == "approved"
    assert entry.new["decision"] == Decision.objects.get(placement=first).pk
    assert "approved by Merle Handiser" in entry.summary
    assert not Decision.objects.filter(placement=kept).exists()


def test_what_happens_to_a_kept_row_while_the_run_works_is_not_lost(
    draft: Draft, marketing: Any, merchandiser: Any
) -> None:
    new = proposal(draft, marketing, [row(draft, 1), row(draft, 2)])
    services.edit_text(placement=row(draft, 1), actor=merchandiser, revision=0, title="Slow soups")
    services.reject(placement=row(draft, 2), actor=merchandiser, revision=0, reason_code="brand")
    new = take(new, merchandiser)
    assert [(one.title, one.status) for one in rows(new)[:2]] == [
        ("Slow soups", "waiting"),
        ("One-pan suppers", "rejected"),
    ]


def test_a_carried_approval_ends_with_the_first_change(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    new = take(proposal(draft, marketing, [approve(row(draft, 1), merchandiser)]), marketing)
    kept = row(new, 1)
    services.edit_text(placement=kept, actor=merchandiser, revision=kept.revision, title="Slow soups")
    kept.refresh_from_db()
    assert kept.status == "waiting"


def test_a_product_that_a_kept_row_shows_by_now_leaves_the_new_one(
    draft: Draft, store: Any, marketing: Any, merchandiser: Any
) -> None:
    first = row(draft, 1)
    late = first.items.get(state="bench", slot=1).product
    new = proposal(draft, marketing, [first], shown=[late, *ProductFactory.create_batch(3, store=store)])
    out = first.items.get(state="shown", slot=1)
    services.remove_product(placement=first, actor=merchandiser, revision=0, product_id=out.product_id)
    assert late.pk in shown(row(draft, 1)) and late.pk in shown(row(new, 2))
    heir = row(new, 2).items.get(state="bench", slot=1).product_id
    new = take(new, merchandiser)
    everything = [product for one in rows(new) for product in shown(one)]
    assert len(everything) == len(set(everything))
    assert shown(row(new, 2))[0] == heir


def test_an_old_row_can_be_kept_instead_of_the_new_one(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    new = proposal(draft, marketing, [row(draft, 1)])
    fresh = row(new, 2)
    new = take(new, merchandiser, instead=[row(draft, 2).pk])
    fresh.refresh_from_db()
    standing = [one for one in rows(new) if one.status != "dropped"]
    assert [one.title for one in standing] == ["Soups that cook themselves", "One-pan suppers", row(new, 4).title]
    assert (fresh.status, fresh.drop_reason) == ("dropped", "Merle Handiser kept “One-pan suppers” instead.")
    assert shown(standing[1]) == shown(row(draft, 2))
    assert fresh.archived.by == "person"


def test_a_row_without_a_successor_can_be_kept_too(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    new = proposal(draft, marketing, [row(draft, 1)], short=1)
    assert [one.title for one in proposals.gone(new, draft)] == ["Gifts for cooks"]
    new = take(new, merchandiser, instead=[row(draft, 3).pk])
    assert [one.title for one in rows(new)] == ["Soups that cook themselves", row(new, 2).title, "Gifts for cooks"]
    choosing.undo(draft=new, actor=merchandiser)
    assert [one.title for one in proposals.gone(new, draft)] == ["Gifts for cooks"]


def test_only_a_replaced_row_can_be_kept_instead(draft: Draft, marketing: Any) -> None:
    new = proposal(draft, marketing, [row(draft, 1)])
    with pytest.raises(BadInput, match="Only a row that the new page replaces"):
        take(new, marketing, instead=[row(draft, 1).pk])


def test_marketing_does_not_take_a_page_that_loses_an_approval(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    approve(row(draft, 2), merchandiser)
    new = proposal(draft, marketing, [row(draft, 1)])
    with pytest.raises(NotAllowed):
        take(new, marketing)
    assert take(new, marketing, instead=[row(draft, 2).pk])


def test_a_page_that_changed_since_it_was_seen_is_looked_at_again(
    draft: Draft, marketing: Any, merchandiser: Any
) -> None:
    new = proposal(draft, marketing, [row(draft, 1)])
    seen = proposals.seen_of(new)
    approve(row(draft, 3), merchandiser)
    with pytest.raises(WrongState, match="Look again"):
        choosing.take(draft=new, actor=merchandiser, seen=seen)


def test_nothing_of_a_replaced_page_is_decided_or_published(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    approve(row(draft, 1), merchandiser)
    take(proposal(draft, marketing, [row(draft, 1)]), marketing)
    draft.refresh_from_db()
    with pytest.raises(WrongState, match="set aside for another one"):
        approve(row(draft, 2), merchandiser)
    with pytest.raises(WrongState, match="set aside for another one"):
        publish(draft=draft, actor=merchandiser, allow_waiting=True)
    with pytest.raises(WrongState, match="set aside for another one"):
        ask(draft, marketing, [row(draft, 1)])


def test_the_page_that_was_taken_is_published_with_its_kept_rows(
    draft: Draft, marketing: Any, merchandiser: Any
) -> None:
    approve(row(draft, 1), merchandiser)
    new = take(proposal(draft, marketing, [row(draft, 1)]), marketing)
    version = publish(draft=new, actor=merchandiser, allow_waiting=True)
    assert [one["title"] for one in version.body["placements"]] == ["Soups that cook themselves"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_choose_at_once_one_wins_and_the_other_is_told(
    draft: Draft, marketing: Any, merchandiser: Any
) -> None:
    new = proposal(draft, marketing, [row(draft, 1)])
    said = at_once(bind(take, new, merchandiser), bind(choosing.keep_old, draft=new, actor=marketing))
    assert sorted(type(one).__name__ for one in said) == ["Draft", "WrongState"]
    assert sorted(Draft.objects.values_list("superseded", flat=True)) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_decision_made_while_somebody_takes_the_new_page_is_kept_or_refused(
    draft: Draft, marketing: Any, merchandiser: Any
) -> None:
    new = proposal(draft, marketing, [row(draft, 1)])
    said = at_once(bind(take, new, marketing), bind(approve, row(draft, 1), merchandiser))
    names = sorted(type(one).__name__ for one in said)
    decided = Decision.objects.exists()
    assert names in (["Draft", "WrongState"], ["Placement", "WrongState"], ["Draft", "Placement"])
    assert row(new, 1).status == ("approved" if names == ["Draft", "Placement"] else "waiting")
    assert decided == ("Placement" in names)


@pytest.mark.django_db(transaction=True)
def test_publishing_and_being_replaced_at_once_never_publish_what_was_replaced(
    draft: Draft, marketing: Any, merchandiser: Any
) -> None:
    approve(row(draft, 1), merchandiser)
    new = proposal(draft, marketing, [row(draft, 1)])
    said = at_once(bind(take, new, merchandiser), bind(publish, draft=draft, actor=merchandiser, allow_waiting=True))
    assert not any(isinstance(one, Exception) and not isinstance(one, WrongState) for one in said)
    draft.refresh_from_db()
    assert draft.superseded
    if isinstance(said[1], Exception):
        assert not draft.versions.exists()


# --- Keeping the old one, and undoing -----------------------------------------------------------------------------
def test_keeping_the_old_page_sets_the_new_one_aside(draft: Draft, store: Any, marketing: Any) -> None:
    new = choosing.keep_old(draft=proposal(draft, marketing, [row(draft, 1)]), actor=marketing)
    draft.refresh_from_db()
    assert new.superseded and not draft.superseded
    assert selectors.waiting_count(store) == 3


def test_a_choice_is_made_once(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    new = take(proposal(draft, marketing, [row(draft, 1)]), marketing)
    with pytest.raises(WrongState, match="Mara Keting took the new page already"):
        choosing.keep_old(draft=new, actor=merchandiser)


def test_taking_one_proposal_sets_the_others_aside_until_it_is_undone(draft: Draft, marketing: Any) -> None:
    first, second = (proposal(draft, marketing, [row(draft, 1)]) for _ in range(2))
    take(second, marketing)
    first.refresh_from_db()
    assert first.superseded
    choosing.undo(draft=second, actor=marketing)
    first.refresh_from_db()
    assert not first.superseded


def test_undoing_puts_both_pages_beside_each_other_again(draft: Draft, store: Any, marketing: Any) -> None:
    new = take(proposal(draft, marketing, [row(draft, 1)]), marketing, instead=[row(draft, 2).pk])
    new = choosing.undo(draft=new, actor=marketing)
    draft.refresh_from_db()
    assert new.is_proposal and not draft.superseded
    assert {one.draft_id for one in selectors.queue(store)} == {draft.pk}
    assert [was.position for was, _ in proposals.replaced_by(new, draft)] == [2, 3]
    again = take(new, marketing)
    assert [one.status for one in rows(again) if one.kept_from_id].count("waiting") == 1


def test_a_kept_old_page_can_be_let_go_again(draft: Draft, marketing: Any) -> None:
    new = choosing.keep_old(draft=proposal(draft, marketing, [row(draft, 1)]), actor=marketing)
    assert choosing.undo(draft=new, actor=marketing).is_proposal


def test_what_was_published_is_not_undone(draft: Draft, marketing: Any, merchandiser: Any) -> None:
    approve(row(draft, 1), merchandiser)
    new = take(proposal(draft, marketing, [row(draft, 1)]), marketing)
    publish(draft=new, actor=merchandiser, allow_waiting=True)
    with pytest.raises(WrongState, match="was published; roll the page back"):
        choosing.undo(draft=new, actor=marketing)


def test_a_proposal_that_comes_too_late_is_no_page_to_work_on(draft: Draft, store: Any, marketing: Any) -> None:
    first = ask(draft, marketing, [row(draft, 1)])
    Run.objects.filter(pk=first.pk).update(status=Run.Status.FAILED)
    take(proposal(draft, marketing, [row(draft, 1)]), marketing)
    late = finish(first)
    assert late.superseded
    assert "replaced meanwhile" in late.note
    assert late.pk not in {one.draft_id for one in selectors.queue(store)}


# --- Four eyes ----------------------------------------------------------------------------------------------------
def test_who_may_not_approve_a_row_may_not_by_having_others_regenerated(
    store: Any, merchandiser: Any, team_mate: Any
) -> None:
    mine = page(store, merchandiser)
    new = take(proposal(mine, team_mate, [row(mine, 1)]), team_mate)
    assert is_own_generation(merchandiser, row(new, 1))
    with pytest.raises(NotAllowed, match="four eyes"):
        approve(row(new, 1), merchandiser)
    assert approve(row(new, 1), team_mate)
    with pytest.raises(NotAllowed, match="four eyes"):
        approve(row(new, 2), team_mate)
