"""Links for people without an account: what they open, what they never open, and the one decision of a guest."""

import datetime as dt
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from review.models import Draft, GuestDecision, Placement, Share, ShopFront
from review.policies import NotAllowed
from review.publishing import services as publishing
from review.publishing import sharing
from review.views import doorstep
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import DraftFactory, PlacementFactory
from tests.review.race import at_once


@pytest.fixture
def draft(store: Any) -> Draft:
    draft = DraftFactory(store=store)
    PlacementFactory(draft=draft, title="Soups")
    PlacementFactory(draft=draft, rejected=True, title="Rejected roasts")
    return draft


@pytest.fixture
def share(draft: Draft, merchandiser: Any) -> Share:
    return sharing.share_draft(draft=draft, actor=merchandiser, kind="decide", days=7, guest="Ana Okoye")


def address(share: Share, name: str = "guest-page") -> str:
    return reverse(name, args=[sharing.token(share)])


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def ended(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))


def answer_with(share: Share, kind: str = "approve", note: str = "") -> Any:
    manifest = sharing.seen(share.draft)[1]  # type: ignore[arg-type]
    return Client().post(address(share), {"kind": kind, "note": note, "manifest": manifest})


# --- What a link opens --------------------------------------------------------------------------------------------
def test_a_link_shows_the_open_rows_and_nothing_else_of_the_store(share: Share, draft: Draft, store: Any) -> None:
    PlacementFactory(draft=DraftFactory(store=store), title="Another draft")
    shown = text(Client().get(address(share)))
    assert "Soups" in shown and "Ana Okoye" in shown
    for secret in (
        "Another draft",
        "Rejected roasts",
        draft.campaign.objective,
        "Merle",
        "/review/",
        "/drafts/",
        "lentils</",
    ):
        assert secret not in shown


def test_a_link_stays_out_of_indexes_caches_referrers_and_frames(share: Share) -> None:
    answer = Client().get(address(share))
    assert "noindex" in answer["X-Robots-Tag"]
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("same-origin", "private, no-store")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("broken", ["x", "x:y", "{key}", "{key}:x", "{token}x", "{other}"])
def test_a_link_that_was_changed_opens_nothing(broken: str, share: Share, store: Any, merchandiser: Any) -> None:
    other = sharing.share_draft(draft=DraftFactory(store=store), actor=merchandiser, kind="preview", days=1)
    mixed = f"{other.key}:{sharing.token(share).partition(':')[2]}"
    given = broken.format(key=share.key, token=sharing.token(share), other=mixed)
    answer = Client().get(reverse("guest-page", args=[given]))
    assert answer.status_code == 404 and "Soups" not in text(answer)


def test_an_expired_link_says_so_and_takes_no_decision(share: Share) -> None:
    ended(share)
    for answer in (Client().get(address(share)), answer_with(share)):
        assert answer.status_code == 410 and "This link has ended" in text(answer) and "Soups" not in text(answer)
    assert not GuestDecision.objects.exists()


def test_a_revoked_link_stops_at_once(share: Share, merchandiser_client: Client) -> None:
    assert Client().get(address(share)).status_code == 200
    merchandiser_client.post(reverse("share-revoke", args=[share.pk]))
    assert Client().get(address(share)).status_code == 410
    assert AuditEntry.objects.filter(action="share.revoke").count() == 1


def test_a_link_of_a_page_that_was_set_aside_has_ended(share: Share, draft: Draft) -> None:
    Draft.objects.filter(pk=draft.pk).update(superseded=True)
    assert Client().get(address(share)).status_code == 410


def test_a_link_of_one_kind_opens_no_other(share: Share, draft: Draft, merchandiser: Any) -> None:
    look = sharing.share_draft(draft=draft, actor=merchandiser, kind="preview", days=1)
    assert Client().get(address(share, "embed")).status_code == 404
    assert Client().get(address(look, "embed-theme")).status_code == 404


def test_who_only_looks_has_nothing_to_decide(draft: Draft, merchandiser: Any) -> None:
    look = sharing.share_draft(draft=draft, actor=merchandiser, kind="preview", days=1)
    assert "Request changes" not in text(Client().get(address(look)))
    assert answer_with(look).status_code == 410
    assert not GuestDecision.objects.exists()


