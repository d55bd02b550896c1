"""The regression gate at work: replayed beside production, resumed after a death, and a verdict that can be no."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Store
from generation import tasks
from generation.campaigns.brief import read
from generation.measure import gate as at_work
from generation.measure import replay, snapshots
from generation.models import GateReport
from generation.registry import gate_requests, gates, labelling, releases, versions
from storefront_studio.lib.errors import Transient
from tests.factories import StoreFactory
from tests.generation.cascade import conftest
from tests.generation.registry_things import second_weights

_remembered_vectors, shop = conftest._remembered_vectors, conftest.shop  # fixtures of the cascade's tests, ours too
server, answers = conftest.server, conftest.answers

pytestmark = pytest.mark.django_db
OBJECTIVES = (
    "Breakfast for slow mornings",
    "Food and treats for dogs",
    "Wet and dry food for cats",
    "Clean and dry nappies for babies",
)


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(snapshots, "folder", lambda: tmp_path / "snapshots")


def briefs(count: int = 8) -> list[Any]:
    """Small ones, so that a gate takes seconds."""
    return [
        read(
            {
                "brief_id": f"b{number}",
                "objective": OBJECTIVES[number % len(OBJECTIVES)],
                "placements": 1,
                "products": 4,
                "constraints": {"density_min": 3, **({"in_stock": True} if number >= len(OBJECTIVES) else {})},
            }
        )
        for number in range(count)
    ]


def ask(shop: Any, **fields: Any) -> GateReport:
    frozen = snapshots.freeze(shop, dt.date(2026, 11, 1))
    given = {"kind": "model", "name": "evaluator", "version": "v2", "snapshot": frozen.digest, "briefs": briefs()}
    return gate_requests.ask(store=shop, actor=None, enqueue=False, **{**given, **fields})


def work(gate: GateReport) -> GateReport:
    tasks.run_gate(gate.pk)
    gate.refresh_from_db()
    return gate


def command(capsys: Any, *words: Any) -> dict[str, Any]:
    call_command("registry", *map(str, words), "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def check(gate: GateReport, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in gate.checks if one["name"] == name)
    return found


# --- The built-in library -----------------------------------------------------------------------------------------
def test_a_candidate_that_does_the_same_passes_and_may_go_into_production(
    shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    second_weights(monkeypatch, tmp_path / "weights")
    file = tmp_path / "briefs.jsonl"
    file.write_text("".join(f"{one.model_dump_json()}\n" for one in briefs()))
    frozen = command(capsys, "snapshot", "--store", shop.slug)["snapshot"]
    named = ("model", "evaluator", "v2")
    report = command(capsys, "gate", *named, "--briefs", file, "--snapshot", frozen, "--store", shop.slug)
    gate = GateReport.objects.get(pk=report["id"])
    assert (gate.status, gate.passed, gate.error) == ("done", True, "")
    assert len(gate.report["pages"]) == 8
    same = [pages["candidate"]["same"] == pages["production"]["same"] for pages in gate.report["pages"].values()]
    assert all(same)
    assert check(gate, "P-T@5")["interval"] == [0.0, 0.0]
    assert check(gate, "kappa")["passes"] and check(gate, "auc")["passes"]
    assert "receipts of the candidate's rows hold" in check(gate, "receipts")["sentence"]
    assert not check(gate, "cost")["gating"]
    assert not Store.objects.filter(slug__startswith=gates.STORES).exists()
    command(capsys, "label", *named, "production", "--note", "Same", "--store", shop.slug)
    assert versions.short(releases.in_force(shop).evaluator) == "v2"
    (label,) = command(capsys, "history", "--store", shop.slug)["labels"]
    assert (label["version"], label["label"], label["author"]) == ("v2", "production", "Command line")


def test_a_candidate_that_lets_everything_through_does_not_pass(
    shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    second_weights(monkeypatch, tmp_path / "weights", intercept=50.0)
    gate = work(ask(shop))
    assert (gate.status, gate.passed) == ("done", False)
    kappa = check(gate, "kappa")
    assert not kappa["passes"] and kappa["candidate"] < kappa["production"]
    assert "beyond the 0.05 allowed" in kappa["sentence"]
    with pytest.raises(Exception, match="did not pass its gate"):
        labelling.give(
            store=shop, actor=None, kind="model", name="evaluator", version="v2", label="production", note="Please"
        )


def test_a_worker_that_dies_repeats_no_page(shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    second_weights(monkeypatch, tmp_path / "weights")
    gate, real, made = ask(shop), replay.page, list[tuple[str, str]]()

    def counted(store: Any, brief: Any, day: Any, versions: Any, *rest: Any) -> Any:
        if len(made) == 5:
            raise KeyboardInterrupt  # as a killed worker: nothing is tidied up in the row
        made.append((brief.brief_id, versions.evaluator))
        return real(store, brief, day, versions, *rest)

    monkeypatch.setattr(replay, "page", counted)
    with pytest.raises(KeyboardInterrupt):
        tasks.run_gate(gate.pk)
    gate.refresh_from_db()
    assert gate.status == "running" and sum(len(one) for one in gate.report["pages"].values()) == 5
    GateReport.objects.filter(pk=gate.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert gates.release_stuck() == [gate.pk]
    made.clear()
    made += [("", "")] * 6  # past the fault
    gate = work(gate)
    assert (gate.status, gate.attempts) == ("done", 2)
    assert len(made) - 6 == 16 - 5


def test_a_gate_lost_too_often_fails_and_says_so(shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    second_weights(monkeypatch, tmp_path / "weights")
    gate = ask(shop)
    gone = timezone.now() - dt.timedelta(minutes=1)
    GateReport.objects.filter(pk=gate.pk).update(status="running", attempts=gates.MOST_ATTEMPTS, lease_until=gone)
    assert gates.release_stuck() == []
    gate.refresh_from_db()
    assert gate.status == "failed" and "lost 5 times" in gate.error


def test_a_gate_that_was_stopped_is_not_finished_by_its_worker(
    shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    second_weights(monkeypatch, tmp_path / "weights")
    gate, real = ask(shop), replay.page

    def stopping(*rest: Any) -> Any:
        if GateReport.objects.get(pk=gate.pk).is_open:
            gates.stop(gate=gate, actor=None)
        return real(*rest)

    monkeypatch.setattr(replay, "page", stopping)
    work(gate)
    assert (gate.status, gate.passed, gate.error) == ("failed", None, "Command line stopped it.")
    assert not Store.objects.filter(slug__startswith=gates.STORES).exists()


def test_a_fault_that_may_pass_puts_it_back_in_the_queue(
    shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    second_weights(monkeypatch, tmp_path / "weights")
    gate = ask(shop)

    def away(*rest: Any) -> Any:
        raise Transient("The vendor is busy.", retry_after=30)

    monkeypatch.setattr(replay, "page", away)
    work(gate)
    assert (gate.status, gate.error) == ("queued", "The vendor is busy.")
    assert gate.not_before is not None and gates.claim(gate.pk) is None


def test_a_file_that_is_changed_while_the_gate_waits_stops_it(
    shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    second = second_weights(monkeypatch, tmp_path / "weights")
    gate = ask(shop)
    second.write_text(second.read_text() + "\n")
    work(gate)
    assert gate.status == "failed" and "v2 was changed since this gate was asked for" in gate.error


def test_another_stores_catalogue_is_no_snapshot_of_ours(
    shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    second_weights(monkeypatch, tmp_path / "weights")
    frozen = snapshots.freeze(shop, dt.date(2026, 11, 1))
    with pytest.raises(Exception, match="There is no snapshot"):
        gate_requests.ask(
            store=StoreFactory(), actor=None, kind="model", name="evaluator", version="v2", snapshot=frozen.digest
        )


def test_a_judge_without_enough_labels_is_not_measured(
    shop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from generation.registry import agreement

    second_weights(monkeypatch, tmp_path / "weights")
    monkeypatch.setattr(agreement, "SOURCES", [])
    with pytest.raises(Exception, match="People have labelled 0 products"):
        ask(shop)


# --- A vendor's model ---------------------------------------------------------------------------------------------
@pytest.fixture
def openai(server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    return conftest.use("openai", server, settings, monkeypatch)


def test_a_prompt_is_replayed_with_the_model_in_production(
    shop: Any, openai: str, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = versions.short(releases.in_force(shop).prompts["themes"])
    other = "v1" if now != "v1" else "v2"
    gate = work(ask(shop, kind="prompt", name="themes", version=other))
    assert (gate.status, gate.error) == ("done", "")
    assert gate.passed, [one["sentence"] for one in gate.checks if not one["passes"]]
    spent = [page[side]["spent"]["calls"] for page in gate.report["pages"].values() for side in at_work.SIDES]
    assert all(spent)
    assert "tokens a page beside" in check(gate, "cost")["sentence"]
    assert not [one for one in gate.checks if one["name"] == "kappa"]


def test_a_rubric_is_held_against_what_people_said(
    shop: Any, openai: str, server: Any, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = versions.short(releases.in_force(shop).prompts["judge"])
    other = "v1" if now != "v1" else "v2"
    gate = work(ask(shop, kind="rubric", name="judge", version=other))
    assert (gate.status, gate.error) == ("done", "")
    assert check(gate, "kappa")["candidate"] == check(gate, "kappa")["production"] == 0  # it passes everything
