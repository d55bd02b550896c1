"""What a run would use before it is started, and how many rows the catalogue can honestly fill."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from generation import estimate
from generation.campaigns.constraints import Constraints
from generation.campaigns.feasibility import measure
from generation.models import ModelCall
from tests.factories import CampaignFactory, ProductFactory, RunFactory

TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def key(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI's own model, whose price is published; nothing is sent."""
    settings.GENERATOR = "openai"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    for name in ("OPENAI_BASE_URL", "OPENAI_MODEL", "LLM_PRICES"):
        monkeypatch.delenv(name, raising=False)


def calls(run: Any, stage: str, prompt: str, n: int, tokens: tuple[int, int]) -> None:
    for _ in range(n):
        ModelCall.objects.create(
            run=run, stage=stage, prompt=prompt, model="openai:gpt-6.2-sol", request_hash="x", outcome="ok",
            input_tokens=tokens[0], output_tokens=tokens[1], cost=Decimal("0.01"), seconds=1,
        )  # fmt: skip


def test_without_a_key_nothing_is_asked_and_nothing_costs(store: Any) -> None:
    said = estimate.of_run(store, 6, 10)
    assert (said.tokens, said.cost, said.sentence) == (0, Decimal(0), "0: no language model is asked")


def test_the_first_run_is_estimated_from_the_prompts(store: Any, key: None) -> None:
    said = estimate.of_run(store, 6, 10)
    assert [stage.stage for stage in said.stages] == ["themes", "keywords", "judge", "page"]
    assert 20_000 < said.tokens < 200_000
    assert said.cost is not None
    assert Decimal("0.05") < said.cost < Decimal("1.00")
    assert "size of the prompts" in said.basis


def test_more_rows_and_more_products_cost_more(store: Any, key: None) -> None:
    small, rows, products = (estimate.of_run(store, *size).tokens for size in ((3, 10), (6, 10), (3, 20)))
    assert small < rows
    assert small < products


def test_an_unknown_price_is_unknown_and_never_zero(store: Any, key: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "house-model")
    said = estimate.of_run(store, 6, 10)
    assert said.cost is None
    assert said.tokens > 0
    assert "cost unknown" in said.sentence


def test_earlier_runs_of_the_store_take_the_place_of_the_formula(store: Any, other_store: Any, key: None) -> None:
    campaign = CampaignFactory(store=store, placements=2)
    run = RunFactory(campaign=campaign)
    stages = {stage.stage: stage for stage in estimate.of_run(store, 2, 5).stages}
    versions = {"themes": "v2", "keywords": "v1", "judge": "v2", "page": "v1"}
    for stage in stages:
        name = "page_judge" if stage == "page" else stage
        for version in {"v1", versions[stage]}:
            calls(run, stage, f"{name}/{version}", 4 if stage in ("keywords", "judge") else 1, (1000, 100))
    said = estimate.of_run(store, 4, 5)
    by_stage = {stage.stage: stage for stage in said.stages}
    assert by_stage["themes"].input_tokens == 1000
    assert by_stage["keywords"].calls == 8  # two calls for each of two rows, so eight for four
    assert by_stage["keywords"].output_tokens == 800
    assert said.runs == 1
    assert "earlier run of this store" in said.basis
    assert estimate.of_run(other_store, 4, 5).runs == 0


def test_answers_from_memory_and_failed_calls_say_nothing_about_the_next_run(store: Any, key: None) -> None:
    run = RunFactory(campaign=CampaignFactory(store=store))
    before = estimate.of_run(store, 4, 5)
    calls(run, "keywords", "keywords/v1", 5, (1, 1))
    ModelCall.objects.update(cached=True)
    calls(run, "keywords", "keywords/v1", 5, (1, 1))
    ModelCall.objects.filter(cached=False).update(outcome="malformed")
    assert estimate.of_run(store, 4, 5) == before


# --- Rows that can honestly be filled --------------------------------------------------------------------------------
def rows(store: Any, wanted: int = 6, size: int = 5, **limits: Any) -> int:
    return measure(store, Constraints(density_min=3, **limits), wanted, size, TODAY).fillable


def shelf(store: Any, path: str, n: int, **fields: Any) -> None:
    parts = path.split(" > ")
    nodes = [" > ".join(parts[: depth + 1]) for depth in range(len(parts))]
    ProductFactory.create_batch(n, store=store, product_type=path, categories=nodes, **fields)


def test_three_products_never_promise_more_than_one_row(store: Any) -> None:
    shelf(store, "Grocery > Soups", 3)
    assert rows(store) == 1


def test_remainders_of_siblings_make_a_row_and_those_of_departments_do_not(store: Any) -> None:
    shelf(store, "Grocery > Soups", 2)
    shelf(store, "Grocery > Pulses", 2)
    shelf(store, "Home > Candles", 2)
    shelf(store, "Garden > Tools", 2)
    assert rows(store) == 1


def test_variants_of_one_item_count_once(store: Any) -> None:
    shelf(store, "Clothes > Shirts", 12, item_group_id="shirt")
    shelf(store, "Clothes > Shirts", 3)
    assert rows(store) == 1


def test_a_limit_on_products_of_a_brand_limits_the_rows(store: Any) -> None:
    shelf(store, "Grocery > Soups", 30, brand="Soup Works")
    assert rows(store) == 6
    assert rows(store, max_per_brand=1) == 1
    said = measure(store, Constraints(density_min=3, max_per_brand=1), 6, 5, TODAY)
    assert "At most 1 of a brand go into one row" in said.sentence


def test_constraints_that_only_together_leave_nothing_are_named_together(store: Any) -> None:
    shelf(store, "Grocery > Soups", 20, price=Decimal("90"), brand="Soup Works")
    limits = Constraints(price_max=Decimal(10), include_brands=["Hill Farm"], density_min=3)
    said = measure(store, limits, 6, 5, TODAY)
    assert not said.feasible
    assert "No single constraint is to blame" in said.sentence
    assert "“by Hill Farm” and “price up to 10.00 EUR” 20 would remain" in said.sentence


def test_feasibility_is_counted_in_two_queries(store: Any, django_assert_num_queries: Any) -> None:
    shelf(store, "Grocery > Soups", 8)
    limits = Constraints(price_max=Decimal(10), exclude_terms=["pork", "nuts"], max_per_brand=2, rating_min=None)
    with django_assert_num_queries(2):
        measure(store, limits, 6, 5, TODAY)


@pytest.mark.parametrize(
    ("title", "held"),
    [
        ("Pork pie", False),
        ("Smoked bacon", False),
        ("PORK", False),
        ("Pork-free sausages", True),
        ("Sausages without pork", True),
        ("Porkington crisps", True),
        ("Nut bar", False),
        ("Nut-free bar", True),
        ("Doughnuts", True),
        ("Candle, scented", True),
    ],
)
def test_excluded_words_are_found_with_their_kin_and_not_where_they_are_denied(
    store: Any, title: str, held: bool
) -> None:
    ProductFactory(store=store, title=title)
    said = measure(store, Constraints(exclude_terms=["pork", "nuts"], density_min=1), 1, 3, TODAY)
    assert said.eligible == int(held)
