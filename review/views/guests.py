"""Behind a link: a draft for somebody without an account, who may have one decision to take."""

from typing import Any

from csp.constants import NONE
from csp.decorators import csp_replace
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from review.models import GuestDecision, Share, ShopFront
from review.publishing import sharing
from review.publishing.clock import in_words
from review.views.doorstep import doorstep
from review.views.errors import status_of
from storefront_studio.lib.errors import StudioError


class GuestForm(forms.Form):
    note = forms.CharField(
        label="Your note",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        help_text="Needed when you ask for changes.",
    )


unframed: Any = csp_replace({"frame-ancestors": [NONE]})
"""Nobody shows a page with a decision on it inside another one. (Any: the library's types know no arguments.)"""


@doorstep
@unframed  # type: ignore[untyped-decorator]
def guest_page(request: HttpRequest, token: str) -> HttpResponse:
    """The page as it would be in the shop; nothing of the store but that."""
    share = sharing.opened(token, Share.Kind.PREVIEW, Share.Kind.DECIDE)
    assert share.draft is not None  # the database says so of these kinds
    problem, status = "", 200
    form = GuestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            sharing.decide(
                share=share,
                kind=request.POST.get("kind", ""),
                note=form.cleaned_data["note"],
                manifest=request.POST.get("manifest", ""),
            )
            return redirect("guest-page", token)
        except StudioError as error:
            problem, status = str(error), status_of(error)
    elif request.method == "POST":
        problem, status = "A note has at most 2,000 characters.", 422
    placements, manifest = sharing.seen(share.draft)
    shown: list[dict[str, Any]] = [{**one, "id": ""} for one in placements]
    context = {
        "page": {"store_name": share.store.name, "departments": [], "placements": shown},
        "guest": share.guest,
        "until": in_words(share.expires_at, ShopFront.of(share.store).zone) if share.expires_at else "",
        "decides": share.kind == Share.Kind.DECIDE,
        "decided": GuestDecision.objects.filter(share=share).first(),
        "manifest": manifest,
        "form": form,
        "problem": problem,
    }
    return render(request, "review/guest.html", context, status=status)
