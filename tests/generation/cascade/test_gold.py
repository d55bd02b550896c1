"""The gold set put to a language model that judges."""

from typing import Any

import pytest

from generation.measure.replay import Spending
from review.calibration import gold, scoring
from tests.generation.cascade.shop import Answers

pytestmark = pytest.mark.django_db


def pairs(n: int) -> list[gold.GoldPair]:
    return [
        gold.GoldPair.model_validate(
            {
                "id": f"breakfast/{place}",
                "theme": {"title": "Ten-minute breakfasts", "concepts": ["muesli"]},
                "product": {"title": f"Muesli {place}"},
                "passes": True,
            }
        )
        for place in range(n)
    ]


def test_a_model_is_asked_one_question_a_dozen_products(shop: Any, openai: str, answers: Answers) -> None:
    answers.turned_down = {"p2"}
    spending = Spending()
    said = [one for one in scoring.score(shop, pairs(14), spending=spending) if not one[1].judge.startswith("Built")]
    assert len(spending.calls) == 2
    assert [verdict.passes for _, verdict in said] == [place not in (1, 13) for place in range(14)]
    assert said[1][1].reason == "Not for this row."
    assert [one["facet"] for one in answers.data[0]["facets"]["product"]] == ["fits_title"]


def test_asking_again_is_answered_from_what_was_kept(shop: Any, openai: str, answers: Answers) -> None:
    list(scoring.score(shop, pairs(3)))
    asked = len(answers.data)
    list(scoring.score(shop, pairs(3)))
    assert len(answers.data) == asked == 1


def test_without_a_language_model_the_built_in_judge_scores_alone(shop: Any) -> None:
    spending = Spending()
    said = list(scoring.score(shop, pairs(3), spending=spending))
    assert {verdict.judge.split(" ")[0] for _, verdict in said} == {"Built-in"}
    assert spending.calls == []
