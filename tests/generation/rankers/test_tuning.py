"""Alpha tuned on choices: it follows what people chose by, stays where they say nothing, and never looks ahead."""

from typing import Any

import numpy as np
import pytest

from generation.rankers import tuning
from generation.rankers.tuning import Objectives, Part, Shelf
from generation.stages.policy import Tuning

SIZE, SHELVES = 60, 4


def shelves(draw: np.random.Generator) -> list[Shelf]:
    return [
        Shelf(f"Shelf {n}", np.arange(n * SIZE, (n + 1) * SIZE), draw.uniform(0.7, 1, SIZE)) for n in range(SHELVES)
    ]


def chosen(draw: np.random.Generator, rows: list[Shelf], scores: list[Any], visitors: int = 150) -> Part:
    """Each visitor takes three products, the more likely the higher their score."""
    picks, of = [], []
    for visitor in range(visitors):
        shelf = int(draw.integers(SHELVES))
        weight = np.exp(6 * (scores[shelf] - scores[shelf].max()) / max(np.ptp(scores[shelf]), 0.1))
        for at in draw.choice(SIZE, 3, replace=False, p=weight / weight.sum()):
            picks.append((visitor, int(rows[shelf].places[at])))
            of.append(shelf)
    order = np.lexsort(np.asarray(picks).T[::-1])
    return Part(np.asarray(picks)[order], np.asarray(of)[order], np.ones(len(picks)))


def case(by: str, seed: int = 1) -> tuple[list[Shelf], Objectives]:
    """A shop whose people choose `by` worth, fit or nothing."""
    draw = np.random.default_rng(seed)
    rows = shelves(draw)
    worth = [draw.uniform(0.05, 1, SIZE) for _ in rows]
    scores = {
        "worth": worth,
        "fit": [row.fit for row in rows],
        "nothing": [np.zeros(SIZE) for _ in rows],
    }[by]
    first, second = chosen(draw, rows, scores), chosen(draw, rows, scores)
    return rows, Objectives(("season", "occasion"), 0.35, 1.0, first, second, lambda part, factor: worth)


def beside(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["systems"] if one["name"] == name)


def test_where_people_choose_by_worth_alpha_rises_and_the_part_held_out_says_so() -> None:
    rows, group = case("worth")
    found = tuning.tune(rows, group)
    assert found["changes"] and found["alpha"] > 0.35
    assert beside(found, "now")["ahead_low"] > 0
    assert beside(found, "fit alone (alpha 0)")["ahead_low"] > 0


def test_where_people_choose_by_fit_alpha_falls() -> None:
    rows, group = case("fit")
    found = tuning.tune(rows, group)
    assert found["changes"] and found["alpha"] < 0.35
    assert beside(found, "shop's score alone (beta 0)")["ahead_low"] > 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_choices_say_nothing_what_serves_stays(seed: int) -> None:
    rows, group = case("nothing", seed)
    found = tuning.tune(rows, group)
    assert (found["alpha"], found["factor"], found["changes"]) == (0.35, 1.0, False)
    assert tuning.value_of([found], Tuning()) == Tuning()
    assert not any("Better than what serves now" in sentence for sentence in tuning.sentences(found))


def test_the_part_held_out_decides_nothing() -> None:
    rows, group = case("worth")
    _rows, other = case("fit")
    swapped = Objectives(group.kinds, group.alpha, group.beta, group.tuning, other.held_out, group.worth)
    assert tuning.tune(rows, swapped)["alpha"] == tuning.tune(rows, group)["alpha"]


def test_a_loss_on_the_part_held_out_is_told_first() -> None:
    rows, group = case("worth")
    _rows, other = case("fit")
    swapped = Objectives(group.kinds, group.alpha, group.beta, group.tuning, other.held_out, group.worth)
    said = [one for one in tuning.sentences(tuning.tune(rows, swapped)) if one.startswith(("Worse", "Better", "Not"))]
    assert said[0].startswith("Worse than")


def test_the_same_choices_give_the_same_proposal() -> None:
    rows, group = case("worth")
    assert tuning.tune(rows, group) == tuning.tune(rows, group)


def test_choices_weigh_by_what_they_brought() -> None:
    """Two choices of one visitor, of which the second earned nothing: only the first counts."""
    rows, _group = case("worth")
    orders = [np.arange(SIZE, 0, -1.0) for _ in rows]  # the first product of a shelf leads
    both = np.asarray([[0, 0], [0, SIZE - 1]])
    found = tuning.by_visitor(rows, orders, Part(both, np.asarray([0, 0]), np.asarray([5.0, 1e-9])))
    assert found[0] == pytest.approx(1.0)


def test_a_proposal_keeps_what_was_tuned_before_for_other_objectives() -> None:
    rows, group = case("worth")
    before = Tuning(number=3, alpha={"margin": 1.2}, weights={"margin": {"margin": 12.0, "rating": 2.0}})
    made = tuning.value_of([tuning.tune(rows, group)], before)
    assert made.alpha["margin"] == 1.2 and set(made.alpha) == {"margin", "season", "occasion"}
    assert made.weights == before.weights


def test_the_heaviest_weight_is_tuned_where_it_moves_the_score() -> None:
    draw = np.random.default_rng(5)
    rows = shelves(draw)
    good = [draw.uniform(0.05, 1, SIZE) for _ in rows]
    noise = [draw.uniform(0.05, 1, SIZE) for _ in rows]

    def worth(part: int, factor: float) -> list[Any]:
        return [(factor * a + b) / (factor + 1) for a, b in zip(good, noise, strict=True)]

    first, second = chosen(draw, rows, good, 400), chosen(draw, rows, good, 400)
    group = Objectives(("discovery",), 0.35, 1.0, first, second, worth, tuning.LEADS)
    found = tuning.tune(rows, group)
    made = tuning.value_of([found], Tuning())
    assert found["factor"] == 2.0
    assert made.weights["discovery"]["rating"] == 8.0 and made.weights["discovery"]["newness"] == 2
