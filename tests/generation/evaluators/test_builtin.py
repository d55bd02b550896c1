"""The built-in evaluator on small examples of our own."""

import json
from pathlib import Path

import numpy as np
import pytest

from generation.encoders.sentence import SentenceEncoder
from generation.evaluators import builtin
from generation.evaluators.base import ProductText, Score, ThemeText, ThemeVectors
from generation.evaluators.features import FEATURES
from storefront_studio.lib.errors import Misconfigured

IDLI = ThemeText(
    title="Idli and dosa without the grinding",
    subtitle="Ready batters and instant mixes",
    intent="A home cook wants idli or dosa today without soaking and grinding.",
    concepts=("idli dosa batter", "rava idli mix", "dosa mix", "ragi idli mix"),
)
BREAKFAST = ThemeText(
    title="Ten-minute breakfasts",
    subtitle="Oats, mixes and spreads for a rushed morning",
    intent="Somebody in a hurry wants a filling breakfast in ten minutes.",
    concepts=("instant oats", "muesli", "peanut butter", "pancake mix", "breakfast cereal"),
)
LAPTOP = ThemeText(title="Laptops for students", concepts=("laptop", "notebook computer"))
RAVA_IDLI = ProductText("Instant Mix - Rava Idli", "Annapurna", "Snacks > Ready to cook > Breakfast mixes")
KETTLE = ProductText("Electric Kettle 1.7 l, stainless steel", "Volta", "Kitchen > Appliances > Kettles")
OATS = ProductText("Instant Oats, 1 kg", "Millstone", "Breakfast > Cereals > Oats")


def scores(theme: ThemeText, *products: ProductText) -> list[Score]:
    encoder = SentenceEncoder()
    vectors = encoder.encode([product.passage for product in products])
    return builtin.load().score(theme, products, ThemeVectors.of(theme, encoder), vectors)


def test_a_product_that_a_concept_names_fits() -> None:
    [score] = scores(IDLI, RAVA_IDLI)
    assert score.probability >= builtin.load().accept_at
    assert "matches the concept “rava idli mix”" in score.reason


def test_a_kettle_is_no_breakfast() -> None:
    kettle, oats = scores(BREAKFAST, KETTLE, OATS)
    assert kettle.probability < 0.5 < builtin.load().accept_at <= oats.probability
    assert kettle.reason.startswith("only loosely like any concept; nearest is “")


def test_an_accessory_scores_below_the_thing_and_is_named() -> None:
    laptop, bag = scores(LAPTOP, ProductText("Slim 14 inch laptop, 16 GB"), ProductText("Slim 14 inch laptop bag"))
    assert bag.probability < builtin.load().accept_at
    assert bag.probability < laptop.probability
    assert "accessory, “bag”" in bag.reason


def test_the_same_input_gives_the_same_scores() -> None:
    assert scores(IDLI, RAVA_IDLI, KETTLE) == scores(IDLI, RAVA_IDLI, KETTLE)


def test_a_score_does_not_depend_on_the_other_products() -> None:
    encoder = SentenceEncoder()
    products = (RAVA_IDLI, KETTLE, OATS)
    vectors, theme = encoder.encode([product.passage for product in products]), ThemeVectors.of(IDLI, encoder)
    together = builtin.load().score(IDLI, products, theme, vectors)
    alone = builtin.load().score(IDLI, products[:1], theme, vectors[:1])
    assert alone[0].probability == pytest.approx(together[0].probability, abs=1e-6)


def test_markup_and_entities_in_a_title_do_not_change_its_words() -> None:
    encoder = SentenceEncoder()
    theme, vectors = ThemeVectors.of(IDLI, encoder), encoder.encode([RAVA_IDLI.passage])
    marked = ProductText("<b>Instant</b> Mix &ndash; <i>Rava</i> Idli", RAVA_IDLI.brand, RAVA_IDLI.category)
    plain = builtin.load().score(IDLI, [RAVA_IDLI], theme, vectors)
    assert builtin.load().score(IDLI, [marked], theme, vectors) == plain


@pytest.mark.parametrize("concepts", [(), ("",), ("  ", "")])
def test_without_concepts_the_title_stands_in(concepts: tuple[str, ...]) -> None:
    theme = ThemeText(title="Instant oats", concepts=concepts)
    oats, kettle = scores(theme, OATS, KETTLE)
    assert oats.probability > kettle.probability
    assert "the title “Instant oats”" in oats.reason


@pytest.mark.parametrize("product", [ProductText(""), ProductText("<br>", "-", " > "), ProductText("№ 7 ½")])
def test_odd_products_still_get_a_probability(product: ProductText) -> None:
    [score] = scores(ThemeText(title="", concepts=("the",)), product)
    assert 0 <= score.probability <= 1


def test_no_products_give_no_scores() -> None:
    encoder = SentenceEncoder()
    assert builtin.load().score(IDLI, [], ThemeVectors.of(IDLI, encoder), encoder.encode([])) == []


def test_vectors_of_another_count_are_refused() -> None:
    encoder = SentenceEncoder()
    with pytest.raises(ValueError, match="1 products came with vectors of shape"):
        builtin.load().score(IDLI, [OATS], ThemeVectors.of(IDLI, encoder), encoder.encode(["a", "b"]))


def test_the_weights_file_is_complete() -> None:
    found = json.loads(builtin.WEIGHTS.read_text(encoding="utf-8"))
    assert found["features"] == list(FEATURES)
    assert len(found["weights"]) == len(found["mean"]) == len(found["scale"]) == len(FEATURES)
    assert np.isfinite([*found["weights"], found["intercept"]]).all()
    assert found["encoder"] == SentenceEncoder().name
    assert found["fitted_on"]["pairs"] == {"grocery": 4436, "electronics": 2300}
    assert found["metrics"]["held out"]["logistic"]["teacher AUC"] >= 0.91
    assert 0.5 < found["accept_at"] < 1


def test_weights_for_other_features_are_refused(tmp_path: Path) -> None:
    found = json.loads(builtin.WEIGHTS.read_text(encoding="utf-8"))
    found["features"] = found["features"][:-1]
    other = tmp_path / "weights.json"
    other.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(Misconfigured, match="fitted for other features"):
        builtin.load(other)


def test_missing_weights_are_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nothing\.json cannot be read"):
        builtin.load(tmp_path / "nothing.json")
