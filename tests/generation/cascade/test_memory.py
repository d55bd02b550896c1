"""What people turned down, through the whole cascade: blocked when asked again, flagged when near, free when undone."""

from typing import Any

import pytest

from accounts.models import User
from generation import tasks
from generation.memory import StoreMemory
from generation.models import Ruling, Run
from generation.stages.meaning import meaning
from review import memory
from review.models import Placement
from review.workflow import services
from tests.factories import MembershipFactory
from tests.generation.cascade import shop as shops
from tests.generation.cascade.shop import THEMES, Answers

pytestmark = pytest.mark.django_db

MUESLI = ("Muesli to wake up for", ("muesli", "crunchy granola", "oat muesli", "granola"))
NEAR = ("Muesli and granola for slow mornings", ("muesli", "granola", "crunchy muesli", "oat granola"))


@pytest.fixture
def reviewer(shop: Any) -> User:
    return MembershipFactory(store=shop, user__name="Merle Handiser").user


def rows_of(run: Run) -> dict[str, Placement]:
    assert run.status == Run.Status.DONE, run.error
    return {row.title: row for row in Placement.objects.filter(draft__run=run)}


@pytest.fixture
def rejected(shop: Any, openai: str, answers: Answers, reviewer: User) -> Placement:
    """“Muesli to wake up for”, generated and rejected, its vector made by the worker's task."""
    row = rows_of(shops.work(shops.start(shop)))[MUESLI[0]]
    row = services.reject(
        placement=row, actor=reviewer, revision=row.revision, reason_code="brand", note="We say it softer"
    ).placement
    tasks.embed_rulings(shop.pk)
    assert Ruling.objects.get().encoder
    return row


def test_what_was_rejected_is_blocked_when_it_comes_again(shop: Any, rejected: Placement) -> None:
    again = rows_of(shops.work(shops.start(shop, seed=2)))[MUESLI[0]]
    assert (again.status, again.dropped_by) == ("dropped", "rejection memory")
    assert "Merle Handiser rejected" in again.drop_reason
    assert [ruling.placement for ruling in memory.near(again)] == [rejected.pk]
    assert memory.effects(shop, [rejected.pk])[rejected.pk].blocked == 1


def test_what_comes_near_is_flagged_for_people(shop: Any, rejected: Placement, answers: Answers) -> None:
    answers.themes = [NEAR, *THEMES[1:]]
    near = rows_of(shops.work(shops.start(shop, seed=3)))[NEAR[0]]
    assert near.status == "waiting"
    assert [ruling.placement for ruling in memory.near(near)] == [rejected.pk]
    assert memory.effects(shop, [rejected.pk])[rejected.pk].flagged == 1


@pytest.mark.parametrize("reason_code", ["commercial", "wrong_products", "duplicate"])
def test_what_was_rejected_for_what_it_showed_is_flagged_and_not_blocked(
    shop: Any, rejected: Placement, reason_code: str
) -> None:
    Ruling.objects.update(reason_code=reason_code)
    again = rows_of(shops.work(shops.start(shop, seed=5)))[MUESLI[0]]
    assert again.status == "waiting"
    assert [ruling.placement for ruling in memory.near(again)] == [rejected.pk]


def test_what_missed_the_objective_is_blocked_in_its_own_campaign_only(shop: Any, rejected: Placement) -> None:
    Ruling.objects.update(reason_code="off_objective")
    campaign = Ruling.objects.get().campaign
    assert campaign == rejected.draft.campaign
    vectors = shops.encoder().encode([meaning(rejected.title, rejected.subtitle, rejected.concepts)])

    def blocked(number: int | None) -> bool:
        (ruling,) = StoreMemory(shop, shops.encoder().name, number).near(vectors, 0.9, against_theme=True)
        return ruling is not None

    assert (blocked(campaign.pk), blocked(campaign.pk + 1), blocked(None)) == (True, False, False)


def test_once_the_rejection_is_undone_it_passes_again(shop: Any, rejected: Placement, reviewer: User) -> None:
    services.undo(placement=rejected, actor=reviewer, revision=rejected.revision)
    again = rows_of(shops.work(shops.start(shop, seed=4)))[MUESLI[0]]
    assert (again.status, again.flags) == ("waiting", [])


def test_making_the_vectors_twice_makes_them_once(shop: Any, rejected: Placement) -> None:
    before = Ruling.objects.get().embedding
    Ruling.objects.update(encoder="another encoder")
    tasks.embed_rulings(shop.pk)
    asked = len(shops.encoder().asked)
    tasks.embed_rulings(shop.pk)
    assert len(shops.encoder().asked) == asked
    assert Ruling.objects.get().embedding == before


def test_the_sweep_finds_rulings_without_a_vector(shop: Any, rejected: Placement) -> None:
    from generation import rulings

    assert rulings.stores_behind() == []
    Ruling.objects.update(embedding=None, encoder="")
    assert rulings.stores_behind() == [shop.pk]
