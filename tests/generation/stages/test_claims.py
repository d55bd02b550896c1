"""A row's title is a promise: who does not say so, is not in it."""

import pytest

from generation.stages.claims import held, made


@pytest.mark.parametrize(
    ("title", "claim"),
    [
        ("Sugar-free treats", "without added sugar"),
        ("No added sugar, all flavour", "without added sugar"),
        ("Unscented care", "without fragrance"),
        ("Free from gluten", "gluten free"),
        ("Plant-based dinners", "vegan"),
        ("Decaf after dark", "caffeine free"),
        ("Lactose free mornings", "dairy free"),
        ("Organic basics", "organic"),
        ("Zero alcohol, full taste", "alcohol free"),
        ("SUGAR\u2011FREE treats", "without added sugar"),  # non-breaking hyphen
    ],
)
def test_a_title_that_promises_is_understood(title: str, claim: str) -> None:
    assert made(title) == [claim]


@pytest.mark.parametrize("title", ["Sweet breakfasts", "Free delivery", "Milk and cookies", "Fragrance for her"])
def test_a_title_that_promises_nothing_claims_nothing(title: str) -> None:
    assert made(title) == []


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("without added sugar", "Muesli, with no added sugar. Breakfast."),
        ("without added sugar", "Cola Zero Sugar"),
        ("without fragrance", "Fragrance-free baby wipes"),
        ("gluten free", "Oats, gluten free"),
        ("dairy free", "Oat drink, vegan"),
    ],
)
def test_a_product_that_says_so_holds_the_claim(claim: str, text: str) -> None:
    assert held(claim, text)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("without added sugar", "Honey hoops with sugar"),
        ("without added sugar", "Oat biscuits"),
        ("without fragrance", "Baby wipes with chamomile fragrance"),
        ("gluten free", "Wheat biscuits"),
        ("vegan", "Whole milk"),
    ],
)
def test_a_product_that_does_not_say_so_does_not(claim: str, text: str) -> None:
    assert not held(claim, text)
