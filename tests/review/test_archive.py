"""The archive of what was turned down: kept by the database, counted without counting, searched, grouped."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.utils import timezone

from generation.models import Ruling
from review import archive, reasons
from review.archive import Asked
from review.models import Draft, Placement, Tally, TurnedDown
from review.workflow import services
from tests.factories import CampaignFactory, DraftFactory, PlacementFactory, RunFactory, UserFactory

JUDGED = {"dropped_by": "gpt-judge v2", "drop_facet": "on brand", "drop_reason": "Not our voice."}


@pytest.fixture
def draft(store: Any) -> Draft:
    return DraftFactory(store=store, requested_by=UserFactory())


def rejected(draft: Draft, actor: Any, note: str = "", **fields: Any) -> Placement:
    placement = PlacementFactory(draft=draft, **fields)
    services.reject(placement=placement, actor=actor, revision=0, reason_code="title", note=note)
    return Placement.objects.get(pk=placement.pk)


def counted(store: Any, **asked: Any) -> int:
    return archive.how_many(store, Asked(**asked)).n


def test_turned_down_placements_are_counted_by_author_and_cause(store: Any, draft: Draft, merchandiser: Any) -> None:
    PlacementFactory.create_batch(2, draft=draft, dropped=True)
    PlacementFactory(draft=draft, dropped=True, **JUDGED)
    rejected(draft, merchandiser)
    assert [(row["by"], row["why"], row["label"], row["count"]) for row in archive.counts(store)] == [
        ("rule", "density", "Density", 2),
        ("judge", "on brand", "On brand", 1),
        ("person", "title", "Title or subtitle is not right", 1),
    ]


def test_a_statement_that_passes_by_all_our_code_is_archived_too(store: Any, draft: Draft) -> None:
    PlacementFactory.create_batch(3, draft=draft)
    Placement.objects.filter(draft=draft).update(status="dropped", dropped_by="rules v1", drop_facet="density")
    assert [(row.by, row.why) for row in archive.find(store)] == [("rule", "density")] * 3
    assert counted(store, by="rule") == 3


def test_what_is_overturned_leaves_the_archive_and_its_counts(
    store: Any, draft: Draft, admin: Any, merchandiser: Any
) -> None:
    placement = rejected(draft, merchandiser)
    assert counted(store) == 1
    services.overturn(placement=placement, actor=admin, revision=placement.revision, note="It was fine.")
    assert not archive.find(store).exists()
    assert counted(store) == 0


def test_undoing_the_overturn_brings_back_who_rejected_and_why(
    store: Any, draft: Draft, admin: Any, merchandiser: Any
) -> None:
    placement = rejected(draft, merchandiser, "Too vague")
    now = services.overturn(placement=placement, actor=admin, revision=placement.revision, note="Fine.").placement
    services.undo(placement=now, actor=admin, revision=now.revision)
    row = archive.find(store).get()
    assert (row.by, row.person, row.why, row.reason) == ("person", merchandiser, "title", "Too vague")


def test_summing_the_tally_up_changes_no_count(store: Any, draft: Draft, admin: Any, merchandiser: Any) -> None:
    PlacementFactory.create_batch(4, draft=draft, dropped=True)
    back = rejected(draft, merchandiser)
    services.overturn(placement=back, actor=admin, revision=back.revision, note="Fine.")
    rejected(draft, merchandiser)
    before = archive.counts(store)
    assert archive.compact() > 0
    assert archive.counts(store) == before
    assert Tally.objects.count() == len(before)
    assert archive.compact() == 0


def test_counts_read_no_row_of_the_archive(store: Any, draft: Draft, django_assert_num_queries: Any) -> None:
    PlacementFactory(draft=draft, dropped=True)
    with django_assert_num_queries(1) as asked:
        archive.counts(store)
    assert TurnedDown._meta.db_table not in asked.captured_queries[0]["sql"]


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("ran last", True),
        ("kettl", True),
        ("next week", False),
        ("%", False),
        ("a & !b | (", False),
        ("' OR 1=1", False),
    ],
)
def test_words_of_title_and_note_are_found_by_their_beginnings(
    text: str, finds: bool, store: Any, draft: Draft, merchandiser: Any
) -> None:
    rejected(draft, merchandiser, "Ran last week", title="Kettles for cold days")
    assert archive.find(store, Asked(text=text)).exists() is finds


def test_every_filter_narrows(store: Any, draft: Draft, merchandiser: Any) -> None:
    mine = rejected(draft, merchandiser)
    PlacementFactory(draft=draft, dropped=True, **JUDGED)
    other = PlacementFactory(draft=DraftFactory(store=store, requested_by=UserFactory()), dropped=True)
    day = timezone.now().date()

    def ids(**asked: Any) -> set[int]:
        return set(archive.find(store, Asked(**asked)).values_list("placement", flat=True))

    assert ids(person=merchandiser.pk) == {mine.pk}
    assert ids(judge="rules v1") == {other.pk}
    assert ids(campaign=other.draft.campaign_id) == {other.pk}
    assert len(ids(since=day, until=day)) == 3
    assert ids(until=day - dt.timedelta(days=2)) == set()
    assert archive.judges(store) == ["gpt-judge v2", "rules v1"]
    assert archive.people(store) == [merchandiser]


def test_the_prompt_that_planned_it_is_kept(store: Any) -> None:
    campaign = CampaignFactory(store=store)
    run = RunFactory(campaign=campaign, done=True, generator="openai:gpt-x")
    run.brief = {**run.brief, "releases": {"prompts": {"themes": "v3@sha256:1"}}}
    run.save()
    PlacementFactory(draft=DraftFactory(store=store, campaign=campaign, run=run), dropped=True)
    PlacementFactory(draft=DraftFactory(store=store), dropped=True)
    assert archive.prompts(store) == ["", "themes v3"]
    assert archive.find(store, Asked(prompt="themes v3")).count() == 1
    assert archive.find(store, Asked(prompt="")).count() == 1


def test_nothing_crosses_stores(other_store: Any, draft: Draft) -> None:
    PlacementFactory(draft=draft, dropped=True)
    assert not archive.find(other_store).exists()
    assert archive.counts(other_store) == []


def test_weeks_add_up_to_what_there_is(store: Any, draft: Draft, merchandiser: Any) -> None:
    rejected(draft, merchandiser)
    PlacementFactory(draft=draft, dropped=True)
    today = timezone.now().date()
    weeks = archive.weeks(store, Asked(), today)
    assert len(weeks) == 26
    assert weeks[-1].by == {"person": 1, "rule": 1}
    assert all(week.by == {} for week in weeks[:-1])


def test_reasons_that_differ_in_numbers_and_names_are_one_group(store: Any, draft: Draft) -> None:
    for n in range(4):
        PlacementFactory(draft=draft, dropped=True, drop_reason=f"Its keywords reach {n} eligible products.")
    for name in ("Kettle", "Toaster"):
        PlacementFactory(draft=draft, dropped=True, drop_reason=f"“{name}” is a device and no food at all.")
    groups, seen = reasons.groups(archive.find(store))
    assert seen == 6
    assert [group.n for group in groups] == [4, 2]
    assert "keywords reach" in groups[0].sentence
    assert archive.find(store, Asked(shapes=groups[0].shapes)).count() == 4


def test_what_means_nearly_the_same_comes_nearest_first(store: Any, draft: Draft, merchandiser: Any) -> None:
    one, near, far = (rejected(draft, merchandiser, title=name) for name in ("Warm soups", "Hot soups", "Garden hoses"))
    for placement, start in ((one, [1.0, 0.0]), (near, [0.9, 0.1]), (far, [0.0, 1.0])):
        vector = [*start, *[0.0] * 382]
        Ruling.objects.filter(placement=placement.pk).update(embedding=vector, encoder="test")
    found = archive.alike(store, one.pk)
    assert [row.placement_id for row, _ in found] == [near.pk, far.pk]
    assert found[0][1] > 0.9 > found[1][1]
    assert archive.can_compare(store, [one.pk, near.pk]) == {one.pk, near.pk}


def test_without_a_vector_nothing_is_alike(store: Any, draft: Draft, merchandiser: Any) -> None:
    assert archive.alike(store, rejected(draft, merchandiser).pk) == []


def test_the_search_of_words_uses_its_index(store: Any, draft: Draft) -> None:
    PlacementFactory(draft=draft, dropped=True)
    query = TurnedDown.objects.filter(words=SearchQuery("pork:*", config="simple", search_type="raw"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")  # a handful of rows is read faster by any other way
    assert "archive_words" in query.explain()
