"""Published pages, ready to send.

Three kinds of entries: what each segment of a page's slug shows when (asked anew every FRESH seconds, and after every
publication), the serialized body of each segment (kept for good: the last good page when the database is gone), and for
a while the bodies that a schedule brings next. Which version is shown is decided by the clock at every request, so that
a page changes on the second, whoever is late.
"""

import datetime as dt
import json
import time
from functools import partial
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import FilteredRelation, Q

from review.models import Page, PageVersion, Schedule
from review.publishing.snapshot import served
from review.publishing.timeline import Timeline, Window, moments
from review.serving import database, kept

FRESH = 5  # seconds without asking what is live
DEFAULT = "default"
NEAR = 3600  # seconds that the body of a version which comes soon is kept


class Ready(NamedTuple):
    """A page to send. `stale` when the database could not say whether it is still the live one; `lasts` for so many
    seconds at most, until a schedule starts or ends."""

    text: str
    etag: str
    stale: bool = False
    lasts: float | None = None


def page(store_id: int, slug: str, segment: str) -> Ready | None:
    """The live page for `segment`, or for everyone when there is none for it; None when nothing is published.

    Raises database.Unreachable when the database is gone and no copy was kept.
    """
    known = kept.get(_index(store_id, slug))
    shown: dict[str, Timeline] = known["shown"] if known else {}
    at = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    try:
        if not known or known["until"] < time.time():
            shown = database.ask(lambda: _look(store_id, slug))
        chosen, version = _choose(shown, segment, at)
        if version is None:
            return None
        copy = _copy(store_id, slug, chosen, version)
        if copy is None:
            copy = database.ask(partial(_fetch, store_id, slug, chosen, version))
        return Ready(copy["text"], copy["etag"], lasts=_lasts(shown, segment, at))
    except database.Unreachable:
        chosen, version = _choose(shown, segment, at)
        copy = (version and _copy(store_id, slug, chosen, version)) or (
            (kept.get(_body(store_id, slug, segment)) if segment in shown else None)
            or kept.get(_body(store_id, slug, DEFAULT))
        )
        if not copy:
            raise
        return Ready(copy["text"], copy["etag"], stale=True, lasts=_lasts(shown, segment, at))


def renew(store_id: int, slug: str) -> None:
    """After a publication: keep what is live now, so that the next reader gets it and a failure serves it."""
    at = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    for segment, timeline in _look(store_id, slug).items():
        version = timeline.version(at)
        if version is not None:
            _fetch(store_id, slug, segment, version)


def bring_near(store_id: int, slug: str, at: dt.datetime, ahead: dt.timedelta) -> None:
    """Keep the bodies that schedules bring within `ahead`: the change must need no database."""
    for timeline in _look(store_id, slug).values():
        coming = {timeline.version(moment) for moment in moments(timeline.windows, at, at + ahead)}
        for version in coming:
            if version is not None and kept.get(_next(version)) is None:
                kept.put(_next(version), _serialized(PageVersion.objects.get(pk=version)), NEAR)


def _choose(shown: dict[str, Timeline], segment: str, at: dt.datetime) -> tuple[str, int | None]:
    """Which segment's page somebody of `segment` gets at this moment, and its version: their own or everybody's."""
    for one in (segment, DEFAULT):
        version = shown[one].version(at) if one in shown else None
        if version is not None:
            return one, version
    return DEFAULT, None


def _lasts(shown: dict[str, Timeline], segment: str, at: dt.datetime) -> float | None:
    """Seconds until another version may come. Everybody's page counts as well: one of their own may end."""
    changes = [shown[one].next_change(at) for one in {segment, DEFAULT} if one in shown]
    return min(((change - at).total_seconds() for change in changes if change), default=None)


def _look(store_id: int, slug: str) -> dict[str, Timeline]:
    """What each segment shows when. Pages that do not exist are not kept, or guesses would fill the cache."""
    pages = Page.objects.filter(store=store_id, slug=slug).alias(
        open=FilteredRelation("schedules", condition=Q(schedules__state__in=Schedule.OPEN))
    )
    shown: dict[str, Timeline] = {}
    rows = pages.values_list("segment", "base", "open", "open__version", "open__starts_at", "open__ends_at")
    for segment, base, *window in rows.order_by("open__starts_at", "open"):
        before = shown.get(segment, Timeline(base))
        shown[segment] = before._replace(windows=(*before.windows, Window(*window))) if window[0] else before
    shown = {segment: timeline for segment, timeline in shown.items() if timeline.base or timeline.windows}
    if shown:
        kept.put(_index(store_id, slug), {"shown": shown, "until": time.time() + FRESH}, None)
    else:
        kept.drop(_index(store_id, slug))
    return shown


def _copy(store_id: int, slug: str, segment: str, version: int) -> dict[str, Any] | None:
    """The kept body of exactly this version."""
    copy: dict[str, Any] | None = kept.get(_body(store_id, slug, segment))
    if copy and copy["version"] == version:
        return copy
    near: dict[str, Any] | None = kept.get(_next(version))
    if near:
        kept.put(_body(store_id, slug, segment), near, None)
    return near


def _fetch(store_id: int, slug: str, segment: str, version: int) -> dict[str, Any]:
    copy = _serialized(PageVersion.objects.get(pk=version))
    kept.put(_body(store_id, slug, segment), copy, None)
    return copy


def _serialized(version: PageVersion) -> dict[str, Any]:
    text = json.dumps(served(version), cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    return {"version": version.pk, "text": text, "etag": f'"{version.manifest}-{version.number}"'}


def _next(version: int) -> str:
    return f"serving:version:{version}"


def _index(store_id: int, slug: str) -> str:
    return f"serving:live:{store_id}:{slug}"


def _body(store_id: int, slug: str, segment: str) -> str:
    return f"serving:page:{store_id}:{slug}:{segment}"
