"""The queue: its order, its filters, what comes next, and when things are due."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from review import selectors
from review.models import Judgement, Placement
from review.workflow import claims, due, queue, risk, views_kept
from review.workflow.asked import Asked
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import CampaignFactory, DraftFactory, PlacementFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 10)


@pytest.fixture
def draft(store: Any) -> Any:
    return DraftFactory(store=store)


def titles(store: Any, person: Any, **asked: str) -> list[str]:
    return [one.title for one in queue.asked(store, person, Asked.read(asked), TODAY)]


def judged(placement: Placement, judge: str, passes: bool, facet: str = "on_brand") -> None:
    Judgement.objects.create(
        draft=placement.draft,
        placement=placement,
        level="placement",
        facet=facet,
        passes=passes,
        reason="So.",
        judge=judge,
    )


# --- Order --------------------------------------------------------------------------------------------------------
def test_rows_that_judges_disagree_on_come_before_equal_ones(draft: Any, store: Any) -> None:
    PlacementFactory(draft=draft, title="agreed", position=2)
    split = PlacementFactory(draft=draft, title="split", position=2)
    judged(split, "One", True)
    judged(split, "Other", False)
    risk.note_disagreement(draft)
    assert [one.title for one in selectors.queue(store)] == ["split", "agreed"]
    split.refresh_from_db()
    assert split.disagreement == 1


def test_one_judge_alone_disagrees_with_nobody(draft: Any) -> None:
    alone = PlacementFactory(draft=draft)
    judged(alone, "One", True)
    judged(alone, "One", False, "fits")
    risk.note_disagreement(draft)
    alone.refresh_from_db()
    assert alone.disagreement == 0


def test_flagged_rows_come_before_equal_ones(draft: Any, store: Any) -> None:
    PlacementFactory(draft=draft, title="plain", position=2)
    PlacementFactory(
        draft=draft, title="flagged", position=2, flags=[{"facet": "on_brand", "reason": "x", "judge": "y"}]
    )
    assert [one.title for one in selectors.queue(store)] == ["flagged", "plain"]


def test_rows_that_more_shoppers_see_come_before_equal_ones(draft: Any, store: Any) -> None:
    PlacementFactory(draft=draft, title="low on the page", position=9)
    PlacementFactory(draft=draft, title="on top", position=1)
    assert [one.title for one in selectors.queue(store)] == ["on top", "low on the page"]


def test_the_shops_own_rows_come_last(draft: Any, store: Any) -> None:
    PlacementFactory(draft=draft, title="own", source="static", score=None)
    PlacementFactory(draft=draft, title="sure", score=1.0, position=50)
    assert [one.title for one in selectors.queue(store)] == ["sure", "own"]


def test_the_database_knows_the_store_of_a_row(draft: Any, store: Any) -> None:
    assert Placement.objects.get(pk=PlacementFactory(draft=draft).pk).store_id == store.pk


def test_the_queue_is_read_from_its_index(draft: Any, store: Any, merchandiser: Any) -> None:
    found = queue.asked(store, merchandiser, Asked(), TODAY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = found.values_list("pk")[:10].explain()
    assert "queue_by_risk" in plan and "Sort" not in plan


# --- Next and previous --------------------------------------------------------------------------------------------
def test_neighbours_follow_the_queue(draft: Any, store: Any, merchandiser: Any) -> None:
    first, middle, last = (fresh(PlacementFactory(draft=draft, score=score)) for score in (0.1, 0.2, 0.3))
    found = queue.asked(store, merchandiser, Asked(), TODAY)
    assert queue.place(found, middle, merchandiser) == (first.pk, last.pk, 2, 3)
    assert queue.place(found, last, merchandiser).next is None


def test_after_the_last_one_the_first_opens(draft: Any, store: Any, merchandiser: Any) -> None:
    first, last = (fresh(PlacementFactory(draft=draft, score=score)) for score in (0.1, 0.2))
    found = queue.asked(store, merchandiser, Asked(), TODAY)
    assert queue.onward(found, last, merchandiser) == first.pk


def test_what_somebody_else_is_at_is_not_handed_out(draft: Any, store: Any, merchandiser: Any, team_mate: Any) -> None:
    here, theirs, free = (fresh(PlacementFactory(draft=draft, score=score)) for score in (0.1, 0.2, 0.3))
    claims.take(theirs, team_mate)
    found = queue.asked(store, merchandiser, Asked(), TODAY)
    assert queue.onward(found, here, merchandiser) == free.pk
    assert queue.onward(found, here, team_mate) == theirs.pk


def test_rows_of_equal_risk_are_all_met_once(draft: Any, store: Any, merchandiser: Any) -> None:
    rows = [fresh(PlacementFactory(draft=draft, position=3)) for _ in range(5)]
    found, met, at = queue.asked(store, merchandiser, Asked(), TODAY), [], rows[0]
    while at is not None:
        met.append(at.pk)
        at = queue.after(found, at.risk, at.pk).first()
    assert met == [row.pk for row in rows]


def test_a_count_says_where_it_stopped() -> None:
    assert (queue.number(7), queue.number(1000), queue.number(1001)) == ("7", "1,000", "1,000+")


# --- Filters ------------------------------------------------------------------------------------------------------
def test_filters_read_from_an_address_give_the_same_address() -> None:
    asked = Asked.read({"risk": "high", "due": "week", "campaign": "12", "page": "home"})
    assert Asked.parse(asked.query) == asked
    assert Asked().query == ""


@pytest.mark.parametrize(
    "given",
    [{"risk": "enormous"}, {"campaign": "1; DROP TABLE"}, {"campaign": "9" * 30}, {"state": "live"}, {"flag": "'"}],
)
def test_filters_that_do_not_exist_ask_for_nothing(given: dict[str, str], draft: Any, store: Any, admin: Any) -> None:
    PlacementFactory(draft=draft)
    assert Asked.read(given) == Asked()
    assert len(titles(store, admin, **given)) == 1


def test_a_zero_byte_in_an_address_finds_nothing_and_breaks_nothing(draft: Any, store: Any, admin: Any) -> None:
    PlacementFactory(draft=draft)
    assert titles(store, admin, page="ho\0me") in ([], [Placement.objects.get().title])


def test_the_queue_is_narrowed_by_campaign_page_risk_and_flag(store: Any, admin: Any) -> None:
    one = DraftFactory(store=store, campaign=CampaignFactory(store=store, page="home"))
    other = DraftFactory(store=store, campaign=CampaignFactory(store=store, page="sale"))
    flag = {"facet": "on_brand", "reason": "x", "judge": "y"}
    PlacementFactory(draft=one, title="a", score=0.1, position=1)
    PlacementFactory(draft=other, title="b", score=1.0, position=9, flags=[flag])
    assert titles(store, admin, campaign=str(one.campaign_id)) == ["a"]
    assert titles(store, admin, page="sale") == ["b"]
    assert titles(store, admin, risk="high") == ["a"]
    assert titles(store, admin, risk="low") == ["b"]
    assert titles(store, admin, flag="any") == ["b"]


def test_four_eyes_leave_out_what_one_may_not_approve(store: Any, merchandiser: Any, team_mate: Any) -> None:
    own = PlacementFactory(draft=DraftFactory(store=store, requested_by=merchandiser), title="own")
    kept = DraftFactory(store=store, requested_by=team_mate)
    PlacementFactory(draft=kept, title="kept from one's own", kept_from=own)
    PlacementFactory(draft=kept, title="another's")
    assert titles(store, merchandiser, whose="able") == ["another's"]


def test_what_i_am_at_and_what_nobody_is_at(draft: Any, store: Any, merchandiser: Any, team_mate: Any) -> None:
    for title, person in (("mine", merchandiser), ("theirs", team_mate), ("free", None)):
        row = PlacementFactory(draft=draft, title=title)
        if person:
            claims.take(row, person)
    assert titles(store, merchandiser, whose="mine") == ["mine"]
    assert set(titles(store, merchandiser, whose="free")) == {"mine", "free"}


# --- Due ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "2 days overdue"),
        (1, "1 day overdue"),
        (2, "due today"),
        (3, "due tomorrow"),
        (8, "due in 6 days"),
        (30, "due on 7 Apr"),
        (330, "due on 1 Feb 2027"),
    ],
)
def test_a_decision_is_due_two_days_before_the_campaign_starts(days: int, said: str) -> None:
    assert due.words(TODAY + dt.timedelta(days=days), TODAY) == said


def test_a_campaign_without_a_start_is_not_due(store: Any, admin: Any) -> None:
    for title, days in (("late", 1), ("soon", 3), ("later", 60)):
        campaign = CampaignFactory(store=store, starts_on=TODAY + dt.timedelta(days=days))
        PlacementFactory(draft=DraftFactory(store=store, campaign=campaign), title=title)
    PlacementFactory(draft=DraftFactory(store=store, campaign=CampaignFactory(store=store)), title="whenever")
    assert due.words(None, TODAY) == ""
    assert titles(store, admin, due="none") == ["whenever"]
    assert titles(store, admin, due="late") == ["late"]
    assert set(titles(store, admin, due="tomorrow")) == {"late", "soon"}


# --- Views that people keep ---------------------------------------------------------------------------------------
def test_a_view_is_ones_own_until_it_is_shared(store: Any, merchandiser: Any, team_mate: Any) -> None:
    views_kept.keep(store=store, owner=merchandiser, name="Risky", filters=Asked(risk="high"))
    assert not views_kept.seen_by(store, team_mate)
    views_kept.keep(store=store, owner=merchandiser, name="Risky", filters=Asked(risk="high"), shared=True)
    assert [one.query for one in views_kept.seen_by(store, team_mate)] == ["risk=high"]


def test_only_its_owner_removes_a_view(store: Any, merchandiser: Any, team_mate: Any) -> None:
    view = views_kept.keep(store=store, owner=merchandiser, name="Risky", filters=Asked(risk="high"), shared=True)
    with pytest.raises(WrongState):
        views_kept.remove(store=store, owner=team_mate, pk=view.pk)
    assert views_kept.remove(store=store, owner=merchandiser, pk=view.pk) == "Risky"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_needs_a_name(name: str, store: Any, merchandiser: Any) -> None:
    with pytest.raises(BadInput):
        views_kept.keep(store=store, owner=merchandiser, name=name, filters=Asked())


def test_the_database_refuses_a_disagreement_beyond_all(draft: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PlacementFactory(draft=draft, disagreement=1.5)


def fresh(placement: Placement) -> Placement:
    return Placement.objects.get(pk=placement.pk)
