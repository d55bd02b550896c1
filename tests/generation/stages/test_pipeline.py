"""The order of the stages: rounds, rows that stand already, budgets that end a page, answers that come later."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from generation import pipeline
from generation.encoders.base import Vectors
from generation.llm.base import BudgetReached, Call, Pending
from generation.stages.contracts import (
    Candidate,
    DraftPage,
    Fixed,
    Hits,
    Judged,
    PlacementDraft,
    Plan,
    Ranked,
    Selection,
    Theme,
)
from generation.stages.ports import Asked
from generation.steps import Ledger, Output
from storefront_studio.lib.errors import BadOutput, Transient
from tests.generation.stages.hand_kit import Scripted, Shelves, Word, brief, hit, kit, theme

TITLES = ("Soups to share", "Warm bread", "Olive table", "Cheese for two", "Pasta night", "Honey jars")


class Distinct:
    """An encoder to which every text means something else."""

    name = "distinct"
    dimensions = 64

    def encode(self, texts: Sequence[str], batch_size: int = 64) -> Vectors:
        rows = [
            np.random.default_rng(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)).standard_normal(64)
            for text in texts
        ]
        made = np.asarray(rows, dtype=np.float32).reshape(len(texts), 64)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


@dataclass
class Shop(Shelves):
    """Four keywords for every theme, and behind them ten products that no other theme has; none where `empty` says."""

    empty: set[int] = field(default_factory=set)
    themes: int = 0

    def nearest_keywords(self, vectors: Vectors, each: int, density_min: int) -> Sequence[Sequence[tuple[Word, float]]]:
        rows: list[list[tuple[Word, float]]] = []
        for _ in range(len(vectors) // 3):  # two concepts and a title
            self.themes += 1
            words = [Word(100 * self.themes + n, f"word {self.themes} {n}") for n in range(4)]
            rows += [[(word, 0.9) for word in words], [], []]
        return rows

    def retrieve(self, asked: Sequence[Asked], pool: int) -> list[Hits]:
        return [self._of(row.keywords) for row in asked]

    def _of(self, keywords: Sequence[Candidate]) -> Hits:
        number = keywords[0].id // 100 if keywords else 0
        if not keywords or number in self.empty:
            return Hits(density=0, hits=[])
        return Hits(density=20, hits=[hit(100 * number + n) for n in range(10)])


@dataclass
class Sure:
    probability: float = 0.95
    reason: str = "Fits."


@dataclass
class Kept(Ledger):
    """A ledger in this process, as a run's is: what is saved is found by the next attempt."""

    saved: dict[tuple[str, int], BaseModel] = field(default_factory=dict)
    earlier: dict[tuple[str, int], BaseModel] = field(default_factory=dict)

    def load(self, stage: str, key: int, shape: type[Output]) -> Output | None:
        found = self.earlier.get((stage, key))
        return None if found is None else shape.model_validate(found.model_dump(mode="json"))

    def save(self, stage: str, key: int, output: BaseModel, seconds: float) -> None:
        assert (stage, key) not in self.saved and (stage, key) not in self.earlier
        self.saved[stage, key] = output

    def again(self) -> "Kept":
        return Kept(earlier={**self.earlier, **self.saved})


