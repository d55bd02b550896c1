"""Published pages, ready to send.

Two kinds of entries: what is live under a page's slug (asked anew every FRESH seconds, and after every publication),
and the serialized body of each of its segments (kept for good: the last good page when the database is gone).
"""

import json
import time
from typing import NamedTuple

from django.core.serializers.json import DjangoJSONEncoder

from review.models import Page
from review.publishing.snapshot import served
from review.serving import database, kept

FRESH = 5  # seconds without asking what is live
DEFAULT = "default"


class Ready(NamedTuple):
    """A page to send. `stale` when the database could not say whether it is still the live one."""

    text: str
    etag: str
    stale: bool = False


def page(store_id: int, slug: str, segment: str) -> Ready | None:
    """The live page for `segment`, or for everyone when there is none for it; None when nothing is published.

    Raises database.Unreachable when the database is gone and no copy was kept.
    """
    known = kept.get(_index(store_id, slug))
    live: dict[str, int] = known["live"] if known else {}
    try:
        if not known or known["until"] < time.time():
            live = database.ask(lambda: _look(store_id, slug))
        chosen = segment if segment in live else DEFAULT
        if chosen not in live:
            return None
        copy = kept.get(_body(store_id, slug, chosen))
        if copy and copy["version"] == live[chosen]:
            return Ready(copy["text"], copy["etag"])
        return database.ask(lambda: _fetch(store_id, slug, chosen))
    except database.Unreachable:
        copy = (kept.get(_body(store_id, slug, segment)) if segment in live else None) or kept.get(
            _body(store_id, slug, DEFAULT)
        )
        if copy is None:
            raise
        return Ready(copy["text"], copy["etag"], stale=True)


def renew(store_id: int, slug: str) -> None:
    """After a publication: keep what is live now, so that the next reader gets it and a failure serves it."""
    for segment in _look(store_id, slug):
        _fetch(store_id, slug, segment)


def _look(store_id: int, slug: str) -> dict[str, int]:
    """Pk of the live version by segment. Pages that do not exist are not kept, or guesses would fill the cache."""
    pages = Page.objects.filter(store=store_id, slug=slug, live__isnull=False)
    live = dict(pages.values_list("segment", "live_id"))
    if live:
        kept.put(_index(store_id, slug), {"live": live, "until": time.time() + FRESH}, None)
    else:
        kept.drop(_index(store_id, slug))
    return live


def _fetch(store_id: int, slug: str, segment: str) -> Ready | None:
    pages = Page.objects.filter(store=store_id, slug=slug, segment=segment).select_related("live")
    page = pages.first()
    version = page.live if page else None
    if version is None:
        return None
    text = json.dumps(served(version), cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    etag = f'"{version.manifest}-{version.number}"'
    kept.put(_body(store_id, slug, segment), {"version": version.pk, "text": text, "etag": etag}, None)
    return Ready(text, etag)


def _index(store_id: int, slug: str) -> str:
    return f"serving:live:{store_id}:{slug}"


def _body(store_id: int, slug: str, segment: str) -> str:
    return f"serving:page:{store_id}:{slug}:{segment}"
