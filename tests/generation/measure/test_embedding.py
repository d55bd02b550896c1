"""What shorter vectors lose, and what `bench embedding` refuses."""

from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from generation.measure.embedding import DEPTH, POOLS, compressed


def vectors(rows: int, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).standard_normal((rows, 384)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def test_shorter_vectors_find_less_and_looking_again_finds_more() -> None:
    rows = {row["name"]: row for row in compressed(vectors(1700, 1), vectors(5, 2))}
    again, far = (f"found@{DEPTH}_of_{pool}_rescored" for pool in POOLS)
    assert rows["384 numbers in 16 bits"]["found@100"] > 0.99
    assert rows["first 64 numbers in 16 bits"]["found@100"] < rows["first 256 numbers in 16 bits"]["found@100"] < 1
    assert all(row["found@100"] <= row[again] <= row[far] <= 1 for row in rows.values())
    assert rows["384 numbers in 8 bits"]["found@100"] > 0.95
    assert abs(rows["128 axes in 8 bits"][again] - rows["128 axes in 32 bits"][again]) < 0.02
    assert rows["384 signs (binary)"]["bytes"] == 48


def test_too_few_products_to_lose_any_give_no_row() -> None:
    assert compressed(vectors(max(POOLS), 1), vectors(2, 2)) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--products", "nowhere.csv"], "no file nowhere.csv"),
        (["--judgements", "nowhere.csv"], "need their products"),
        (["--rounds", "0"], "1 or more"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(given: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("bench", "embedding", *given)
