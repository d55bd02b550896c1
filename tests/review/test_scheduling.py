"""A page shows what was scheduled while it was scheduled, and what it showed before again afterwards."""

import datetime as dt
import itertools
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from accounts.models import AuditEntry
from review import tasks
from review.models import Page, Placement, Publication, Schedule
from review.policies import NotAllowed
from review.publishing import scheduling, services
from review.publishing.clock import TwiceOnTheClock, in_words, moment
from review.publishing.timeline import Timeline, Window, overlaps, stretches
from review.serving import database, shelf
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import DraftFactory, PlacementFactory, api_key
from tests.review.race import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.review.urls")]
HOME = "/api/v1/storefront/home/"
BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2100, 11, 20, 12, 0, tzinfo=dt.UTC)
"""Far from the day on which this runs: nothing here looks at the machine's clock."""
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def draft(store):
    draft = DraftFactory(store=store)
    PlacementFactory(draft=draft, approved=True, title="Soups")
    return draft


@pytest.fixture
def base(draft, merchandiser):
    """Version 1, published by hand."""
    return services.publish(draft=draft, actor=merchandiser, now=NOW)


@pytest.fixture
def plan(draft, base, merchandiser):
    """Schedule a page of its own title: `plan("Stews", 1, 2)` from one hour from now to two hours from now."""

    def make(title: str, start: float, end: float | None = None) -> Schedule:
        Placement.objects.filter(draft=draft, status="approved").update(title=title)
        return scheduling.schedule_draft(
            draft=draft,
            actor=merchandiser,
            starts_at=NOW + start * HOUR,
            ends_at=None if end is None else NOW + end * HOUR,
            now=NOW,
        )

    return make


def live() -> int | None:
    page = Page.objects.get()
    return page.live.number if page.live else None


def history() -> list[tuple[str, int]]:
    return list(Publication.objects.order_by("id").values_list("kind", "version__number"))


# --- What is shown when -------------------------------------------------------------------------------------------
def test_a_schedule_shows_its_version_and_then_the_base_again(plan) -> None:
    plan("Stews", 1, 2)
    assert scheduling.keep(NOW + HOUR - SECOND) == 0 and live() == 1
    assert scheduling.keep(NOW + HOUR) == 1 and live() == 2
    assert scheduling.keep(NOW + 2 * HOUR) == 1 and live() == 1
    assert history() == [("publish", 1), ("schedule", 2), ("restore", 1)]
    assert Schedule.objects.get().state == "ended"


def test_what_the_worker_missed_is_recorded_in_order_and_with_its_time(plan) -> None:
    plan("Stews", 1, 2)
    plan("Roasts", 3)
    assert scheduling.keep(NOW + 5 * HOUR) == 3
    assert history() == [("publish", 1), ("schedule", 2), ("restore", 1), ("schedule", 3)]
    due = Publication.objects.exclude(due_at=None).order_by("id").values_list("due_at", flat=True)
    assert list(due) == [NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]


def test_looking_again_changes_nothing(plan) -> None:
    plan("Stews", 1, 2)
    for _ in range(3):
        scheduling.keep(NOW + HOUR)
    tasks.keep_schedules()
    tasks.keep_schedules()
    assert history() == [("publish", 1), ("schedule", 2)]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_record_one_move(plan) -> None:
    plan("Stews", 1, 2)
    at_once(*[partial(scheduling.keep, NOW + HOUR)] * 2)
    assert history() == [("publish", 1), ("schedule", 2)]


def test_of_two_that_run_the_one_that_starts_later_is_shown(plan) -> None:
    plan("Stews", 1, 6)
    plan("Roasts", 2, 3)
    shown = []
    for hour in (1, 2, 3, 6):
        scheduling.keep(NOW + hour * HOUR)
        shown.append(live())
    assert shown == [2, 3, 2, 1]


def test_publishing_by_hand_ends_what_runs_and_leaves_what_comes(plan, draft, merchandiser) -> None:
    running, coming = plan("Stews", 1, 4), plan("Roasts", 6)
    Placement.objects.filter(draft=draft, status="approved").update(title="Salads")
    services.publish(draft=draft, actor=merchandiser, now=NOW + 2 * HOUR)
    scheduling.keep(NOW + 5 * HOUR)
    running.refresh_from_db()
    coming.refresh_from_db()
    assert (running.state, running.ends_at, coming.state) == ("ended", NOW + 2 * HOUR, "scheduled")
    assert live() == 4 == Page.objects.get().base.number
    assert AuditEntry.objects.filter(action="schedule.end").count() == 1


def test_rolling_back_while_a_schedule_runs_takes_it_down_at_once(plan, base, merchandiser) -> None:
    plan("Stews", 1, 4)
    services.publish_version(page=base.page, version=base, actor=merchandiser, now=NOW + 2 * HOUR)
    assert live() == 1
    scheduling.keep(NOW + 3 * HOUR)
    assert live() == 1