def test_guessing_links_is_stopped(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorstep.time, "time", lambda: 6e9)  # one minute, however long this takes
    guesses = [Client().get(reverse("guest-page", args=["x:y"])).status_code for _ in range(doorstep.GUESSES + 1)]
    assert guesses == [404] * doorstep.GUESSES + [429]
    assert Client().get(address(share))["Retry-After"] == "60"


def test_posting_is_limited(share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorstep.time, "time", lambda: 6e9)
    answers = [Client().post(address(share), {"kind": "x"}).status_code for _ in range(doorstep.ACTS + 1)]
    assert answers[0] == 422 and answers[-1] == 429


# --- The one decision ---------------------------------------------------------------------------------------------
def test_a_guests_word_is_recorded_under_the_name_the_sharer_gave(share: Share, draft: Draft) -> None:
    assert answer_with(share, "request_changes", "More lentils.").status_code == 302
    said = GuestDecision.objects.get()
    assert (said.kind, said.note, said.name) == ("request_changes", "More lentils.", "Ana Okoye")
    entry = AuditEntry.objects.get(action="guest.request_changes")
    assert (entry.actor, entry.actor_name, entry.subject) == (None, "Ana Okoye (guest)", f"draft:{draft.pk}")
    assert "You asked for changes" in text(Client().get(address(share)))


def test_a_guest_approves_no_row_so_four_eyes_stay_four(share: Share, draft: Draft, merchandiser: Any) -> None:
    answer_with(share)
    assert draft.placements.get(title="Soups").status == Placement.Status.WAITING
    with pytest.raises(WrongState, match="not decided yet"):
        publishing.publish(draft=draft, actor=merchandiser)


def test_a_guest_decides_once(share: Share) -> None:
    answer_with(share)
    again = answer_with(share, "request_changes", "Wait.")
    assert again.status_code == 409 and "You have decided already" in text(again)
    assert GuestDecision.objects.get().kind == "approve"


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one(share: Share) -> None:
    manifest = sharing.seen(share.draft)[1]  # type: ignore[arg-type]
    said = at_once(*[partial(sharing.decide, share=share, kind="approve", note="", manifest=manifest)] * 2)
    assert sorted(type(one).__name__ for one in said) == ["GuestDecision", "WrongState"]


def test_a_decision_is_on_what_was_seen(share: Share, draft: Draft) -> None:
    _, seen = sharing.seen(draft)
    draft.placements.filter(title="Soups").update(title="Stews")
    answer = Client().post(address(share), {"kind": "approve", "manifest": seen})
    assert answer.status_code == 409 and "The page changed since you opened it" in text(answer)


@pytest.mark.parametrize(
    ("kind", "note"), [("request_changes", "  "), ("reject", "x"), ("", ""), ("approve", "x" * 2001)]
)
def test_what_is_no_decision_is_refused(kind: str, note: str, share: Share) -> None:
    assert answer_with(share, kind, note).status_code == 422
    assert not GuestDecision.objects.exists()


def test_people_of_the_store_see_what_the_guest_said(share: Share, draft: Draft, merchandiser_client: Client) -> None:
    answer_with(share, "request_changes", "<b>More</b> lentils.")
    preview = reverse("draft-preview", args=[draft.pk])
    assert "&lt;b&gt;More&lt;/b&gt; lentils." in text(merchandiser_client.get(preview))
    draft.placements.filter(title="Soups").update(title="Stews")
    assert "of an earlier state of this page" in text(merchandiser_client.get(preview))


def test_the_database_keeps_guests_words_and_links(share: Share) -> None:
    answer_with(share)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        GuestDecision.objects.update(note="other")
    for model in (GuestDecision, Share):
        with pytest.raises(ProgrammingError, match=r"Cannot (update or )?delete"), transaction.atomic():
            model.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.filter(pk=share.pk).update(guest="")


# --- Making links -------------------------------------------------------------------------------------------------
def test_marketing_shares_a_look_and_asks_no_guest_to_decide(draft: Draft, marketing: Any, stranger: Any) -> None:
    assert sharing.share_draft(draft=draft, actor=marketing, kind="preview", days=1)
    with pytest.raises(NotAllowed):
        sharing.share_draft(draft=draft, actor=marketing, kind="decide", days=1, guest="Ana")
    with pytest.raises(NotAllowed):
        sharing.share_draft(draft=draft, actor=stranger, kind="preview", days=1)