@dataclass
class Model:
    """Plans `titles`, selects every candidate, and fails where `trouble` says so."""

    titles: Sequence[str] = TITLES
    trouble: Callable[[Call[Any]], None] = lambda call: None
    calls: list[Call[Any]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def of(self, stage: str) -> list[Call[Any]]:
        return [call for call in self.calls if call.stage == stage]

    def scripted(self) -> Scripted:
        model = Scripted(self.answer)
        complete = model.complete

        def noted(call: Call[Any]) -> Any:
            with self.lock:
                self.calls.append(call)
            self.trouble(call)
            return complete(call)

        model.complete = noted  # type: ignore[method-assign]
        return model

    def answer(self, data: Any) -> Any:
        if hasattr(data, "wanted"):
            return Plan(themes=[Theme(title=title, concepts=[f"{title} a", f"{title} b"]) for title in self.titles])
        return Selection(selected=[one.id for one in data.candidates])


def page(
    model: Model,
    ledger: Kept | None = None,
    shop: Shop | None = None,
    workers: int = 1,
    fixed: Sequence[Fixed] = (),
    **fields: Any,
) -> DraftPage:
    tools = kit(
        model=model.scripted(),
        encoder=Distinct(),
        search=shop or Shop(),
        fits=lambda theme, hits: [Sure() for _ in hits],
    )
    asked = brief(**{"placements": 3, "objective": "Things for a table", **fields})
    return pipeline.execute(asked, "Shop", "EUR", tools, ledger or Kept(), workers, fixed)


def titles(made: DraftPage) -> list[str]:
    return [one.theme.title for one in made.placements]


def products(made: DraftPage) -> list[int]:
    return [one.hit.product for row in made.placements for one in row.judged.shown]


def test_a_page_has_as_many_rows_as_asked_and_no_product_twice() -> None:
    made = page(Model())
    assert (len(made.placements), made.note, made.stopped) == (3, "", "")
    assert len(products(made)) == len(set(products(made))) == 12


def test_rows_that_are_dropped_are_replaced_by_reserve_themes_in_another_round() -> None:
    model = Model()
    made = page(model, shop=Shop(empty={2}))
    assert (len(made.placements), len(made.dropped)) == (3, 1)
    assert len(model.of("keywords")) == 4
    assert "reach 0 eligible products" in made.dropped[0].judged.drop_reason


def test_each_row_is_told_of_the_others_and_later_rounds_of_their_keywords() -> None:
    model = Model()
    page(model, shop=Shop(empty={2}))
    first, last = model.of("keywords")[0].data.others, model.of("keywords")[-1].data.others
    assert [bool(other.keywords) for other in first] == [False, False]
    assert [bool(other.keywords) for other in last] == [True, True]


def test_a_run_that_goes_on_asks_nothing_twice_and_gives_the_same_page() -> None:
    ledger = Kept()
    made = page(Model(), ledger, Shop(empty={2}))
    silent = Model()
    assert page(silent, ledger.again(), Shop(empty={2})) == made
    assert silent.calls == []


@pytest.mark.parametrize("lost", [*range(1, 23), 25, 26])
def test_wherever_a_run_was_cut_off_it_ends_in_the_same_page(lost: int) -> None:
    whole, full = Kept(), None
    full = page(Model(), whole)
    kept = dict(list(whole.saved.items())[:-lost])
    shop = Shop(themes=3 if ("candidates", 1) in kept else 0)
    assert page(Model(), Kept(earlier=kept), shop) == full


def own(title: str = "Our own picks", *numbers: int, source: str = "static") -> PlacementDraft:
    rows = [Ranked(hit=hit(n), rank_score=1, fit=1, score=1, why="Chosen by the shop.") for n in numbers or (7001,)]
    return PlacementDraft(key=3, source=source, theme=theme(title), judged=Judged(shown=rows))  # type: ignore[arg-type]


def test_a_fixed_row_stands_at_its_position_and_counts_as_a_placement() -> None:
    made = page(Model(), fixed=[Fixed(position=2, row=own())])
    assert titles(made)[1] == "Our own picks"
    assert (len(made.placements), made.placements[1].key, made.placements[1].source) == (3, 1000, "static")


def test_fixed_rows_far_down_close_a_page_that_stays_short() -> None:
    made = page(Model(titles=TITLES[:1]), placements=4, fixed=[Fixed(position=4, row=own())])
    assert titles(made) == [TITLES[0], "Our own picks"]


def test_the_products_of_a_fixed_row_are_nowhere_else() -> None:
    made = page(Model(), fixed=[Fixed(position=1, row=own("Our own picks", 100, 101, 202))])
    assert len(products(made)) == len(set(products(made)))


def test_the_plan_is_told_what_stands_already_and_plans_for_what_is_left() -> None:
    model = Model()
    page(model, fixed=[Fixed(position=1, row=own())])
    (call,) = model.of("themes")
    assert call.data.context.fixed_titles == ["Our own picks"]
    assert len(model.of("keywords")) == 2


def test_a_page_of_fixed_rows_alone_asks_no_model() -> None:
    model = Model()
    made = page(model, placements=1, fixed=[Fixed(position=1, row=own())])
    assert (titles(made), model.of("themes"), model.of("keywords")) == (["Our own picks"], [], [])


def test_a_product_of_a_static_row_that_breaks_a_constraint_is_left_out_and_said() -> None:
    shop = Shop(breaking={7002: ["in stock"]})
    made = page(Model(), shop=shop, fixed=[Fixed(position=1, row=own("Our own picks", 7001, 7002))])
    assert [one.hit.product for one in made.placements[0].judged.shown] == [7001]
    assert "“Our own picks” shows 1 of its 2 products less: in stock." in made.note


def test_a_row_kept_from_an_earlier_page_stays_as_it_was_and_says_what_changed() -> None:
    shop = Shop(breaking={7002: ["in stock"]})
    row = own("Kept row", 7001, 7002, source="generated")
    made = page(Model(), shop=shop, fixed=[Fixed(position=1, row=row)])
    assert [one.hit.product for one in made.placements[0].judged.shown] == [7001, 7002]
    assert "“Kept row” is kept as it was, though 1 of its 2 products does not hold in stock." in made.note


def broke(after: int, stage: str = "keywords") -> Callable[[Call[Any]], None]:
    """The budget is reached when `stage` is asked for the time after so many."""
    lock, asked = threading.Lock(), [0]

    def trouble(call: Call[Any]) -> None:
        if call.stage == stage:
            with lock:
                asked[0] += 1
                if asked[0] > after:
                    raise BudgetReached("The limit is reached.", (), Decimal("0.5000"))

    return trouble


@pytest.mark.parametrize("workers", [1, 4])
def test_a_budget_that_is_reached_ends_the_page_with_the_rows_that_are_finished(workers: int) -> None:
    made = page(Model(trouble=broke(2)), workers=workers)
    assert len(made.placements) == 2
    assert made.stopped == "Stopped at the budget of 0.50 USD: 2 of 3 placements."
    assert made.stopped in made.note


def test_a_budget_that_is_reached_starts_no_further_round() -> None:
    model = Model(trouble=broke(2))
    made = page(model, shop=Shop(empty={1}))
    assert (len(made.placements), len(made.dropped), len(model.of("keywords"))) == (1, 1, 3)


def test_a_budget_that_is_reached_before_any_row_is_finished_is_an_error() -> None:
    ledger = Kept()
    with pytest.raises(BudgetReached):
        page(Model(trouble=broke(0)), ledger)
    assert ("themes", 0) in ledger.saved


def test_rows_that_stand_already_are_a_page_when_the_budget_allows_no_other() -> None:
    made = page(Model(trouble=broke(0, "themes")), fixed=[Fixed(position=1, row=own())])
    assert titles(made) == ["Our own picks"]
    assert made.stopped == "Stopped at the budget of 0.50 USD: 1 of 3 placements."


def test_a_run_that_the_budget_stopped_with_nothing_goes_on_with_a_higher_one() -> None:
    ledger = Kept()
    shop = Shop(empty={1, 2})
    with pytest.raises(BudgetReached):
        page(Model(trouble=broke(2)), ledger, shop)
    model = Model()
    made = page(model, ledger.again(), shop)
    assert len(made.placements) == 3
    assert model.of("themes") == []


def later(*which: str) -> Callable[[Call[Any]], None]:
    def trouble(call: Call[Any]) -> None:
        if call.stage == "keywords" and call.data.theme.title in which:
            raise Pending("It was handed in.")

    return trouble


@pytest.mark.parametrize("workers", [1, 4])
def test_answers_that_come_later_are_all_asked_for_before_the_run_waits(workers: int) -> None:
    ledger = Kept()
    model = Model(titles=TITLES[:3], trouble=later(*TITLES[:2]))
    with pytest.raises(Pending):
        page(model, ledger, workers=workers)
    assert {call.data.theme.title for call in model.of("keywords")} == set(TITLES[:3])
    assert len([key for stage, key in ledger.saved if stage == "keywords"]) == 1


def test_a_failure_counts_more_than_an_answer_that_comes_later() -> None:
    def trouble(call: Call[Any]) -> None:
        later(*TITLES)(call) if len(model.of("keywords")) < 3 else fail()

    def fail() -> None:
        raise Transient("down")

    model = Model(trouble=trouble)
    with pytest.raises(Transient):
        page(model)


def test_an_error_that_no_wait_can_mend_ends_the_round_and_keeps_what_was_made() -> None:
    def trouble(call: Call[Any]) -> None:
        if call.stage == "keywords" and len(model.of("keywords")) == 2:
            raise BadOutput("nonsense")

    ledger, model = Kept(), Model()
    model.trouble = trouble
    with pytest.raises(BadOutput):
        page(model, ledger)
    assert len(model.of("keywords")) == 2
    assert len([key for stage, key in ledger.saved if stage == "keywords"]) == 1
