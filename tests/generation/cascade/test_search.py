"""Search over a real catalogue: what is counted in one query, and what is held in memory, is what one by one gives."""

from typing import Any

import pytest

from generation import kit
from generation.campaigns.constraints import Constraints
from generation.catalog import nearest
from generation.catalog import search as searching
from generation.catalog.reach import eligible_counts, members, reach
from generation.catalog.search import CatalogSearch
from generation.models import Availability, Keyword, Product
from generation.stages.contracts import Candidate, Hits
from generation.stages.ports import Asked
from tests.factories import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def limits() -> Constraints:
    return Constraints.model_validate({"price_max": "6", "in_stock": True, "exclude_terms": ["honey"]})


def words(shop: Any, *kinds: str) -> list[Keyword]:
    return list(Keyword.objects.filter(store=shop, kind__in=kinds).order_by("id").defer("embedding"))


def candidate(keyword: Keyword) -> Candidate:
    return Candidate(
        id=keyword.pk,
        kind=keyword.kind,
        text=keyword.text,
        field=keyword.field,
        density=keyword.density,
        similarity=0.9,
        concept=keyword.text,
    )


@pytest.mark.parametrize("kind", ["search", "category", "attribute"])
def test_what_a_keyword_reaches_under_constraints_is_counted_as_retrieval_would(
    shop: Any, limits: Constraints, kind: str
) -> None:
    eligible = CatalogSearch(shop, limits, TODAY).eligible()
    some = words(shop, kind)[:60]
    reached = {word.pk: set(eligible.filter(reach(word)).values_list("id", flat=True)) for word in some}
    assert eligible_counts(eligible, some) == {pk: len(found) for pk, found in reached.items()}
    assert {pk: set(found) for pk, found in members(eligible, some).items()} == reached
    assert any(len(found) < word.density for word, found in zip(some, reached.values(), strict=True))


def test_counting_asks_the_database_a_few_times_however_many_keywords(
    shop: Any, limits: Constraints, django_assert_max_num_queries: Any
) -> None:
    search = CatalogSearch(shop, limits, TODAY)
    some = [candidate(word) for word in words(shop, "search", "category")]
    assert len(some) > 100
    with django_assert_max_num_queries(3):  # what is shared, the phrases, the categories
        counts = search.eligible_counts(some)
    with django_assert_max_num_queries(0):
        assert search.eligible_counts(some[:50]) == {word.id: counts[word.id] for word in some[:50]}


def both(monkeypatch: pytest.MonkeyPatch, shop: Any, limits: Constraints) -> tuple[CatalogSearch, CatalogSearch]:
    """The same search with its vectors in memory, and with every question left to the database."""
    held, asking = CatalogSearch(shop, limits, TODAY), CatalogSearch(shop, limits, TODAY)
    held.prepare()
    monkeypatch.setattr(nearest, "HELD_MOST", 0)
    monkeypatch.setattr(nearest, "CODED_MOST", 0)
    monkeypatch.setattr(searching, "KEYWORDS_HELD_MOST", 0)
    assert asking.held is None and asking.vocabulary is None
    return held, asking


def test_runs_under_the_same_constraints_read_and_count_once(
    shop: Any, limits: Constraints, django_assert_max_num_queries: Any
) -> None:
    some = [candidate(word) for word in words(shop, "search")[:20]]
    first, second = CatalogSearch(shop, limits, TODAY), CatalogSearch(shop, limits, TODAY)
    counts, held = first.eligible_counts(some), first.held
    with django_assert_max_num_queries(2):  # how many are eligible, and whether they have changed
        assert second.eligible_counts(some) == counts
        assert second.held is held


def test_nothing_is_shared_once_the_products_have_changed(shop: Any, limits: Constraints) -> None:
    some = [candidate(word) for word in words(shop, "search", "category")]
    before = CatalogSearch(shop, limits, TODAY)
    counts, held = before.eligible_counts(some), before.held
    gone = before.eligible().order_by("id").first()
    assert gone is not None and held is not None
    gone.availability = Availability.OUT_OF_STOCK
    gone.save()
    after = CatalogSearch(shop, limits, TODAY)
    assert after.eligible_counts(some) != counts
    assert after.held is not None and gone.pk not in after.held.places


def asked(search: CatalogSearch, *texts: str) -> Asked:
    keywords = [candidate(Keyword.objects.get(store=search.store, kind="search", text=text)) for text in texts]
    return Asked(keywords, kit.encoder().encode([texts[0]])[0])


def ids(hits: Hits) -> list[int]:
    return [hit.product for hit in hits.hits]


def test_memory_and_database_retrieve_the_same(shop: Any, limits: Constraints, monkeypatch: pytest.MonkeyPatch) -> None:
    held, asking = both(monkeypatch, shop, limits)
    rows = [asked(held, "muesli", "granola"), asked(held, "dog food")]
    rows.append(Asked([], rows[0].vector))
    (muesli, dog, none), (same, too, empty) = held.retrieve(rows, 40), asking.retrieve(rows, 40)
    assert (ids(none), none.density, empty) == ([], 0, Hits(density=0, hits=[]))
    assert muesli.density > 0
    for one, other in ((muesli, same), (dog, too)):
        assert one.density == other.density
        assert set(ids(one)) == set(ids(other))
        assert {hit.product: hit.sources for hit in one.hits} == {hit.product: hit.sources for hit in other.hits}
        assert [hit.similarity for hit in one.hits] == pytest.approx([h.similarity for h in other.hits], abs=0.02)


def test_memory_and_index_find_the_same_keywords(
    shop: Any, limits: Constraints, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, asking = both(monkeypatch, shop, limits)
    vectors = kit.encoder().encode(["muesli for the morning", "a walk with the dog"])
    for one, other in zip(held.nearest_keywords(vectors, 10, 2), asking.nearest_keywords(vectors, 10, 2), strict=True):
        assert [word.text for word, _cosine in one][:5] == [word.text for word, _cosine in other][:5]
        assert [cosine for _word, cosine in one] == pytest.approx([cosine for _word, cosine in other], abs=0.01)
        assert all(word.density >= 2 for word, _cosine in one)


def test_memory_and_database_find_the_same_products(
    shop: Any, limits: Constraints, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, asking = both(monkeypatch, shop, limits)
    vector = kit.encoder().encode(["crunchy breakfast"])[0]
    one, other = held.nearest_products(vector, 12), asking.nearest_products(vector, 12)
    assert len({near.product for near in one} & {near.product for near in other}) >= 11
    assert one[0].categories and [near.cosine for near in one] == sorted((n.cosine for n in one), reverse=True)


def test_a_product_that_went_after_its_vector_was_read_is_not_retrieved(shop: Any) -> None:
    search = CatalogSearch(shop, Constraints(), TODAY)
    search.prepare()
    row = asked(search, "muesli")
    gone = ids(search.retrieve([row], 40)[0])[0]
    Product.objects.filter(pk=gone).delete()
    assert gone not in ids(search.retrieve([row], 40)[0])


def test_what_breaks_a_constraint_is_named_with_each_of_them(shop: Any, limits: Constraints) -> None:
    search = CatalogSearch(shop, limits, TODAY)
    good, bad = search.eligible().order_by("id").values_list("id", flat=True)[:2]
    Product.objects.filter(pk=bad).update(availability=Availability.OUT_OF_STOCK, price="99")
    assert search.broken([good, bad, 987_654_321]) == {
        bad: ["in stock", search.receipts([bad])[2].constraint],
        987_654_321: ["in the catalogue"],
    }
