"""Sampling for audit: drawn at random in strata, the same for the same seed, looked at blind, once."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.permits import NotAllowed
from review import sampling
from review.models import AuditSample, Draft, Judgement, Label, Placement, SampleItem
from review.workflow import services
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import DraftFactory, MembershipFactory, PlacementFactory, UserFactory

ALL = tuple(AuditSample.Kind.values)


@pytest.fixture
def draft(store: Any) -> Draft:
    return DraftFactory(store=store, requested_by=UserFactory())


@pytest.fixture
def decided(draft: Draft, merchandiser: Any, team_mate: Any) -> Draft:
    """Of two people and one judge: six approvals, three rejections, two drops."""
    for person, approvals, rejections in ((merchandiser, 4, 2), (team_mate, 2, 1)):
        for placement in PlacementFactory.create_batch(approvals, draft=draft):
            services.approve(placement=placement, actor=person, revision=0)
        for placement in PlacementFactory.create_batch(rejections, draft=draft):
            services.reject(placement=placement, actor=person, revision=0, reason_code="title")
    PlacementFactory.create_batch(2, draft=draft, dropped=True, dropped_by="gpt-judge v2", drop_facet="title_good")
    return draft


def draw(store: Any, actor: Any, kinds: Any = ALL, **asked: Any) -> AuditSample:
    today = timezone.now().date()
    return sampling.draw(store=store, actor=actor, kinds=kinds, **{"each": 3, "since": today, "until": today, **asked})


def drawn(sample: AuditSample) -> list[int]:
    return list(sample.items.values_list("placement", flat=True))


def test_every_person_and_judge_is_a_stratum(decided: Draft, store: Any, admin: Any) -> None:
    sample = draw(store, admin, each=1)
    found = sorted((item.kind, item.who, item.passed) for item in sample.items.all())
    assert found == [
        ("approved", "Merle Handiser", True),
        ("approved", "Tamsin Mate", True),
        ("judged", "gpt-judge v2", False),
        ("rejected", "Merle Handiser", False),
        ("rejected", "Tamsin Mate", False),
    ]


def test_the_same_seed_draws_the_same_and_another_one_does_not(decided: Draft, store: Any, admin: Any) -> None:
    same = [drawn(draw(store, admin, each=2, seed=7)) for _ in range(2)]
    assert same[0] == same[1]
    assert any(drawn(draw(store, admin, each=2, seed=seed)) != same[0] for seed in range(8, 20))


def test_no_more_is_drawn_than_asked_and_than_there_is(decided: Draft, store: Any, admin: Any) -> None:
    assert draw(store, admin, ["approved"], each=3).items.count() == 3 + 2
    assert draw(store, admin, ["judged"], each=50).items.count() == 2


def test_one_approved_twice_is_drawn_once(draft: Draft, store: Any, admin: Any, merchandiser: Any) -> None:
    placement = PlacementFactory(draft=draft)
    now = services.approve(placement=placement, actor=merchandiser, revision=0).placement
    now = services.undo(placement=now, actor=merchandiser, revision=now.revision).placement
    services.approve(placement=now, actor=merchandiser, revision=now.revision)
    assert drawn(draw(store, admin, ["approved"])) == [placement.pk]


@pytest.mark.parametrize("asked", [{"kinds": []}, {"each": 0}, {"each": 51}, {"kinds": ["ruled"]}])
def test_what_cannot_be_drawn_is_said(asked: dict[str, Any], decided: Draft, store: Any, admin: Any) -> None:
    with pytest.raises(BadInput):
        draw(store, admin, **asked)
    assert not AuditSample.objects.exists()


def test_only_admins_of_the_store_draw_and_say(
    decided: Draft, store: Any, admin: Any, merchandiser: Any, stranger: Any
) -> None:
    for person in (merchandiser, stranger):
        with pytest.raises(NotAllowed):
            draw(store, person)
    item = draw(store, admin).items.all()[0]
    with pytest.raises(NotAllowed):
        sampling.say(item=item, actor=merchandiser, passes=True)


def test_nobody_audits_their_own_decision(draft: Draft, store: Any, admin: Any) -> None:
    services.approve(placement=PlacementFactory(draft=draft), actor=admin, revision=0)
    sample = draw(store, admin, ["approved"])
    assert sampling.next_for(sample, admin) is None
    with pytest.raises(NotAllowed, match="another admin"):
        sampling.say(item=sample.items.get(), actor=admin, passes=True)


def test_of_two_verdicts_the_first_stays(decided: Draft, store: Any, admin: Any) -> None:
    other = MembershipFactory(store=store, role="admin").user
    item = draw(store, admin).items.all()[0]
    sampling.say(item=item, actor=admin, passes=False, reason_code="title")
    with pytest.raises(WrongState, match="audited meanwhile"):
        sampling.say(item=item, actor=other, passes=True)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        SampleItem.objects.filter(pk=item.pk).update(passes=True)


@pytest.mark.parametrize(("code", "note"), [("", ""), ("no such", ""), ("other", " ")])
def test_a_no_needs_a_reason_of_its_own(code: str, note: str, decided: Draft, store: Any, admin: Any) -> None:
    item = draw(store, admin).items.all()[0]
    with pytest.raises(BadInput):
        sampling.say(item=item, actor=admin, passes=False, reason_code=code, note=note)


def judged(placement: Placement, passes: bool) -> None:
    Judgement.objects.create(
        draft=placement.draft,
        placement=placement,
        level="placement",
        facet="title_good",
        passes=passes,
        reason="Vague.",
        judge="gpt-judge v2",
    )


def test_a_verdict_is_a_label_for_the_judge_and_outlives_later_decisions(
    decided: Draft, store: Any, admin: Any
) -> None:
    item = draw(store, admin, ["judged"]).items.all()[0]
    judged(item.placement, False)
    sampling.say(item=item, actor=admin, passes=True, note="It is clear")
    label = Label.objects.get(placement=item.placement_id, source="audit")
    assert (label.judge, label.judge_passes, label.person_passes, label.person) == ("gpt-judge v2", False, True, admin)
    services.overturn(placement=item.placement, actor=admin, revision=0, note="It is clear")
    assert Label.objects.filter(placement=item.placement_id, source="audit").exists()


def test_a_row_that_was_edited_gives_no_label(draft: Draft, store: Any, admin: Any, merchandiser: Any) -> None:
    placement = PlacementFactory(draft=draft)
    judged(placement, True)
    now = services.edit_text(placement=placement, actor=merchandiser, revision=0, title="Stews").placement
    services.approve(placement=now, actor=merchandiser, revision=now.revision)
    sampling.say(item=draw(store, admin, ["approved"]).items.get(), actor=admin, passes=True)
    assert not Label.objects.filter(source="audit").exists()


def test_agreement_is_told_by_person_and_judge(decided: Draft, store: Any, admin: Any) -> None:
    for item in draw(store, admin, each=50).items.all():
        sampling.say(item=item, actor=admin, passes=True)
    found = {row.who: (row.agreed, row.agreement.counts.n) for row in sampling.reviewers(store)}
    assert found == {"Merle Handiser": (4, 6), "Tamsin Mate": (2, 3), "gpt-judge v2": (0, 2)}


def test_drawing_and_saying_are_in_the_trail(decided: Draft, store: Any, admin: Any) -> None:
    item = draw(store, admin).items.all()[0]
    sampling.say(item=item, actor=admin, passes=True)
    assert list(AuditEntry.objects.values_list("action", flat=True)[:2]) == ["audit.verdict", "audit.sample"]


# --- On screen ----------------------------------------------------------------------------------------------------
def test_an_admin_draws_looks_blind_and_sees_what_was_decided(decided: Draft, admin_client: Client) -> None:
    today = timezone.now().date().isoformat()
    answer = admin_client.post(
        reverse("audit-samples"), {"kinds": ["rejected"], "each": 1, "since": today, "until": today}, follow=True
    )
    assert "2 decisions were drawn" in answer.content.decode()
    item = SampleItem.objects.get(place=1)
    url = reverse("audit-sample-item", args=[item.sample_id, 1])
    blind = admin_client.get(url).content.decode()
    assert item.who not in blind
    assert "Rejected" not in blind.partition("<main")[2]
    refused = admin_client.post(url, {"passes": "no"})
    assert refused.status_code == 422
    told = admin_client.post(url, {"passes": "yes"}, follow=True).content.decode()
    assert "You differ" in told
    assert item.who in told
    assert reverse("audit-rejection", args=[item.placement_id]) in told


def test_nonsense_draws_nothing(decided: Draft, admin_client: Client) -> None:
    answer = admin_client.post(reverse("audit-samples"), {"kinds": ["all"], "each": "x", "since": "soon", "seed": -1})
    assert answer.status_code == 422
    assert not AuditSample.objects.exists()


def test_samples_are_for_admins_of_the_store(
    decided: Draft, store: Any, admin: Any, admin_client: Client, merchandiser_client: Client, stranger_client: Client
) -> None:
    sample = draw(store, admin)
    own = [reverse("audit-sample", args=[sample.pk]), reverse("audit-sample-item", args=[sample.pk, 1])]
    for url in (reverse("audit-samples"), reverse("insights-reviewers"), *own):
        assert admin_client.get(url).status_code == 200
        assert merchandiser_client.get(url).status_code == 403
        assert Client().get(url).status_code == 302
    assert [stranger_client.get(url).status_code for url in own] == [404, 404]
