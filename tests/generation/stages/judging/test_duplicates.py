"""A row that repeats another one, whatever it repeats, is dropped with the other's name."""

from typing import Any

import pytest

from generation.stages import judging
from tests.generation.stages.hand_kit import brief, kit
from tests.generation.stages.judging.bench import Remembers, draft, judge


def settled(title: str, products: Any, other: str, others: Any, **concepts: Any) -> Any:
    row = draft(1, title, products, **concepts)
    return judging.settle(brief(), row, [draft(1000, other, others)], kit())


@pytest.mark.parametrize(
    ("title", "products", "reason"),
    [
        ("For two: soups", [1, 2, 3], "Says the same as “Soups for two”."),
        ("Owt rof spuos", [1, 2, 3], "Means the same as “Soups for two”."),
        ("Lentils and beans, dried", [7, 8, 9, 4], "Shows 60% of the same products as “Soups for two”."),
    ],
)
def test_a_repeat_by_words_by_meaning_or_by_products_is_dropped(title: str, products: Any, reason: str) -> None:
    judged = settled(title, products, "Soups for two", [7, 8, 9, 10])
    assert (judged.dropped_by, judged.drop_facet, judged.drop_reason) == (judging.RULES, "not a duplicate", reason)


def test_a_row_of_its_own_stays() -> None:
    judged = settled("Lentils and beans, dried", [1, 2, 3], "Soups for two", [7, 8, 9])
    assert judged.dropped_by == ""


def test_a_theme_near_to_a_rejection_is_flagged_with_the_ruling() -> None:
    judged = judge(memory=Remembers(0.85))
    assert judged.dropped_by == ""
    (flag,) = judged.flags
    assert (flag.judge, flag.ruling) == (judging.MEMORY, 77)
    assert flag.reason == "Near to “Cold soups”, which Ada rejected: not in our voice."


def test_a_theme_that_repeats_a_rejection_is_dropped() -> None:
    judged = judge(memory=Remembers(0.95))
    assert (judged.dropped_by, judged.drop_facet) == (judging.MEMORY, "rejected before")


def test_a_theme_far_from_every_rejection_hears_nothing_of_them() -> None:
    assert judge(memory=Remembers(0.5)).flags == []
