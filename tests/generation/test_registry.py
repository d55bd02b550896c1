"""Labels over versions: nothing reaches production but through a gate that passed, or back to where it was."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounts.models import AuditEntry
from accounts.permits import NotAllowed
from generation import services
from generation.models import GateReport, Release
from generation.registry import gate_requests, gates, labelling, releases, versions
from storefront_studio.lib.errors import BadInput, Misconfigured, WrongState
from tests.factories import CampaignFactory, ProductFactory
from tests.generation.registry_things import ended_gate, own_prompts, second_weights, versions_given

pytestmark = pytest.mark.django_db
EVALUATOR = ("model", "evaluator")


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A candidate for the evaluator: weights v2."""
    return second_weights(monkeypatch, tmp_path / "weights")


def give(store: Any, actor: Any, version: str = "v2", label: str = "production", **fields: Any) -> Release:
    given = {"kind": "model", "name": "evaluator", "note": "Fits our shop better", **fields}
    return labelling.give(store=store, actor=actor, version=version, label=label, **given)


# --- What must never happen ---------------------------------------------------------------------------------------
def test_a_candidate_without_a_gate_never_reaches_production(store: Any, admin: Any, weights: Path) -> None:
    give(store, admin, label="candidate")
    with pytest.raises(WrongState, match="No gate has measured Evaluator v2 as it is now"):
        give(store, admin)
    assert versions_given(store, "production") == []


def test_a_candidate_whose_gate_did_not_pass_never_reaches_production(store: Any, admin: Any, weights: Path) -> None:
    ended_gate(store, *EVALUATOR, "v2", passed=False)
    with pytest.raises(WrongState, match=r"did not pass its gate: Rows that pass judging: 0\.2 beside 0\.9"):
        give(store, admin)


@pytest.mark.parametrize("status", ["queued", "running", "failed"])
def test_a_gate_that_has_not_ended_well_is_no_gate(store: Any, admin: Any, weights: Path, status: str) -> None:
    ended_gate(store, *EVALUATOR, "v2", status=status, passed=None, error="The vendor is away.")
    with pytest.raises(WrongState, match=r"has not ended|stopped: The vendor is away"):
        give(store, admin)


def test_a_gate_of_another_store_is_no_gate(store: Any, other_store: Any, admin: Any, weights: Path) -> None:
    ended_gate(other_store, *EVALUATOR, "v2")
    with pytest.raises(WrongState, match="No gate"):
        give(store, admin)


def test_a_gate_of_the_file_as_it_was_is_no_gate(store: Any, admin: Any, weights: Path) -> None:
    ended_gate(store, *EVALUATOR, "v2")
    weights.write_text(weights.read_text().replace('"version": "2"', '"version": "2b"'))
    with pytest.raises(WrongState, match="No gate has measured Evaluator v2 as it is now"):
        give(store, admin)


