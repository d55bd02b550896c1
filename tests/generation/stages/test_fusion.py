"""Rankings into one, and the row a shopper would see."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.stages import fusion
from generation.stages.contracts import Brief, Hit, Ranked, Ranking
from tests.factories import TODAY
from tests.generation.stages.hand_kit import theme


def brief(**fields: Any) -> Brief:
    return Brief(**{"objective_kind": "discovery", "objective": "x", "products": 4, "today": TODAY, **fields})


def one(
    product: int, *, brand: str = "", group: str = "", title: str = "", fit: float = 0.9, score: float = 0.5
) -> Ranked:
    hit = Hit(
        product=product,
        item_id=f"sku-{product}",
        group=group,
        title=title or f"{chr(97 + product % 26) * 5} {chr(97 + product // 26 % 26) * 7}",
        brand=brand or f"Brand {product}",
        category="A > B",
        description="",
        price=1.0,
        rating=None,
        rating_count=None,
        popularity=None,
        margin=None,
        quantity=None,
        listed_on=None,
        on_sale=False,
        similarity=0.7,
        rrf=0.02,
        sources=["x"],
    )
    return Ranked(hit=hit, rank_score=0.5, fit=fit, score=score, why="because")


def filled(rows: list[Ranked], taken: set[int] | None = None, **fields: Any) -> tuple[list[int], list[int]]:
    shown, bench = fusion.fill(brief(**fields), Ranking(ranked=rows, unfit=0), taken or set(), 0.7)
    return [row.hit.product for row in shown], [row.hit.product for row in bench]


def test_a_products_fused_score_is_the_sum_of_one_over_k_plus_its_place() -> None:
    scores = fusion.reciprocal_rank([[7, 8], [8], [9, 8, 7]], k=60)
    assert scores == pytest.approx({7: 1 / 61 + 1 / 63, 8: 1 / 62 + 1 / 61 + 1 / 62, 9: 1 / 61})


@given(st.lists(st.lists(st.integers(1, 30), unique=True), max_size=6))
def test_the_order_of_the_rankings_does_not_matter(rankings: list[list[int]]) -> None:
    assert fusion.reciprocal_rank(rankings) == pytest.approx(fusion.reciprocal_rank(rankings[::-1]))


def test_the_row_is_filled_best_first() -> None:
    assert filled([one(n) for n in (5, 3, 9)]) == ([5, 3, 9], [])


def test_what_another_row_shows_is_not_shown_again() -> None:
    assert filled([one(1), one(2), one(3)], taken={2}) == ([1, 3], [])


def test_at_most_so_many_of_a_brand_are_shown_even_when_the_row_stays_short() -> None:
    shown, bench = filled([one(n, brand="Acme") for n in (1, 2, 3)] + [one(4)], max_per_brand=2)
    assert (shown, bench) == ([1, 2, 4], [])


def test_a_brand_is_the_same_brand_in_capitals() -> None:
    shown, _ = filled([one(1, brand="Acme"), one(2, brand="ACME")], max_per_brand=1)
    assert shown == [1]


def test_products_without_a_brand_are_not_counted_as_one_brand() -> None:
    rows = [one(n).model_copy(update={"hit": one(n).hit.model_copy(update={"brand": ""})}) for n in (1, 2, 3)]
    assert filled(rows, max_per_brand=1)[0] == [1, 2, 3]


def test_without_a_brand_limit_other_brands_come_before_a_fourth_of_one() -> None:
    rows = [one(n, brand="Acme") for n in (1, 2, 3, 4)] + [one(5, brand="Other")]
    assert filled(rows) == ([1, 2, 3, 5], [4])


def test_without_a_brand_limit_a_fourth_of_one_brand_fills_a_row_that_would_be_short() -> None:
    assert filled([one(n, brand="Acme") for n in (1, 2, 3, 4)])[0] == [1, 2, 3, 4]


def test_sizes_of_one_group_come_once() -> None:
    assert filled([one(1, group="g"), one(2, group="g"), one(3)])[0] == [1, 3]


def test_the_same_words_of_one_brand_in_another_size_come_once() -> None:
    rows = [
        one(1, brand="Acme", title="Acme Rolled Oats, 375 g"),
        one(2, brand="Acme", title="Acme Rolled Oats, 750 g"),
        one(3, brand="Other", title="Other Rolled Oats, 750 g"),
    ]
    assert filled(rows)[0] == [1, 3]


def test_what_fits_less_than_the_floor_is_neither_shown_nor_kept_in_reserve() -> None:
    assert filled([one(1), one(2, fit=0.6)]) == ([1], [])


def test_a_product_brought_up_from_the_bench_cannot_break_the_limit_for_a_brand() -> None:
    shown, bench = filled([one(n, brand="Acme" if n in (1, 6, 7) else "") for n in range(1, 9)], max_per_brand=2)
    assert shown == [1, 2, 3, 4]
    assert bench == [5, 6, 8]


def test_the_bench_is_short_and_ordered() -> None:
    rows = [one(n, score=1 - n / 100) for n in range(1, 21)]
    shown, bench = filled(rows)
    assert (shown, bench) == ([1, 2, 3, 4], list(range(5, 13)))


ROWS = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from("abc"), st.sampled_from(["", "g1", "g2"]), st.floats(0.5, 1)),
    max_size=25,
    unique_by=lambda row: row[0],
)


@given(ROWS, st.sets(st.integers(1, 40)), st.integers(1, 6), st.one_of(st.none(), st.integers(1, 3)))
def test_no_row_breaks_its_rules_whatever_was_ranked(
    rows: list[tuple[int, str, str, float]], taken: set[int], size: int, limit: int | None
) -> None:
    ranked = [one(pid, brand=brand, group=group, fit=fit) for pid, brand, group, fit in rows]
    by_id = {row.hit.product: row for row in ranked}
    shown, bench = filled(ranked, taken, products=size, max_per_brand=limit)
    together = [*shown, *bench]
    assert len(shown) <= size
    assert len(set(together)) == len(together)
    assert not taken & set(together)
    assert all(by_id[pid].fit >= 0.7 for pid in together)
    groups = [by_id[pid].hit.group for pid in together if by_id[pid].hit.group]
    assert len(set(groups)) == len(groups)
    if limit:
        brands = [by_id[pid].hit.brand for pid in together]
        assert max((brands.count(brand) for brand in brands), default=0) <= limit


def shared(*rows: list[Ranked], taken: set[int] | None = None, **fields: Any) -> dict[int, tuple[list[int], list[int]]]:
    asked = [(key, theme(), Ranking(ranked=row, unfit=0)) for key, row in enumerate(rows, start=1)]
    made = fusion.share_out(brief(**fields), asked, taken or set(), 0.7, bench=2)
    return {key: ([r.hit.product for r in row.shown], [r.hit.product for r in row.bench]) for key, row in made.items()}


def test_rows_choose_in_page_order_and_no_product_is_in_two() -> None:
    same = [one(n) for n in range(1, 8)]
    assert shared(same, same, products=3) == {1: ([1, 2, 3], [7]), 2: ([4, 5, 6], [])}


def test_benches_are_filled_after_every_row_and_share_nothing() -> None:
    first, second = [one(n) for n in (1, 2, 3, 4)], [one(n) for n in (2, 5, 3, 6, 4)]
    assert shared(first, second, products=2) == {1: ([1, 2], [4]), 2: ([5, 3], [6])}


def test_what_the_page_shows_already_is_given_to_no_row() -> None:
    assert shared([one(1), one(2), one(3)], taken={1}, products=1) == {1: ([2], [3])}


@given(st.lists(ROWS, max_size=4), st.sets(st.integers(1, 40)), st.one_of(st.none(), st.integers(1, 2)))
def test_no_sharing_out_gives_a_product_twice(
    rows: list[list[tuple[int, str, str, float]]], taken: set[int], limit: int | None
) -> None:
    given_out = shared(
        *[[one(pid, brand=brand, group=group, fit=fit) for pid, brand, group, fit in row] for row in rows],
        taken=taken,
        max_per_brand=limit,
    )
    products = [pid for shown, bench in given_out.values() for pid in (*shown, *bench)]
    assert len(products) == len(set(products))
    assert not taken & set(products)
