"""Moving a page's live pointer, with its history; whoever calls holds the page (`taken`) in a transaction."""

import datetime as dt
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.audit import record
from accounts.models import User
from review.models import Page, PageVersion, Publication, Schedule
from review.publishing.timeline import Timeline, Window, moments
from review.serving import shelf

Kind = Publication.Kind
State = Schedule.State


def taken(page: Page) -> Page:
    """The page, locked until the transaction ends: two who publish do so one after the other."""
    return Page.objects.select_for_update(of=("self",)).select_related("store", "live", "base").get(pk=page.pk)


def windows_of(page: Page) -> list[Window]:
    """The page's open schedules."""
    rows = page.schedules.filter(state__in=Schedule.OPEN).order_by("starts_at", "id")
    return [Window(*row) for row in rows.values_list("pk", "version_id", "starts_at", "ends_at")]


def timeline_of(page: Page) -> Timeline:
    return Timeline(page.base_id, tuple(windows_of(page)))


def go_live(page: Page, version: PageVersion, actor: User, kind: Kind, now: dt.datetime) -> None:
    """Make `version` what the page shows from now on: its new base; schedules that run now end. Those still to come
    stay as they are."""
    previous = page.live
    running = page.schedules.filter(state__in=Schedule.OPEN, starts_at__lte=now)
    for one in running.select_related("version__page"):
        record(
            store=page.store,
            actor=actor,
            action="schedule.end",
            subject=f"schedule:{one.pk}",
            summary=f"{actor} ended {one}: {version} took its place.",
            old={"ends_at": one.ends_at and one.ends_at.isoformat()},
            new={"ends_at": now.isoformat()},
        )
    running.update(state=State.ENDED, ends_at=now, revision=F("revision") + 1, updated_at=now)
    page.base = page.live = version
    page.save(update_fields=["base", "live"])
    Publication.objects.create(page=page, version=version, previous=previous, kind=kind, actor=actor)
    record(
        store=page.store,
        actor=actor,
        action=f"page.{kind}",
        subject=f"page:{page.pk}",
        summary=f"{actor} {kind.label.lower()} {version}"
        + (f"; before: version {previous.number}." if previous else "."),
        old={"version": previous.number, "manifest": previous.manifest} if previous else None,
        new={"version": version.number, "manifest": version.manifest},
    )
    announce(page)


def settle(page: Page, now: dt.datetime) -> int:
    """Record what the clock has brought since the last look, in the order in which it came; the number of moves.

    Doing it again changes nothing. Of starts and ends that were missed, each one becomes a row of the history.
    """
    rows = list(page.schedules.filter(state__in=Schedule.OPEN).select_related("version").order_by("starts_at", "id"))
    timeline = Timeline(page.base_id, tuple(Window(one.pk, one.version_id, one.starts_at, one.ends_at) for one in rows))
    if page.live_id == timeline.version(now) and not any(_is_due(one, now) for one in rows):
        return 0
    last = page.publications.order_by("-id").first()
    since = last.since if last else dt.datetime.min.replace(tzinfo=dt.UTC)
    made = sum(_record(page, timeline, at) for at in [*moments(timeline.windows, since, now), now])
    running = [one.pk for one in rows if one.starts_at <= now and (one.ends_at is None or one.ends_at > now)]
    over = [one.pk for one in rows if one.ends_at is not None and one.ends_at <= now]
    page.schedules.filter(pk__in=running, state=State.SCHEDULED).update(state=State.LIVE, updated_at=now)
    page.schedules.filter(pk__in=over, state__in=Schedule.OPEN).update(state=State.ENDED, updated_at=now)
    announce(page)
    return made


def announce(page: Page) -> None:
    """Once this is committed, readers get it at once."""
    transaction.on_commit(partial(shelf.renew, page.store_id, page.slug), robust=True)


def _is_due(one: Schedule, now: dt.datetime) -> bool:
    started = one.state == State.SCHEDULED and one.starts_at <= now
    return started or (one.ends_at is not None and one.ends_at <= now)


def _record(page: Page, timeline: Timeline, at: dt.datetime) -> bool:
    """Move `live` to what the page shows since `at`, if that is something else."""
    wanted = timeline.version(at)
    if wanted == page.live_id:
        return False
    previous, window = page.live, timeline.window(at)
    version = PageVersion.objects.select_related("page").get(pk=wanted) if wanted else None
    page.live = version
    page.save(update_fields=["live"])
    brought = Schedule.objects.select_related("created_by").get(pk=window.schedule) if window else None
    if version is not None:
        kind = Kind.SCHEDULE if brought else Kind.RESTORE
        Publication.objects.create(
            page=page, version=version, previous=previous, kind=kind, schedule=brought, due_at=at
        )
    by = f", as {brought.created_by} had scheduled" if brought and brought.created_by else ""
    record(
        store=page.store,
        actor=None,
        action="page.schedule" if brought else "page.restore",
        subject=f"page:{page.pk}",
        summary=_said(page, version, by),
        old={"version": previous.number, "manifest": previous.manifest} if previous else None,
        new={"version": version.number, "manifest": version.manifest, "at": at.isoformat()} if version else None,
    )
    return True


def _said(page: Page, version: PageVersion | None, by: str) -> str:
    if version is None:
        return f"The page “{page}” shows nothing any more: its schedule is over and nothing was published before."
    return f"{version} went live{by}." if by else f"The page “{page}” shows version {version.number} again."


def at_or_now(now: dt.datetime | None) -> dt.datetime:
    return now or timezone.now()
