"""Scheduling a page: the dates, what they come to, and taking them back."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import REVIEWERS, MemberRequest, member
from review.forms_publishing import ScheduleForm, wall
from review.models import Draft, Page, PageVersion, Placement, Schedule, ShopFront
from review.publishing import checks, scheduling, snapshot
from review.publishing.clock import in_words
from review.publishing.moves import timeline_of
from review.publishing.timeline import Timeline, Window, overlaps, stretches
from review.views.drafts import draft_of, page_address, page_of
from review.views.errors import status_of
from review.views.pages import page_of as page_named
from storefront_studio.lib.errors import BadInput, StudioError

NEW = 0  # in the place of the number of a schedule, or of a version, that is not there yet


@dataclass
class Subject:
    """What is to be scheduled: a draft, a frozen version, or a schedule's version at other dates."""

    page: Page | None
    name: str
    back: str
    draft: Draft | None = None
    version: PageVersion | None = None
    schedule: Schedule | None = None

    @property
    def timeline(self) -> Timeline:
        return timeline_of(self.page) if self.page else Timeline(None)

    def findings(self) -> list[checks.Finding]:
        if self.version is not None:
            return checks.of_version(self.version)
        assert self.draft is not None
        return checks.of_body(self.draft.store, snapshot.freeze(self.draft)[0], self.draft.run)


@member(*REVIEWERS)
def schedule_draft(request: MemberRequest, pk: int) -> HttpResponse:
    """When the approved rows of a draft are shown."""
    draft = draft_of(request, pk)
    back = reverse("draft-preview", args=[pk])
    return _answer(request, Subject(page_of(draft), f"“{draft.campaign.name}”", back, draft=draft))