def test_a_gate_beside_another_production_is_no_gate(
    store: Any, admin: Any, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = weights.with_name("builtin-v3.json")
    third.write_text(weights.read_text().replace('"version": "2"', '"version": "3"'))
    ended_gate(store, *EVALUATOR, "v2")
    ended_gate(store, *EVALUATOR, "v3")
    give(store, admin, "v3")
    with pytest.raises(WrongState, match="passed beside evaluator v1, and v3 is there now"):
        give(store, admin, "v2")
    assert versions.short(releases.in_force(store).evaluator) == "v3"


def test_a_gate_beside_other_prompts_is_no_gate_either(
    store: Any, admin: Any, weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = own_prompts(monkeypatch, tmp_path / "prompts")
    ended_gate(store, *EVALUATOR, "v2")
    version = versions.short(releases.in_force(store).prompts["themes"])
    file = folder / "themes" / f"{version}.yaml"
    file.write_text(file.read_text() + "\n  And one more rule.\n")
    with pytest.raises(WrongState, match="passed beside themes"):
        give(store, admin)


def test_the_database_refuses_production_without_a_passed_gate(store: Any, admin: Any, weights: Path) -> None:
    failed = ended_gate(store, *EVALUATOR, "v2", passed=False)
    of_another = ended_gate(store, *EVALUATOR, "v1")
    token = versions.token_of(*EVALUATOR, "v2")
    for gate in (None, failed, of_another):
        with pytest.raises(DatabaseError, match="gate"), transaction.atomic():
            Release.objects.create(
                store=store, kind="model", name="evaluator", version=token, label="production", gate=gate
            )
    assert not Release.objects.exists()


def test_a_gate_report_that_ended_is_never_changed(store: Any, weights: Path) -> None:
    gate = ended_gate(store, *EVALUATOR, "v2", passed=False)
    for change in ({"passed": True}, {"checks": []}, {"candidate": "v9"}, {"status": "queued"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            GateReport.objects.filter(pk=gate.pk).update(**change)


def test_what_a_gate_measures_is_never_changed_while_it_runs(store: Any, weights: Path) -> None:
    gate = ended_gate(store, *EVALUATOR, "v2", status="running", passed=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        GateReport.objects.filter(pk=gate.pk).update(candidate="v9@sha256:0")


def test_labels_are_never_changed_or_deleted(store: Any, admin: Any, weights: Path) -> None:
    row = give(store, admin, label="candidate")
    for act in (lambda: Release.objects.filter(pk=row.pk).update(label="production"), row.delete):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            act()


@pytest.mark.parametrize("who", ["marketing", "merchandiser", "stranger"])
def test_only_an_admin_of_the_store_labels_gates_and_stops(request: Any, store: Any, weights: Path, who: str) -> None:
    gate = ended_gate(store, *EVALUATOR, "v2")
    running = ended_gate(store, *EVALUATOR, "v2", status="running", passed=None)
    actor = request.getfixturevalue(who)
    for act in (
        lambda: give(store, actor),
        lambda: give(store, actor, label="candidate"),
        lambda: gate_requests.ask(store=store, actor=actor, kind="model", name="evaluator", version="v2"),
        lambda: gates.stop(gate=running, actor=actor),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert not Release.objects.exists()
    assert GateReport.objects.count() == 2 and gate.passed


def test_a_file_that_was_changed_under_its_label_starts_no_run(store: Any, admin: Any, weights: Path) -> None:
    ended_gate(store, *EVALUATOR, "v2")
    give(store, admin)
    weights.write_text(weights.read_text().replace('"version": "2"', '"version": "2b"'))
    ProductFactory.create_batch(12, store=store)
    campaign = CampaignFactory(store=store, constraints={"density_min": 3})
    with pytest.raises(Misconfigured, match="Evaluator v2 was changed after Ada Min put it in production"):
        services.start_run(campaign=campaign, actor=admin, enqueue=False)
    assert not campaign.runs.exists()


def test_a_run_does_not_go_on_with_a_file_that_was_changed(store: Any, admin: Any, weights: Path) -> None:
    began = releases.in_force(store).model_dump(mode="json")
    assert releases.of_run({"releases": began}) is not None
    first = weights.with_name("builtin-v1.json")
    first.write_text(first.read_text() + "\n")
    with pytest.raises(Misconfigured, match="changed since this run began"):
        releases.of_run({"releases": began})


# --- What does happen ---------------------------------------------------------------------------------------------
def test_a_passed_gate_opens_production_and_the_history_says_who_and_why(store: Any, admin: Any, weights: Path) -> None:
    gate = ended_gate(store, *EVALUATOR, "v2")
    row = give(store, admin)
    assert (row.gate, row.author_name, row.note) == (gate, "Ada Min", "Fits our shop better")
    assert versions.short(releases.in_force(store).evaluator) == "v2"
    entry = AuditEntry.objects.get(store=store, action="registry.production")
    assert (entry.old["evaluator"][:3], entry.new["evaluator"][:3]) == ("v1@", "v2@")


def test_labels_of_one_store_are_nothing_to_another(store: Any, other_store: Any, admin: Any, weights: Path) -> None:
    ended_gate(store, *EVALUATOR, "v2")
    give(store, admin)
    assert versions.short(releases.in_force(other_store).evaluator) == "v1"


def test_rolling_back_to_what_was_in_production_needs_no_gate(store: Any, admin: Any, weights: Path) -> None:
    ended_gate(store, *EVALUATOR, "v2")
    give(store, admin)
    assert give(store, admin, "v1", note="Back").gate is None
    assert give(store, admin, "v2", note="And forth").gate is None
    assert versions_given(store, "production") == ["v2", "v1", "v2"]


def test_a_broken_production_can_be_rolled_back(store: Any, admin: Any, weights: Path) -> None:
    ended_gate(store, *EVALUATOR, "v2")
    give(store, admin)
    weights.write_text(weights.read_text() + "\n")
    give(store, admin, "v1", note="The file was changed")
    assert versions.short(releases.in_force(store).evaluator) == "v1"


def test_a_run_remembers_what_it_began_with(store: Any, admin: Any, weights: Path) -> None:
    ProductFactory.create_batch(12, store=store)
    campaign = CampaignFactory(store=store, constraints={"density_min": 3})
    run = services.start_run(campaign=campaign, actor=admin, enqueue=False)
    ended_gate(store, *EVALUATOR, "v2")
    give(store, admin)
    began = releases.of_run(run.brief)
    assert began is not None and versions.short(began.evaluator) == "v1"
    assert releases.in_words(began, 0) == "Evaluator v1 · policy 0"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"version": "v9"}, "no version “v9” of evaluator. There are: v1, v2"),
        ({"version": "../../etc/passwd"}, "no version"),
        ({"kind": "prompt", "name": "poems"}, "no prompt “poems”. There are: prompt themes"),
        ({"label": "blessed"}, "no label “blessed”"),
        ({"note": " "}, "Say in the note why"),
        ({"name": "generator", "version": "openai:x y"}, "is no generator"),
        ({"name": "judges", "version": "library"}, "does not judge. Name vendors' models"),
        ({"name": "generator", "version": "anthropic:claude-none"}, "cannot be reached from here: set ANTHROPIC"),
    ],
)
def test_nonsense_is_refused_in_words(
    store: Any, admin: Any, weights: Path, fields: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BadInput, match=said):
        give(store, admin, **{"label": "candidate", **fields})


def test_what_is_in_production_already_is_said(store: Any, admin: Any, weights: Path) -> None:
    for label in ("production", "candidate"):
        with pytest.raises(WrongState, match="v1 is in production already"):
            give(store, admin, "v1", label)


def test_the_built_in_library_says_that_prompts_would_change_nothing(store: Any, admin: Any) -> None:
    with pytest.raises(BadInput, match="does not read prompts, so with another version nothing would change"):
        gate_requests.ask(store=store, actor=admin, kind="prompt", name="themes", version="v1")


def test_a_gate_is_asked_once_at_a_time(store: Any, admin: Any, weights: Path) -> None:
    first = gate_requests.ask(store=store, actor=admin, kind="model", name="evaluator", version="v2", enqueue=False)
    with pytest.raises(WrongState, match="is open already"):
        gate_requests.ask(store=store, actor=admin, kind="model", name="evaluator", version="v2", enqueue=False)
    gates.stop(gate=first, actor=admin)
    first.refresh_from_db()
    assert (first.status, first.error) == ("failed", "Ada Min stopped it.")


def test_too_few_briefs_are_no_gate(store: Any, admin: Any, weights: Path) -> None:
    from generation.campaigns.brief import BriefIn

    few = [BriefIn(brief_id=f"b{n}", objective="Soup for all") for n in range(3)]
    with pytest.raises(BadInput, match="3 briefs are too few"):
        gate_requests.ask(store=store, actor=admin, kind="model", name="evaluator", version="v2", briefs=few)


# --- The command --------------------------------------------------------------------------------------------------
def test_the_command_lists_what_is_in_production(store: Any, weights: Path, capsys: Any) -> None:
    call_command("registry", "list", "--store", store.slug, "--json")
    report = json.loads(capsys.readouterr().out)
    thing = next(one for one in report["things"] if one["name"] == "evaluator")
    assert [one["version"] for one in thing["versions"]] == ["v1", "v2"]
    assert (thing["production"]["version"], thing["production"]["default"]) == ("v1", True)
    call_command("registry", "list", "--store", store.slug)
    assert "production, named by the code" in capsys.readouterr().out


def test_the_command_refuses_production_without_a_gate(store: Any, weights: Path) -> None:
    with pytest.raises(CommandError, match="No gate has measured Evaluator v2"):
        call_command(
            "registry", "label", "model", "evaluator", "v2", "production", "--note", "x", "--store", store.slug
        )


def test_the_command_acts_only_for_admins(store: Any, admin: Any, marketing: Any, weights: Path, capsys: Any) -> None:
    named = ("registry", "label", "model", "evaluator", "v2", "candidate", "--note", "x", "--store", store.slug)
    with pytest.raises(CommandError, match="you may not give labels"):
        call_command(*named, "--as", marketing.email)
    with pytest.raises(CommandError, match="is not a member"):
        call_command(*named, "--as", "nobody@example.com")
    call_command(*named, "--as", admin.email)
    assert Release.objects.get().author == admin
    assert "evaluator v2@sha256:" in capsys.readouterr().out


# --- Judges -------------------------------------------------------------------------------------------------------
def test_judges_are_a_version_like_any_other(store: Any, admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    now = releases.in_force(store)
    assert (now.of("model", "judges"), now.judges) == ("generator", [])
    panel = "openai:one,  openai:two, openai:one"
    row = give(store, admin, panel, "candidate", name="judges")
    assert row.version == "openai:one, openai:two"
    assert now.having("model", "judges", row.version).judges == ["openai:one", "openai:two"]
    with pytest.raises(BadInput, match="the most is 120"):
        give(store, admin, ", ".join(f"openai:model-{n}" for n in range(20)), "candidate", name="judges")