def test_a_page_that_was_never_published_can_start_by_schedule(draft, merchandiser) -> None:
    scheduling.schedule_draft(draft=draft, actor=merchandiser, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR, now=NOW)
    assert live() is None
    scheduling.keep(NOW + HOUR)
    assert live() == 1
    scheduling.keep(NOW + 2 * HOUR)
    assert live() is None


# --- Changing and cancelling --------------------------------------------------------------------------------------
def test_the_end_can_change_while_it_is_live_and_the_start_cannot(plan, merchandiser) -> None:
    one = plan("Stews", 1, 4)
    now = NOW + 2 * HOUR
    scheduling.keep(now)
    with pytest.raises(BadInput, match="only its end can change"):
        scheduling.change(schedule=one, actor=merchandiser, revision=0, starts_at=NOW + 3 * HOUR, ends_at=None, now=now)
    scheduling.change(
        schedule=one, actor=merchandiser, revision=0, starts_at=one.starts_at, ends_at=now + SECOND, now=now
    )
    scheduling.keep(now + SECOND)
    assert live() == 1


def test_cancelling_what_is_live_restores_the_base_and_can_be_undone(plan, merchandiser) -> None:
    one = plan("Stews", 1, 4)
    now = NOW + 2 * HOUR
    scheduling.cancel(schedule=one, actor=merchandiser, revision=0, now=now)
    assert live() == 1
    scheduling.undo_cancel(schedule=one, actor=merchandiser, revision=1, now=now)
    assert live() == 2
    assert Schedule.objects.get().state == "live"
    assert history()[-2:] == [("restore", 1), ("schedule", 2)]


def test_cancelling_what_is_to_come_keeps_it_from_coming(plan, merchandiser) -> None:
    one = plan("Stews", 1, 4)
    scheduling.cancel(schedule=one, actor=merchandiser, revision=0, now=NOW)
    scheduling.keep(NOW + 2 * HOUR)
    assert live() == 1
    with pytest.raises(WrongState, match="Its end has passed"):
        scheduling.undo_cancel(schedule=one, actor=merchandiser, revision=1, now=NOW + 5 * HOUR)


def test_of_two_who_change_a_schedule_the_second_is_told(plan, merchandiser, team_mate) -> None:
    one = plan("Stews", 1, 4)
    scheduling.cancel(schedule=one, actor=merchandiser, revision=0, now=NOW)
    with pytest.raises(WrongState, match="changed since you opened it"):
        scheduling.change(schedule=one, actor=team_mate, revision=0, starts_at=NOW + 2 * HOUR, ends_at=None, now=NOW)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [(-1, None, "publish now"), (0, None, "publish now"), (2, 2, "after the start"), (2, 1, "after the start"),
     (24 * 366 * 4, None, "Check the year")],
)  # fmt: skip
def test_dates_that_cannot_be_meant_are_refused(plan, start, end, said) -> None:
    with pytest.raises(BadInput, match=said):
        plan("Stews", start, end)
    assert not Schedule.objects.exists()


def test_two_schedules_of_a_page_never_start_at_the_same_moment(plan) -> None:
    plan("Stews", 1, 4)
    with pytest.raises(BadInput, match=r"starts at .* too"):
        plan("Roasts", 1)


def test_marketing_and_strangers_schedule_and_cancel_nothing(plan, draft, marketing, stranger) -> None:
    one = plan("Stews", 1)
    for person in (marketing, stranger):
        with pytest.raises(NotAllowed):
            scheduling.schedule_draft(draft=draft, actor=person, starts_at=NOW + 2 * HOUR, now=NOW)
        with pytest.raises(NotAllowed):
            scheduling.cancel(schedule=one, actor=person, revision=0, now=NOW)


def test_the_database_keeps_every_schedule(plan) -> None:
    plan("Stews", 1)
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        Schedule.objects.all()._raw_delete("default")


def test_every_act_on_a_schedule_is_in_the_trail(plan, merchandiser) -> None:
    one = plan("Stews", 1, 4)
    scheduling.change(
        schedule=one, actor=merchandiser, revision=0, starts_at=NOW + 2 * HOUR, ends_at=NOW + 3 * HOUR, now=NOW
    )
    scheduling.cancel(schedule=one, actor=merchandiser, revision=1, now=NOW)
    scheduling.undo_cancel(schedule=one, actor=merchandiser, revision=2, now=NOW)
    acts = AuditEntry.objects.filter(subject=f"schedule:{one.pk}").order_by("id").values_list("action", flat=True)
    assert list(acts) == ["schedule.create", "schedule.change", "schedule.cancel", "schedule.undo"]


# --- The storefront API -------------------------------------------------------------------------------------------
@pytest.fixture
def front(store, monkeypatch):
    """`front(at)`: what the shop's front end gets at a moment, with a worker that never comes."""
    database.forgive()
    client = Client(headers={"Authorization": f"Api-Key {api_key(store)[1]}"})

    def get(at: dt.datetime):
        monkeypatch.setattr(shelf.time, "time", at.timestamp)
        return client.get(HOME)

    yield get
    database.forgive()


