"""Products whose vectors have the most signs in common with a question's are those likely near to it."""

import numpy as np
import pytest

from generation.catalog import held
from generation.catalog.held import Held
from generation.catalog.signs import alike, signs_of

CHANCE = np.random.default_rng(7)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def many() -> Held:
    """45,000 vectors in 500 crowds."""
    middles = unit(CHANCE.standard_normal((500, 384)))
    rows = unit(np.repeat(middles, 90, axis=0) + CHANCE.standard_normal((45_000, 384)) * 0.03)
    return Held(np.arange(45_000, dtype=np.int64) * 3, rows)


def test_signs_are_bits_of_the_vector() -> None:
    vector = np.zeros((1, 384), dtype=np.float32)
    vector[0, [0, 7, 383]] = 1
    assert signs_of(vector).shape == (6, 1)
    assert int(np.bitwise_count(signs_of(vector)).sum()) == 3


def test_the_most_alike_are_found_whatever_their_number() -> None:
    rows = unit(CHANCE.standard_normal((5000, 384)))
    signs = signs_of(rows)
    for most in (1, 60, 4999):
        assert 17 in alike(signs, rows[17], most)
    assert alike(signs, rows[17], 9000).tolist() == list(range(5000))
    same = signs_of(np.repeat(rows[:1], 300, axis=0))
    assert len(alike(same, rows[0], 20)) == 20


def test_a_single_question_about_many_products_finds_what_comparing_all_finds(many: Held) -> None:
    asked = unit(many.matrix[::900] + CHANCE.standard_normal((50, 384)) * 0.02)
    every = many.nearest(asked, 60)
    for vector, (rows, cosines) in zip(asked, every, strict=True):
        ((likely, found),) = many.nearest(vector[None], 60)
        assert len(set(likely.tolist()) & set(rows.tolist())) >= 57
        assert found == pytest.approx(np.sort(found)[::-1]) and found[0] == pytest.approx(cosines[0], abs=1e-5)


def test_few_products_are_all_compared(many: Held) -> None:
    few = Held(many.ids[:400], many.matrix[:400])
    assert len(few.ids) < held.MANY
    ((rows, _cosines),) = few.nearest(many.matrix[3:4], 400)
    assert sorted(rows.tolist()) == list(range(400))
