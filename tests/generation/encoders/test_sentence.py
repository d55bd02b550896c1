"""The vector model that travels with the package."""

import subprocess
import sys

import numpy as np
import pytest

from generation.encoders.base import Encoder
from generation.encoders.sentence import SentenceEncoder


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return SentenceEncoder()


def test_importing_the_door_does_not_import_torch() -> None:
    code = "import sys, generation.encoders.sentence as s; s.SentenceEncoder(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_vectors_are_float32_rows_of_length_one(encoder: Encoder) -> None:
    vectors = encoder.encode(["rava idli mix", "electric kettle 1.7 l"])
    assert vectors.shape == (2, encoder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_rows_come_back_in_the_order_given(encoder: Encoder) -> None:
    texts = ["a much longer text about roasted coffee beans from Coorg", "tea", "green tea bags, 25 pieces"]
    together = encoder.encode(texts, batch_size=2)
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_the_same_texts_give_the_same_vectors(encoder: Encoder) -> None:
    texts = ["dosa batter", "", "<b>bold</b> claims"]
    assert np.array_equal(encoder.encode(texts), encoder.encode(texts))


def test_an_empty_text_has_a_vector_too(encoder: Encoder) -> None:
    vectors = encoder.encode(["", "   "])
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_text_gives_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_near_means_alike(encoder: Encoder) -> None:
    idli, batter, drill = encoder.encode(["idli mix", "dosa batter", "cordless drill"])
    assert idli @ batter > idli @ drill + 0.2
