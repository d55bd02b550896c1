"""Nearest products under constraints: whatever the plan, all that are eligible are found, and in few questions."""

import json
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection

from generation import kit
from generation.campaigns.constraints import Constraints
from generation.catalog import codes, nearest
from generation.catalog.nearest import Plan, plan
from generation.catalog.search import CatalogSearch
from generation.models import Keyword, ProductVector
from generation.stages.ports import Asked
from tests.factories import TODAY
from tests.generation.cascade.test_search import candidate

pytestmark = pytest.mark.django_db
INDEX = Plan("index", 200)


@pytest.fixture
def search(shop: Any) -> CatalogSearch:
    return CatalogSearch(shop, Constraints.model_validate({"price_max": "6"}), TODAY)


def asked(*texts: str) -> Any:
    return kit.encoder().encode(texts)


@pytest.mark.parametrize(
    ("eligible", "total", "way"),
    [
        (1_000, 1_000_000, "memory"),
        (nearest.HELD_MOST, 1_000_000, "memory"),
        (500_000, 1_000_000, "codes"),
        (2_000_000, 2_000_000, "index"),
        (1_600_000, 5_000_000_000, "compare"),
    ],
)
def test_the_plan_follows_from_how_many_are_eligible_and_of_how_many(eligible: int, total: int, way: str) -> None:
    assert plan(eligible, total, 100).way == way


def test_the_fewer_are_eligible_the_harder_the_index_is_asked_and_never_beyond_what_it_takes() -> None:
    efforts = [plan(eligible, 10_000_000, 10).effort for eligible in (10_000_000, 4_000_000, 1_600_000)]
    assert efforts == sorted(efforts)
    assert all(nearest.LEAST_EFFORT <= effort <= nearest.MOST_EFFORT for effort in efforts)


@pytest.fixture
def fresh_index(shop: Any) -> None:
    """Without what other tests rolled back: some hundred copies of each vector are a knot in an HNSW graph."""
    with connection.cursor() as cursor:
        cursor.execute("REINDEX TABLE generation_productvector")


@pytest.mark.usefixtures("fresh_index")
def test_the_index_finds_what_comparing_finds_among_the_eligible(search: CatalogSearch) -> None:
    vectors = asked("dog food", "muesli", "a candle for the evening")
    count = search.eligible_count
    through = nearest.nearest(search.eligible(), count, vectors, 20, INDEX)
    compared = nearest.nearest(search.eligible(), count, vectors, 20, Plan("compare"))
    allowed = set(search.eligible().values_list("id", flat=True))
    for one, other in zip(through, compared, strict=True):
        assert {id_ for id_, _cosine in one} <= allowed
        assert len({id_ for id_, _cosine in one} & {id_ for id_, _cosine in other}) >= 19
        assert [cosine for _id, cosine in one] == sorted((cosine for _id, cosine in one), reverse=True)


@pytest.mark.parametrize("looked_at", [400, 100_000])  # some of them by their signs, or every one
def test_codes_of_vectors_find_what_comparing_finds(
    search: CatalogSearch, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = asked("dog food", "muesli", "a candle for the evening")
    compared = nearest.nearest(search.eligible(), search.eligible_count, vectors, 20, Plan("compare"))
    monkeypatch.setattr(nearest, "HELD_MOST", 0)
    monkeypatch.setattr(codes, "LOOKED_AT_LEAST", looked_at)
    found = CatalogSearch(search.store, search.constraints, TODAY).near(vectors, 20)
    for one, other in zip(found, compared, strict=True):
        assert len({id_ for id_, _cosine in one} & {id_ for id_, _cosine in other}) >= 19
        assert [cosine for _id, cosine in one] == pytest.approx([cosine for _id, cosine in other], abs=0.02)


def test_codes_of_nothing_and_of_fewer_than_asked_for(search: CatalogSearch) -> None:
    vectors = asked("dog food")
    few = list(search.eligible().order_by("id").values_list("id", flat=True)[:3])
    assert codes.coded(search.eligible().filter(id=0)).likely(vectors, 5)[0].tolist() == []
    assert sorted(codes.coded(search.eligible().filter(id__in=few)).likely(vectors, 5)[0].tolist()) == few


def test_the_index_is_not_short_when_few_are_eligible_and_far_away(shop: Any) -> None:
    some = list(shop.products.filter(product_type__icontains="dog").values_list("item_id", flat=True)[:7])
    others = shop.products.exclude(item_id__in=some).values_list("item_id", flat=True)
    search = CatalogSearch(shop, Constraints(exclude_products=list(others), in_stock=False), TODAY)
    found = nearest.nearest(search.eligible(), len(some), asked("muesli with honey"), 7, INDEX)
    assert len(found[0]) == len(some) > 0


def test_products_without_a_vector_are_all_that_is_missing(search: CatalogSearch) -> None:
    gone = search.eligible().order_by("id").first()
    ProductVector.objects.filter(product=gone).delete()
    count = search.eligible_count
    found = nearest.nearest(search.eligible(), count, asked("tea"), count, INDEX)[0]
    assert len(found) == len({id_ for id_, _cosine in found}) == count - 1


def test_settings_of_the_index_do_not_outlive_the_question(search: CatalogSearch) -> None:
    nearest.nearest(search.eligible(), search.eligible_count, asked("tea"), 5, INDEX)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_sort'), current_setting('enable_hashjoin')")
        assert cursor.fetchone() == ("on", "on")


@pytest.fixture
def rows(shop: Any) -> list[Asked]:
    words = list(Keyword.objects.filter(store=shop, kind="search").order_by("id").defer("embedding")[:24])
    words += list(Keyword.objects.filter(store=shop, kind="category").order_by("id").defer("embedding")[:8])
    vectors = np.asarray(asked(*[word.text for word in words[:8]]))
    return [Asked([candidate(word) for word in words[place::8]], vectors[place]) for place in range(8)]


@pytest.mark.parametrize(
    ("held_most", "coded_most", "questions"), [(nearest.HELD_MOST, 0, 3), (0, nearest.CODED_MOST, 8), (0, 0, 12)]
)
def test_a_page_of_placements_asks_the_database_as_often_as_one(
    search: CatalogSearch,
    rows: list[Asked],
    held_most: int,
    coded_most: int,
    questions: int,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
) -> None:
    monkeypatch.setattr(nearest, "HELD_MOST", held_most)
    monkeypatch.setattr(nearest, "CODED_MOST", coded_most)
    search.prepare()
    search.retrieve(rows[:1], 40)  # counts and plans that a run asks for once
    with django_assert_max_num_queries(questions) as one:
        first = search.retrieve(rows[:1], 40)
    with django_assert_max_num_queries(questions) as page:
        found = search.retrieve(rows, 40)
    assert len(page) == len(one)
    assert found[0] == first[0]
    assert all(hits.density > 0 and hits.hits for hits in found)


def test_bench_filters_measures_the_search_itself_and_leaves_nothing(shop: Any, capsys: Any) -> None:
    before = ProductVector.objects.count()
    call_command("bench", "filters", "--store", shop.slug, "--rows", "1500", "--json")
    report = json.loads(capsys.readouterr().out)
    whole, half, tenth, hundredth, _thousandth = report["systems"][3:]
    for row in (whole, half, tenth, hundredth):
        assert row["recall@100"] >= 0.98 and row["short"] == 0
    assert (half["found"], hundredth["found"] < 30) == (100, True)
    assert ProductVector.objects.count() == before
