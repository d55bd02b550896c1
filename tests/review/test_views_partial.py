"""The screens on which part of a page is regenerated and two pages are chosen between."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation.models import Run
from review.models import Draft
from review.workflow import choosing, proposals, services
from tests.factories import PlacementFactory
from tests.review.partial import page, proposal, row, rows

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ADDRESSES = ("draft-regenerate", "draft-compare", "draft-take", "draft-keep-old", "draft-undo-choice")


@pytest.fixture
def draft(store: Any, marketing: Any) -> Draft:
    return page(store, marketing)


@pytest.fixture
def new(draft: Draft, marketing: Any) -> Draft:
    return proposal(draft, marketing, [row(draft, 1)], "under 8 euros")


def at(name: str, draft: Draft) -> str:
    return reverse(name, args=[draft.pk])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def start(client: Client, draft: Draft, keep: list[Any], instruction: str = "", **more: Any) -> Any:
    """Ask twice, as a person does: once to see what the words mean, then to start."""
    sent = {"instruction": instruction, "keep": [one.pk for one in keep], **more}
    looked = text(client.post(at("draft-regenerate", draft), sent, headers=HTMX))
    shown = re.search(r'name="understood" value="(\w+)"', looked)
    confirmed = {**sent, "then": "start", "understood": shown[1] if shown else ""}
    return client.post(at("draft-regenerate", draft), confirmed)


# --- Who ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ADDRESSES)
def test_anonymous_people_are_sent_to_sign_in(client: Client, new: Draft, name: str) -> None:
    assert client.post(at(name, new))["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", ADDRESSES)
def test_strangers_find_nothing(stranger_client: Client, new: Draft, name: str) -> None:
    answer = stranger_client.get(at(name, new))
    assert answer.status_code == 404
    assert stranger_client.post(at(name, new)).status_code in (404, 405)


@pytest.mark.parametrize("who", ["marketing", "merchandiser", "team_mate", "admin"])
def test_every_role_of_the_store_regenerates_and_compares(request: Any, draft: Draft, new: Draft, who: str) -> None:
    client = request.getfixturevalue(f"{who}_client")
    assert client.get(at("draft-regenerate", draft)).status_code == 200
    assert client.get(at("draft-compare", new)).status_code == 200


# --- Before it starts ---------------------------------------------------------------------------------------------
def test_approved_rows_are_locked_at_first(draft: Draft, merchandiser: Any, marketing_client: Client) -> None:
    services.approve(placement=row(draft, 2), actor=merchandiser, revision=0)
    answer = marketing_client.get(at("draft-regenerate", draft))
    assert [one["kept"] for one in answer.context["rows"]] == [False, True, False]


def test_the_words_come_back_as_chips_before_anything_starts(draft: Draft, marketing_client: Client) -> None:
    sent = {"instruction": "Cheaper than 8 euros, without pork, keep row 1"}
    answer = marketing_client.post(at("draft-regenerate", draft), sent, headers=HTMX)
    said = text(answer)
    assert "Price up to 8.00 EUR" in said and "Keep row 1" in said
    assert '<strong class="num">2</strong> new rows' in said
    assert not Run.objects.filter(parent=draft.run).exists()


def test_words_that_were_not_shown_yet_are_shown_first(draft: Draft, marketing_client: Client) -> None:
    sent = {"instruction": "under 8 euros", "then": "start"}
    answer = marketing_client.post(at("draft-regenerate", draft), sent)
    assert "This is how your words are understood" in text(answer)
    assert not Run.objects.filter(parent=draft.run).exists()


def test_starting_leads_to_the_run(draft: Draft, marketing_client: Client) -> None:
    answer = start(marketing_client, draft, [row(draft, 1)], "under 8 euros")
    run = Run.objects.get(parent=draft.run)
    assert answer["Location"] == reverse("run-detail", args=[run.pk])
    assert (run.instruction, run.brief["constraints"]["price_max"]) == ("under 8 euros", "8")


def test_a_struck_chip_does_not_count(draft: Draft, marketing_client: Client) -> None:
    answer = marketing_client.post(at("draft-regenerate", draft), {"instruction": "under 8 euros"})
    offered = [one.key for one in answer.context["plan"].reading.readings]
    start(marketing_client, draft, [], "under 8 euros", offered=offered)
    assert Run.objects.get(parent=draft.run).brief["constraints"]["price_max"] is None


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"all": True}, "Unlock at least one"),
        ({"instruction": "under 1 euro"}, "Not enough eligible products"),
        ({"instruction": "x" * 501}, "at most 500 characters"),
        ({"stranger": True}, "load the page again"),
    ],
)
def test_what_cannot_start_says_why_and_keeps_the_words(
    draft: Draft, marketing_client: Client, sent: dict[str, Any], said: str
) -> None:
    keep = rows(draft) if sent.get("all") else [PlacementFactory()] if sent.get("stranger") else []
    answer = start(marketing_client, draft, keep, sent.get("instruction", ""))
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Run.objects.filter(parent=draft.run).exists()


def test_an_open_run_is_named(draft: Draft, marketing_client: Client) -> None:
    start(marketing_client, draft, [row(draft, 1)])
    assert "is being generated now" in text(marketing_client.get(at("draft-regenerate", draft)))
    assert start(marketing_client, draft, [row(draft, 1)]).status_code == 409


def test_a_row_that_was_sent_back_is_regenerated_with_the_note(
    draft: Draft, merchandiser: Any, marketing_client: Client
) -> None:
    services.request_changes(
        placement=row(draft, 2), actor=merchandiser, revision=0, reason_code="commercial", note="Under 8 euros"
    )
    review = text(marketing_client.get(reverse("placement-review", args=[row(draft, 2).pk])))
    assert "Regenerate this row with the note" in review
    answer = marketing_client.get(at("draft-regenerate", draft), {"only": row(draft, 2).pk, "instruction": "Under 8"})
    assert [one["kept"] for one in answer.context["rows"]] == [True, False, True]
    assert answer.context["form"]["instruction"].value() == "Under 8"


# --- Comparing ----------------------------------------------------------------------------------------------------
def test_the_comparison_says_what_stays_and_what_changes(draft: Draft, new: Draft, marketing_client: Client) -> None:
    said = text(marketing_client.get(at("draft-compare", new)))
    assert "1 row stays, 2 are new." in said
    assert "One-pan suppers" in said and row(new, 2).title in said
    assert "4 products in, 4 out" in said
    assert "price up to 8" in said
    assert "under 8 euros" in said


def test_taking_leads_to_the_new_page_and_can_be_taken_back(draft: Draft, new: Draft, marketing_client: Client) -> None:
    answer = marketing_client.post(at("draft-take", new), {"seen": proposals.seen_of(new)}, follow=True)
    assert answer.redirect_chain[-1][0] == at("draft-preview", new)
    assert f'hx-post="{at("draft-undo-choice", new)}"' in text(answer)
    back = marketing_client.post(at("draft-undo-choice", new), headers=HTMX)
    assert back["HX-Redirect"] == at("draft-compare", new)
    draft.refresh_from_db()
    assert not draft.superseded


def test_an_old_row_is_kept_by_its_box(draft: Draft, new: Draft, marketing_client: Client) -> None:
    sent = {"seen": proposals.seen_of(new), "instead": [row(draft, 3).pk, "nonsense"]}
    marketing_client.post(at("draft-take", new), sent)
    assert "Gifts for cooks" in {one.title for one in rows(new) if one.status == "waiting"}


def test_a_choice_by_somebody_else_is_told(
    draft: Draft, new: Draft, merchandiser: Any, marketing_client: Client
) -> None:
    seen = proposals.seen_of(new)
    choosing.keep_old(draft=new, actor=merchandiser)
    answer = marketing_client.post(at("draft-take", new), {"seen": seen})
    assert answer.status_code == 409
    assert "Merle Handiser kept the old page already" in text(answer)


def test_marketing_reads_that_an_approval_would_be_lost(
    draft: Draft, new: Draft, merchandiser: Any, marketing_client: Client
) -> None:
    services.approve(placement=row(draft, 2), actor=merchandiser, revision=0)
    assert "1 approved row would be lost" in text(marketing_client.get(at("draft-compare", new)))
    answer = marketing_client.post(at("draft-take", new), {"seen": proposals.seen_of(new)})
    assert answer.status_code == 403


def test_a_page_of_its_own_leads_back_to_its_preview(draft: Draft, marketing_client: Client) -> None:
    assert marketing_client.get(at("draft-compare", draft))["Location"] == at("draft-preview", draft)


def test_text_of_strangers_is_shown_as_text(draft: Draft, marketing: Any, marketing_client: Client) -> None:
    PlacementFactory(draft=draft, key=9, position=4, title="<script>alert(1)</script>")
    new = proposal(draft, marketing, [], "<b>cheap</b>")
    for address in (at("draft-compare", new), at("draft-regenerate", draft), at("draft-preview", new)):
        said = marketing_client.get(address).content.decode()
        assert "<script>alert(1)" not in said and "<b>cheap" not in said


def test_the_comparison_asks_as_often_for_many_rows_as_for_few(
    store: Any, marketing: Any, marketing_client: Client, django_assert_max_num_queries: Any
) -> None:
    long = page(store, marketing, rows=10)
    new = proposal(long, marketing, rows(long)[:5])
    with django_assert_max_num_queries(30):
        marketing_client.get(at("draft-compare", new))


# --- Where one meets it -------------------------------------------------------------------------------------------
def test_a_proposal_is_found_from_the_page_the_queue_and_the_run(
    draft: Draft, new: Draft, marketing_client: Client
) -> None:
    there = at("draft-compare", new)
    for address in (
        at("draft-preview", draft),
        at("draft-preview", new),
        reverse("review-queue"),
        reverse("run-detail", args=[new.run_id]),
    ):
        assert there in text(marketing_client.get(address)), address


def test_the_campaign_shows_which_run_came_from_which(draft: Draft, new: Draft, marketing_client: Client) -> None:
    said = text(marketing_client.get(reverse("campaign-detail", args=[draft.campaign.slug])))
    assert f"from run {draft.run_id}: “under 8 euros”" in said


def test_a_replaced_page_offers_the_one_in_its_place_and_no_publishing(
    draft: Draft, new: Draft, merchandiser: Any, merchandiser_client: Client
) -> None:
    services.approve(placement=row(draft, 1), actor=merchandiser, revision=0)
    choosing.take(draft=new, actor=merchandiser, seen=proposals.seen_of(new))
    said = text(merchandiser_client.get(at("draft-preview", draft)))
    assert "This page was replaced" in said and at("draft-preview", new) in said
    assert 'id="publish"' not in said
    review = text(merchandiser_client.get(reverse("placement-review", args=[row(draft, 2).pk])))
    assert "nothing on it can change now" in review and 'data-key="a"' not in review


def test_the_requester_of_a_kept_row_reads_why_approving_is_closed(
    store: Any, merchandiser: Any, team_mate: Any, merchandiser_client: Client
) -> None:
    mine = page(store, merchandiser)
    new = proposal(mine, team_mate, [row(mine, 1)])
    choosing.take(draft=new, actor=team_mate, seen=proposals.seen_of(new))
    said = text(merchandiser_client.get(reverse("placement-review", args=[row(new, 1).pk])))
    assert "your store requires four eyes" in said


def test_an_own_row_wears_its_badge(draft: Draft, marketing_client: Client) -> None:
    own = PlacementFactory(draft=draft, key=1000, position=4, source="static")
    for address in (
        at("draft-preview", draft),
        reverse("placement-review", args=[own.pk]),
        at("draft-regenerate", draft),
    ):
        assert "Yours" in text(marketing_client.get(address))
