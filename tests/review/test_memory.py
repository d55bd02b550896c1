"""What people turn down is remembered, for as long as the rejection stands and nobody forgets it."""

from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from generation.models import Ruling
from generation.stages.contracts import DraftPage, LeftOut, Theme
from generation.stages.themes import MEMORY
from review import memory
from review.models import Placement
from review.policies import NotAllowed
from review.workflow import services
from review.workflow.intake import draft_from
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import DraftFactory, PlacementFactory, RunFactory, UserFactory
from tests.review.race import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def placement(store: Any, marketing: Any) -> Placement:
    return PlacementFactory(
        draft__store=store, draft__requested_by=marketing, title="Pork roasts", concepts=["pork roast", "crackling"]
    )


def reject(placement: Placement, actor: Any, code: str = "brand", note: str = "Too loud") -> Placement:
    now = Placement.objects.get(pk=placement.pk)
    return services.reject(placement=now, actor=actor, revision=now.revision, reason_code=code, note=note).placement


@pytest.fixture
def ruling(placement: Placement, merchandiser: Any) -> Ruling:
    reject(placement, merchandiser)
    return Ruling.objects.get()


# --- With every decision ------------------------------------------------------------------------------------------
def test_a_rejection_is_remembered_with_who_why_and_what(ruling: Ruling, placement: Placement, store: Any) -> None:
    said = (ruling.store, ruling.placement, ruling.title, ruling.concepts, ruling.reason_code, ruling.reason)
    assert said == (store, placement.pk, "Pork roasts", ["pork roast", "crackling"], "brand", "Not in our voice")
    assert (ruling.note, ruling.person, ruling.active) == ("Too loud", "Merle Handiser", True)
    shown = placement.items.filter(state="shown").order_by("slot")
    assert ruling.products == [item.product_id for item in shown]


