"""What an audience and the time of the year change, without a catalogue: rankers, diets, seasons and occasions."""

import datetime as dt
from typing import Any

import pytest

from generation.llm.library import diets
from generation.llm.library.shelf import WrittenTheme
from generation.rankers.signals import LIKED_BRAND, LIKED_PRICE, SignalRanker
from generation.stages import calendar
from generation.stages.contracts import Brief, Hit, SegmentFacts
from tests.generation.stages.hand_kit import hit

DAY = dt.date(2026, 11, 2)


def scores(profile: dict[str, Any], *hits: Hit) -> list[float]:
    segment = SegmentFacts(name="Tea people", profile=profile)
    brief = Brief(objective_kind="basket", objective="Tea", segment=segment, today=DAY)
    return SignalRanker().score(brief, hits)


def test_a_liked_brand_wins_between_equals_and_loses_to_what_is_clearly_better() -> None:
    liked, plain, popular = hit(1, brand="Alba"), hit(2), hit(3, popularity=0.9)
    profile = {"brands": [{"name": "ALBA", "share": 0.3}]}
    first, second, third = scores(profile, liked, plain, popular)
    assert first == pytest.approx(second + LIKED_BRAND)
    assert third > first


def test_the_best_liked_brand_counts_most() -> None:
    profile = {"brands": [{"name": "Alba", "share": 0.4}, {"name": "Bruma", "share": 0.1}]}
    first, second, third = scores(profile, hit(1, brand="Alba"), hit(2, brand="Bruma"), hit(3))
    assert first - third == pytest.approx(LIKED_BRAND)
    assert second - third == pytest.approx(LIKED_BRAND / 2)


def test_prices_the_audience_usually_pays_count_a_little() -> None:
    within, above = scores({"price_from": 2, "price_to": 6}, hit(1, price=5), hit(2, price=9))
    assert within - above == pytest.approx(LIKED_PRICE)


def test_a_price_level_is_told_by_the_other_products_of_the_row() -> None:
    cheap, middle, dear = scores({"price_affinity": "low"}, hit(1, price=1), hit(2, price=5), hit(3, price=9))
    assert cheap > middle == dear
    cheap, middle, dear = scores({"price_affinity": "high"}, hit(1, price=1), hit(2, price=5), hit(3, price=9))
    assert dear > middle == cheap


@pytest.mark.parametrize("profile", [{}, {"brands": "nonsense"}, {"price_affinity": "??"}, {"brands": [{"x": 1}]}])
def test_a_profile_that_says_nothing_changes_nothing(profile: dict[str, Any]) -> None:
    assert scores(profile, hit(1), hit(2, brand="Alba")) == scores({}, hit(1), hit(2, brand="Alba"))


def test_no_score_leaves_its_range() -> None:
    best = hit(1, brand="Alba", popularity=1.0, rating=5.0, rating_count=10**6, margin=0.9, price=3)
    assert 0 < scores({"brands": ["Alba"], "price_to": 4}, best)[0] <= 1


def theme(title: str, *concepts: str, departments: tuple[str, ...] = ("grocery",)) -> WrittenTheme:
    return WrittenTheme(
        title=title,
        subtitle="",
        intent="x",
        concepts=(*concepts, "a", "b", "c"),
        departments=departments,
        seasons=("all year",),
        objectives=("season",),
    )


@pytest.mark.parametrize(
    ("diet", "one", "out"),
    [
        (["vegetarian"], theme("Sunday roasts", "roast chicken"), True),
        (["Vegetarian, no onion"], theme("Sunday roasts", "roast chicken"), True),
        (["non-vegetarian"], theme("Sunday roasts", "roast chicken"), False),
        (["vegetarian"], theme("Meat-free grill", "veggie sausage"), False),
        (["vegetarian"], theme("Dinner for the cat", "chicken pâté", departments=("pet",)), False),
        (["vegetarian"], theme("Cheese and crackers", "cheese"), False),
        (["vegan"], theme("Cheese and crackers", "cheese"), True),
        (["halal"], theme("Bacon and eggs", "bacon"), True),
        (["keto"], theme("Sunday roasts", "roast chicken"), False),
        ([], theme("Sunday roasts", "roast chicken"), False),
    ],
)
def test_themes_that_a_diet_rules_out_are_not_planned(diet: list[str], one: WrittenTheme, out: bool) -> None:
    assert diets.ruled_out(one, diets.avoided(diet)) is out


@pytest.mark.parametrize(
    ("day", "currency", "season"),
    [
        ("2026-11-02", "EUR", "autumn"),
        ("2026-11-02", "AUD", "spring"),
        ("2026-01-15", "USD", "winter"),
        ("2026-01-15", "NZD", "summer"),
        ("2026-01-15", "INR", ""),
        ("2026-01-15", "", ""),
    ],
)
def test_the_season_is_that_of_the_hemisphere_or_left_out(day: str, currency: str, season: str) -> None:
    assert calendar.season(dt.date.fromisoformat(day), currency) == season


@pytest.mark.parametrize(
    ("day", "currency", "named", "days"),
    [
        ("2026-11-02", "INR", "Diwali", 6),
        ("2026-11-02", "USD", "Thanksgiving", 24),
        ("2026-12-25", "EUR", "Christmas", 0),
        ("2026-12-20", "EUR", "New Year's Eve", 11),
        ("2027-03-01", "GBP", "Easter", 27),
    ],
)
def test_occasions_of_the_next_thirty_days_are_named(day: str, currency: str, named: str, days: int) -> None:
    assert (named, days) in calendar.upcoming(dt.date.fromisoformat(day), currency)


def test_an_occasion_is_not_pushed_on_shops_elsewhere() -> None:
    assert [name for name, _ in calendar.upcoming(DAY, "EUR")] == ["Black Friday"]
    assert calendar.upcoming(dt.date(2026, 12, 26), "EUR") == [("New Year's Eve", 5)]


def test_easter_falls_where_it_does() -> None:
    assert [calendar.easter(year).isoformat() for year in (2024, 2025, 2026, 2027)] == [
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2027-03-28",
    ]
