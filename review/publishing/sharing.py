"""Links for people without an account: made, opened, revoked; and a guest's one decision."""

import datetime as dt
from typing import Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit import record
from accounts.models import Store, User
from review import selectors
from review.models import Draft, GuestDecision, Page, Share
from review.policies import Act, check
from storefront_studio.lib.errors import BadInput, WrongState
from storefront_studio.lib.hashing import digest

Kind = Share.Kind
LONGEST = 30  # days a link may last; the link of an embedded live page has no end until it is revoked
_signer = signing.Signer(salt="review.share")


class NoSuchLink(Exception):
    """The link was never made, or was changed on its way. Nobody learns which."""


class LinkEnded(Exception):
    """The link was real and is over: expired, or revoked."""


@transaction.atomic
def share_draft(*, draft: Draft, actor: User, kind: str, days: int, guest: str = "") -> Share:
    """A link to `draft` that ends in `days`. Raises NotAllowed, BadInput (no name for who decides, too many days) and
    WrongState (a page that was set aside)."""
    check(actor, Act.SHARE if kind == Kind.PREVIEW else Act.ASK_GUEST, draft.store)
    guest = " ".join(guest.split())
    if kind not in Kind.values or not 1 <= days <= LONGEST:
        raise BadInput(f"Choose what the link is for, and 1 to {LONGEST} days.")
    if kind == Kind.DECIDE and not guest:
        raise BadInput("Say who decides: the decision is recorded under that name.")
    if draft.superseded:
        raise WrongState("This page was set aside for another one; share that one.")
    made = Share.objects.create(
        store=draft.store,
        kind=kind,
        draft=draft,
        guest=guest[:80],
        expires_at=timezone.now() + dt.timedelta(days=days),
        created_by=actor,
    )
    what = f"“{draft.campaign}”" + (f" with {made.guest}" if made.guest else "")
    _note(made, actor, "share.create", f"{actor} shared {what} ({made.get_kind_display().lower()}), for {days} days.")
    return made


@transaction.atomic
def embed_page(*, page: Page, actor: User) -> Share:
    """A link under which the shop embeds what `page` shows, until it is revoked. Raises NotAllowed."""
    check(actor, Act.ASK_GUEST, page.store)
    made = Share.objects.create(store=page.store, kind=Kind.EMBED, page=page, created_by=actor)
    _note(made, actor, "share.create", f"{actor} made a link to embed the page “{page}”.")
    return made


@transaction.atomic
def revoke(*, share: Share, actor: User) -> None:
    """The link stops working for good; revoking it again changes nothing. Raises NotAllowed."""
    check(actor, Act.SHARE if share.kind == Kind.PREVIEW else Act.ASK_GUEST, share.store)
    if Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        _note(share, actor, "share.revoke", f"{actor} revoked a link to {_what(share)}.")


def token(share: Share) -> str:
    """What stands in the address."""
    return _signer.sign(share.key)


def opened(given: str, *kinds: str) -> Share:
    """The share behind a token. Raises NoSuchLink (also for another kind of link) and LinkEnded."""
    try:
        key = _signer.unsign(given)
    except signing.BadSignature:
        raise NoSuchLink from None
    share = Share.objects.select_related("store", "draft__campaign", "page", "created_by").filter(key=key).first()
    if share is None or share.kind not in kinds:
        raise NoSuchLink
    if not is_open(share) or (share.draft is not None and share.draft.superseded):
        raise LinkEnded
    return share


def is_open(share: Share) -> bool:
    return share.revoked_at is None and (share.expires_at is None or share.expires_at > timezone.now())


def seen(draft: Draft) -> tuple[list[dict[str, Any]], str]:
    """The open rows as the shop would show them, and the hash of exactly that."""
    placements: list[dict[str, Any]] = selectors.preview(draft)["placements"]
    return placements, digest(placements)


@transaction.atomic
def decide(*, share: Share, kind: str, note: str, manifest: str) -> GuestDecision:
    """The guest's one word on what they saw. It is recorded and shown to the store's people; it approves no row, so
    that four eyes stay four eyes of the store.

    Raises BadInput (changes without a note), WrongState (decided already, or the page changed since `manifest`),
    LinkEnded.
    """
    share = Share.objects.select_for_update(of=("self",)).select_related("store", "draft__campaign").get(pk=share.pk)
    if share.kind != Kind.DECIDE or not is_open(share) or share.draft is None or share.draft.superseded:
        raise LinkEnded
    note = note.strip()
    if kind not in GuestDecision.Kind.values:
        raise BadInput("Approve the page, or ask for changes.")
    if kind == GuestDecision.Kind.REQUEST_CHANGES and not note:
        raise BadInput("Say what should change.")
    if len(note) > 2000:
        raise BadInput(f"The note has {len(note)} characters; 2,000 fit.")
    if seen(share.draft)[1] != manifest:
        raise WrongState("The page changed since you opened it. Look again, then decide.")
    try:
        with transaction.atomic():
            made = GuestDecision.objects.create(share=share, kind=kind, note=note, name=share.guest, manifest=manifest)
    except IntegrityError:
        raise WrongState("You have decided already. Ask whoever sent the link if something else came up.") from None
    record(
        store=share.store,
        actor=None,
        actor_name=f"{share.guest} (guest)",
        action=f"guest.{kind}",
        subject=f"draft:{share.draft_id}",
        summary=f"{share.guest} (guest) {made.get_kind_display().lower()} “{share.draft.campaign}”.",
        new={"note": note, "manifest": manifest, "share": share.pk}
        if note
        else {"manifest": manifest, "share": share.pk},
    )
    return made


def of_draft(draft: Draft) -> QuerySet[Share]:
    return Share.objects.filter(draft=draft).select_related("created_by", "decision").order_by("-id")


def _what(share: Share) -> str:
    return f"“{share.draft.campaign}”" if share.draft else f"the page “{share.page}”"


def _note(share: Share, actor: User, action: str, said: str) -> None:
    store: Store = share.store
    record(
        store=store,
        actor=actor,
        action=action,
        subject=f"share:{share.pk}",
        summary=said,
        new={"kind": share.kind, "guest": share.guest, "draft": share.draft_id, "page": share.page_id},
    )
