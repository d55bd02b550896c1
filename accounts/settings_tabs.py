"""The tabs between the screens under Settings, whichever part of the studio shows them."""

from typing import Any

from django.urls import reverse

from accounts.access import ADMINS, MemberRequest

SCREENS = {
    "api-keys": ("API keys", ADMINS),
    "shop-front": ("Shop", None),
    "policy": ("Policy", None),
    "registry": ("Prompts and models", ADMINS),
    "rankers": ("Rankers", None),
}


def settings_tabs(request: MemberRequest, active: str) -> list[dict[str, Any]]:
    """The screens this person may open; a single one needs no tabs."""
    role = request.membership.role
    found = [
        {"label": label, "url": reverse(name), "active": name == active}
        for name, (label, roles) in SCREENS.items()
        if roles is None or role in roles
    ]
    return found if len(found) > 1 else []