def test_the_vector_is_left_to_the_worker(
    placement: Placement, merchandiser: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as waiting:
        reject(placement, merchandiser)
    ruling = Ruling.objects.get()
    assert ruling.embedding is None
    assert [(one.func.__self__.name, one.args) for one in waiting] == [
        ("generation.tasks.embed_rulings", (placement.draft.store_id,))
    ]


def test_sending_back_is_not_remembered(placement: Placement, merchandiser: Any) -> None:
    services.request_changes(placement=placement, actor=merchandiser, revision=0, reason_code="title")
    assert not Ruling.objects.exists()


def test_a_refused_rejection_leaves_no_memory(placement: Placement, merchandiser: Any) -> None:
    with pytest.raises(WrongState):
        services.reject(placement=placement, actor=merchandiser, revision=7, reason_code="brand")
    assert not Ruling.objects.exists()


def test_undoing_a_rejection_puts_its_memory_to_sleep(ruling: Ruling, placement: Placement, merchandiser: Any) -> None:
    services.undo(placement=placement, actor=merchandiser, revision=1)
    ruling.refresh_from_db()
    assert not ruling.active


def test_overturning_a_rejection_puts_its_memory_to_sleep(ruling: Ruling, placement: Placement, admin: Any) -> None:
    services.overturn(placement=placement, actor=admin, revision=1, note="It is fine")
    ruling.refresh_from_db()
    assert not ruling.active


def test_undoing_the_overturning_wakes_it_again(ruling: Ruling, placement: Placement, admin: Any) -> None:
    services.overturn(placement=placement, actor=admin, revision=1, note="It is fine")
    services.undo(placement=placement, actor=admin, revision=2)
    ruling.refresh_from_db()
    assert ruling.active


def test_rejecting_again_rewrites_the_one_memory(
    ruling: Ruling, placement: Placement, merchandiser: Any, team_mate: Any
) -> None:
    services.undo(placement=placement, actor=merchandiser, revision=1)
    reject(placement, team_mate, "other", "No meat here")
    again = Ruling.objects.get()
    assert (again.active, again.person, again.reason_code, again.note) == (True, "Tamsin Mate", "other", "No meat here")


def test_a_vector_outlives_a_new_rejection_of_the_same_words_only(
    ruling: Ruling, placement: Placement, merchandiser: Any
) -> None:
    Ruling.objects.update(embedding=[0.05] * 384, encoder="e")
    services.undo(placement=placement, actor=merchandiser, revision=1)
    now = reject(placement, merchandiser)
    assert Ruling.objects.get().encoder == "e"
    services.undo(placement=now, actor=merchandiser, revision=now.revision)
    now = Placement.objects.get(pk=placement.pk)
    services.edit_text(placement=now, actor=merchandiser, revision=now.revision, title="Roasts for a crowd")
    reject(placement, merchandiser)
    assert (Ruling.objects.get().title, Ruling.objects.get().embedding) == ("Roasts for a crowd", None)


@pytest.mark.django_db(transaction=True)
def test_of_two_rejections_at_once_one_is_remembered(placement: Placement, merchandiser: Any, team_mate: Any) -> None:
    said = at_once(
        *(
            partial(services.reject, placement=placement, actor=actor, revision=0, reason_code="brand", note=actor.name)
            for actor in (merchandiser, team_mate)
        )
    )
    assert sum(isinstance(one, WrongState) for one in said) == 1
    assert Ruling.objects.get().note == Placement.objects.get().decisions.get().note


# --- Forgetting ---------------------------------------------------------------------------------------------------
def test_forgetting_needs_a_reason_and_leaves_a_line(ruling: Ruling, admin: Any) -> None:
    with pytest.raises(BadInput, match="Say why"):
        memory.forget(ruling=ruling, actor=admin, note="  ")
    memory.forget(ruling=ruling, actor=admin, note="We sell pork now")
    entry = AuditEntry.objects.filter(action="memory.forget").get()
    assert (entry.actor, entry.new) == (admin, {"remembered": False, "note": "We sell pork now"})
    assert not memory.remembered(ruling.store).exists()


def test_only_an_admin_forgets(ruling: Ruling, merchandiser: Any, stranger: Any) -> None:
    for person in (merchandiser, stranger):
        with pytest.raises(NotAllowed):
            memory.forget(ruling=ruling, actor=person, note="why not")
    assert memory.remembered(ruling.store).exists()


def test_what_was_forgotten_stays_forgotten_when_an_overturning_is_undone(
    ruling: Ruling, placement: Placement, admin: Any
) -> None:
    memory.forget(ruling=ruling, actor=admin, note="We sell pork now")
    services.overturn(placement=placement, actor=admin, revision=1, note="It is fine")
    services.undo(placement=placement, actor=admin, revision=2)
    ruling.refresh_from_db()
    assert not ruling.active


def test_forgetting_twice_says_so(ruling: Ruling, admin: Any) -> None:
    memory.forget(ruling=ruling, actor=admin, note="We sell pork now")
    with pytest.raises(WrongState, match="not remembered any more"):
        memory.forget(ruling=ruling, actor=admin, note="again")


def test_what_was_forgotten_can_be_remembered_again(ruling: Ruling, admin: Any) -> None:
    memory.forget(ruling=ruling, actor=admin, note="A slip")
    memory.recall(ruling=ruling, actor=admin)
    assert memory.remembered(ruling.store).exists()


def test_what_was_undone_cannot_be_remembered_again(
    ruling: Ruling, placement: Placement, merchandiser: Any, admin: Any
) -> None:
    services.undo(placement=placement, actor=merchandiser, revision=1)
    with pytest.raises(WrongState, match="not rejected now"):
        memory.recall(ruling=ruling, actor=admin)


# --- What it did --------------------------------------------------------------------------------------------------
def flag(number: int) -> dict[str, Any]:
    return {"facet": "memory", "judge": "Rejection memory", "reason": "Like “Pork roasts”.", "ruling": number}


def test_blocked_and_flagged_themes_are_counted_apart(ruling: Ruling, store: Any) -> None:
    draft = DraftFactory(store=store)
    PlacementFactory(draft=draft, key=1, dropped=True, flags=[flag(ruling.placement)])
    PlacementFactory(draft=draft, key=2, flags=[flag(ruling.placement), flag(ruling.placement)])
    PlacementFactory(draft=draft, key=3, flags=[flag(ruling.placement + 1000)])
    PlacementFactory(draft=draft, key=4, flags=[{"facet": "safe", "judge": "j", "reason": "Look.", "ruling": None}])
    assert memory.effects(store, [ruling.placement]) == {ruling.placement: memory.Effect(blocked=1, flagged=1)}


def test_a_near_placement_shows_who_rejected_what_and_why(
    ruling: Ruling, store: Any, merchandiser_client: Client
) -> None:
    later = PlacementFactory(draft=DraftFactory(store=store), flags=[flag(ruling.placement)])
    page = merchandiser_client.get(reverse("placement-review", args=[later.pk])).content.decode()
    assert "Like one Merle Handiser rejected on" in page
    assert f'href="{reverse("placement-review", args=[ruling.placement])}"' in page
    assert "Not in our voice: “Too loud”" in page


def test_a_ruling_that_was_taken_back_says_so_on_what_it_flagged(
    ruling: Ruling, placement: Placement, store: Any, merchandiser: Any, merchandiser_client: Client
) -> None:
    later = PlacementFactory(draft=DraftFactory(store=store), flags=[flag(ruling.placement)])
    services.undo(placement=placement, actor=merchandiser, revision=1)
    page = merchandiser_client.get(reverse("placement-review", args=[later.pk])).content.decode()
    assert "taken back since" in page


def test_the_audit_of_a_blocked_theme_leads_to_the_ruling(ruling: Ruling, store: Any, admin_client: Client) -> None:
    blocked = PlacementFactory(draft=DraftFactory(store=store), dropped=True, flags=[flag(ruling.placement)])
    page = admin_client.get(reverse("audit-rejection", args=[blocked.pk])).content.decode()
    assert f'href="{reverse("placement-review", args=[ruling.placement])}"' in page


def test_a_blocked_theme_is_freed_by_forgetting_and_not_by_overturning(
    ruling: Ruling, store: Any, admin: Any, admin_client: Client
) -> None:
    blocked = PlacementFactory(
        draft=DraftFactory(store=store), dropped=True, dropped_by=MEMORY, flags=[flag(ruling.placement)], shown=0
    )
    page = admin_client.get(reverse("audit-rejection", args=[blocked.pk])).content.decode()
    assert f'href="{reverse("audit-forget", args=[ruling.pk])}"' in page
    assert "Overturn</span>" not in page
    with pytest.raises(WrongState, match="Forget the earlier rejection"):
        services.overturn(placement=blocked, actor=admin, revision=0, note="Let it in")


def test_a_ruling_of_another_store_is_never_shown(ruling: Ruling, other_store: Any, stranger: Any) -> None:
    later = PlacementFactory(draft=DraftFactory(store=other_store), flags=[flag(ruling.placement)])
    assert memory.near(later) == []


# --- The screen ---------------------------------------------------------------------------------------------------
LIST = "/audit/remembered/"


def test_admins_see_what_is_remembered(ruling: Ruling, admin_client: Client) -> None:
    page = admin_client.get(LIST).content.decode()
    for words in ("Pork roasts", "Not in our voice", "Too loud", "Merle Handiser", "No later theme came near it"):
        assert words in page


def test_words_find_titles_notes_and_people(ruling: Ruling, admin_client: Client) -> None:
    for words in ("roast", "loud", "merle"):
        assert "Pork roasts" in admin_client.get(LIST, {"q": words}).content.decode()
    assert "Show everything remembered" in admin_client.get(LIST, {"q": "kettle"}).content.decode()


def test_forgetting_on_screen_asks_why_and_says_what_happened(ruling: Ruling, admin_client: Client) -> None:
    address = reverse("audit-forget", args=[ruling.pk])
    assert admin_client.get(address).status_code == 200
    assert admin_client.post(address, {"note": " "}).status_code == 422
    page = admin_client.post(address, {"note": "We sell pork now"}, follow=True).content.decode()
    assert "is forgotten" in page
    gone = admin_client.get(LIST, {"state": "forgotten"}).content.decode()
    assert "Forgotten by Ada Min" in gone and "We sell pork now" in gone


def test_the_list_asks_the_same_number_of_questions_however_long(
    ruling: Ruling, store: Any, merchandiser: Any, admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    for key in range(1, 6):
        reject(PlacementFactory(draft=DraftFactory(store=store, requested_by=UserFactory()), key=key), merchandiser)
    with django_assert_max_num_queries(11):
        admin_client.get(LIST)


@pytest.mark.parametrize(("client", "status"), [("admin", 200), ("merchandiser", 403), ("marketing", 403)])
def test_the_memory_is_for_admins(ruling: Ruling, request: Any, client: str, status: int) -> None:
    browser = request.getfixturevalue(f"{client}_client")
    assert browser.get(LIST).status_code == status
    assert browser.get(reverse("audit-forget", args=[ruling.pk])).status_code == status


def test_strangers_find_nothing_and_anonymous_people_sign_in(ruling: Ruling, stranger_client: Client) -> None:
    assert "Pork roasts" not in stranger_client.get(LIST).content.decode()
    for name in ("audit-forget", "audit-recall"):
        address = reverse(name, args=[ruling.pk])
        assert stranger_client.post(address, {"note": "x"}).status_code == 404
        assert Client().post(address, {"note": "x"}).status_code == 302
    ruling.refresh_from_db()
    assert ruling.active


# --- What a run brings --------------------------------------------------------------------------------------------
def test_a_theme_that_was_blocked_is_in_the_audit_with_the_ruling_it_repeats(
    ruling: Ruling, store: Any, marketing: Any, admin_client: Client
) -> None:
    repeats = LeftOut(
        theme=Theme(title="Pork roasts again", concepts=["pork roast"]),
        by="rejection memory",
        facet="rejected before",
        reason="Near to “Pork roasts”, which Merle Handiser rejected: not in our voice.",
        score=0.97,
        ruling=ruling.placement,
    )
    unused = LeftOut(theme=repeats.theme, by="selection v1", facet="enough themes", reason="Would have added least.")
    run = RunFactory(campaign__store=store, requested_by=marketing, done=True)
    page = DraftPage.model_validate(run.result).model_copy(update={"left_out": [repeats, unused]})
    run.result = page.model_dump(mode="json")
    run.save()
    draft_from(run)
    row = Placement.objects.get(title="Pork roasts again")
    assert (row.status, row.dropped_by, row.drop_facet) == ("dropped", "rejection memory", "rejected before")
    assert memory.effects(store, [ruling.placement])[ruling.placement].blocked == 1
    assert "Blocked 1 later theme" in admin_client.get(LIST).content.decode()
    listed = admin_client.get(reverse("audit-rejected"), {"by": "memory"}).content.decode()
    assert "Pork roasts again" in listed and "an earlier rejection" in listed
