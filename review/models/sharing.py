"""Links to a preview for people without an account, and the one decision that some of them may take."""

import secrets

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Store, User
from review.models.draft import Draft
from review.models.publishing import Page


def new_key() -> str:
    return secrets.token_urlsafe(16)


@pgtrigger.register(pgtrigger.Protect(name="kept", operation=pgtrigger.Delete))
class Share(models.Model):
    """A link that opens one draft, or what one page shows, and nothing else of the store.

    The link carries `key` and a signature over it. It ends by `expires_at` or `revoked_at`; only an embedded live page
    may go without an end. `guest` is whom the sharer gave it to, in their words.
    """

    class Kind(models.TextChoices):
        PREVIEW = "preview", "Look at the page"
        DECIDE = "decide", "Look at the page and decide once"
        EMBED = "embed", "Embed it in the shop's own page"

    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, related_name="shares")
    key = models.CharField(max_length=40, unique=True, default=new_key)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    draft = models.ForeignKey(Draft, null=True, on_delete=models.DO_NOTHING, related_name="shares")
    page = models.ForeignKey(Page, null=True, on_delete=models.DO_NOTHING, related_name="shares")
    guest = models.CharField(max_length=80, blank=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["preview", "decide", "embed"]), name="share_kind_known"),
            models.CheckConstraint(
                condition=Q(draft__isnull=False, page__isnull=True) | Q(draft__isnull=True, page__isnull=False),
                name="share_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(draft__isnull=False) | Q(kind="embed"), name="share_of_page_is_embed"),
            models.CheckConstraint(condition=Q(page__isnull=False) | Q(expires_at__isnull=False), name="share_ends"),
            models.CheckConstraint(condition=~Q(kind="decide") | ~Q(guest=""), name="who_decides_has_a_name"),
        ]


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete))
class GuestDecision(models.Model):
    """A guest's word on a draft as they saw it, once and for good. It approves no row: people of the store do that.

    `manifest` is the hash of what they saw, so that everybody knows when the page is another one by now.
    """

    class Kind(models.TextChoices):
        APPROVE = "approve", "Approved"
        REQUEST_CHANGES = "request_changes", "Asked for changes"

    share = models.OneToOneField(Share, on_delete=models.DO_NOTHING, related_name="decision")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    note = models.TextField(blank=True)
    name = models.CharField(max_length=80)
    manifest = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind="approve") | ~Q(note=""), name="guest_changes_need_a_note"),
            models.CheckConstraint(condition=Q(kind__in=["approve", "request_changes"]), name="guest_kind_known"),
        ]