def test_the_api_changes_on_the_second_without_the_worker(plan, front) -> None:
    plan("Stews", 1, 2)
    asked = [NOW, NOW + HOUR - SECOND, NOW + HOUR, NOW + 2 * HOUR - SECOND, NOW + 2 * HOUR]
    assert [front(at).json()["version"] for at in asked] == [1, 1, 2, 2, 1]


def test_a_warm_cache_is_right_on_the_second_too(plan, front) -> None:
    plan("Stews", 1)
    change = NOW + HOUR
    assert front(change - SECOND).json()["version"] == 1  # asked anew; what it learned is good for some seconds
    assert front(change).json()["version"] == 2


def test_a_copy_at_the_front_end_never_outlives_the_change(plan, front) -> None:
    plan("Stews", 1)
    change = NOW + HOUR
    assert front(change - 100 * SECOND)["Cache-Control"] == "private, max-age=30, stale-while-revalidate=70"
    assert front(change - 12.5 * SECOND)["Cache-Control"] == "private, max-age=12"
    assert front(change - SECOND / 2)["Cache-Control"] == "private, max-age=0"
    assert front(change)["Cache-Control"] == "private, max-age=30, stale-while-revalidate=300"


def test_the_change_needs_no_database_once_it_was_brought_near(plan, front) -> None:
    plan("Stews", 1)
    change = NOW + HOUR
    front(change - SECOND)
    scheduling.keep(change - SECOND)

    def gone(*args):
        raise AssertionError("the database was asked")

    with connection.execute_wrapper(gone):
        answer = front(change)
    assert answer.json()["version"] == 2 and "X-Studio-Stale" not in answer


def test_before_its_first_schedule_a_page_is_not_there(draft, merchandiser, front) -> None:
    scheduling.schedule_draft(draft=draft, actor=merchandiser, starts_at=NOW + HOUR, now=NOW)
    assert [front(at).status_code for at in (NOW, NOW + HOUR - SECOND, NOW + HOUR)] == [404, 404, 200]


# --- Clocks -------------------------------------------------------------------------------------------------------
def test_a_time_that_the_clocks_leave_out_is_refused_with_the_next_one() -> None:
    with pytest.raises(BadInput, match=r"02:30 on 28 March 2027 does not exist in Europe/Berlin.*Choose 03:30"):
        moment(dt.datetime(2027, 3, 28, 2, 30), BERLIN)


def test_a_time_that_comes_twice_has_to_be_chosen() -> None:
    twice = dt.datetime(2027, 10, 31, 2, 30)
    with pytest.raises(TwiceOnTheClock, match=r"first one \(UTC\+02:00\) or the second \(UTC\+01:00\)"):
        moment(twice, BERLIN)
    first, second = moment(twice, BERLIN, second=False), moment(twice, BERLIN, second=True)
    assert (first.hour, second.hour) == (0, 1)
    assert in_words(first, BERLIN) == "31 Oct 2027, 02:30 Europe/Berlin (UTC+02:00)"


def test_a_day_planned_over_the_change_of_clocks_is_as_long_as_that_day() -> None:
    start, end = (moment(dt.datetime(2027, 3, day), BERLIN) for day in (28, 29))
    assert end - start == 23 * HOUR
    autumn = [moment(dt.datetime(2027, 10, 31), BERLIN), moment(dt.datetime(2027, 11, 1), BERLIN)]
    assert autumn[1] - autumn[0] == 25 * HOUR


def test_the_page_changes_at_the_wall_time_on_both_sides_of_the_change_of_clocks(
    plan, front, draft, merchandiser
) -> None:
    """09:00 in Berlin is 08:00 UTC before the last Sunday of March and 07:00 UTC after it."""
    plan("Stews", 1)
    saturday, monday = (moment(dt.datetime(2101, 3, day, 9), BERLIN) for day in (26, 28))
    assert (saturday.hour, monday.hour) == (8, 7)
    Placement.objects.filter(draft=draft).update(title="Salads")
    scheduling.schedule_draft(draft=draft, actor=merchandiser, starts_at=saturday, ends_at=monday, now=NOW)
    assert [front(at).json()["version"] for at in (saturday - SECOND, saturday, monday - SECOND, monday)] == [
        2,
        3,
        3,
        2,
    ]


# --- The calendar's arithmetic ------------------------------------------------------------------------------------
def test_stretches_leave_no_gap_and_name_what_comes_after() -> None:
    week = Window(1, 20, NOW, NOW + 10 * HOUR)
    hour = Window(2, 30, NOW + 2 * HOUR, NOW + 3 * HOUR)
    found = stretches(Timeline(10, (week, hour)), NOW - HOUR, None)
    assert [(one.version, one.window and one.window.schedule) for one in found] == [
        (10, None), (20, 1), (30, 2), (20, 1), (10, None),
    ]  # fmt: skip
    assert all(one.end == following.start for one, following in itertools.pairwise(found))
    assert overlaps([hour, week]) == [(week, hour)]