@member(*REVIEWERS)
def schedule_version(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    """When a frozen version is shown again. `?segment=` names the audience."""
    page = page_named(request, slug, request.GET.get("segment", ""))
    version = get_object_or_404(page.versions.select_related("page__store", "draft__run"), number=number)
    return _answer(request, Subject(page, f"version {number}", page_address(page), version=version))


@member(*REVIEWERS)
def schedule_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Other dates for a schedule; while it is live, another end."""
    one = _schedule(request, pk)
    name = f"version {one.version.number}"
    return _answer(request, Subject(one.page, name, page_address(one.page), version=one.version, schedule=one))


def _schedule(request: MemberRequest, pk: int) -> Schedule:
    rows = Schedule.objects.filter(page__store=request.membership.store)
    rows = rows.select_related("page__store", "page__live", "version__page__store", "version__draft__run")
    return get_object_or_404(rows, pk=pk)


def _answer(request: MemberRequest, subject: Subject) -> HttpResponse:
    zone = ShopFront.of(request.membership.store).zone
    running = subject.schedule.starts_at if subject.schedule and subject.schedule.state == "live" else None
    given = request.POST if request.method == "POST" else request.GET
    asked = "ends" in given or "starts" in given
    form = ScheduleForm(given if asked else _usual(subject, zone), zone=zone, running=running)
    problem, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            return _done(request, subject, form, zone)
        except StudioError as error:
            problem, status = str(error), status_of(error)
    elif request.method == "POST":
        status = 422
    context = {
        "subject": subject,
        "form": form,
        "zone": zone.key,
        "problem": problem,
        "undecided": _undecided(subject),
        **_consequences(subject, form, zone, bool(problem)),
    }
    name = "review/_schedule_said.html" if request.htmx and request.method == "GET" else "review/schedule.html"
    return render(request, name, context, status=status)


def _usual(subject: Subject, zone: ZoneInfo) -> dict[str, str]:
    """The dates to begin with: those it has, the campaign's, or tomorrow at nine."""
    if subject.schedule:
        return {"starts": wall(subject.schedule.starts_at, zone), "ends": wall(subject.schedule.ends_at, zone)}
    today = timezone.localdate(timezone=zone)
    campaign = subject.draft.campaign if subject.draft else None
    found = {"starts": f"{today + dt.timedelta(days=1)}T09:00", "ends": ""}
    if campaign and campaign.starts_on and campaign.starts_on > today:
        found["starts"] = f"{campaign.starts_on}T00:00"
    if campaign and campaign.ends_on and campaign.ends_on > today:
        found["ends"] = f"{campaign.ends_on + dt.timedelta(days=1)}T00:00"
    return found


def _undecided(subject: Subject) -> int:
    if subject.draft is None:
        return 0
    waiting = (Placement.Status.WAITING, Placement.Status.CHANGES_REQUESTED)
    return subject.draft.placements.filter(status__in=waiting).count()


def _done(request: MemberRequest, subject: Subject, form: ScheduleForm, zone: ZoneInfo) -> HttpResponse:
    starts_at = form.starts_at
    assert starts_at is not None  # the form is valid
    dates: dict[str, Any] = {"actor": request.user, "starts_at": starts_at, "ends_at": form.ends_at}
    if subject.schedule:
        revision = request.POST.get("revision", "")
        if not revision.isdecimal() or len(revision) > 9:
            raise BadInput("Load the page again: it does not say which schedule you saw.")
        one = scheduling.change(schedule=subject.schedule, revision=int(revision), **dates)
    elif subject.version:
        assert subject.page is not None
        one = scheduling.schedule_version(page=subject.page, version=subject.version, **dates)
    else:
        assert subject.draft is not None
        allow = request.POST.get("allow_waiting") == "yes"
        one = scheduling.schedule_draft(draft=subject.draft, allow_waiting=allow, **dates)
    until = f", until {in_words(one.ends_at, zone)}" if one.ends_at else ""
    messages.success(
        request,
        f"Version {one.version.number} of {one.page} is scheduled from {in_words(one.starts_at, zone)}{until}.",
        extra_tags=reverse("schedule-cancel", args=[one.pk]) if subject.schedule is None else "",
    )
    return redirect(page_address(one.page))


def _consequences(subject: Subject, form: ScheduleForm, zone: ZoneInfo, refused: bool) -> dict[str, Any]:
    """What the dates come to, in sentences; nothing while they are not dates yet."""
    try:
        findings, problem = subject.findings(), ""
    except BadInput as error:
        findings, problem = [], str(error)
    found: dict[str, Any] = {
        "findings": findings,
        "blocked": problem or any(one.blocks for one in findings),
        "not_ready": problem,
        "when": "",
    }
    if not form.is_valid() or form.starts_at is None:
        return found
    candidate = Window(
        subject.schedule.pk if subject.schedule else NEW,
        subject.version.pk if subject.version else NEW,
        form.starts_at,
        form.ends_at,
    )
    if candidate.end is not None and candidate.end <= candidate.start:
        form.add_error("ends", "The end must be after the start.")
        return found
    if subject.schedule is None and candidate.start <= timezone.now():
        form.add_error("starts", "The start is over already. Choose a later one, or publish now.")
        return found
    timeline = subject.timeline.with_window(candidate)
    numbers = dict(PageVersion.objects.filter(page=subject.page).values_list("pk", "number")) if subject.page else {}
    return {
        **found,
        "when": in_words(candidate.start, zone),
        "until": in_words(candidate.end, zone) if candidate.end else "",
        "shown": _steps(timeline, candidate, numbers, zone),
        "clashes": _clashes(timeline, candidate, numbers, zone),
        "then": _name(timeline.version(candidate.end), numbers) if candidate.end else "",
        "ruled_out": not any(one.window == candidate for one in stretches(timeline, candidate.start, candidate.end)),
    }


def _steps(timeline: Timeline, candidate: Window, numbers: dict[int, int], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The page from now to the end of `candidate`: [{"when", "says", "own"}]."""
    found: list[dict[str, Any]] = []
    seen: set[int | None] = set()
    for one in stretches(timeline, min(timezone.now(), candidate.start), None):
        says = _name(one.version, numbers)
        if one.version is not None and one.version in seen:
            says += " again"
        seen.add(one.version)
        when = "Now" if not found and one.start <= timezone.now() else in_words(one.start, zone)
        found.append({"when": when, "says": says, "own": one.window == candidate})
    return found


def _name(version: int | None, numbers: dict[int, int]) -> str:
    if version is None:
        return "nothing"
    return f"version {numbers[version]}" if version in numbers else "this page"


def _clashes(timeline: Timeline, candidate: Window, numbers: dict[int, int], zone: ZoneInfo) -> list[str]:
    found = []
    for under, over in overlaps(timeline.windows):
        if candidate in (under, over):
            other = over if under == candidate else under
            late = _name(over.version, numbers)
            until = f" until {in_words(other.end, zone)}" if other.end else ""
            found.append(
                f"{_name(other.version, numbers).capitalize()} is scheduled from {in_words(other.start, zone)}{until} "
                f"too. While both run, the shop shows {late}, because it starts later."
            )
    return found


@member(*REVIEWERS)
@require_POST
def schedule_cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Not shown, or no longer; offered back at once."""
    return _turn(request, pk, scheduling.cancel, "is cancelled", "schedule-undo")


@member(*REVIEWERS)
@require_POST
def schedule_undo(request: MemberRequest, pk: int) -> HttpResponse:
    return _turn(request, pk, scheduling.undo_cancel, "holds again", "")


def _turn(request: MemberRequest, pk: int, act: Any, said: str, undo: str) -> HttpResponse:
    one = _schedule(request, pk)
    seen = request.POST.get("revision", "")
    revision = int(seen) if seen.isdecimal() and len(seen) < 10 else one.revision
    try:
        one = act(schedule=one, actor=request.user, revision=revision)
    except StudioError as error:
        messages.error(request, str(error))
    else:
        now = one.page.__class__.objects.select_related("live").get(pk=one.page_id).live
        shows = f"The shop shows version {now.number} now." if now else "The shop shows nothing on this page now."
        messages.success(
            request,
            f"The schedule of version {one.version.number} {said}. {shows}",
            extra_tags=reverse(undo, args=[one.pk]) if undo else "",
        )
    address = page_address(one.page)
    if request.htmx:  # the undo of a message: the page itself is loaded anew
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)
