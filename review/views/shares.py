"""Sharing a draft by link, embedding a page, and taking links back."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.access import MemberRequest, member
from review.models import Share, ShopFront
from review.policies import Act, acts
from review.publishing import sharing
from review.views.drafts import draft_of, page_address
from review.views.errors import status_of
from review.views.links import described
from review.views.pages import page_of
from storefront_studio.lib.errors import StudioError


class ShareForm(forms.Form):
    kind = forms.ChoiceField(label="They may", choices=Share.Kind.choices, widget=forms.RadioSelect)
    guest = forms.CharField(
        label="For whom",
        required=False,
        max_length=80,
        widget=forms.TextInput({"dir": "auto", "autocomplete": "off"}),
        help_text="Their decision is recorded under this name.",
    )
    days = forms.TypedChoiceField(
        label="It works for",
        coerce=int,
        choices=[(1, "1 day"), (3, "3 days"), (7, "7 days"), (14, "14 days"), (30, "30 days")],
    )

    def __init__(self, *args: object, asks: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not asks:
            self.fields["kind"].choices = [(Share.Kind.PREVIEW.value, Share.Kind.PREVIEW.label)]  # type: ignore[attr-defined]


@member()
def share_draft(request: MemberRequest, pk: int) -> HttpResponse:
    """The links to a draft, and a new one."""
    draft = draft_of(request, pk)
    asks = Act.ASK_GUEST in acts(request.membership.role)
    usual = {"kind": Share.Kind.PREVIEW, "days": 7}
    form = ShareForm(request.POST if request.method == "POST" else None, initial=usual, asks=asks)
    problem, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                sharing.share_draft(draft=draft, actor=request.user, **form.cleaned_data)
            except StudioError as error:
                problem, status = str(error), status_of(error)
            else:
                messages.success(request, "The link is ready to copy.")
                return redirect("draft-share", pk)
    links = described(request, sharing.of_draft(draft))
    context = {
        "draft": draft,
        "form": form,
        "links": links,
        "problem": problem,
        "asks": asks,
        "zone": ShopFront.of(draft.store).zone,
    }
    return render(request, "review/share.html", context, status=status)


@member()
@require_POST
def page_embed(request: MemberRequest, slug: str) -> HttpResponse:
    """A link under which the shop embeds what the page shows."""
    page = page_of(request, slug, request.POST.get("segment", ""))
    sharing.embed_page(page=page, actor=request.user)
    messages.success(request, "The embed link is ready to copy.")
    return redirect(page_address(page))


@member()
@require_POST
def share_revoke(request: MemberRequest, pk: int) -> HttpResponse:
    """The link stops working at once, for good."""
    shares = Share.objects.filter(store=request.membership.store).select_related("store", "draft__campaign", "page")
    share = get_object_or_404(shares, pk=pk)
    sharing.revoke(share=share, actor=request.user)
    messages.success(request, "The link is revoked; it opens nothing any more.")
    return redirect("draft-share", share.draft_id) if share.draft_id else redirect(page_address(share.page))  # type: ignore[arg-type]
