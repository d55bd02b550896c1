"""Finding a campaign, placement, product or keyword by its words, from the field on top of every page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from accounts.models import Store
from generation.models import Campaign, Keyword, Product
from review.models import Placement

FIRST = 8


@member()
@require_GET
def find(request: MemberRequest) -> HttpResponse:
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:200]
    groups = found(request.membership.store, q) if q else []
    return render(request, "review/find.html", {"q": q, "groups": [group for group in groups if group["rows"]]})


def found(store: Store, q: str) -> list[dict[str, Any]]:
    """[{"label", "icon", "rows": [{"title", "note", "url", "state"}], "more": URL of the full list}]; four queries."""
    products, keywords = reverse("product-list"), reverse("keyword-list")
    return [
        {
            "label": "Campaigns",
            "icon": "speakerphone",
            "rows": [
                {"title": one.name, "note": one.objective, "url": reverse("campaign-detail", args=[one.slug])}
                for one in Campaign.objects.filter(store=store, name__icontains=q)[:FIRST]
            ],
        },
        {
            "label": "Placements",
            "icon": "layout-list",
            "rows": [
                {
                    "title": one.title,
                    "note": one.draft.campaign.name,
                    "url": reverse("placement-review", args=[one.pk]),
                    "state": one.status,
                }
                for one in Placement.objects.of(store)
                .filter(title__icontains=q)
                .select_related("draft__campaign")
                .order_by("-id")[:FIRST]
            ],
        },
        {
            "label": "Products",
            "icon": "package",
            "rows": [
                {"title": one.title, "note": one.category, "url": reverse("product-detail", args=[one.pk])}
                for one in Product.objects.filter(store=store, title__icontains=q)
                .only("title", "categories", "store")
                .order_by("id")[:FIRST]
            ],
            "more": f"{products}?{urlencode({'q': q})}",
        },
        {
            "label": "Keywords",
            "icon": "tag",
            "rows": [
                {
                    "title": one.text,
                    "note": f"{one.density} eligible products",
                    "url": f"{keywords}?{urlencode({'q': one.text})}",
                }
                for one in Keyword.objects.filter(store=store, text__icontains=q)
                .defer("embedding")
                .order_by("-density", "id")[:FIRST]
            ],
            "more": f"{keywords}?{urlencode({'q': q})}",
        },
    ]
