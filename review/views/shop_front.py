"""Settings > Shop: the zone of its dates, the look of its embedded page, and who may show that."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from pydantic import ValidationError

from accounts.access import MemberRequest, member
from accounts.audit import record
from accounts.models import Role
from accounts.permits import require_admin
from accounts.settings_tabs import settings_tabs
from review.models import ShopFront
from review.publishing.clock import zone_names
from review.publishing.theme import FONTS, Theme, origins
from storefront_studio.lib.errors import BadInput

COLOURS = {"text": "Text", "muted": "Quiet text", "background": "Background", "accent": "Accent", "sale": "Sale prices"}


class ShopFrontForm(forms.Form):
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Schedules are written and shown in it. Those that are set keep their moment."
    )
    embed_origins = forms.CharField(
        label="Sites that may show the page",
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3, "dir": "ltr", "spellcheck": "false"}),
        help_text="One a line, such as https://shop.example. Without any, embedding is off.",
    )
    radius = forms.IntegerField(label="Rounding of corners", min_value=0, max_value=32)
    tile = forms.IntegerField(label="Width of a product", min_value=96, max_value=320)
    font = forms.ChoiceField(label="Letters", choices=[(name, name.capitalize()) for name in FONTS])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [(name, name.replace("_", " ")) for name in zone_names()]  # type: ignore[attr-defined]
        for name, label in COLOURS.items():
            self.fields[name] = forms.CharField(label=label, max_length=7, widget=forms.TextInput({"type": "color"}))

    def clean_embed_origins(self) -> list[str]:
        try:
            return origins(self.cleaned_data["embed_origins"])
        except BadInput as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        try:
            given["theme"] = Theme.model_validate({name: given[name] for name in Theme.model_fields}).model_dump()
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self.add_error(str(one["loc"][0]), one["msg"].removeprefix("Value error, ").capitalize() + ".")
        return given


@member()
def shop_front(request: MemberRequest) -> HttpResponse:
    """Everybody reads it; admins change it."""
    store = request.membership.store
    front = ShopFront.of(store)
    theme = Theme.model_validate(front.theme)
    start = {
        "time_zone": front.time_zone,
        "embed_origins": "\n".join(front.embed_origins),
        **theme.model_dump(),
    }
    form = ShopFrontForm(request.POST if request.method == "POST" else None, initial=start)
    status = 200
    if request.method == "POST":
        require_admin(store, request.user, "change how the shop is set up")
        if form.is_valid():
            _save(request, form.cleaned_data)
            messages.success(request, "Saved. New schedules and the embedded page use it from now on.")
            return redirect("shop-front")
        status = 422
    context = {
        "tabs": settings_tabs(request, "shop-front"),
        "form": form,
        "colours": [form[name] for name in COLOURS],
        "may_change": request.membership.role == Role.ADMIN,
        "front": front,
    }
    return render(request, "review/shop_front.html", context, status=status)


@transaction.atomic
def _save(request: MemberRequest, given: dict[str, Any]) -> None:
    store = request.membership.store
    front, _ = ShopFront.objects.select_for_update().get_or_create(store=store)
    new = {name: given[name] for name in ("time_zone", "embed_origins", "theme")}
    old = {name: getattr(front, name) for name in new}
    for name, value in new.items():
        setattr(front, name, value)
    front.save()
    if old != new:
        record(
            store=store,
            actor=request.user,
            action="shop.change",
            subject=f"shop:{store.pk}",
            summary=f"{request.user} changed how the shop is set up.",
            old=old,
            new=new,
        )
