"""What the frame around every page shows: where one can go, in which store, in which role."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Membership, Role
from generation.views.words import dollars
from review import selectors
from review.insights import spend
from review.workflow import queue

Entry = dict[str, Any]


def studio(request: HttpRequest) -> dict[str, Callable[[], Any]]:
    """`nav`, `store`, `stores` and `role_label` for base.html, worked out only when a template asks.

    At most five queries (the membership, which views have asked for already, the person's stores, what waits in this
    one, and two for today's spend); none for anonymous people and for fragments that show no frame.
    """
    frame = Frame(request)
    return {
        "nav": lambda: frame.nav,
        "store": lambda: frame.store,
        "stores": lambda: frame.stores,
        "role_label": lambda: frame.role_label,
        "search_url": lambda: frame.search_url,
        "spend_today": lambda: frame.spend_today,
    }


class Frame:
    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.path = request.path

    @cached_property
    def membership(self) -> Membership | None:
        return getattr(self.request, "membership", None) or None

    @cached_property
    def memberships(self) -> list[Membership]:
        """All of this person's memberships."""
        if self.membership is None:
            return []
        mine = Membership.objects.filter(user=self.membership.user_id)
        return list(mine.select_related("store").order_by("store__name"))

    @cached_property
    def store(self) -> Any:
        return self.membership.store if self.membership else None

    @cached_property
    def stores(self) -> list[Entry]:
        return [
            {
                "label": one.store.name,
                "url": reverse("store-switch", args=[one.store_id]),
                "active": self.membership is not None and one.store_id == self.membership.store_id,
            }
            for one in self.memberships
        ]

    @cached_property
    def role_label(self) -> str:
        return self.membership.get_role_display() if self.membership else ""

    @cached_property
    def search_url(self) -> str:
        return reverse("find") if self.membership else ""

    @cached_property
    def spend_today(self) -> str:
        """What models cost today so far; empty when none was asked."""
        if self.store is None:
            return ""
        found = spend.today(self.store)
        if not found.calls and not found.reserved:
            return ""
        unknown = f"{found.unknown} call{'s' if found.unknown != 1 else ''} of unknown cost"
        if found.unknown and not found.known:
            return f"{unknown} today"
        beside = f" and {unknown}" if found.unknown else ""
        return f"{dollars(found.known)}{beside} today"

    @cached_property
    def nav(self) -> list[Entry]:
        if self.membership is None:
            return []
        found = selectors.waiting_count(self.membership.store)
        waiting = queue.number(found) if found else ""
        entries = [
            self._entry("Home", "home", "home"),
            self._campaigns(),
            self._entry("Review", "checks", "review-queue", also=("/drafts/",), count=waiting),
            self._entry("Pages", "layout-list", "page-list", also=("/calendar/", "/schedules/")),
            self._group(
                "Catalogue", "package", Products="product-list", Keywords="keyword-list", Imports="import-list"
            ),
        ]
        entries.append(self._group("Insights", "chart-line", Judges="insights-judges", Spend="insights-spend"))
        if self.membership.role == Role.ADMIN:
            remembered = {"What is remembered": "audit-remembered", "Samples": "audit-samples"}
            entries.append(
                self._group("Audit", "history", Rejected="audit-rejected", **remembered, Trail="audit-trail")
            )
        entries.append(self._settings())
        return entries

    def _entry(self, label: str, icon: str, name: str, also: tuple[str, ...] = (), count: str = "") -> Entry:
        url = reverse(name)
        active = self.path == url if url == "/" else self.path.startswith((url, *also))
        return {"label": label, "icon": icon, "url": url, "active": active, "count": count}

    def _campaigns(self) -> Entry:
        entry = self._entry("Campaigns", "speakerphone", "campaign-list", also=("/runs/", "/batches/"))
        audiences = reverse("audience-list")
        inside = self.path.startswith(audiences)
        entry["children"] = [
            {"label": "All campaigns", "url": entry["url"], "active": entry["active"] and not inside},
            {"label": "Audiences", "url": audiences, "active": inside},
        ]
        return entry

    def _settings(self) -> Entry:
        """Everybody may read the policy and what was learned of ranking; the rest is for admins."""
        assert self.membership is not None
        admin = self.membership.role == Role.ADMIN
        first = {"API keys": "api-keys"} if admin else {}
        last = {"Prompts and models": "registry"} if admin else {}
        shop = {"Shop": "shop-front", "Policy": "policy"}
        return self._group("Settings", "settings", **first, **shop, **last, Rankers="rankers")

    def _group(self, label: str, icon: str, **names: str) -> Entry:
        children = [
            {"label": child, "url": reverse(name), "active": self.path.startswith(reverse(name))}
            for child, name in names.items()
        ]
        active = any(child["active"] for child in children)
        return {"label": label, "icon": icon, "url": children[0]["url"], "active": active, "children": children}
