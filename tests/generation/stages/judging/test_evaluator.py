"""The built-in judge answers what it can, and leaves the rest unsaid."""

from typing import Any

import numpy as np
import pytest

from generation.stages.contracts import Keywords
from generation.stages.settling import Settling
from tests.generation.stages.hand_kit import Shelves, candidate
from tests.generation.stages.judging.bench import judge, juror, shown


def said(judged: Any, level: str = "placement") -> dict[str, Any]:
    return {one.facet: one for one in judged.judgements if one.level == level and one.judge == "Built-in judge 1"}


def test_a_good_row_is_kept_with_a_word_on_every_product() -> None:
    judged = judge()
    assert (judged.dropped_by, judged.drop_reason, judged.flags) == ("", "", [])
    assert (shown(judged), [one.hit.product for one in judged.bench]) == ([1, 2, 3, 4], [5, 6])
    pairs = [one for one in judged.judgements if one.level == "product"]
    assert {(one.facet, one.severity, one.judge) for one in pairs} == {("fits_title", "drop", "Built-in judge 1")}
    assert [one.product for one in pairs] == [1, 2, 3, 4]
    assert judged.score == pytest.approx(0.9)


def test_it_is_silent_on_what_it_cannot_know() -> None:
    assert not {"title_good", "safe", "fits_segment"} & set(said(judge()))
    assert "safe" not in said(judge(), "product")


def test_a_row_that_fits_too_little_on_the_whole_is_dropped_by_it() -> None:
    judged = judge(fit=0.72)
    assert judged.dropped_by == "Built-in judge 1"
    assert judged.drop_facet == "products fit the title"


def test_a_judge_that_may_settle_nothing_sends_its_drops_to_people() -> None:
    judged = judge(fit=0.72, settling=Settling(share=0))
    assert judged.dropped_by == ""
    assert judged.flags[-1].reason.startswith("The judge would drop this: ")


def test_a_far_keyword_asks_for_a_person() -> None:
    words = Keywords(keywords=[candidate(1), candidate(2, "tool box", similarity=0.3)])
    (flag,) = judge(words=words).flags
    assert (flag.facet, flag.reason) == ("keywords_fit", "“tool box” is far from “soup” (0.30).")


class Apart(Shelves):
    """Products that have nothing to do with one another."""

    def product_vectors(self, ids: Any) -> Any:
        return np.eye(26, dtype=np.float32)[: len(ids)]


def test_products_that_lie_far_apart_are_no_row_in_its_eyes() -> None:
    judged = judge(search=Apart(), brief={"products": 6}, count=8)
    assert (judged.dropped_by, judged.drop_facet) == ("Built-in judge 1", "coherent")
    assert "the oddest is" in judged.drop_reason


def test_beside_a_model_what_it_says_of_coherence_is_only_said() -> None:
    judged = judge(search=Apart(), brief={"products": 6}, count=8, judge=juror())
    assert judged.dropped_by == ""
    assert said(judged)["coherent"].severity == "pass"


def test_what_an_audience_is_known_for_is_held_against_the_row() -> None:
    near = judge(brief={"segment": {"name": "Cooks", "profile": {"categories": ["soups and broth"]}}})
    assert said(near)["fits_segment"].passes
