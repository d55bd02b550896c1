"""Words and numbers the built-in evaluator reads off a product."""

import numpy as np

from generation.evaluators.base import ProductText, ThemeText, ThemeVectors
from generation.evaluators.features import FEATURES, measure, words_of

AXES = np.eye(3, dtype=np.float32)


def feature(name: str, theme: ThemeText, product: ProductText) -> float:
    vectors = ThemeVectors(title=AXES[0], phrases=AXES[[1] * len(theme.phrases)])
    row = measure(theme, [product], vectors, AXES[:1]).values[0]
    return float(row[FEATURES.index(name)])


def test_words_are_singular_lower_case_and_without_markup() -> None:
    assert words_of("<b>Berries</b> &amp; Batteries for the Glasses") == ["berry", "battery", "glass"]


def test_spelling_variants_count_as_the_word() -> None:
    theme = ThemeText("Tiffin", concepts=("idli",))
    assert feature("words_in_title", theme, ProductText("Soft idly batter")) >= 0.75


def test_a_category_may_supply_the_missing_word() -> None:
    theme, product = (
        ThemeText("Warm up", concepts=("green tea",)),
        ProductText("Green leaf", category="Drinks > Tea"),
    )
    assert feature("words_in_title", theme, product) == 0.5
    assert feature("words_anywhere", theme, product) == 1.0


def test_an_accessory_the_theme_asks_for_is_no_accessory() -> None:
    bag = ProductText("Laptop bag 14 inch")
    assert feature("accessories", ThemeText("Laptops", concepts=("laptop",)), bag) == 1
    assert feature("accessories", ThemeText("Carry it", concepts=("laptop bag",)), bag) == 0


def test_an_accessory_noun_behind_the_concept_is_noticed() -> None:
    theme = ThemeText("Laptops", concepts=("laptop",))
    assert feature("accessory_next", theme, ProductText("Laptop bag 14 inch")) == 1
    assert feature("accessory_next", theme, ProductText("Laptop with a bag")) == 0


def test_shapes_are_one_row_a_product_and_one_column_a_feature() -> None:
    theme = ThemeText("Tea", concepts=("green tea", "black tea"))
    vectors = ThemeVectors(title=AXES[0], phrases=AXES[1:])
    assert measure(theme, [ProductText("Tea")] * 3, vectors, AXES).values.shape == (3, len(FEATURES))
    assert measure(theme, [], vectors, AXES[:0]).values.shape == (0, len(FEATURES))
