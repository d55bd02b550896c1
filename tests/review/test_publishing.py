"""What is published is exactly what was approved, and stays so."""

from functools import partial

import pytest
from django.db import ProgrammingError, transaction

from accounts.models import AuditEntry
from review.models import Page, PageVersion, Placement, Publication
from review.policies import NotAllowed
from review.publishing import services, snapshot
from review.workflow import services as workflow
from storefront_studio.lib.errors import BadInput, WrongState
from storefront_studio.lib.hashing import digest
from tests.factories import DraftFactory, PlacementFactory
from tests.review.race import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(store):
    draft = DraftFactory(store=store)
    PlacementFactory(draft=draft, approved=True, title="Soups")
    PlacementFactory(draft=draft, approved=True, title="Suppers")
    return draft


def retitle(draft, title: str) -> None:
    Placement.objects.filter(draft=draft, status="approved").update(title=title)


def test_the_manifest_is_the_hash_of_what_is_served(draft, merchandiser) -> None:
    version = services.publish(draft=draft, actor=merchandiser)
    body = snapshot.served(PageVersion.objects.get(pk=version.pk))
    assert body["manifest"] == digest({name: body[name] for name in ("page", "segment", "placements")})
    assert [row["title"] for row in body["placements"]] == ["Soups", "Suppers"]


def test_only_what_was_approved_is_published(draft, merchandiser) -> None:
    PlacementFactory(draft=draft, rejected=True)
    PlacementFactory(draft=draft, dropped=True)
    assert len(services.publish(draft=draft, actor=merchandiser).body["placements"]) == 2


def test_publishing_is_refused_while_something_waits(draft, merchandiser) -> None:
    PlacementFactory(draft=draft, title="Roasts")
    with pytest.raises(WrongState, match="1 row is not decided yet"):
        services.publish(draft=draft, actor=merchandiser)
    version = services.publish(draft=draft, actor=merchandiser, allow_waiting=True)
    assert "Roasts" not in [row["title"] for row in version.body["placements"]]


def test_a_page_with_nothing_approved_is_not_published(store, merchandiser) -> None:
    with pytest.raises(BadInput, match="Nothing on this page is approved"):
        services.publish(draft=DraftFactory(store=store), actor=merchandiser)
    assert not PageVersion.objects.exists() and not Page.objects.exists()


def test_publishing_the_same_again_makes_no_new_version(draft, merchandiser) -> None:
    first = services.publish(draft=draft, actor=merchandiser)
    assert services.publish(draft=draft, actor=merchandiser) == first
    assert Publication.objects.count() == 1


def test_a_page_that_shows_a_product_twice_is_not_published(draft, merchandiser) -> None:
    one, two = draft.placements.all()
    two.items.filter(state="shown", slot=1).update(product=one.items.get(state="shown", slot=1).product)
    with pytest.raises(BadInput, match="a page shows a product once"):
        services.publish(draft=draft, actor=merchandiser)


def test_rolling_back_moves_the_pointer_and_says_so(draft, merchandiser) -> None:
    first = services.publish(draft=draft, actor=merchandiser)
    retitle(draft, "Stews")
    second = services.publish(draft=draft, actor=merchandiser)
    page = Page.objects.get()
    assert page.live == second
    services.publish_version(page=page, version=first, actor=merchandiser)
    assert Page.objects.get().live == first
    assert list(Publication.objects.values_list("kind", "version__number")) == [
        ("rollback", 1),
        ("publish", 2),
        ("publish", 1),
    ]
    assert AuditEntry.objects.first().action == "page.rollback"


def test_going_forward_again_is_publishing(draft, merchandiser) -> None:
    first = services.publish(draft=draft, actor=merchandiser)
    retitle(draft, "Stews")
    second = services.publish(draft=draft, actor=merchandiser)
    for version in (first, second):
        services.publish_version(page=Page.objects.get(), version=version, actor=merchandiser)
    assert Publication.objects.first().kind == "publish"


def test_a_version_of_another_page_cannot_go_live_here(draft, other_store, merchandiser) -> None:
    services.publish(draft=draft, actor=merchandiser)
    elsewhere = PageVersion.objects.create(
        page=Page.objects.create(store=other_store, slug="home"),
        number=1,
        draft=DraftFactory(store=other_store),
        body={},
        manifest="sha256:0",
    )
    with pytest.raises(BadInput, match="not a version of"):
        services.publish_version(page=Page.objects.get(store=draft.store), version=elsewhere, actor=merchandiser)


def test_a_version_whose_body_is_not_its_manifest_stays_off(draft, merchandiser) -> None:
    services.publish(draft=draft, actor=merchandiser)
    page = Page.objects.get()
    forged = PageVersion.objects.create(page=page, number=2, draft=draft, body={"page": "home"}, manifest="sha256:0")
    assert not snapshot.verify(forged)
    with pytest.raises(WrongState, match="manifest does not match"):
        services.publish_version(page=page, version=forged, actor=merchandiser)


@pytest.mark.parametrize("model", [PageVersion, Publication])
def test_what_was_published_cannot_be_changed_or_deleted(draft, merchandiser, model) -> None:
    services.publish(draft=draft, actor=merchandiser)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        model.objects.update(page=model.objects.get().page)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_marketing_never_publishes(draft, marketing, merchandiser) -> None:
    with pytest.raises(NotAllowed, match="may not publish"):
        services.publish(draft=draft, actor=marketing)
    version = services.publish(draft=draft, actor=merchandiser)
    with pytest.raises(NotAllowed):
        services.publish_version(page=version.page, version=version, actor=marketing)


def test_an_admin_of_another_store_publishes_nothing_here(draft, stranger) -> None:
    with pytest.raises(NotAllowed, match="not a member"):
        services.publish(draft=draft, actor=stranger)


def test_a_published_decision_cannot_be_undone(store, merchandiser) -> None:
    placement = PlacementFactory(draft__store=store)
    now = workflow.approve(placement=placement, actor=merchandiser, revision=0).placement
    services.publish(draft=placement.draft, actor=merchandiser)
    with pytest.raises(WrongState, match="home version 1; publish another version or roll back"):
        workflow.undo(placement=now, actor=merchandiser, revision=now.revision)
    assert Placement.objects.get().status == "approved"


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_end_with_one_version(draft, merchandiser, team_mate) -> None:
    one, two = at_once(*(partial(services.publish, draft=draft, actor=actor) for actor in (merchandiser, team_mate)))
    assert one == two == Page.objects.get().live
    assert PageVersion.objects.count() == Publication.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_drafts_published_at_once_get_a_number_each(store, draft, merchandiser, team_mate) -> None:
    other = DraftFactory(store=store)
    PlacementFactory(draft=other, approved=True)
    said = at_once(
        partial(services.publish, draft=draft, actor=merchandiser),
        partial(services.publish, draft=other, actor=team_mate),
    )
    assert sorted(version.number for version in said) == [1, 2]
    assert Page.objects.get().live == Publication.objects.first().version


@pytest.mark.django_db(transaction=True)
def test_publishing_and_undoing_at_once_never_leave_an_undecided_row_live(store, merchandiser, team_mate) -> None:
    placement = PlacementFactory(draft__store=store)
    now = workflow.approve(placement=placement, actor=merchandiser, revision=0).placement
    at_once(
        partial(services.publish, draft=placement.draft, actor=team_mate),
        partial(workflow.undo, placement=now, actor=merchandiser, revision=now.revision),
    )
    live = PageVersion.objects.exists()
    assert (Placement.objects.get().status == "approved") is live
