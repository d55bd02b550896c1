"""A text is encoded once while it is remembered."""

from typing import Any

import numpy as np

from generation.encoders.remembering import Remembering
from tests.generation.stages.hand_kit import Letters


class Counting(Letters):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Any, batch_size: int = 64) -> Any:
        self.asked += texts
        return super().encode(texts, batch_size)


def test_what_is_known_is_not_asked_again_and_the_order_is_the_callers() -> None:
    inner = Counting()
    words = Remembering(inner)
    first = words.encode(["soup", "bread"])
    again = words.encode(["bread", "tea", "soup", "bread"])
    assert inner.asked == ["soup", "bread", "tea"]
    assert np.array_equal(again[[2, 0]], first) and np.array_equal(again[0], again[3])


def test_nothing_gives_an_empty_array_of_the_right_width() -> None:
    assert Remembering(Counting()).encode([]).shape == (0, 26)


def test_only_so_much_is_remembered() -> None:
    inner = Counting()
    words = Remembering(inner, most=2)
    words.encode(["a", "b", "c"])
    words.encode(["a"])
    assert inner.asked == ["a", "b", "c", "a"]
