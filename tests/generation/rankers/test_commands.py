"""``train_ranker``, ``ranker`` and ``bench rankers``, as an operator calls them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from generation import trained_rankers
from generation.measure import ranker_data, rankers
from tests.generation.rankers import made
from tests.generation.rankers.made import trained


def told(capsys: Any, *words: Any) -> dict[str, Any]:
    call_command(*[str(word) for word in words], "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.django_db
def test_from_events_to_serving_by_command(store: Any, admin: Any, tmp_path: Path, capsys: Any) -> None:
    made.stocked(store)
    path = made.written(tmp_path, made.rows(600))
    mine = ("--store", store.slug)
    report = told(capsys, "train_ranker", "--events", path, *mine, "--kind", "popularity")
    assert (report["number"], report["state"]) == (1, "trained")
    assert {"name", "recall@10", "low", "high", "ndcg@10", "another"} <= set(report["systems"][0])
    assert told(capsys, "ranker", "list", *mine)["serving"] == trained_rankers.BUILT_IN
    assert told(capsys, "ranker", "show", 1, *mine)["sentences"] == report["sentences"]
    found = told(capsys, "ranker", "activate", 1, *mine, "--note", "Good", "--as", admin.email)
    assert found["serving"] == "ranker 1 (popularity)"
    assert told(capsys, "ranker", "back", *mine, "--note", "Bad")["serving"] == trained_rankers.BUILT_IN
    call_command("train_ranker", "--events", str(path), *mine, "--kind", "popularity")
    out = capsys.readouterr().out
    assert "Ranker 2 (popularity) is trained and serves nobody yet" in out and "Beside" in out


@pytest.mark.django_db
def test_failures_are_one_clear_line(store: Any, merchandiser: Any, tmp_path: Path) -> None:
    trained(store, 1)
    mine = ("--store", store.slug)
    for words, said in (
        (("train_ranker", "--events", str(tmp_path / "none"), *mine), "There is no file"),
        (("ranker", "activate", "9", "--note", "x", *mine), "no ranker 9"),
        (("ranker", "activate", "1", "--note", "x", "--as", merchandiser.email, *mine), "needs the role of admin"),
        (("ranker", "activate", "1", "--note", "x", "--as", "who@example.com", *mine), "not a member"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command(*words)


def test_the_bench_reports_every_ranker_with_control_and_intervals() -> None:
    log = ranker_data.made(users=250, items=80)
    rows, about = rankers._log(log, lambda text: None)
    names = [row["name"].removeprefix("made up: ") for row in rows]
    assert names[:3] == ["popularity", "transition counts", "item-kNN"] and len(names) == 6
    assert all(row["low"] <= row["recall@10"] <= row["high"] for row in rows)
    knn, boosted = rows[2], rows[-1]
    assert knn["gain_low"] is None and boosted["gain_low"] > 0
    assert boosted["shuffled"] < boosted["low"] / 2
    assert about["users"] > 200


def test_seen_products_are_never_ranked_and_every_other_one_is() -> None:
    part = ranker_data.Part([[0, 1], [2]], [[3], [4]])
    top = rankers.best(part, lambda users: np.tile(np.arange(12.0, 0, -1), (2, 1)), 12)
    assert top[0].tolist() == list(range(2, 12)) and 2 not in top[1]


def test_recall_and_ndcg_are_what_their_definitions_say() -> None:
    top = np.asarray([[5, 3, 9, 0, 1, 2, 4, 6, 7, 8]] * 2)
    recall, ndcg = rankers.judged(top, [[3, 77], [5]]).T
    assert recall == pytest.approx([0.5, 1.0])
    assert ndcg == pytest.approx([(1 / np.log2(3)) / (1 + 1 / np.log2(3)), 1.0])


def test_a_folder_without_a_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds none of"):
        call_command("bench", "rankers", "--data", str(tmp_path))
