"""The arithmetic of agreement, beside the ones who wrote it before us."""

import random
from math import isclose

import pytest
from sklearn.metrics import cohen_kappa_score

from review.calibration.agreement import LEAST, Counts, count, kappa, measure
from review.calibration.settle import balanced_kappa


def pairs(n: int, seed: int, judge: float = 0.6, agree: float = 0.8) -> list[tuple[bool, bool]]:
    chance = random.Random(seed)
    said = [chance.random() < judge for _ in range(n)]
    return [(one, one if chance.random() < agree else not one) for one in said]


@pytest.mark.parametrize("seed", range(8))
def test_kappa_is_that_of_scikit_learn(seed: int) -> None:
    found = pairs(random.Random(seed).randint(20, 300), seed)
    theirs = cohen_kappa_score(*zip(*found, strict=True))
    assert isclose(kappa(count(found)) or 0.0, theirs, abs_tol=1e-12)


def test_the_example_of_two_readers_of_fifty_applications_comes_out_at_two_fifths() -> None:
    assert isclose(kappa(Counts(20, 5, 10, 15)) or 0.0, 0.4)


def test_four_cells_are_told_apart() -> None:
    found = count([(True, True), (True, False), (True, False), (False, True), (False, False)])
    assert (found.both_pass, found.false_accepts, found.false_rejects, found.both_fail) == (1, 2, 1, 1)
    assert (found.passed, found.failed, found.n) == (3, 2, 5)


def test_too_few_labels_have_no_kappa_and_say_so() -> None:
    found = measure([(place, count([(place % 2 == 0, True)])) for place in range(LEAST - 1)])
    assert (found.kappa, found.low, found.high) == (None, None, None)
    assert found.unknown == "9 labels; 10 or more are needed to tell"


def test_no_labels_have_no_shares_either() -> None:
    found = measure([])
    assert (found.prevalence, found.agreement, found.kappa) == (None, None, None)


@pytest.mark.parametrize(
    ("pair", "words"),
    [((True, False), "the judge passed all 40"), ((False, False), "the judge turned down all 40")],
)
def test_a_judge_that_always_says_the_same_has_no_kappa(pair: tuple[bool, bool], words: str) -> None:
    found = measure((place, count([(pair[0], place % 4 > 0)])) for place in range(40))
    assert found.kappa is None
    assert words in found.unknown


def test_people_who_always_say_the_same_leave_no_kappa() -> None:
    found = measure((place, count([(place % 4 > 0, True)])) for place in range(40))
    assert found.kappa is None
    assert "people passed all 40" in found.unknown


def test_the_interval_holds_the_kappa_and_narrows_with_more_labels() -> None:
    few, many = (measure((place, count([pair])) for place, pair in enumerate(pairs(n, 3))) for n in (40, 2000))
    for found in (few, many):
        assert found.kappa is not None and found.low is not None and found.high is not None
        assert found.low < found.kappa < found.high
    assert many.high - many.low < (few.high - few.low) / 3  # type: ignore[operator]


def test_labels_that_hang_together_make_the_interval_wider() -> None:
    alone = [(place, count([pair])) for place, pair in enumerate(pairs(60, 5))]
    tenfold = [(place, count([pair] * 10)) for place, pair in enumerate(pairs(60, 5))]
    as_if_apart = [((place, copy), count([pair])) for place, pair in enumerate(pairs(60, 5)) for copy in range(10)]
    widths = [(found.high or 0) - (found.low or 0) for found in map(measure, (alone, tenfold, as_if_apart))]
    assert isclose(widths[0], widths[1], abs_tol=1e-9)
    assert widths[2] < widths[1] / 2


def test_the_same_labels_give_the_same_interval() -> None:
    found = [(place, count([pair])) for place, pair in enumerate(pairs(100, 7))]
    assert measure(found) == measure(found)


# --- Counted as if the judge had passed as often as it turned down ------------------------------------------------
def test_seeing_more_of_what_a_judge_passed_does_not_change_the_balanced_kappa() -> None:
    seen, seen_often = Counts(90, 10, 8, 32), Counts(900, 100, 8, 32)
    assert isclose(balanced_kappa(seen) or 0.0, balanced_kappa(seen_often) or 1.0)
    assert (kappa(seen_often) or 0.0) < (kappa(seen) or 0.0)


def test_balanced_already_it_is_plain_kappa() -> None:
    counts = Counts(40, 10, 5, 45)
    assert isclose(balanced_kappa(counts) or 0.0, kappa(counts) or 1.0)


def test_without_drops_that_people_saw_it_cannot_be_told() -> None:
    assert balanced_kappa(Counts(900, 40, 3, 5)) is None
