"""Which ranker serves a store: one, chosen by a person, and the cascade ranks by it."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts.models import AuditEntry
from accounts.permits import NotAllowed
from generation import ranker_learning, trained_rankers
from generation.models import TrainedRanker
from generation.rankers.signals import SignalRanker
from storefront_studio.lib.errors import BadInput, WrongState
from tests.generation.rankers import made
from tests.generation.rankers.made import trained

pytestmark = pytest.mark.django_db
State = TrainedRanker.State


def states(store: Any) -> dict[int, str]:
    return dict(TrainedRanker.objects.filter(store=store).values_list("number", "state"))


def act(store: Any, number: int, seen: int, actor: Any = None) -> TrainedRanker:
    return trained_rankers.activate(store=store, actor=actor, number=number, seen=seen, note="The report says so")


def test_a_store_without_a_trained_ranker_keeps_the_built_in_score(store: Any) -> None:
    assert isinstance(trained_rankers.serving(store), SignalRanker)
    trained(store, 1)  # one that nobody activated
    assert isinstance(trained_rankers.serving(store), SignalRanker)


def test_what_an_admin_activates_serves_this_store_and_no_other(store: Any, other_store: Any, admin: Any) -> None:
    trained(store, 1)
    row = act(store, 1, 0, admin)
    assert (row.state, row.activated_by) == (State.ACTIVE, str(admin))
    assert trained_rankers.serving(store).name == "popularity (ranker 1)"
    assert isinstance(trained_rankers.serving(other_store), SignalRanker)
    entry = AuditEntry.objects.get(store=store, action="ranker.activated")
    assert (entry.actor, entry.old, entry.new) == (admin, {"ranker": trained_rankers.BUILT_IN}, {"ranker": 1})


def test_a_ranker_is_read_from_the_database_once(store: Any, django_assert_num_queries: Any) -> None:
    trained(store, 1)
    act(store, 1, 0)
    first = trained_rankers.serving(store)
    with django_assert_num_queries(1):
        assert trained_rankers.serving(store) is first


def test_activating_another_retires_the_first_and_going_back_undoes_it(store: Any) -> None:
    trained(store, 1)
    trained(store, 2)
    act(store, 1, 0)
    act(store, 2, 1)
    assert states(store) == {1: "retired", 2: "active"}
    row = trained_rankers.go_back(store=store, actor=None, seen=2, note="Worse in the shop")
    assert row is not None and row.number == 1
    assert states(store) == {1: "active", 2: "retired"}
    assert trained_rankers.go_back(store=store, actor=None, seen=1, note="Worse still") is None
    assert isinstance(trained_rankers.serving(store), SignalRanker)
    with pytest.raises(WrongState, match="serves already"):
        trained_rankers.go_back(store=store, actor=None, seen=0, note="Again")


def test_of_two_who_decide_on_what_they_saw_the_second_is_told(store: Any) -> None:
    for number in (1, 2, 3):
        trained(store, number)
    act(store, 1, 0)
    act(store, 2, 1)
    for late in (0, 1):  # one who saw the built-in score, one who saw ranker 1
        with pytest.raises(WrongState, match="ranker 2 serves now"):
            act(store, 3, late)
    with pytest.raises(WrongState, match="serves already"):
        act(store, 2, 2)
    assert states(store) == {1: "retired", 2: "active", 3: "trained"}
    assert AuditEntry.objects.filter(action="ranker.activated").count() == 2


@pytest.mark.parametrize("who", ["marketing", "merchandiser", "team_mate", "stranger"])
def test_only_an_admin_of_the_store_activates_trains_or_goes_back(
    request: Any, store: Any, who: str, tmp_path: Path
) -> None:
    person = request.getfixturevalue(who)
    trained(store, 1)
    with pytest.raises(NotAllowed):
        act(store, 1, 0, person)
    with pytest.raises(NotAllowed):
        trained_rankers.go_back(store=store, actor=person, seen=0, note="x")
    with pytest.raises(NotAllowed):
        ranker_learning.learn(store=store, actor=person, path=tmp_path / "none.csv", kind="popularity")
    assert states(store) == {1: "trained"}


def test_a_note_and_a_known_number_are_needed(store: Any, other_store: Any) -> None:
    trained(store, 1)
    trained(other_store, 2)
    with pytest.raises(BadInput, match="note why"):
        trained_rankers.activate(store=store, actor=None, number=1, seen=0, note="  ")
    with pytest.raises(BadInput, match="500"):
        trained_rankers.activate(store=store, actor=None, number=1, seen=0, note="x" * 501)
    with pytest.raises(BadInput, match="no ranker 2"):
        act(store, 2, 0)


def test_a_damaged_ranker_is_not_activated(store: Any) -> None:
    trained(store, 1, artefact=b"something else")
    with pytest.raises(BadInput, match="damaged"):
        act(store, 1, 0)


def test_the_database_allows_one_active_ranker_a_store(store: Any, other_store: Any) -> None:
    from django.utils import timezone

    active = {"state": State.ACTIVE, "activated_at": timezone.now()}
    trained(store, 1, **active)
    trained(other_store, 1, **active)
    with pytest.raises(IntegrityError), transaction.atomic():
        trained(store, 2, **active)
    with pytest.raises(IntegrityError), transaction.atomic():
        trained(store, 3, state=State.ACTIVE)  # nobody activated it


def test_what_was_trained_is_never_changed(store: Any) -> None:
    row = trained(store, 1)
    for change in ({"report": {}}, {"artefact": b""}, {"log_hash": "x"}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            TrainedRanker.objects.filter(pk=row.pk).update(**change)


# --- From a file to the cascade ---------------------------------------------------------------------------------------
def test_training_keeps_what_it_learned_from_and_serves_nobody(store: Any, admin: Any, tmp_path: Path) -> None:
    made.stocked(store)
    strange = [(made.BEGIN, "a", "not ours", 0)] * 3
    path = made.written(tmp_path, [*made.rows(600), *strange])
    row = ranker_learning.learn(store=store, actor=admin, path=path, kind="popularity")
    assert (row.number, row.state, row.author, row.kind) == (1, State.TRAINED, admin, "popularity")
    assert row.log_hash.startswith("sha256:") and row.trained_from < row.trained_to
    assert row.counts["other_products"] == 3 and row.counts["events"] == 600 * 6
    assert row.report["systems"][0]["name"] == "popularity (half life 30 days)"
    assert AuditEntry.objects.filter(action="ranker.trained", actor=admin).exists()
    assert isinstance(trained_rankers.serving(store), SignalRanker)


def test_events_of_another_catalogue_are_refused_and_nothing_is_kept(store: Any, tmp_path: Path) -> None:
    made.stocked(store)
    path = made.written(tmp_path, [(made.BEGIN, "a", "not ours", 0)])
    with pytest.raises(BadInput, match="None of the 1 events is about a product of Corner Shop"):
        ranker_learning.learn(store=store, actor=None, path=path, kind="popularity")
    assert not TrainedRanker.objects.exists()


def test_an_empty_store_says_that_the_catalogue_comes_first(store: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Import the catalogue first"):
        ranker_learning.learn(store=store, actor=None, path=made.written(tmp_path), kind="popularity")
