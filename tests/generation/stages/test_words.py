"""Banned terms seen through disguises, and what an objective rules out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.stages.words import banned_in, carries, ruled_out, skeleton


@pytest.mark.parametrize(
    "text",
    [
        "A MIRACLE cure",
        "a mirаcle cure",  # Cyrillic а
        "a mi\u200bracle cure",  # zero-width space
        "a mi\u00adracle cure",  # soft hyphen
        "a míräcle cure",
        "a miracle\u00a0 \n cure",
        "ａ ｍｉｒａｃｌｅ ｃｕｒｅ",  # full width
        "Miracle cure!",
    ],
)
def test_a_banned_term_is_seen_through_its_disguise(text: str) -> None:
    assert banned_in(text, ["other", "miracle cure"]) == "miracle cure"


@pytest.mark.parametrize("text", ["A miraculous cure", "miracle and cure", "miracle cures", ""])
def test_only_whole_words_are_banned(text: str) -> None:
    assert banned_in(text, ["miracle cure"]) == ""


def test_an_empty_term_bans_nothing() -> None:
    assert banned_in("anything", ["", " ", "\u200b"]) == ""


def test_a_term_with_signs_is_found_as_it_is() -> None:
    assert banned_in("Now 100% natural (really)", ["100% natural"]) == "100% natural"
    assert banned_in("Cheap C++ books", ["C++"]) == "C++"


@given(st.text(max_size=60))
def test_reading_as_the_eye_does_is_settled_after_once(text: str) -> None:
    assert skeleton(skeleton(text)) == skeleton(text)


@pytest.mark.parametrize(
    ("objective", "word"),
    [
        ("Gentle care, no fragrance", "perfumed"),
        ("Dinner without pork", "bacon"),
        ("Treats free from nuts", "almonds"),
        ("Snacks with no palm or sugar", "sugar"),
        ("No Fragrance please", "scented"),
    ],
)
def test_what_an_objective_rules_out_includes_its_kin(objective: str, word: str) -> None:
    assert word in ruled_out(objective)


@pytest.mark.parametrize(
    "objective", ["Dinner with no fuss", "Ready in no time", "No more boring lunches", "Gifts for everyone"]
)
def test_a_figure_of_speech_rules_nothing_out(objective: str) -> None:
    assert ruled_out(objective) == []


@pytest.mark.parametrize(
    ("title", "out"),
    [
        ("Perfumed baby wipes", True),
        ("Wipes with fragrance", True),
        ("Scented candle", True),
        ("Fragrance-free baby wipes", False),
        ("Fragrance free wipes", False),
        ("Unscented wipes", False),
        ("Unperfumed lotion", False),
        ("Wipes without fragrance", False),
        ("Lotion with 0% perfume", False),
        ("Baby wipes, free from perfume", False),
        ("Zero added fragrance", False),
        ("Plain wipes", False),
    ],
)
def test_no_fragrance_drops_what_has_it_and_keeps_what_is_free_of_it(title: str, out: bool) -> None:
    assert any(carries(title, word) for word in ruled_out("Gentle care with no fragrance")) is out


def test_a_word_inside_another_word_does_not_count() -> None:
    assert not carries("Hamster food in a champagne box", "ham")
    assert not carries("Doughnut box", "nut")


def test_a_product_is_judged_by_what_remains_after_its_denials() -> None:
    assert carries("Sugar-free biscuits with sugar coating", "sugar")


def test_known_limit_words_of_other_languages_are_not_understood() -> None:
    assert ruled_out("Pflege ohne Duft") == []
