"""A row's variety: what the dial changes, and what it never does."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.stages import fusion
from generation.stages.contracts import Brief, Ranked, Ranking
from tests.factories import TODAY
from tests.generation.stages.hand_kit import hit, theme

FLOOR = 0.7
KINDS = 6


def brief(**fields: Any) -> Brief:
    return Brief(**{"objective_kind": "discovery", "objective": "x", "products": 4, "today": TODAY, **fields})


def one(product: int, *, fit: float = 0.9, score: float = 0.5, **facts: Any) -> Ranked:
    return Ranked(hit=hit(product, **facts), rank_score=0.5, fit=fit, score=score, why="because")


def pointing(kind: int, tilt: float = 0.0) -> Any:
    """A vector along one of `KINDS` directions, a little off it by `tilt`."""
    vector = np.full(KINDS, tilt, dtype=np.float32)
    vector[kind] = 1.0
    return vector / np.linalg.norm(vector)


def row(ranked: list[Ranked], near: Any = None, **fields: Any) -> list[Ranked]:
    return fusion.fill(brief(**fields), Ranking(ranked=ranked, unfit=0), (), FLOOR, near=near)[0]


def ids(ranked: list[Ranked]) -> list[int]:
    return [each.hit.product for each in ranked]


def unlike(shown: list[Ranked], near: Any) -> float:
    pairs = [float(near[a] @ near[b]) for a, b in combinations(ids(shown), 2)]
    return 1 - sum(pairs) / len(pairs)


def two_kinds() -> tuple[list[Ranked], dict[int, Any]]:
    """Six teas ahead of three biscuits that fit nearly as well; two of a kind are alike, of one price all."""
    teas = [one(n, score=0.9 - n / 100, category="Drinks > Tea") for n in range(1, 7)]
    biscuits = [one(n, score=0.8 - n / 100, category="Bakery > Biscuits") for n in range(7, 10)]
    near = {n: pointing(0, n / 50) for n in range(1, 7)} | {n: pointing(1, n / 50) for n in range(7, 10)}
    return [*teas, *biscuits], near


def test_at_nought_the_row_is_the_best_in_order() -> None:
    ranked, near = two_kinds()
    assert ids(row(ranked, near, variety=0)) == [1, 2, 3, 4]


def test_variety_brings_in_another_kind_and_says_so() -> None:
    ranked, near = two_kinds()
    shown = row(ranked, near, variety=0.3)
    brought = [each for each in shown if each.variety]
    assert ids(shown)[0] == 1
    assert {each.hit.category for each in brought} == {"Bakery > Biscuits"}
    assert brought[0].variety == "Brought in for variety: another kind, Biscuits."


def test_what_would_be_shown_anyhow_is_not_said_to_be_brought_in() -> None:
    ranked, near = two_kinds()
    usual = set(ids(row(ranked, near, variety=0)))
    assert not any(each.variety for each in row(ranked, near, variety=0.3) if each.hit.product in usual)


def test_products_without_vectors_are_told_apart_by_their_words() -> None:
    ranked, _near = two_kinds()
    assert {each.hit.category for each in row(ranked, {}, variety=0.3)} == {"Drinks > Tea", "Bakery > Biscuits"}


def priced(**fields: Any) -> list[float]:
    """The prices of a row from eight at 1, four at 10 and four at 100, the cheap ones a little better."""
    prices = [1.0] * 8 + [10.0] * 4 + [100.0] * 4
    ranked = [one(n, score=0.9 - n / 1000, price=price) for n, price in enumerate(prices, start=1)]
    near = {n: pointing(0) for n in range(1, 17)}
    return [each.hit.price for each in row(ranked, near, products=6, **fields)]


def test_prices_are_spread_over_bands() -> None:
    assert priced(variety=0) == [1.0] * 6
    assert sorted(set(priced(variety=0.25))) == [1.0, 10.0, 100.0]


def test_a_price_that_was_brought_in_says_from_which_third() -> None:
    ranked = [one(n, score=0.9 - n / 1000, price=1.0 if n < 7 else 50.0) for n in range(1, 10)]
    near = {n: pointing(0) for n in range(1, 10)}
    brought = [each.variety for each in row(ranked, near, variety=0.3) if each.variety]
    assert brought
    assert all("third of the prices" in said for said in brought)


def test_prices_are_not_spread_where_the_objective_or_the_audience_is_about_them() -> None:
    assert set(priced(variety=0.25, objective_kind="margin")) == {1.0}
    assert set(priced(variety=0.25, objective_kind="clear_stock")) == {1.0}
    assert set(priced(variety=0.25, segment={"profile": {"price_affinity": "low"}})) == {1.0}


def test_a_row_of_one_price_has_no_bands() -> None:
    ranked = [one(n, price=2.0 + n / 100) for n in range(1, 12)]
    assert {each.band for each in row(ranked, {}, variety=0.5)} == {0}


def test_variety_brings_in_nothing_that_fits_only_just() -> None:
    ranked = [one(n, score=0.9 - n / 100) for n in range(1, 7)] + [one(7, fit=0.75), one(8, fit=0.79)]
    near = {n: pointing(0) for n in range(1, 7)} | {7: pointing(1), 8: pointing(2)}
    assert not {7, 8} & set(ids(row(ranked, near, variety=1)))


def test_what_fits_only_just_stays_where_the_row_would_be_short_without_it() -> None:
    ranked = [one(1), one(2), one(3, fit=0.75)]
    assert sorted(ids(row(ranked, {}, variety=1))) == [1, 2, 3]


def test_the_only_product_of_a_price_band_is_replaced_from_its_band() -> None:
    shown = [one(n, price=1).model_copy(update={"band": 1}) for n in (1, 2)]
    shown.append(one(3, price=50).model_copy(update={"band": 3}))
    bench = [one(n, price=1).model_copy(update={"band": 1}) for n in (4, 5)]
    bench.append(one(6, price=60).model_copy(update={"band": 3}))
    kept, waiting = fusion.refill(brief(products=3, variety=0.25), shown, bench, {3}, FLOOR)
    assert (ids(kept), ids(waiting)) == ([1, 2, 6], [4, 5])
    kept, waiting = fusion.refill(brief(products=3, variety=0.25), shown, bench, {2}, FLOOR)
    assert (ids(kept), ids(waiting)) == ([1, 3, 4], [5, 6])


# --- Whatever was ranked ------------------------------------------------------------------------------------------
PRODUCTS = st.lists(
    st.tuples(
        st.integers(1, 60),
        st.sampled_from("abcd"),
        st.sampled_from(["", "", "g1", "g2"]),
        st.floats(0.5, 1),
        st.floats(0.1, 1),
        st.floats(0.5, 500),
        st.integers(0, KINDS - 1),
    ),
    max_size=30,
    unique_by=lambda drawn: drawn[0],
)


def made(drawn: list[Any]) -> tuple[list[Ranked], dict[int, Any]]:
    ranked = [
        one(product, fit=fit, score=score, price=price, brand=brand, group=group)
        for product, brand, group, fit, score, price, _kind in drawn
    ]
    ranked.sort(key=lambda each: (-each.score, each.hit.product))
    near = {product: pointing(kind, product / 100) for product, *_rest, kind in drawn}
    return ranked, near


@settings(deadline=None)
@given(PRODUCTS, st.floats(0, 1), st.integers(3, 8), st.one_of(st.none(), st.integers(1, 3)))
def test_no_dial_breaks_a_rule_of_the_row(drawn: list[Any], dial: float, size: int, limit: int | None) -> None:
    ranked, near = made(drawn)
    asked = brief(variety=dial, products=size, max_per_brand=limit)
    shown, bench = fusion.fill(asked, Ranking(ranked=ranked, unfit=0), (), FLOOR, near=near)
    together = [*shown, *bench]
    assert len(set(ids(together))) == len(together)
    assert all(each.fit >= FLOOR for each in together)
    assert len(shown) >= len(row(ranked, near, variety=0, products=size, max_per_brand=limit))
    groups = [each.hit.group for each in together if each.hit.group]
    assert len(set(groups)) == len(groups)
    if limit:
        brands = [each.hit.brand for each in together]
        assert max((brands.count(brand) for brand in brands), default=0) <= limit


@settings(deadline=None)
@given(PRODUCTS, st.floats(0, 1))
def test_the_same_products_give_the_same_row(drawn: list[Any], dial: float) -> None:
    ranked, near = made(drawn)
    assert row(ranked, near, variety=dial) == row(ranked, near, variety=dial)


@settings(deadline=None)
@given(PRODUCTS)
def test_at_nought_neither_vectors_nor_prices_change_anything(drawn: list[Any]) -> None:
    ranked, near = made(drawn)
    assert row(ranked, near, variety=0) == row(ranked, {}, variety=0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rows_do_not_get_more_alike_as_the_dial_rises(seed: int) -> None:
    """In the mean over twenty rows: greedy choice may lose a little in one of them."""
    draw = np.random.default_rng(seed)
    shelves = []
    for _ in range(20):
        near = {n: _drawn(draw) for n in range(1, 41)}
        ranked = [one(n, score=float(draw.uniform(0.7, 1)), price=5.0) for n in near]
        shelves.append((sorted(ranked, key=lambda each: -each.score), near))
    means = []
    for dial in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0):
        found = [unlike(row(ranked, near, variety=dial, products=8), near) for ranked, near in shelves]
        means.append(sum(found) / len(found))
    assert means == sorted(means)


def _drawn(draw: np.random.Generator) -> Any:
    vector = draw.normal(size=16).astype(np.float32) + 0.6
    return vector / np.linalg.norm(vector)


def test_no_two_rows_of_a_page_share_a_product_at_any_dial() -> None:
    ranked, near = two_kinds()
    for dial in (0.0, 0.3, 1.0):
        rows = [(key, theme(), Ranking(ranked=ranked, unfit=0)) for key in (1, 2)]
        shared = fusion.share_out(brief(variety=dial), rows, (), FLOOR, bench=2, near=near)
        products = [product for each in shared.values() for product in each.products]
        assert len(products) == len(set(products))
