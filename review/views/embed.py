"""The page for the shop's own front end to frame: HTML and stylesheets, no script, only where the store allows it."""

import json
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from review.models import Share, ShopFront
from review.publishing import sharing
from review.publishing.theme import Theme
from review.serving import database, shelf
from review.serving.views import cache_control
from review.views.doorstep import closed, doorstep

POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF, "https:", "data:"],
    "base-uri": [NONE],
    "form-action": [NONE],
}


@doorstep
@xframe_options_exempt
@require_safe
def embed(request: HttpRequest, token: str) -> HttpResponse:
    """What the page shows now, or the shared draft. `?segment=` names the audience."""
    share = sharing.opened(token, Share.Kind.EMBED)
    front = ShopFront.of(share.store)
    lasts: float | None = 0.0
    if share.draft is not None:
        placements, etag = sharing.seen(share.draft)[0], ""
    else:
        assert share.page is not None  # the database says so
        try:
            segment = request.GET.get("segment") or share.page.segment
            ready = shelf.page(share.store_id, share.page.slug, segment)
        except database.Unreachable:
            return closed(request, 503, "Not to be had just now", "Try again in a moment.")
        placements = json.loads(ready.text)["placements"] if ready else []
        etag = f'{ready.etag[:-1]}-{_stamp(front)}"' if ready else ""
        lasts = ready.lasts if ready else 0.0
    site = next(iter(front.embed_origins), "")
    context = {"store_name": share.store.name, "token": token, "placements": [_row(one, site) for one in placements]}
    answer: Any = render(request, "review/embed.html", context)
    if etag:
        answer["ETag"] = etag
        answer["Cache-Control"] = cache_control(lasts)
        answer = get_conditional_response(request, etag=etag, response=answer) or answer
    return _framed(answer, front)


@doorstep
@xframe_options_exempt
@require_safe
def embed_theme(request: HttpRequest, token: str) -> HttpResponse:
    """The store's variables as a stylesheet, so that the page needs no inline style."""
    share = sharing.opened(token, Share.Kind.EMBED)
    answer = HttpResponse(Theme.model_validate(ShopFront.of(share.store).theme).css(), content_type="text/css")
    answer["Cache-Control"] = "private, max-age=60"
    return answer


def _framed(answer: HttpResponse, front: ShopFront) -> HttpResponse:
    """With a policy of its own: framed by the store's own sites, and by nobody where it names none."""
    policy = {**POLICY, "frame-ancestors": front.embed_origins or [NONE]}
    dress: Any = csp(policy)  # the library's types ask for a view; what it does is to mark the answer
    return cast("HttpResponse", dress(lambda: answer)())


def _stamp(front: ShopFront) -> int:
    """Which state of the store's settings the page was made with."""
    return int(front.updated_at.timestamp()) if front.pk else 0


def _row(row: dict[str, Any], site: str) -> dict[str, Any]:
    return {**row, "products": [{**one, "link": _link(one["link"], site)} for one in row["products"]]}


def _link(link: str, site: str) -> str:
    """Where a product leads: an address on the web, completed by the store's first site; else nowhere."""
    try:
        whole = urljoin(f"{site}/", link) if site else link
        return whole if link and urlsplit(whole).scheme in ("http", "https") else ""
    except ValueError:
        return ""
