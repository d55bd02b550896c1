"""Reviewing a placement on screen: deciding, editing, refusals that lose nothing, and what comes next."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from review.models import Draft, Placement
from review.workflow import services
from tests.factories import DraftFactory, PlacementFactory, UserFactory


@pytest.fixture
def draft(store: Any) -> Draft:
    return DraftFactory(store=store, requested_by=UserFactory())


@pytest.fixture
def placement(draft: Draft) -> Placement:
    return PlacementFactory(draft=draft, title="Soups that cook themselves", score=0.4)


def post(client: Client, verb: str, placement: Placement, /, **sent: Any) -> Any:
    return client.post(reverse(f"placement-{verb}", args=[placement.pk]), {"revision": placement.revision, **sent})


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_an_approval_leads_to_the_next_in_the_queue(
    draft: Draft, placement: Placement, merchandiser_client: Client
) -> None:
    following = PlacementFactory(draft=draft, score=0.6)
    answer = post(merchandiser_client, "approve", placement)
    assert answer["Location"] == reverse("placement-review", args=[following.pk])
    placement.refresh_from_db()
    assert placement.status == "approved"


def test_the_last_decision_leads_back_to_the_empty_queue(placement: Placement, merchandiser_client: Client) -> None:
    answer = post(merchandiser_client, "approve", placement)
    assert answer["Location"] == reverse("review-queue")
    assert "Nothing is waiting" in text(merchandiser_client.get(answer["Location"]))


def test_a_decision_is_announced_with_its_undo(placement: Placement, merchandiser_client: Client) -> None:
    post(merchandiser_client, "approve", placement)
    page = text(merchandiser_client.get(reverse("review-queue")))
    assert f"{reverse('placement-undo', args=[placement.pk])}?revision=1" in page


def test_the_undo_of_the_announcement_takes_the_decision_back(
    placement: Placement, merchandiser_client: Client
) -> None:
    post(merchandiser_client, "approve", placement)
    address = f"{reverse('placement-undo', args=[placement.pk])}?revision=1"
    answer = merchandiser_client.post(address, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("placement-review", args=[placement.pk])
    placement.refresh_from_db()
    assert placement.status == "waiting"


def test_undo_is_offered_on_the_next_placement(draft: Draft, placement: Placement, merchandiser_client: Client) -> None:
    following = PlacementFactory(draft=draft)
    post(merchandiser_client, "approve", placement)
    page = text(merchandiser_client.get(reverse("placement-review", args=[following.pk])))
    assert f'action="{reverse("placement-undo", args=[placement.pk])}"' in page


def test_rejecting_on_screen_needs_a_reason(placement: Placement, merchandiser_client: Client) -> None:
    answer = post(merchandiser_client, "reject", placement, note="I said why")
    assert answer.status_code == 422
    assert "Choose a reason" in text(answer)
    placement.refresh_from_db()
    assert placement.status == "waiting"


def test_a_refused_rejection_keeps_the_note_and_opens_its_dialog(
    placement: Placement, merchandiser_client: Client
) -> None:
    page = text(post(merchandiser_client, "reject", placement, note="Kettles are no soups"))
    assert "Kettles are no soups" in page
    assert '<dialog id="reject" class="dialog" open' in page


def test_another_reason_needs_a_note(placement: Placement, merchandiser_client: Client) -> None:
    answer = post(merchandiser_client, "reject", placement, reason_code="other")
    assert answer.status_code == 422
    assert "Say in the note" in text(answer)


def test_changes_can_be_requested_with_a_reason(placement: Placement, merchandiser_client: Client) -> None:
    post(merchandiser_client, "request-changes", placement, reason_code="title", note="Too long")
    placement.refresh_from_db()
    assert placement.status == "changes_requested"


def test_what_changed_meanwhile_is_said_and_shown(
    placement: Placement, team_mate: Any, merchandiser_client: Client
) -> None:
    services.edit_text(placement=placement, actor=team_mate, revision=0, title="Soups for slow evenings")
    answer = post(merchandiser_client, "approve", placement)
    assert answer.status_code == 409
    assert "changed since you opened it" in text(answer)
    assert "Soups for slow evenings" in text(answer)


def test_words_typed_on_a_stale_page_are_kept_and_can_be_saved(
    placement: Placement, team_mate: Any, merchandiser_client: Client
) -> None:
    services.edit_text(placement=placement, actor=team_mate, revision=0, subtitle="Hers")
    answer = post(merchandiser_client, "edit", placement, title="Mine, typed for a while", subtitle="x")
    assert answer.status_code == 409
    assert "Mine, typed for a while" in text(answer)
    assert answer.context["text_form"]["revision"].value() == 1


def test_a_note_typed_on_a_stale_page_is_kept(
    placement: Placement, team_mate: Any, merchandiser_client: Client
) -> None:
    services.edit_text(placement=placement, actor=team_mate, revision=0, subtitle="Hers")
    answer = post(merchandiser_client, "reject", placement, reason_code="title", note="Written with care")
    assert answer.status_code == 409
    assert "Written with care" in text(answer)


def test_the_title_is_edited_in_place(placement: Placement, merchandiser_client: Client) -> None:
    post(merchandiser_client, "edit", placement, title="Soups for slow evenings", subtitle=placement.subtitle)
    page = text(merchandiser_client.get(reverse("placement-review", args=[placement.pk])))
    assert "<del>Soups that cook themselves</del> <ins>Soups for slow evenings</ins>" in page


def test_a_title_that_is_too_long_is_refused_and_kept(placement: Placement, merchandiser_client: Client) -> None:
    long = "Soups " * 20
    answer = post(merchandiser_client, "edit", placement, title=long.strip(), subtitle="")
    assert answer.status_code == 422
    assert "60 fit" in text(answer)
    assert long.strip() in text(answer)


def test_a_product_is_removed_and_the_bench_fills_in(placement: Placement, merchandiser_client: Client) -> None:
    first = placement.items.get(state="shown", slot=1)
    heir = placement.items.get(state="bench", slot=1)
    post(merchandiser_client, "product", placement, act=f"remove:{first.product_id}")
    heir.refresh_from_db()
    assert (heir.state, heir.slot) == ("shown", 1)


@pytest.mark.parametrize("verb", ["pin", "promote", "move", "remove"])
def test_every_button_of_a_tile_works(verb: str, placement: Placement, merchandiser_client: Client) -> None:
    item = placement.items.get(state="bench" if verb == "promote" else "shown", slot=1)
    act = f"{verb}:{item.product_id}" + (":2" if verb == "move" else "")
    answer = post(merchandiser_client, "product", placement, act=act)
    assert answer.status_code == 302
    placement.refresh_from_db()
    assert placement.revision == 1


@pytest.mark.parametrize("act", ["explode:1", "move:1", "remove:x", "remove:" + "9" * 30, ""])
def test_an_unknown_button_is_refused_in_words(act: str, placement: Placement, merchandiser_client: Client) -> None:
    answer = post(merchandiser_client, "product", placement, act=act)
    assert answer.status_code == 422
    assert "not something a product can do" in text(answer)


def test_a_refused_tile_button_is_shown_by_htmx_too(placement: Placement, merchandiser_client: Client) -> None:
    address = reverse("placement-product", args=[placement.pk])
    sent = {"revision": 5, "act": f"remove:{placement.items.all()[0].product_id}"}
    answer = merchandiser_client.post(address, sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "changed since you opened it" in text(answer)


def test_the_requester_reads_why_approving_is_closed(
    store: Any, merchandiser: Any, merchandiser_client: Client
) -> None:
    own = PlacementFactory(draft=DraftFactory(store=store, requested_by=merchandiser))
    page = text(merchandiser_client.get(reverse("placement-review", args=[own.pk])))
    assert "your store requires four eyes" in page
    answer = post(merchandiser_client, "approve", own)
    assert answer.status_code == 403
    assert "somebody else must approve it" in text(answer)


def test_marketing_reads_why_deciding_is_closed(placement: Placement, marketing_client: Client) -> None:
    page = text(marketing_client.get(reverse("placement-review", args=[placement.pk])))
    assert "a merchandiser or an admin decides" in page
    assert 'data-key="a"' not in page


def test_marketing_may_send_again_what_was_sent_back(draft: Draft, marketing_client: Client) -> None:
    sent_back = PlacementFactory(draft=draft, sent_back=True)
    assert "Send for review again" in text(marketing_client.get(reverse("placement-review", args=[sent_back.pk])))
    post(marketing_client, "resubmit", sent_back)
    sent_back.refresh_from_db()
    assert sent_back.status == "waiting"


def test_a_doubtful_product_is_named_first(placement: Placement, merchandiser_client: Client) -> None:
    item = placement.items.get(state="shown", slot=3)
    item.fit = 0.3
    item.save()
    page = text(merchandiser_client.get(reverse("placement-review", args=[placement.pk])))
    assert "3 of 4 products fit the title clearly." in page
    assert f'name="act" value="remove:{item.product_id}" id="replace-{item.product_id}"' in page


def test_the_queue_is_riskiest_first(draft: Draft, placement: Placement, merchandiser_client: Client) -> None:
    PlacementFactory(draft=draft, score=0.9)
    riskiest = PlacementFactory(draft=draft, score=0.1)
    answer = merchandiser_client.get(reverse("review-queue"))
    assert answer.context["first"] == reverse("placement-review", args=[riskiest.pk])


def test_the_review_page_asks_as_often_for_many_placements_as_for_one(
    draft: Draft, placement: Placement, merchandiser_client: Client, django_assert_max_num_queries: Any
) -> None:
    PlacementFactory.create_batch(6, draft=draft)
    with django_assert_max_num_queries(30):
        merchandiser_client.get(reverse("placement-review", args=[placement.pk]))


def test_text_of_strangers_is_shown_as_text(draft: Draft, merchandiser_client: Client) -> None:
    bad = PlacementFactory(draft=draft, title="<script>alert(1)</script>", keywords=[])
    page = merchandiser_client.get(reverse("placement-review", args=[bad.pk])).content.decode()
    assert "<script>alert(1)" not in page
