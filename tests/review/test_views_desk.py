"""The queue's screens: filters in the address, kept views, claims, the next item as a part of a page, keys, bulk."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from review.models import BulkAct, Claim, KeyMap, Placement, SavedView
from review.tasks import decide_on_many
from review.workflow import claims, keymap
from storefront_studio.lib.errors import BadInput
from tests.factories import DraftFactory, PlacementFactory

pytestmark = pytest.mark.django_db
DESK = {"X-Desk": "1"}


@pytest.fixture
def draft(store: Any) -> Any:
    return DraftFactory(store=store)


@pytest.fixture
def placement(draft: Any) -> Placement:
    return PlacementFactory(draft=draft, title="Soups", score=0.3)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def at(name: str, placement: Placement, query: str = "") -> str:
    return reverse(name, args=[placement.pk]) + query


# --- The queue ----------------------------------------------------------------------------------------------------
def test_a_filter_goes_with_the_links_to_its_items(placement: Placement, merchandiser_client: Client) -> None:
    page = text(merchandiser_client.get(reverse("review-queue") + "?due=none&nonsense=1"))
    assert f'href="{at("placement-review", placement)}?due=none"' in page
    assert "Not due" in page


def test_a_filter_that_finds_nothing_offers_the_way_out(placement: Placement, merchandiser_client: Client) -> None:
    page = text(merchandiser_client.get(reverse("review-queue") + "?due=late"))
    assert "Nothing matches" in page and "See all that waits" in page


@pytest.mark.parametrize("after", ["nan:1", "0.5", "x:y", "0.5:" + "9" * 40, "-1:3", "inf:1"])
def test_a_page_that_does_not_exist_is_the_first(after: str, placement: Placement, merchandiser_client: Client) -> None:
    answer = merchandiser_client.get(reverse("review-queue"), {"after": after})
    assert answer.status_code == 200 and "Soups" in text(answer)


def test_a_long_queue_goes_on_where_the_page_ends(
    draft: Any, merchandiser_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from review.views import lines

    monkeypatch.setattr(lines, "PAGE", 2)
    rows = PlacementFactory.create_batch(5, draft=draft, shown=1, bench=0)
    address, met = reverse("review-queue"), []
    while address:
        context = merchandiser_client.get(address).context
        met += [row["pk"] for group in context["groups"] for row in group["rows"]]
        address = context["more_url"]
    assert sorted(met) == sorted(row.pk for row in rows)


def test_who_is_at_what_is_shown_in_the_queue(
    placement: Placement, team_mate: Any, merchandiser_client: Client
) -> None:
    claims.take(placement, team_mate)
    assert "Tamsin Mate opened this just now." in text(merchandiser_client.get(reverse("review-queue")))


def test_the_counts_follow_the_filter(placement: Placement, merchandiser_client: Client) -> None:
    assert "<strong>1</strong> waiting" in text(merchandiser_client.get(reverse("review-counts")))
    assert "<strong>0</strong> waiting" in text(merchandiser_client.get(reverse("review-counts") + "?due=late"))


def test_the_queue_asks_as_often_for_many_placements_as_for_one(
    draft: Any, merchandiser_client: Client, django_assert_max_num_queries: Any
) -> None:
    PlacementFactory.create_batch(8, draft=draft)
    with django_assert_max_num_queries(25):
        merchandiser_client.get(reverse("review-queue"))


def test_a_view_is_kept_and_removed(
    placement: Placement, merchandiser_client: Client, team_mate_client: Client
) -> None:
    given = {"name": "Risky", "query": "risk=high&junk=1", "shared": "on"}
    answer = merchandiser_client.post(reverse("review-view-keep"), given)
    assert answer["Location"] == reverse("review-queue") + "?risk=high"
    assert "Risky" in text(team_mate_client.get(reverse("review-queue")))
    view = SavedView.objects.get()
    team_mate_client.post(reverse("review-view-remove", args=[view.pk]))
    assert SavedView.objects.exists()
    merchandiser_client.post(reverse("review-view-remove", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_another_store_sees_no_shared_view(store: Any, merchandiser: Any, stranger_client: Client) -> None:
    SavedView.objects.create(store=store, owner=merchandiser, name="Ours alone", shared=True)
    assert "Ours alone" not in text(stranger_client.get(reverse("review-queue")))


# --- One item after the other -------------------------------------------------------------------------------------
def test_a_decision_goes_on_within_the_filter(draft: Any, placement: Placement, merchandiser_client: Client) -> None:
    PlacementFactory(draft=draft, score=0.35, flags=[])
    flag = [{"facet": "on_brand", "reason": "x", "judge": "y"}]
    flagged = [PlacementFactory(draft=draft, score=0.9, flags=flag) for _ in range(2)]
    answer = merchandiser_client.post(at("placement-approve", flagged[0], "?flag=any"), {"revision": 0})
    assert answer["Location"] == at("placement-review", flagged[1], "?flag=any")


def test_an_item_is_answered_without_the_frame_to_the_script(placement: Placement, merchandiser_client: Client) -> None:
    part = text(merchandiser_client.get(at("placement-review", placement), headers=DESK))
    assert "data-desk-main" in part and "<html" not in part and "topbar" not in part
    assert 'data-announce="“Soups”, 1 of 1. 4 of 4 products fit the title clearly."' in part


def test_after_the_last_one_the_script_is_told_where_to_go(placement: Placement, merchandiser_client: Client) -> None:
    answer = merchandiser_client.post(at("placement-approve", placement), {"revision": 0}, headers=DESK)
    assert (answer.status_code, answer["X-Go"]) == (204, reverse("review-queue"))
    assert "Merle Handiser approved “Soups”." in text(merchandiser_client.get(reverse("review-queue")))


def test_words_and_approval_are_one_act(placement: Placement, merchandiser_client: Client) -> None:
    given = {"revision": 0, "title": "Stews", "subtitle": placement.subtitle}
    merchandiser_client.post(at("placement-fix-approve", placement), given)
    placement.refresh_from_db()
    assert (placement.title, placement.status) == ("Stews", "approved")
    assert placement.decisions.get().kind == "fix_approve"


def test_words_that_may_not_be_approve_nothing_and_are_kept(placement: Placement, merchandiser_client: Client) -> None:
    given = {"revision": 0, "title": "Stews " * 20, "subtitle": ""}
    answer = merchandiser_client.post(at("placement-fix-approve", placement), given)
    placement.refresh_from_db()
    assert (answer.status_code, placement.title, placement.status) == (422, "Soups", "waiting")
    assert "Stews Stews" in text(answer)


def test_when_approving_is_refused_the_words_are_not_saved_either(
    store: Any, merchandiser: Any, merchandiser_client: Client
) -> None:
    own = PlacementFactory(draft=DraftFactory(store=store, requested_by=merchandiser), title="Soups")
    given = {"revision": 0, "title": "Stews", "subtitle": ""}
    answer = merchandiser_client.post(at("placement-fix-approve", own), given)
    own.refresh_from_db()
    assert (answer.status_code, own.title) == (403, "Soups")
    assert "Stews" in text(answer)


def test_unchanged_words_are_simply_approved(placement: Placement, merchandiser_client: Client) -> None:
    given = {"revision": 0, "title": placement.title, "subtitle": placement.subtitle}
    merchandiser_client.post(at("placement-fix-approve", placement), given)
    assert placement.decisions.get().kind == "approve"


# --- Claims -------------------------------------------------------------------------------------------------------
def test_opening_an_item_claims_it(placement: Placement, merchandiser: Any, merchandiser_client: Client) -> None:
    merchandiser_client.get(at("placement-review", placement))
    assert claims.of(placement).person == merchandiser


def test_looking_without_deciding_claims_nothing(placement: Placement, marketing_client: Client) -> None:
    marketing_client.get(at("placement-review", placement))
    assert not Claim.objects.exists()


def test_who_comes_second_reads_who_is_there_and_can_take_over(
    placement: Placement, merchandiser: Any, team_mate: Any, merchandiser_client: Client, team_mate_client: Client
) -> None:
    merchandiser_client.get(at("placement-review", placement))
    page = text(team_mate_client.get(at("placement-review", placement)))
    assert "Merle Handiser opened this just now." in page and "Take it over" in page
    team_mate_client.post(at("placement-take-over", placement), {"holder": merchandiser.pk})
    assert claims.of(placement).person == team_mate
    told = merchandiser_client.post(at("placement-claim", placement), {"active": "1", "revision": "0"})
    assert told["X-Claim"] == "theirs" and "Tamsin Mate opened this just now." in text(told)


def test_a_decision_on_what_somebody_else_is_at_keeps_what_was_typed(
    placement: Placement, team_mate: Any, merchandiser_client: Client
) -> None:
    claims.take(placement, team_mate)
    given = {"revision": 0, "reason_code": "brand", "note": "Written with care"}
    answer = merchandiser_client.post(at("placement-reject", placement), given)
    assert answer.status_code == 409
    assert "Tamsin Mate opened this just now." in text(answer) and "Written with care" in text(answer)


def test_who_is_idle_renews_nothing(placement: Placement, merchandiser_client: Client) -> None:
    told = merchandiser_client.post(at("placement-claim", placement), {"active": "0", "revision": "0"})
    assert told["X-Claim"] == "free" and not Claim.objects.exists()


def test_an_open_page_is_told_what_happened_meanwhile(
    placement: Placement, team_mate_client: Client, merchandiser_client: Client
) -> None:
    team_mate_client.post(at("placement-approve", placement), {"revision": 0})
    told = merchandiser_client.post(at("placement-claim", placement), {"active": "1", "revision": "0"})
    assert "Changed since you opened it: Tamsin Mate approved “Soups”." in text(told)


def test_leaving_frees_it(placement: Placement, merchandiser_client: Client) -> None:
    merchandiser_client.get(at("placement-review", placement))
    merchandiser_client.post(at("placement-leave", placement))
    assert not Claim.objects.exists()


# --- Keys ---------------------------------------------------------------------------------------------------------
def test_everybody_has_keys_of_their_own(
    placement: Placement, merchandiser_client: Client, team_mate_client: Client
) -> None:
    merchandiser_client.post(reverse("review-keys"), keymap.DEFAULTS | {"approve": "G"})
    own = text(merchandiser_client.get(at("placement-review", placement)))
    Claim.objects.all().delete()
    assert 'data-key="g" data-key-label="Approve"' in own
    assert 'data-key="a" data-key-label="Approve"' in text(team_mate_client.get(at("placement-review", placement)))


@pytest.mark.parametrize("given", [{"approve": "r"}, {"approve": ""}, {"approve": "?"}, {"approve": "ab"}])
def test_a_key_that_cannot_be_is_refused_and_shown(
    given: dict[str, str], merchandiser_client: Client, store: Any
) -> None:
    with pytest.raises(BadInput):
        keymap.check(given)
    answer = merchandiser_client.post(reverse("review-keys"), keymap.DEFAULTS | given)
    assert answer.status_code == 422 and not KeyMap.objects.exists()


def test_keys_go_back_to_what_they_were(merchandiser: Any, merchandiser_client: Client) -> None:
    merchandiser_client.post(reverse("review-keys"), keymap.DEFAULTS | {"approve": "g"})
    merchandiser_client.post(reverse("review-keys"), {"reset": "1"})
    assert keymap.of(merchandiser) == keymap.DEFAULTS


# --- Decisions on many --------------------------------------------------------------------------------------------
def test_all_that_match_are_rejected_from_the_screen_and_undone(draft: Any, merchandiser_client: Client) -> None:
    PlacementFactory.create_batch(3, draft=draft)
    address = reverse("review-bulk") + "?kind=reject&due=none"
    page = merchandiser_client.get(address)
    assert "Reject 3" in text(page)
    sent = {"told": 3, "at": page.context["dry"].at.isoformat(), "reason_code": "brand", "note": "Too loud"}
    answer = merchandiser_client.post(address, sent)
    act = BulkAct.objects.get()
    assert answer["Location"] == reverse("review-bulk-act", args=[act.pk])
    decide_on_many(act.pk)
    assert '<strong class="num">3</strong> decided by Merle Handiser' in text(
        merchandiser_client.get(answer["Location"])
    )
    merchandiser_client.post(reverse("review-bulk-undo", args=[act.pk]))
    decide_on_many(act.pk)
    assert set(Placement.objects.values_list("status", flat=True)) == {"waiting"}


@pytest.mark.parametrize("sent", [{}, {"reason_code": "brand"}, {"note": "Too loud"}])
def test_rejecting_many_on_screen_needs_reason_and_note(
    sent: dict[str, str], placement: Placement, merchandiser_client: Client
) -> None:
    answer = merchandiser_client.post(reverse("review-bulk") + "?kind=reject", {"told": 1, **sent})
    assert answer.status_code == 422 and not BulkAct.objects.exists()


@pytest.mark.parametrize("told", ["", "x", "0", "9" * 30, "-1"])
def test_nothing_is_decided_that_was_not_told(told: str, placement: Placement, merchandiser_client: Client) -> None:
    sent = {"told": told, "at": "yesterday", "reason_code": "brand", "note": "Too loud"}
    answer = merchandiser_client.post(reverse("review-bulk") + "?kind=reject", sent)
    assert answer.status_code == 409 and not BulkAct.objects.exists()


# --- Who may ------------------------------------------------------------------------------------------------------
ADDRESSES = ("review-counts", "review-keys", "review-bulk")


@pytest.mark.parametrize("name", ADDRESSES)
def test_anonymous_people_are_sent_to_sign_in(name: str, store: Any) -> None:
    assert Client().get(reverse(name))["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("act", ["claim", "take-over", "leave", "fix-approve"])
def test_another_stores_placement_is_not_there(act: str, placement: Placement, stranger_client: Client) -> None:
    assert stranger_client.post(at(f"placement-{act}", placement), {"revision": 0}).status_code == 404
    assert Client().post(at(f"placement-{act}", placement)).status_code == 302


@pytest.mark.parametrize("act", ["take-over", "fix-approve"])
def test_marketing_may_neither_take_over_nor_approve(act: str, placement: Placement, marketing_client: Client) -> None:
    given = {"revision": 0, "title": "x", "holder": 1}
    assert marketing_client.post(at(f"placement-{act}", placement), given).status_code == 403


def test_marketing_decides_on_nothing_at_once(placement: Placement, marketing_client: Client) -> None:
    assert marketing_client.get(reverse("review-bulk") + "?kind=reject").status_code == 403
    assert "All 1 that match" not in text(marketing_client.get(reverse("review-queue")))


def test_an_act_of_another_store_is_not_there(store: Any, merchandiser: Any, stranger_client: Client) -> None:
    act = BulkAct.objects.create(store=store, actor=merchandiser, kind="approve")
    assert stranger_client.get(reverse("review-bulk-act", args=[act.pk])).status_code == 404
    assert stranger_client.post(reverse("review-bulk-undo", args=[act.pk])).status_code == 404
