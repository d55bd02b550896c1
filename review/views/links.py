"""Shared links as screens show them."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from review.models import Share
from review.publishing import sharing


def described(request: HttpRequest, shares: Iterable[Share]) -> list[dict[str, Any]]:
    """[{"share", "link", "frame", "open", "state"}]; `frame` is the line for the shop's own page."""
    found = []
    for share in shares:
        name = "embed" if share.kind == Share.Kind.EMBED else "guest-page"
        link = request.build_absolute_uri(reverse(name, args=[sharing.token(share)]))
        still = sharing.is_open(share)
        state = "Open" if still else "Revoked" if share.revoked_at else "Expired"
        frame = f'<iframe src="{link}" title="Offers" width="100%" height="900" loading="lazy"></iframe>'
        found.append({"share": share, "link": link, "frame": frame, "open": still, "state": state})
    return found
