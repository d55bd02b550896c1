"""Signing in and out, switching stores, and the keys of shop front ends."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import keys
from accounts.access import ADMINS, MemberRequest, member
from accounts.forms import ApiKeyForm, SignInForm
from accounts.models import ApiKey, Membership, Role, Scope
from accounts.settings_tabs import settings_tabs
from storefront_studio.lib.errors import BadInput

HINTS = {
    Role.MARKETING: "plans campaigns and starts runs",
    Role.MERCHANDISER: "reviews placements and publishes pages",
    Role.ADMIN: "sets the rules and reads the audit",
}


def demo_logins() -> list[dict[str, str]]:
    """One login per role as `make demo` wrote them down; none outside demo mode."""
    file = settings.STUDIO_DATA_DIR / "demo.json"
    if not settings.DEMO or not file.exists():
        return []
    logins = json.loads(file.read_text(encoding="utf-8")).get("logins", {})
    return [
        {"label": str(role.label), "hint": HINTS[role], **logins[role]}
        for role in (Role.MERCHANDISER, Role.MARKETING, Role.ADMIN)
        if role in logins
    ]


class SignIn(LoginView):
    authentication_form = SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demo_logins=demo_logins(), **kwargs)


@login_required
@require_POST
def store_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Work in another of one's stores; others are 404."""
    mine = get_object_or_404(Membership.objects.select_related("store"), user=request.user, store_id=pk)
    request.session["store"] = mine.store_id
    messages.info(request, f"You work in {mine.store} now.")
    return redirect("home")


@member(*ADMINS)
@never_cache
@require_http_methods(["GET", "POST"])
def api_keys(request: MemberRequest) -> HttpResponse:
    """The store's keys. A new key's secret is on the answer to its form and nowhere else, so that is no redirect;
    loading it again is refused, because the name is taken."""
    form = ApiKeyForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            key, secret = keys.create(store=request.membership.store, actor=request.user, **form.cleaned_data)
        except BadInput as error:
            form.add_error("name", str(error))
        else:
            made = {
                "key": key,
                "secret": secret,
                "curl": curl(request, secret) if key.allows(Scope.STOREFRONT_READ) else "",
            }
            form = ApiKeyForm()
    found = (
        ApiKey.objects.filter(store=request.membership.store)
        .select_related("created_by")
        .order_by("revoked", "-created")
    )
    labels = dict(Scope.choices)
    rows = [{"key": key, "may": [labels.get(scope, scope) for scope in key.scopes]} for key in found]
    context = {"form": form, "rows": rows, "made": made, "tabs": settings_tabs(request, "api-keys")}
    return render(request, "accounts/api_keys.html", context)


def curl(request: HttpRequest, secret: str) -> str:
    """A line for the shell that reads the published home page."""
    address = request.build_absolute_uri("/api/v1/storefront/home/")
    return f'curl -H "Authorization: Api-Key {secret}" {address}'


@member(*ADMINS)
@require_POST
def api_key_revoke(request: MemberRequest, prefix: str) -> HttpResponse:
    key = get_object_or_404(ApiKey, store=request.membership.store, prefix=prefix)
    keys.revoke(key=key, actor=request.user)
    messages.success(request, f"“{key.name}” is revoked. Whoever used it gets an error from now on.")
    return redirect(reverse("api-keys"))


@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it on pages without a head of ours (JSON, frames)."""
    return redirect(f"{settings.STATIC_URL}img/logo.svg")
