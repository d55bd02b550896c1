"""The product list and a product's own page."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from generation.models import Availability, KeywordKind
from tests.factories import KeywordFactory, ProductFactory

pytestmark = pytest.mark.django_db
LIST = "/catalogue/products/"


def titles(response: Any) -> list[str]:
    return [product.title for product in response.context["page_obj"]]


def test_anonymous_people_are_sent_to_sign_in(client: Any) -> None:
    response = client.get(LIST)
    assert response.status_code == 302
    assert response.url.startswith(reverse("login"))


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client", "admin_client"])
def test_every_member_sees_the_products(request: Any, store: Any, who: str) -> None:
    ProductFactory(store=store, title="Red lentils")
    response = request.getfixturevalue(who).get(LIST)
    assert response.status_code == 200
    assert titles(response) == ["Red lentils"]


def test_products_of_another_store_are_not_listed(stranger_client: Any, store: Any) -> None:
    ProductFactory(store=store)
    assert titles(stranger_client.get(LIST)) == []


def test_a_product_of_another_store_is_not_found(stranger_client: Any, store: Any) -> None:
    product = ProductFactory(store=store)
    assert stranger_client.get(reverse("product-detail", args=[product.pk])).status_code == 404


def test_search_finds_stems_and_unfinished_last_words(merchandiser_client: Any, store: Any) -> None:
    ProductFactory(store=store, title="Dark chocolate bars")
    ProductFactory(store=store, title="Green tea")
    assert titles(merchandiser_client.get(LIST, {"q": "bar choc"})) == ["Dark chocolate bars"]


def test_search_finds_an_id_exactly(merchandiser_client: Any, store: Any) -> None:
    plain = {"brand": "", "product_type": "", "categories": []}  # whose numbers would hold the search's as words
    ProductFactory(store=store, item_id="A-1", title="One", **plain)
    ProductFactory(store=store, item_id="A-12", title="Twelve", **plain)
    assert titles(merchandiser_client.get(LIST, {"q": "A-1"})) == ["One"]


@pytest.mark.parametrize("q", ["'", "!!", "a & | b:*", "\\", "the", "x" * 5000, "\x00", "<script>"])
def test_no_search_text_breaks_the_page(merchandiser_client: Any, store: Any, q: str) -> None:
    ProductFactory(store=store)
    assert merchandiser_client.get(LIST, {"q": q}).status_code == 200


def test_filters_narrow_the_list(merchandiser_client: Any, store: Any) -> None:
    wanted = ProductFactory(store=store, title="Wanted", brand="Acme", price=Decimal("5"))
    ProductFactory(store=store, title="Sold out", brand="Acme", price=Decimal("5"), sold_out=True)
    ProductFactory(store=store, title="Dear", brand="Acme", price=Decimal("50"))
    ProductFactory(store=store, title="Other brand", brand="Zeta", price=Decimal("5"))
    ProductFactory(store=store, title="Elsewhere", brand="Acme", price=Decimal("5"), categories=["Garden"])
    query = {
        "brand": "acm",
        "price_min": "1",
        "price_max": "10",
        "availability": Availability.IN_STOCK.value,
        "category": wanted.categories[0],
    }
    assert titles(merchandiser_client.get(LIST, query)) == ["Wanted"]


def test_a_filter_that_cannot_be_read_is_named_and_does_not_filter(merchandiser_client: Any, store: Any) -> None:
    ProductFactory(store=store, title="Red lentils")
    response = merchandiser_client.get(LIST, {"price_min": "cheap"})
    assert titles(response) == ["Red lentils"]
    assert "Enter a number" in response.content.decode()


def test_prices_sort_by_what_is_paid(merchandiser_client: Any, store: Any) -> None:
    ProductFactory(store=store, title="Middle", price=Decimal("6"))
    ProductFactory(store=store, title="On sale", price=Decimal("9"), sale_price=Decimal("2"))
    assert titles(merchandiser_client.get(LIST, {"sort": "price"})) == ["On sale", "Middle"]


def test_the_number_of_queries_does_not_grow_with_the_rows(
    merchandiser_client: Any, store: Any, django_assert_max_num_queries: Any
) -> None:
    ProductFactory.create_batch(60, store=store)
    with django_assert_max_num_queries(12):
        response = merchandiser_client.get(LIST)
    assert len(response.context["page_obj"]) == 50


def test_pages_end_where_counting_ends(merchandiser_client: Any, store: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("generation.catalog.browse.MOST_COUNTED", 60)
    ProductFactory.create_batch(70, store=store, title="Soup")
    response = merchandiser_client.get(LIST, {"q": "soup"})
    assert response.context["page_obj"].paginator.count == 60
    assert "More than 60 of 70" in response.context["total"]


def test_htmx_gets_the_results_only(merchandiser_client: Any, store: Any) -> None:
    ProductFactory(store=store)
    text = merchandiser_client.get(LIST, headers={"HX-Request": "true"}).content.decode()
    assert 'id="results"' in text
    assert "<html" not in text


def test_going_back_in_the_browser_gives_the_whole_page(merchandiser_client: Any, store: Any) -> None:
    ProductFactory(store=store)
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in merchandiser_client.get(LIST, headers=headers).content.decode()


def test_an_empty_catalogue_offers_the_import_to_those_who_may(merchandiser_client: Any, marketing_client: Any) -> None:
    link = reverse("import-create")
    assert link in merchandiser_client.get(LIST).content.decode()
    assert link not in marketing_client.get(LIST).content.decode()


def test_hostile_text_stays_text(merchandiser_client: Any, store: Any) -> None:
    product = ProductFactory(
        store=store,
        title="<script>alert(1)</script>" + "W" * 400,
        description="<img src=x onerror=alert(2)>",
        link="javascript:alert(3)",
        attributes={"<b>name</b>": ["<i>", "x"], "flag": True, "n": 2.5},
    )
    for url in (LIST, reverse("product-detail", args=[product.pk])):
        text = merchandiser_client.get(url).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert 'href="javascript:' not in text
        assert "<b>name" not in text


def test_a_product_lists_the_keywords_that_reach_it(merchandiser_client: Any, store: Any) -> None:
    product = ProductFactory(
        store=store, title="Dark chocolate bar", brand="Acme", attributes={"diet": ["vegan", "halal"], "note": "x"}
    )
    KeywordFactory(store=store, text="chocolate bars")
    KeywordFactory(store=store, text="green tea")
    KeywordFactory(store=store, kind=KeywordKind.CATEGORY, text="Grocery > Pulses")
    KeywordFactory(store=store, kind=KeywordKind.ATTRIBUTE, field="brand", text="ACME")
    KeywordFactory(store=store, kind=KeywordKind.ATTRIBUTE, field="attributes.diet", text="vegan")
    KeywordFactory(store=store, kind=KeywordKind.ATTRIBUTE, field="brand", text="Zeta")
    response = merchandiser_client.get(reverse("product-detail", args=[product.pk]))
    found = {keyword.text for keyword in response.context["keywords"]}
    assert found == {"chocolate bars", "Grocery > Pulses", "ACME", "vegan"}


def test_a_product_without_a_vector_says_so(merchandiser_client: Any, store: Any) -> None:
    product = ProductFactory(store=store)
    assert "Not embedded yet" in merchandiser_client.get(reverse("product-detail", args=[product.pk])).content.decode()
