"""The metrics against values worked out by hand."""

import math

import pytest

from generation.measure import metrics


def test_ndcg_of_a_swapped_pair_is_worked_out_by_hand() -> None:
    # gains 2^3-1 = 7 and 2^1-1 = 1: found 1 then 3, ideal 3 then 1
    found = 1 / 1 + 7 / math.log2(3)
    ideal = 7 / 1 + 1 / math.log2(3)
    assert metrics.ndcg(["a", "b"], {"a": 1, "b": 3}) == pytest.approx(found / ideal)


def test_ndcg_gives_unrated_results_no_gain() -> None:
    assert metrics.ndcg(["x", "a"], {"a": 3}) == pytest.approx(1 / math.log2(3))


def test_ndcg_without_anything_relevant_is_unknown() -> None:
    assert metrics.ndcg(["a"], {"a": 0}) is None


def test_ndcg_looks_at_ten_results_only() -> None:
    assert metrics.ndcg([*"bcdefghijk", "a"], {"a": 3}) == 0


def test_recall_is_the_share_of_the_relevant_that_were_found() -> None:
    assert metrics.recall([1, 2, 3, 4], {2, 4, 9}, k=3) == pytest.approx(1 / 3)


def test_recall_of_nothing_is_unknown() -> None:
    assert metrics.recall([1], set()) is None


def test_rated_counts_results_that_have_a_rating_even_zero() -> None:
    assert metrics.rated(["a", "b", "c", "d"], {"a": 0, "d": 3}) == 0.5


def test_precision_at_twenty_of_a_short_row_is_over_what_is_there() -> None:
    assert metrics.precision([True, True, False], 20) == pytest.approx(2 / 3)


def test_precision_of_an_empty_row_is_unknown() -> None:
    assert metrics.precision([], 5) is None


def test_percentiles_lie_between_the_nearest_values() -> None:
    assert metrics.percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5


def test_a_keyword_counts_only_for_what_no_other_brings() -> None:
    page = [[{1, 2}, {2}], [{3, 4}, {4}, {1}]]
    assert metrics.keyword_utilisation(page) == [0.0, pytest.approx(1 / 3)]


def test_a_keyword_with_a_product_of_its_own_counts() -> None:
    assert metrics.keyword_utilisation([[{1, 2}, {2, 3}]]) == [1.0]


def test_rows_without_keywords_have_no_share() -> None:
    assert metrics.keyword_utilisation([[], [{1}]]) == [1.0]


def test_diversity_joins_likeness_of_themes_and_shared_products() -> None:
    # one pair: cosine 0.4, one of three products shared
    assert metrics.diversity([[1, 0.4], [0.4, 1]], [{1, 2}, {2, 3}]) == pytest.approx(1 - (0.4 + 1 / 3) / 2)


def test_diversity_of_one_row_is_unknown() -> None:
    assert metrics.diversity([[1.0]], [{1}]) is None


def test_an_interval_holds_the_mean_and_is_the_same_twice() -> None:
    groups = [[0.2, 0.4], [0.6], [0.9, 1.0]]
    found = metrics.interval(groups)
    assert found == metrics.interval(groups)
    assert found is not None
    assert 0.2 <= found[0] < 0.62 < found[1] <= 1.0


def test_groups_that_agree_leave_no_room() -> None:
    assert metrics.interval([[0.5], [0.5], [0.5]]) == (0.5, 0.5)


def test_one_page_is_too_few_for_an_interval() -> None:
    assert metrics.interval([[0.1, 0.9], []]) is None
