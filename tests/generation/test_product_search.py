"""The search of the product list: best match first by words, mistyped and unfinished ones, and by meaning at last."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from generation.catalog import finding, listing, meaning, wording
from generation.models import Product, ProductVector, WordCount
from tests.factories import KeywordFactory, ProductFactory

pytestmark = pytest.mark.django_db
LIST = "/catalogue/products/"
PLAIN: dict[str, Any] = {"brand": "", "product_type": "", "categories": []}


def titles(response: Any) -> list[str]:
    return [product.title for product in response.context["page_obj"]]


@pytest.fixture
def shelf(store: Any) -> Any:
    """Products with their words written, as the worker does after an import."""
    for title, text in (
        ("Wooden spoon", "Goes well with dark chocolate and tea"),
        ("Dark chocolate bar", "With sea salt"),
        ("Milk chocolate", "A bar of 100 g"),
        ("Green tea", "Loose leaves"),
        ("Dark jeans", "Organic cotton"),
    ):
        ProductFactory(store=store, title=title, description=text, **PLAIN)
    wording.refresh(store)
    return store


def test_words_in_the_title_come_before_words_in_the_description(merchandiser_client: Any, shelf: Any) -> None:
    response = merchandiser_client.get(LIST, {"q": "dark chocolate"})
    assert titles(response)[:2] == ["Dark chocolate bar", "Wooden spoon"]
    assert set(titles(response)[2:]) == {"Milk chocolate", "Dark jeans"}
    assert listing.BEST in response.content.decode()
    assert response.context["total"] == "2 of 5 products hold all of your words, 2 more some of them"


def test_a_search_that_no_product_answers_in_full_says_so(merchandiser_client: Any, shelf: Any) -> None:
    response = merchandiser_client.get(LIST, {"q": "green jeans"})
    assert set(titles(response)) == {"Green tea", "Dark jeans"}
    assert listing.SOME in response.content.decode()


def test_another_order_lists_only_what_holds_every_word(merchandiser_client: Any, shelf: Any) -> None:
    Product.objects.filter(title="Wooden spoon").update(price=Decimal("1"))
    response = merchandiser_client.get(LIST, {"q": "dark chocolate", "sort": "price"})
    assert titles(response) == ["Wooden spoon", "Dark chocolate bar"]


def test_filters_hold_for_what_the_words_find(merchandiser_client: Any, shelf: Any) -> None:
    Product.objects.filter(title="Dark chocolate bar").update(price=Decimal("90"))
    response = merchandiser_client.get(LIST, {"q": "dark chocolate", "price_max": "50"})
    assert "Dark chocolate bar" not in titles(response)
    assert "Wooden spoon" in titles(response)


@pytest.mark.parametrize("q", ["choclate bar", "chocolaet bar"])
def test_a_mistyped_word_finds_what_was_meant_and_says_so(merchandiser_client: Any, shelf: Any, q: str) -> None:
    KeywordFactory(store=shelf, text="dark chocolate")
    response = merchandiser_client.get(LIST, {"q": q})
    assert "Dark chocolate bar" in titles(response)
    assert f"No product holds “{q.split()[0]}”; looked for “chocolate” instead." in response.content.decode()


def test_a_word_that_is_like_none_is_not_taken_for_another(shelf: Any) -> None:
    KeywordFactory(store=shelf, text="dark chocolate")
    assert finding.by_words(shelf, shelf.products.all(), "charlotte") is None


def test_an_unfinished_last_word_finds_what_it_begins(merchandiser_client: Any, shelf: Any) -> None:
    response = merchandiser_client.get(LIST, {"q": "dark choco"})
    assert titles(response)[0] == "Dark chocolate bar"
    assert "No product holds" not in response.content.decode()


def test_a_number_is_not_taken_for_another_number(store: Any) -> None:
    ProductFactory(store=store, title="Cable X1040", **PLAIN)
    wording.refresh(store)
    assert finding.by_words(store, store.products.all(), "x1041") is None


def test_the_product_whose_id_it_is_comes_first(merchandiser_client: Any, shelf: Any) -> None:
    ProductFactory(store=shelf, item_id="tea", title="Kettle", **PLAIN)
    wording.refresh(shelf)
    assert titles(merchandiser_client.get(LIST, {"q": "tea"}))[:2] == ["Kettle", "Green tea"]


def test_pages_of_a_search_hold_each_product_once(merchandiser_client: Any, store: Any) -> None:
    ProductFactory.create_batch(120, store=store, title="Soup", **PLAIN)
    wording.refresh(store)
    pages = [merchandiser_client.get(LIST, {"q": "soup", "page": number}) for number in (1, 2, 3)]
    found = [product.pk for page in pages for product in page.context["page_obj"]]
    assert len(found) == len(set(found)) == 120
    assert "120 of 120 products match" in pages[0].context["total"]


def test_only_the_best_of_many_are_listed_and_it_says_so(
    merchandiser_client: Any, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "LISTED", 60)
    ProductFactory.create_batch(70, store=store, title="Soup", **PLAIN)
    wording.refresh(store)
    total = merchandiser_client.get(LIST, {"q": "soup"}).context["total"]
    assert total == "More than 60 of 70 products hold all of your words; the best 60 matches are listed"


@pytest.mark.parametrize(
    "asked", [{"q": "lentils"}, {"q": "lentils", "sort": "price", "price_max": "900"}, {"q": "lentlis"}]
)
def test_a_search_asks_the_database_as_often_for_many_products_as_for_few(
    merchandiser_client: Any, store: Any, asked: dict[str, str], django_assert_max_num_queries: Any
) -> None:
    ProductFactory.create_batch(60, store=store, title="Lentils", **PLAIN)
    KeywordFactory(store=store, text="red lentils")
    wording.refresh(store)
    with django_assert_max_num_queries(20):
        response = merchandiser_client.get(LIST, asked)
    assert len(response.context["page_obj"]) == 50


def test_the_words_of_another_store_find_nothing_here(stranger_client: Any, shelf: Any) -> None:
    assert titles(stranger_client.get(LIST, {"q": "chocolate"})) == []


def test_products_that_just_came_in_are_found_before_their_words_are_written(
    merchandiser_client: Any, store: Any
) -> None:
    ProductFactory(store=store, title="Dark chocolate bars", **PLAIN)
    assert not WordCount.objects.exists()
    response = merchandiser_client.get(LIST, {"q": "bar choc"})
    assert titles(response) == ["Dark chocolate bars"]
    assert listing.NAMED in response.content.decode()


@pytest.mark.parametrize("q", ["'", "\\", "a\\'b & | ! <-> :*", "it's", "x" * 5000, "the", "%s %(x)s {0}", "<script>"])
def test_no_search_text_breaks_the_ranking(merchandiser_client: Any, shelf: Any, q: str) -> None:
    for sort in ("", "price"):
        assert merchandiser_client.get(LIST, {"q": q, "sort": sort}).status_code == 200


def test_a_page_asks_again_until_a_worker_answers_or_too_long_went_by(merchandiser_client: Any, shelf: Any) -> None:
    page = merchandiser_client.get(LIST, {"q": "zzzzqqqq", "sort": "price"}).content.decode()
    assert "Looking for products that are near by meaning" in page
    assert "tries=1" in page and "sort=price" in page
    again = merchandiser_client.get(LIST, {"q": "zzzzqqqq", "tries": "8"}).content.decode()
    assert "none has answered" in again
    assert "tries=" not in again


@pytest.mark.parametrize("tries", ["-1", "x", "99999999999999999999", "²"])
def test_nonsense_in_the_address_is_no_error(merchandiser_client: Any, shelf: Any, tries: str) -> None:
    assert merchandiser_client.get(LIST, {"q": "zzzzqqqq", "tries": tries}).status_code == 200


def test_nothing_far_away_counts_as_near(shelf: Any) -> None:
    vector = np.zeros(384, dtype=np.float32)
    vector[0] = 1
    product = shelf.products.first()
    other = -vector
    ProductVector.objects.create(product=product, store=shelf, text_hash="x", encoder="e", embedding=other.tolist())
    assert meaning.near(shelf.products.all(), vector) == []
