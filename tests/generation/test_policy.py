"""The quality policy: versions with author and reason, and runs that keep the one they began with."""

import json
import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import AuditEntry
from accounts.permits import NotAllowed
from generation.models import Policy
from generation.policy import policies, terms, trial
from generation.stages.policy import QualityPolicy
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import CampaignFactory, ProductFactory, RunFactory

pytestmark = pytest.mark.django_db
STRICTER = QualityPolicy(show_from=0.8, placement_floor=0.85)


def save(
    store: Any, actor: Any, policy: QualityPolicy = STRICTER, note: str = "Too many odd rows", seen: int = 0
) -> Any:
    return policies.save(store=store, actor=actor, policy=policy, note=note, seen=seen)


# --- What must never happen ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["marketing", "merchandiser", "stranger"])
def test_only_an_admin_of_the_store_saves_a_policy(request: Any, store: Any, who: str) -> None:
    with pytest.raises(NotAllowed):
        save(store, request.getfixturevalue(who))
    assert not Policy.objects.exists()


def test_a_version_is_never_changed_or_deleted(store: Any, admin: Any) -> None:
    row = save(store, admin)
    for act in (lambda: Policy.objects.filter(pk=row.pk).update(note="x"), row.delete):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            act()


def test_whoever_did_not_see_the_newest_version_is_told_and_saves_nothing(store: Any, admin: Any) -> None:
    save(store, admin)
    with pytest.raises(
        WrongState, match="Ada Min saved policy 1 while you were changing policy 0: “Too many odd rows”"
    ):
        save(store, admin, QualityPolicy(show_from=0.75), "Mine")
    assert policies.current(store).show_from == 0.8


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_save_at_once_one_is_told(store: Any, admin: Any) -> None:
    together, said = threading.Barrier(2), list[str]()

    def one(show_from: float) -> None:
        try:
            together.wait(10)
            save(store, admin, QualityPolicy(show_from=show_from), "At once")
            said.append("saved")
        except WrongState:
            said.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(value,)) for value in (0.71, 0.72)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(said) == ["saved", "told"]
    assert Policy.objects.count() == 1


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (QualityPolicy(show_from=0.1), "sensible is 0.3 to 0.99"),
        (QualityPolicy(show_from=0.9, placement_floor=0.8), "would never drop a row"),
        (QualityPolicy(reject_near=0.7, flag_near=0.9), "Flag from the same value"),
        (QualityPolicy(severities={"product.safe": "pass"}), "can only be “Drop it” or “Send it to people”"),
        (QualityPolicy(severities={"page.constraints_held": "review"}), "can only be “Drop it”"),
        (QualityPolicy(severities={"product.tasty": "drop"}), "no facet “product.tasty”"),
        (QualityPolicy(profile_fields=["shoe_size"]), "no field shoe_size"),
        (QualityPolicy(), "Nothing differs"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_in_words(store: Any, admin: Any, policy: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        save(store, admin, policy)


def test_a_change_without_a_reason_is_refused(store: Any, admin: Any) -> None:
    with pytest.raises(BadInput, match="why the policy changes"):
        save(store, admin, note="  \n ")


# --- What does happen ---------------------------------------------------------------------------------------------
def test_a_store_without_versions_goes_by_the_defaults_as_policy_0(store: Any) -> None:
    assert policies.current(store) == QualityPolicy(number=0)


def test_saving_is_audited_with_old_and_new(store: Any, admin: Any) -> None:
    save(store, admin)
    entry = AuditEntry.objects.get(store=store, action="policy.save")
    assert (entry.old, entry.new) == (
        {"show_from": 0.7, "placement_floor": 0.78},
        {"show_from": 0.8, "placement_floor": 0.85},
    )
    assert entry.actor == admin


def test_restoring_adds_a_version_that_says_what_the_old_one_said(store: Any, admin: Any) -> None:
    save(store, admin)
    save(store, admin, STRICTER.model_copy(update={"settle_share": 0.5}), "Judges settle less", 1)
    row = policies.restore(store=store, actor=admin, number=1, note="", seen=2)
    assert (row.number, row.note) == (3, "As in policy 1 again")
    assert policies.current(store).settle_share == 1
    assert [one.number for one in policies.history(store)] == [3, 2, 1]


def test_the_defaults_can_be_restored_too(store: Any, admin: Any) -> None:
    save(store, admin)
    policies.restore(store=store, actor=admin, number=0, note="", seen=1)
    assert policies.current(store) == QualityPolicy(number=2)


def test_differences_are_told_in_words() -> None:
    new = QualityPolicy(show_from=0.75, severities={"placement.fits_segment": "drop"}, profile_fields=["diet"])
    said = terms.changes(QualityPolicy(), new)
    assert said[0] == "Show a product from: 0.7 becomes 0.75"
    assert "Fits the audience (rows): “send it to people” becomes “drop it”" in said
    assert "“Brands” stays here" in said


def test_no_number_of_the_policy_is_left_without_its_meaning() -> None:
    told = {*terms.TERMS, "number", "severities", "profile_fields", "tuning"}
    assert told == set(QualityPolicy.model_fields)


def test_a_run_keeps_the_policy_it_began_with(store: Any, admin: Any) -> None:
    from generation import services

    save(store, admin)
    ProductFactory.create_batch(12, store=store)
    campaign = CampaignFactory(store=store, constraints={"density_min": 3})
    run = services.start_run(campaign=campaign, actor=admin, enqueue=False)
    save(store, admin, QualityPolicy(), "Back", 1)
    assert policies.of_run(run.brief) == STRICTER.model_copy(update={"number": 1})


def test_the_command_prints_the_policy_in_force(store: Any, admin: Any, capsys: Any) -> None:
    save(store, admin)
    call_command("policy", "--store", store.slug, "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["number"] == 1
    assert report["policy"]["show_from"] == 0.8
    assert report["facets"]["product.safe"] == "drop"
    assert report["history"][0]["note"] == "Too many odd rows"
    call_command("policy", "--store", store.slug)
    assert "0.8    Show a product from" in capsys.readouterr().out


# --- The dry run --------------------------------------------------------------------------------------------------
@pytest.fixture
def judged(store: Any) -> Any:
    """A finished page: rows of fit 0.9 with 5 and 4 products shown, and one that a rule dropped."""
    return RunFactory(campaign=CampaignFactory(store=store), done=True)


def test_the_dry_run_counts_rows_that_would_have_been_dropped(store: Any, judged: Any) -> None:
    found = trial.trial(store, QualityPolicy(), QualityPolicy(show_from=0.92, placement_floor=0.95))
    assert (found.rows, found.dropped_more, found.kept_more) == (3, 2, 0)
    assert found.sentence == "Of the last 3 judged rows, 2 more would have been dropped."
    assert {one.title for one in found.changes} == {"Soups that cook themselves", "One-pan suppers"}
    assert found.changes[0].after.why == "no product would be left"


def test_the_dry_run_says_so_when_nothing_would_change(store: Any, judged: Any) -> None:
    found = trial.trial(store, QualityPolicy(), QualityPolicy(settle_share=0.5))
    assert found.sentence == "Of the last 3 judged rows, all would have ended the same."


def test_the_dry_run_counts_products_that_would_go(store: Any, judged: Any) -> None:
    found = trial.trial(store, QualityPolicy(show_from=0.6), QualityPolicy(show_from=0.8))
    assert (found.dropped_more, found.products, found.products_less) == (0, 12 - 2, 1)


def test_the_dry_run_sees_rows_that_become_alike(store: Any, judged: Any) -> None:
    found = trial.trial(store, QualityPolicy(), QualityPolicy(same_title=10))
    assert found.dropped_more == 1
    assert found.changes[0].after.why == "too much like “Soups that cook themselves”"


def test_the_dry_run_reads_only_this_store(other_store: Any, judged: Any) -> None:
    found = trial.trial(other_store, QualityPolicy(), STRICTER)
    assert found.rows == 0
    assert "Generate a page first" in found.sentence
