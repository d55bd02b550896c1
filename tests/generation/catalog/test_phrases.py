"""Which words of titles become search phrases."""

from generation.catalog.phrases import mine

STOP = frozenset({"the", "of"})


def phrases(*titles: str, known: tuple[str, ...] = (), least: int = 3) -> list[str]:
    return [text for text, _n in mine([title for title in titles for _ in range(3)], known, STOP, least)]


def test_phrases_never_cross_punctuation() -> None:
    assert "oil lemon" not in phrases("Olive oil, lemon juice")
    assert {"olive oil", "lemon juice"} <= set(phrases("Olive oil, lemon juice"))


def test_units_numbers_and_loose_letters_are_no_phrases() -> None:
    assert phrases("Rice - 500 g", "Rice - pack of 2", "Rice - w") == ["rice"]


def test_words_that_only_praise_or_measure_are_no_phrase_by_themselves() -> None:
    assert "premium" not in phrases("Green tea premium")


def test_a_phrase_ends_in_the_name_of_a_thing() -> None:
    titles = ("Red garden chair", "Red garden table")
    assert "red garden" not in phrases(*titles)
    assert "red garden" in phrases(*titles, known=("Garden",))


def test_a_piece_of_a_longer_phrase_is_left_out() -> None:
    found = phrases("Extra virgin olive oil", "Virgin olive oil")
    assert "virgin olive oil" in found
    assert "virgin olive" not in found


def test_rare_phrases_are_left_out_and_frequent_ones_come_first() -> None:
    found = mine(["Green tea"] * 5 + ["Black tea"] * 2, (), STOP, 3)
    assert found == [("tea", 7), ("green tea", 5)]
