"""Search for what a shopper means: words by field, meaning, and weights that are learned from ratings."""

import csv
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation import kit, tasks
from generation.campaigns.constraints import Constraints
from generation.catalog import hybrid, listing, nearest, tiers, wording
from generation.catalog.hybrid import Weights
from generation.catalog.search import CatalogSearch
from generation.measure import metrics, tuning
from generation.models import Product, ProductWords, WordCount
from storefront_studio.lib.errors import Misconfigured
from tests.factories import TODAY, ProductFactory

pytestmark = pytest.mark.django_db
HOSTILE = [
    "'; DROP TABLE x; --",
    "a\\'b & | ! <-> :*",
    "",
    "the of and",
    "<script>",
    "muesli " * 400,
    "\t\n%s %(x)s {0}",
]


@pytest.fixture
def search(shop: Any) -> CatalogSearch:
    return CatalogSearch(shop, Constraints(), TODAY)


def found(search: CatalogSearch, query: str, **weights: Any) -> list[Product]:
    ids = search.search_text(query, kit.encoder().encode([query])[0], 20, Weights(**weights))
    rows = Product.objects.in_bulk(ids)
    return [rows[id_] for id_ in ids]


def test_words_are_written_once_and_again_only_for_what_changed(shop: Any) -> None:
    assert wording.refresh(shop) == 0
    assert shop.pk not in wording.stores_behind()
    product = shop.products.first()
    product.description, product.content_hash = "Comes with a zanzibarish spoon", "sha256:other"
    product.save()
    assert shop.pk in wording.stores_behind()
    assert wording.refresh(shop) == 1
    assert "zanzibarish" in ProductWords.objects.get(product=product).words


def test_the_worker_writes_words_after_an_import(shop: Any) -> None:
    ProductWords.objects.filter(store=shop).delete()
    tasks.prepare_catalogue(shop)
    assert ProductWords.objects.filter(store=shop).count() == shop.products.count()


def test_a_description_without_end_is_no_reason_to_stop(shop: Any) -> None:
    Product.objects.filter(pk=shop.products.first().pk).update(
        description=" ".join(f"word{n}" for n in range(200_000)),
        attributes={"list": [f"value{n}" for n in range(100_000)]},
        content_hash="sha256:long",
    )
    assert wording.refresh(shop) == 1


def test_what_stands_only_in_an_attribute_or_a_description_is_found(search: CatalogSearch) -> None:
    one, two = search.eligible().order_by("id")[:2]
    Product.objects.filter(pk=one.pk).update(attributes={"finish": ["quabbled"]}, content_hash="sha256:1")
    Product.objects.filter(pk=two.pk).update(description="Lightly quabbled by hand", content_hash="sha256:2")
    wording.refresh(search.store)
    assert {product.pk for product in found(search, "quabbled", attributes=1, words=1)[:2]} == {one.pk, two.pk}


def test_a_product_that_holds_more_of_the_words_comes_first(search: CatalogSearch) -> None:
    best = found(search, "dog food", words=1)[0]
    assert "dog" in f"{best.title} {best.product_type}".casefold()


def test_words_that_no_product_holds_still_find_by_meaning(search: CatalogSearch) -> None:
    assert any("dog" in product.product_type.casefold() for product in found(search, "puppies")[:5])


def test_constraints_hold_for_words_and_for_meaning(shop: Any) -> None:
    limits = Constraints.model_validate({"price_max": "4", "exclude_terms": ["honey"]})
    search = CatalogSearch(shop, limits, TODAY)
    allowed = set(search.eligible().values_list("id", flat=True))
    assert {product.pk for product in found(search, "honey muesli with nuts")} <= allowed


@pytest.mark.parametrize("query", HOSTILE)
def test_any_text_may_be_searched_for(search: CatalogSearch, query: str) -> None:
    assert len(found(search, query)) == 20


