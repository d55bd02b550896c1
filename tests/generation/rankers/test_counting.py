"""Popularity, co-occurrence and transitions: counting, by hand."""

import math

import numpy as np
import pytest

from generation.rankers import counting, neighbours
from generation.rankers.demand import Demand
from generation.rankers.log import DAY, gather


def test_an_event_counts_half_after_a_half_life_and_an_order_more_than_a_view() -> None:
    log = gather([(0, "a", "old", 2), (30 * DAY, "a", "new", 2), (30 * DAY, "b", "seen", 0)])
    old, new, seen = counting.popularity(log, 30 * DAY, 30)
    assert (old, new, seen) == pytest.approx((4, 8, 1))
    assert counting.popularity(log, 30 * DAY, None).tolist() == [8, 8, 1]


def test_what_comes_later_does_not_count() -> None:
    log = gather([(0, "a", "x", 2), (10 * DAY, "a", "y", 2)])
    assert counting.popularity(log, 5 * DAY, None).tolist() == [8, 0]


def test_shares_keep_the_order_and_are_never_zero() -> None:
    found = counting.shares(np.asarray([0.0, 1.0, 10.0, 100.0]))
    assert found[-1] == 1.0 and (np.diff(found) > 0).all() and found[0] > 0
    assert (counting.shares(np.zeros(3)) > 0).all()


def test_likeness_is_the_shrunken_cosine_of_who_took_both() -> None:
    taken = neighbours.taken_of([[0, 1], [0, 1], [0, 2]], 4)
    likeness = neighbours.cooccurrence(taken, shrink=2.0).toarray()
    assert likeness[0, 1] == pytest.approx(2 / (math.sqrt(3 * 2) + 2))
    assert likeness[0, 2] == pytest.approx(1 / (math.sqrt(3 * 1) + 2))
    assert (likeness == likeness.T).all() and not likeness.diagonal().any() and not likeness[3].any()


def test_only_the_nearest_are_kept_of_each_item() -> None:
    likeness = neighbours.cooccurrence(neighbours.taken_of([[0, 1], [0, 1], [0, 2], [0, 3]], 4), 0.0, kept=1)
    assert likeness.toarray()[0].nonzero()[0].tolist() == [1]
    assert (np.diff(likeness.indptr) <= 1).all()


def test_transitions_are_the_shares_of_what_came_next() -> None:
    found = neighbours.transitions([[0, 1, 2], [0, 1], [0, 2]], 3).toarray()
    assert found[0] == pytest.approx([0, 2 / 3, 1 / 3])
    assert found[1] == pytest.approx([0, 0, 1]) and not found[2].any()


def test_the_newer_part_of_a_history_weighs_more() -> None:
    assert neighbours.taken_of([[0, 1, 2]], 3, decay=0.5).toarray().tolist() == [[0.25, 0.5, 1.0]]


def test_what_goes_with_a_row_depends_on_the_row() -> None:
    log = gather([(n, f"v{n}", item, 2) for n in range(40) for item in ("tea", "honey")] + [(1, "z", "soap", 2)])
    demand = Demand.of(log, DAY)
    tea, honey, soap = (log.items.index(name) for name in ("tea", "honey", "soap"))
    assert demand.goes_with(np.asarray([tea, honey, soap]))[2] == 0
    assert demand.goes_with(np.asarray([tea, honey]))[0] > 0
    assert demand.goes_with(np.asarray([tea, soap])).tolist() == [0, 0]
    assert demand.goes_with(np.asarray([-1, tea])).tolist() == [0, 0]
