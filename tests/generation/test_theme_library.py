"""The rules every entry of the built-in theme library keeps; the YAML is read directly, without the loader."""

import re
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from rapidfuzz import fuzz, process, utils

FOLDER = Path(__file__).resolve().parents[2] / "generation" / "llm" / "library" / "themes"
FILES = sorted(FOLDER.glob("*.yaml"))
KEYS = {
    "title",
    "subtitle",
    "intent",
    "concepts",
    "departments",
    "occasions",
    "seasons",
    "objectives",
}
DEPARTMENTS = {
    *(
        "grocery",
        "household",
        "kitchen",
        "home",
        "furniture",
        "beauty",
        "personal_care",
        "health",
        "baby",
        "pet",
    ),
    *(
        "garden",
        "electronics",
        "office",
        "toys",
        "sports",
        "fashion",
        "diy",
        "auto",
        "gifts",
    ),
}
SEASONS = {"spring", "summer", "autumn", "winter", "monsoon", "all year"}
OBJECTIVES = {
    "season",
    "occasion",
    "category",
    "clear_stock",
    "launch",
    "margin",
    "discovery",
    "basket",
}
PROMISES = re.compile(
    r"\b(best|guaranteed?|finest|perfect|ultimate|number one|cheap(est)?|healthiest)\b",
    re.IGNORECASE,
)
PRICES = re.compile(
    r"[$£€₹%]|\b(rs|rupees?|pounds?|dollars?|discount|sale|free delivery)\b",
    re.IGNORECASE,
)

Entry = dict[str, Any]


@cache
def entries(file: Path) -> list[Entry]:
    loaded: list[Entry] = yaml.load(file.read_bytes().decode("utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def every_entry() -> list[tuple[str, Entry]]:
    return [(file.name, entry) for file in FILES for entry in entries(file)]


def wrong(file: Path, fits: Any) -> list[str]:
    return [entry["title"] for entry in entries(file) if not fits(entry)]


each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def test_the_library_is_not_empty() -> None:
    assert len(every_entry()) > 400


@each_file
def test_a_file_is_clean_utf_8(file: Path) -> None:
    text = file.read_bytes().decode("utf-8")
    assert not re.search(r"\ufffd|Ã|â€|[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


@each_file
def test_an_entry_has_exactly_the_known_keys(file: Path) -> None:
    assert wrong(file, lambda entry: set(entry) == KEYS) == []


@each_file
def test_a_title_is_short_enough_for_a_row_heading(file: Path) -> None:
    assert wrong(file, lambda entry: 0 < len(entry["title"]) <= 48) == []


@each_file
def test_a_subtitle_fits_one_line(file: Path) -> None:
    assert wrong(file, lambda entry: 0 < len(entry["subtitle"]) <= 80) == []


@each_file
def test_an_intent_is_one_sentence(file: Path) -> None:
    assert wrong(file, lambda entry: re.fullmatch(r"[^.!?]+\.", entry["intent"])) == []


@each_file
def test_titles_and_subtitles_make_no_promises_and_name_no_price(file: Path) -> None:
    def is_modest(entry: Entry) -> bool:
        text = f"{entry['title']} {entry['subtitle']}"
        return not ("!" in text or PROMISES.search(text) or PRICES.search(text))

    assert wrong(file, is_modest) == []


@each_file
def test_text_starts_with_a_capital_and_carries_no_stray_space(file: Path) -> None:
    def is_tidy(entry: Entry) -> bool:
        texts = [entry["title"], entry["subtitle"], entry["intent"]]
        return all(text == " ".join(text.split()) and not text[0].islower() for text in texts)

    assert wrong(file, is_tidy) == []


@each_file
def test_an_entry_names_four_to_eight_different_products(file: Path) -> None:
    def has_enough(entry: Entry) -> bool:
        concepts = [concept.strip().lower() for concept in entry["concepts"]]
        return 4 <= len(concepts) <= 8 and len(set(concepts)) == len(concepts) and all(concepts)

    assert wrong(file, has_enough) == []


@each_file
@pytest.mark.parametrize(
    ("key", "allowed"),
    [("departments", DEPARTMENTS), ("seasons", SEASONS), ("objectives", OBJECTIVES)],
    ids=["departments", "seasons", "objectives"],
)
def test_departments_seasons_and_objectives_come_from_the_closed_lists(file: Path, key: str, allowed: set[str]) -> None:
    def is_allowed(entry: Entry) -> bool:
        values = entry[key]
        return bool(values) and set(values) <= allowed and len(set(values)) == len(values)

    assert wrong(file, is_allowed) == []


@each_file
def test_all_year_stands_alone(file: Path) -> None:
    assert (
        wrong(
            file,
            lambda entry: "all year" not in entry["seasons"] or len(entry["seasons"]) == 1,
        )
        == []
    )


@each_file
def test_occasions_are_free_words_in_lower_case(file: Path) -> None:
    def is_lower(entry: Entry) -> bool:
        return all(isinstance(word, str) and word and word == word.lower() for word in entry["occasions"])

    assert wrong(file, is_lower) == []


def test_no_two_titles_of_the_library_are_the_same_or_nearly_so() -> None:
    named = every_entry()
    titles = [utils.default_process(entry["title"]) for _, entry in named]
    scores = process.cdist(titles, titles, scorer=fuzz.token_set_ratio, score_cutoff=90.01)
    twins = [
        f"{named[a][0]}: {named[a][1]['title']} ~ {named[b][0]}: {named[b][1]['title']}"
        for a, b in combinations(range(len(titles)), 2)
        if scores[a][b]
    ]
    assert twins == []


def test_no_two_entries_list_the_same_products() -> None:
    lists = Counter(frozenset(concept.lower() for concept in entry["concepts"]) for _, entry in every_entry())
    assert [sorted(concepts) for concepts, times in lists.items() if times > 1] == []