def test_vectors_in_memory_and_in_the_database_find_the_same(
    search: CatalogSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = found(search, "crunchy breakfast")
    monkeypatch.setattr(nearest, "HELD_MOST", 0)
    monkeypatch.setattr(nearest, "CODED_MOST", 0)
    asking = CatalogSearch(search.store, Constraints(), TODAY)
    assert len({one.pk for one in in_memory} & {one.pk for one in found(asking, "crunchy breakfast")}) >= 19


def test_a_search_asks_the_database_for_words_and_nothing_else_once_its_vectors_are_read(
    search: CatalogSearch, django_assert_num_queries: Any
) -> None:
    vector = kit.encoder().encode(["dog food"])[0]
    search.search_text("dog food", vector, 20)
    with django_assert_num_queries(2):  # its words as the database knows them, then the products
        search.search_text("dog food", vector, 20)


@pytest.mark.parametrize("query", ["dog food", "muesli", "organic honey and oat granola bars"])
def test_learning_sees_the_scores_that_the_search_gives(search: CatalogSearch, query: str) -> None:
    weights = Weights(brand=0.7, attributes=0.2, description=1.4, cover=2, length=0.5, words=0.6, phrase=0.3)
    asked = hybrid.words(search.store, query)
    told = hybrid.matched(search.eligible(), asked)
    learned = dict(zip(told.ids.tolist(), hybrid.word_scores(told, weights), strict=True))
    searched = dict(hybrid.by_words(search.eligible(), search.eligible_count, asked, weights, 10_000))
    assert searched == pytest.approx(learned, abs=1e-5)
    assert searched


@pytest.mark.parametrize("limits", [{}, {"include_categories": ["Pet > Dog"]}, {"price_max": "3"}])
@pytest.mark.parametrize("query", ["dog food", "a bowl of muesli with oats and honey"])
def test_the_best_are_the_same_however_many_products_are_looked_at(
    shop: Any, limits: dict[str, Any], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = CatalogSearch(shop, Constraints.model_validate(limits), TODAY)
    asked, weights = hybrid.words(shop, query), hybrid.saved().weights
    told = hybrid.matched(search.eligible(), asked)
    scores = dict(zip(told.ids.tolist(), hybrid.word_scores(told, weights), strict=True))
    best = sorted(scores, key=lambda id_: (-scores[id_], id_))[:3]
    assert len(best) == 3
    monkeypatch.setattr(hybrid, "LOOKED_AT", 30)
    looked = hybrid.by_words(search.eligible(), search.eligible_count, asked, weights, 3)
    assert {id_ for id_, _score in looked} == set(best)


def test_of_products_that_all_hold_the_words_those_named_so_are_looked_at_first(
    search: CatalogSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    Product.objects.filter(store=search.store).update(description="A quabbled thing", content_hash="sha256:all")
    named = search.eligible().order_by("-id").first()
    Product.objects.filter(pk=named.pk).update(title="Quabbled")  # type: ignore[union-attr]
    wording.refresh(search.store)
    monkeypatch.setattr(hybrid, "LOOKED_AT", 10)
    asked = hybrid.words(search.store, "quabbled")
    assert min(asked.counts.values()) > 10
    best = hybrid.by_words(search.eligible(), search.eligible_count, asked, Weights(), 5)
    assert best[0][0] == named.pk  # type: ignore[union-attr]


def test_levels_find_whatever_holds_a_word_and_nothing_twice(shop: Any) -> None:
    weights = {"dog": 3.0, "food": 2.0, "chew": 4.0, "honey": 2.5, "it's": 1.0, "a\\b": 9.0}
    rows = ProductWords.objects.filter(store=shop)

    def holding(query: str) -> list[int]:
        return list(rows.extra(where=["words @@ %s::tsquery"], params=[query]).values_list("pk", flat=True))

    found = [holding(level) for level in tiers.levels(weights)]
    every = [id_ for level in found for id_ in level]
    assert len(every) == len(set(every)) > 0
    assert set(every) == set(holding(" | ".join(map(tiers.quoted, weights))))


def test_a_level_holds_more_of_the_weight_than_the_next() -> None:
    first, *others = tiers.levels({"rare": 5.0, "common": 1.0})
    assert first == "('common' & 'rare')"
    assert others[0].startswith("(('rare'))")
    assert tiers.levels({"one": 1.0}) == ["('one')"]


def test_a_words_products_are_counted_in_its_store_alone(shop: Any) -> None:
    other = ProductFactory(title="Dog food", description="quabbled")
    wording.refresh(other.store)
    counts = hybrid.words(shop, "dog food quabbled").counts
    assert counts == {"dog": hold(shop, "dog"), "food": hold(shop, "food")}  # of the words that some product holds
    assert hybrid.words(shop, "dog").total == shop.products.count()


def test_words_are_searched_before_they_were_ever_counted(search: CatalogSearch) -> None:
    before = hybrid.words(search.store, "dog food")
    WordCount.objects.filter(store=search.store).delete()
    assert search.store.pk in wording.stores_behind()
    assert hybrid.words(search.store, "dog food") == before
    wording.refresh(search.store)
    assert WordCount.objects.filter(store=search.store).exists()


def test_words_are_counted_again_when_enough_products_changed(shop: Any) -> None:
    common = shop.products.count()
    one = shop.products.first()
    Product.objects.filter(pk=one.pk).update(description="quabbled", content_hash="sha256:one")
    wording.refresh(shop)
    assert not WordCount.objects.filter(store=shop, word="quabbl").exists()
    Product.objects.filter(store=shop).update(description="quabbled", content_hash="sha256:all")
    wording.refresh(shop)
    assert WordCount.objects.get(store=shop, word="quabbl").products == common


def test_what_no_words_find_is_looked_for_by_meaning(shop: Any) -> None:
    asked: list[str] = []
    waiting = listing.of(shop, q="feline", sort="", ask=asked.append)
    assert (waiting.asked, asked, waiting.pages.count) == (True, ["feline"], 0)
    assert listing.of(shop, q="feline", sort="", ask=asked.append).asked
    assert asked == ["feline"]  # once: a page that asks again does not ask another worker
    tasks.place_text(shop.pk, "feline")
    found = listing.of(shop, q=" Feline ", sort="", ask=asked.append)
    assert found.note == listing.NEAR
    assert any("Cat" in product.product_type for product in found.pages.get_page(1).object_list[:5])
    dear = listing.of(shop, q="feline", sort="", ask=asked.append, price_min=Decimal("5"))
    assert all(product.effective_price >= 5 for product in dear.pages.get_page(1))


def hold(shop: Any, word: str) -> int:
    return ProductWords.objects.filter(store=shop).extra(where=["words @@ %s::tsquery"], params=[word]).count()


def test_the_shipped_weights_say_where_they_are_from() -> None:
    origin = hybrid.saved().provenance
    assert origin["queries"] and origin["objective_held_out"] and origin["encoder"] and origin["judgements_sha256"]


def test_a_file_of_weights_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"version": "x", "weights": {"words": 7}, "provenance": {}}')
    with pytest.raises(Misconfigured, match=r"broken\.json"):
        hybrid.saved(path)


@pytest.fixture
def judgements(shop: Any, tmp_path: Path) -> Path:
    """Titles as queries; each asks for its product, and a little for its neighbours on the shelf."""
    path = tmp_path / "judgements.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["query", "docid", "rating"])
        for product in shop.products.distinct("title").order_by("title", "id")[:24]:
            rows.writerow([product.title, product.item_id, 3])
            for other in shop.products.filter(product_type=product.product_type).exclude(pk=product.pk)[:5]:
                rows.writerow([product.title, other.item_id, 1])
    return path


def test_weights_are_learned_from_ratings_and_kept_with_their_provenance(
    shop: Any, judgements: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "search-v9.json"
    call_command("learn_search", store=shop.slug, judgements=judgements, out=out)
    kept = hybrid.saved(out)
    assert kept.version == "search-v9"
    assert kept.provenance["products"] == shop.products.count()
    assert "held out" in capsys.readouterr().out


def test_too_few_ratings_teach_nothing(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("query,docid,rating\nmuesli,gs-1,3\n")
    with pytest.raises(CommandError, match="20 are needed"):
        call_command("learn_search", store=shop.slug, judgements=path, out=tmp_path / "w.json")
    assert not (tmp_path / "w.json").exists()


def test_a_query_is_held_out_of_the_weights_it_is_measured_with(shop: Any, search: CatalogSearch) -> None:
    ratings = {name: {shop.products.first().item_id: 3} for name in ("muesli", "honey", "dog food", "tea", "cheese")}
    asked = tuning.questions(search, kit.encoder(), ratings, dict(shop.products.values_list("id", "item_id")))
    for fold, weights in enumerate(tuning.held_out(asked, tuning.SEARCH)):
        others = [one for one in asked if tuning.fold_of(one.query) != fold]
        assert weights == tuning.learn(others, tuning.SEARCH)


def test_learning_never_does_worse_than_the_defaults_on_an_easy_lesson(search: CatalogSearch) -> None:
    items = dict(search.store.products.values_list("id", "item_id"))
    by_title = {p.title: {p.item_id: 3} for p in search.eligible().order_by("id")[:12]}
    asked = tuning.questions(search, kit.encoder(), by_title, items)
    learned = [tuning.quality(one, tuning.learn(asked, tuning.SEARCH)) for one in asked]
    assert (metrics.mean(learned) or 0) >= (metrics.mean([tuning.quality(one, Weights()) for one in asked]) or 0) - 0.01


def test_bench_retrieval_holds_out_and_names_the_peers_that_are_not_there(
    shop: Any, judgements: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tantivy", None)  # as if it were not installed
    call_command("bench", "retrieval", "--store", shop.slug, "--judgements", str(judgements), "--json")
    report = json.loads(capsys.readouterr().out)
    names = [system["name"] for system in report["systems"]]
    assert names[:2] == ["studio hybrid, held out", f"studio hybrid, {hybrid.saved().version} as shipped"]
    assert not any("tantivy" in name for name in names)
    assert any("tantivy" in note and "requirements/bench.lock" in note for note in report["notes"])
    low, high = report["systems"][0]["ndcg@10_95%"]
    assert low <= report["systems"][0]["ndcg@10"] <= high