@pytest.mark.parametrize(
    ("kind", "days", "guest"), [("decide", 7, " "), ("preview", 0, ""), ("preview", 31, ""), ("x", 7, "")]
)
def test_a_link_needs_an_end_and_a_name(kind: str, days: int, guest: str, draft: Draft, merchandiser: Any) -> None:
    with pytest.raises(BadInput):
        sharing.share_draft(draft=draft, actor=merchandiser, kind=kind, days=days, guest=guest)


def test_sharing_by_the_screen(draft: Draft, merchandiser_client: Client, marketing_client: Client) -> None:
    there = reverse("draft-share", args=[draft.pk])
    given = {"kind": "decide", "guest": "Ana", "days": "3"}
    assert marketing_client.post(there, given).status_code == 422
    assert merchandiser_client.post(there, given, follow=True).status_code == 200
    assert address(Share.objects.get()) in text(merchandiser_client.get(there))


@pytest.mark.parametrize("post", [False, True])
def test_who_reaches_the_screens_of_sharing(post: bool, share: Share, draft: Draft, request: Any) -> None:
    there = reverse("share-revoke", args=[share.pk]) if post else reverse("draft-share", args=[draft.pk])

    def status(person: str) -> int:
        client = request.getfixturevalue(f"{person}_client") if person else Client()
        return int((client.post if post else client.get)(there).status_code)

    assert status("") == 302 and status("stranger") == 404
    assert status("marketing") == (403 if post else 200)
    assert status("team_mate") == (302 if post else 200)


# --- Embedding ----------------------------------------------------------------------------------------------------
@pytest.fixture
def embed(draft: Draft, merchandiser: Any) -> Share:
    draft.placements.filter(title="Soups").update(status="approved")
    page = publishing.publish(draft=draft, actor=merchandiser).page
    ShopFront.objects.create(store=draft.store, embed_origins=["https://shop.example"], theme={"accent": "#112233"})
    return sharing.embed_page(page=page, actor=merchandiser)


def test_the_embed_is_script_free_and_framed_by_the_stores_sites_only(embed: Share) -> None:
    answer = Client().get(address(embed, "embed"))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors https://shop.example" in policy
    assert "script-src" not in policy and "X-Frame-Options" not in answer
    shown = text(answer)
    assert "Soups" in shown and "<script" not in shown and "style=" not in shown and "/review/" not in shown


def test_without_a_site_nobody_frames_it(embed: Share) -> None:
    ShopFront.objects.update(embed_origins=[])
    assert "frame-ancestors 'none'" in Client().get(address(embed, "embed"))["Content-Security-Policy"]


def test_the_embed_shows_what_is_live_and_is_cheap_when_unchanged(embed: Share, draft: Draft) -> None:
    draft.placements.update(title="Secret stews")
    first = Client().get(address(embed, "embed"))
    assert "Secret" not in text(first)
    assert Client().get(address(embed, "embed"), headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_the_embeds_colours_are_the_stores(embed: Share) -> None:
    answer = Client().get(address(embed, "embed-theme"))
    assert answer["Content-Type"] == "text/css" and "--embed-accent:#112233" in answer.content.decode()


def test_links_of_products_stay_on_the_web(embed: Share, draft: Draft, merchandiser: Any) -> None:
    from review.views.embed import _link

    assert _link("/soup", "https://shop.example") == "https://shop.example/soup"
    assert _link("https://a.example/x", "") == "https://a.example/x"
    assert [_link(one, "https://shop.example") for one in ("javascript:alert(1)", "data:x", "", "http://[")] == [""] * 4


def test_an_embed_is_revoked_like_any_link(embed: Share, merchandiser: Any) -> None:
    sharing.revoke(share=embed, actor=merchandiser)
    assert Client().get(address(embed, "embed")).status_code == 410


def test_only_reviewers_make_embed_links(embed: Share, marketing_client: Client, stranger_client: Client) -> None:
    there = reverse("page-embed", args=["home"])
    assert Client().post(there).status_code == 302
    assert marketing_client.post(there).status_code == 403
    assert stranger_client.post(there).status_code == 404
    assert Share.objects.count() == 1


def test_a_draft_can_be_embedded_until_its_link_ends(draft: Draft, merchandiser: Any) -> None:
    made = sharing.share_draft(draft=draft, actor=merchandiser, kind="embed", days=1)
    assert "Soups" in text(Client().get(address(made, "embed")))
    ended(made)
    assert Client().get(address(made, "embed")).status_code == 410
