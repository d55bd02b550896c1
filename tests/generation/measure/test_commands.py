"""What the measuring commands print, on the small shop of the cascade."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.generation.cascade import conftest

_remembered_vectors, shop = conftest._remembered_vectors, conftest.shop  # fixtures of the cascade's tests, ours too

RETRIEVAL = {"name", "ndcg@10", "ndcg@10_95%", "recall@100", "recall@100_95%", "rated@10", "p50_ms", "p95_ms"}
EVALUATE = {
    "name",
    "briefs",
    "P-T@5",
    "P-T@20",
    "K-U",
    "density",
    "candidate_recall@100",
    "coherence",
    "diversity",
    "cost",
}


@pytest.fixture
def briefs(tmp_path: Path) -> Path:
    path = tmp_path / "briefs.jsonl"
    rows = [
        {"brief_id": "b1", "objective": "Breakfast for slow mornings", "placements": 2, "products": 4},
        {"brief_id": "b2", "objective": "Food and treats for dogs", "placements": 2, "products": 4},
    ]
    path.write_text("".join(json.dumps({**row, "constraints": {"density_min": 3}}) + "\n" for row in rows))
    return path


def run(capsys: Any, *words: Any) -> dict[str, Any]:
    call_command(*[str(word) for word in words])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.django_db
def test_evaluate_reports_every_metric_for_us_and_three_baselines(
    shop: Any,
    briefs: Path,
    tmp_path: Path,
    capsys: Any,
) -> None:
    found = run(capsys, "evaluate", "--store", shop.slug, "--briefs", briefs, "--out", tmp_path / "out", "--json")
    studio, *baselines = found["systems"]
    assert studio["name"] == "studio"
    assert len(baselines) == 3
    assert all(set(system) >= EVALUATE and system["briefs"] == 2 for system in found["systems"])
    assert studio["cost"] == 0
    assert all(system["K-U"] is None and system["candidate_recall@100"] is None for system in baselines)
    low, high = found["intervals"]["studio"]["P-T@5"]
    assert low <= studio["P-T@5"] <= high
    page = json.loads((tmp_path / "out" / "b1.json").read_text())
    assert page["placements"][0]["products"][0]["slot"] == 1
    report = (tmp_path / "out" / "report.html").read_text()
    assert "<svg" in report and "flattering" in report and "http" not in report and "<script" not in report


@pytest.mark.django_db
def test_bench_retrieval_reports_every_system(shop: Any, tmp_path: Path, capsys: Any) -> None:
    judgements = tmp_path / "judgements.csv"
    item = shop.products.filter(title__icontains="muesli").first().item_id
    judgements.write_text(f"query,docid,rating\nmuesli,{item},3\ndog,nothing,0\n")
    found = run(capsys, "bench", "retrieval", "--store", shop.slug, "--judgements", judgements, "--json")
    assert [set(system) for system in found["systems"]] == [RETRIEVAL] * len(found["systems"])
    ours = found["systems"][0]
    assert ours["recall@100"] == 1
    assert found["queries_with_relevant"] == 1


def test_bench_retrieval_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--products"):
        call_command("bench", "retrieval", "--judgements", str(tmp_path / "j.csv"))


@pytest.mark.parametrize(
    ("text", "said"), [("query,docid\na,b\n", "no column rating"), ("query,docid,rating\na,b,good\n", "line 2")]
)
def test_judgements_that_cannot_be_read_say_where(tmp_path: Path, text: str, said: str) -> None:
    from generation.measure import retrieval
    from storefront_studio.lib.errors import BadInput

    path = tmp_path / "j.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=said):
        retrieval.read_judgements(path)


def test_a_brief_that_is_not_right_names_its_line(tmp_path: Path) -> None:
    from generation.measure import evaluation
    from storefront_studio.lib.errors import BadInput

    path = tmp_path / "briefs.jsonl"
    path.write_text('{"brief_id": "a", "objective": "Soup for all"}\n{"brief_id": "b"}\n')
    with pytest.raises(BadInput, match="line 2"):
        evaluation.read_briefs(path)


def test_our_own_briefs_are_fourteen_or_more_and_right() -> None:
    from generation.measure import evaluation

    assert len(evaluation.read_briefs(evaluation.OWN_BRIEFS)) >= 14


@pytest.mark.django_db
def test_bench_pipeline_reports_seconds_beside_the_critical_path(shop: Any, capsys: Any, settings: Any) -> None:
    settings.MODEL_CONCURRENCY = 1  # more would open connections that cannot see into the test's transaction
    found = run(capsys, "bench", "pipeline", "--store", shop.slug, "--delay-ms", "1", "--json")
    model, *_first, library = found["systems"]
    assert model["times_critical_path"] >= 1
    assert set(library["stages_s"]) >= {"themes", "keywords", "retrieval", "fusion", "judging"}
