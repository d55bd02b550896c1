"""Who is at a placement: one at a time, for a while, told to others."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry
from review.models import Claim, Placement
from review.policies import NotAllowed
from review.workflow import claims, services
from storefront_studio.lib.errors import WrongState
from tests.factories import DraftFactory, PlacementFactory
from tests.review.race import at_once


@pytest.fixture
def placement(store: Any) -> Placement:
    return PlacementFactory(draft=DraftFactory(store=store), title="Soups")


def let_it_end(placement: Placement) -> None:
    past = timezone.now() - dt.timedelta(minutes=1)
    Claim.objects.filter(placement=placement).update(since=past - claims.LEASE, until=past)


@pytest.mark.django_db
def test_the_first_who_opens_it_has_it(placement: Placement, merchandiser: Any, team_mate: Any) -> None:
    claims.take(placement, merchandiser)
    claims.take(placement, team_mate)
    assert claims.of(placement).person == merchandiser
    assert claims.other(placement, merchandiser) is None


@pytest.mark.django_db
def test_renewing_keeps_since_when(placement: Placement, merchandiser: Any) -> None:
    claims.take(placement, merchandiser)
    began = timezone.now() - dt.timedelta(minutes=2)
    Claim.objects.update(since=began)
    claims.take(placement, merchandiser)
    held = claims.of(placement)
    assert held.since == began
    assert claims.sentence(held) == "Merle Handiser is at this since 2 minutes."


@pytest.mark.django_db
def test_a_claim_ends_by_itself(placement: Placement, merchandiser: Any, team_mate: Any) -> None:
    claims.take(placement, merchandiser)
    let_it_end(placement)
    assert claims.of(placement) is None
    claims.take(placement, team_mate)
    assert claims.of(placement).person == team_mate


@pytest.mark.django_db
def test_deciding_on_what_somebody_else_is_at_names_them(
    placement: Placement, merchandiser: Any, team_mate: Any
) -> None:
    claims.take(placement, merchandiser)
    with pytest.raises(WrongState, match="Merle Handiser"):
        services.approve(placement=placement, actor=team_mate, revision=0)
    with pytest.raises(WrongState, match="Merle Handiser"):
        services.reject(placement=placement, actor=team_mate, revision=0, reason_code="brand")
    assert Placement.objects.get().status == "waiting"


@pytest.mark.django_db
def test_a_decision_ends_the_claim(placement: Placement, merchandiser: Any) -> None:
    claims.take(placement, merchandiser)
    services.approve(placement=placement, actor=merchandiser, revision=0)
    assert not Claim.objects.exists()


@pytest.mark.django_db
def test_what_is_decided_is_not_claimed(store: Any, merchandiser: Any) -> None:
    claims.take(PlacementFactory(draft__store=store, approved=True), merchandiser)
    assert not Claim.objects.exists()


@pytest.mark.django_db
def test_taking_over_is_told_and_kept(placement: Placement, merchandiser: Any, team_mate: Any) -> None:
    claims.take(placement, merchandiser)
    claims.take_over(placement=placement, actor=team_mate, holder=merchandiser.pk)
    assert claims.other(placement, merchandiser).person == team_mate
    assert AuditEntry.objects.get().summary == "Tamsin Mate took “Soups” over from Merle Handiser."
    services.approve(placement=placement, actor=team_mate, revision=0)


@pytest.mark.django_db
def test_taking_over_from_somebody_who_left_names_who_came(
    placement: Placement, merchandiser: Any, team_mate: Any, admin: Any
) -> None:
    claims.take(placement, admin)
    with pytest.raises(WrongState, match="Ada Min"):
        claims.take_over(placement=placement, actor=team_mate, holder=merchandiser.pk)
    assert claims.of(placement).person == admin


@pytest.mark.django_db
def test_taking_over_what_nobody_is_at_takes_it(placement: Placement, merchandiser: Any, team_mate: Any) -> None:
    claims.take(placement, merchandiser)
    let_it_end(placement)
    claims.take_over(placement=placement, actor=team_mate, holder=merchandiser.pk)
    assert claims.of(placement).person == team_mate
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_marketing_takes_nothing_over(placement: Placement, merchandiser: Any, marketing: Any) -> None:
    claims.take(placement, merchandiser)
    with pytest.raises(NotAllowed):
        claims.take_over(placement=placement, actor=marketing, holder=merchandiser.pk)


@pytest.mark.django_db
def test_leaving_frees_ones_own_claim_only(placement: Placement, merchandiser: Any, team_mate: Any) -> None:
    claims.take(placement, merchandiser)
    claims.leave(placement, team_mate)
    assert claims.of(placement).person == merchandiser
    claims.leave(placement, merchandiser)
    assert claims.of(placement) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_it_at_once_one_has_it(placement: Placement, merchandiser: Any, team_mate: Any) -> None:
    assert not connection.in_atomic_block
    at_once(lambda: claims.take(placement, merchandiser), lambda: claims.take(placement, team_mate))
    assert Claim.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins_and_the_other_reads_who_and_what(
    placement: Placement, merchandiser: Any, team_mate: Any
) -> None:
    said = at_once(
        lambda: services.approve(placement=placement, actor=merchandiser, revision=0),
        lambda: services.reject(placement=placement, actor=team_mate, revision=0, reason_code="brand"),
    )
    lost = [one for one in said if isinstance(one, WrongState)]
    assert len(lost) == 1 and placement.decisions.count() == 1
    winner = placement.decisions.get()
    assert str(winner.actor) in str(lost[0]) and ("approved" in str(lost[0]) or "rejected" in str(lost[0]))
