"""The vocabulary's screen."""

from typing import Any

import pytest
from django.urls import reverse

from generation.models import KeywordKind
from tests.factories import KeywordFactory, ProductFactory

pytestmark = pytest.mark.django_db
LIST = "/catalogue/keywords/"


def texts(response: Any) -> list[str]:
    return [keyword.text for keyword in response.context["page_obj"]]


def test_anonymous_people_are_sent_to_sign_in(client: Any) -> None:
    assert client.get(LIST).url.startswith(reverse("login"))


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client", "admin_client"])
def test_every_member_sees_the_keywords_most_products_first(request: Any, store: Any, who: str) -> None:
    KeywordFactory(store=store, text="rare", density=3)
    KeywordFactory(store=store, text="common", density=30)
    assert texts(request.getfixturevalue(who).get(LIST)) == ["common", "rare"]


def test_keywords_of_another_store_are_hidden(stranger_client: Any, store: Any) -> None:
    keyword = KeywordFactory(store=store)
    assert texts(stranger_client.get(LIST)) == []
    assert stranger_client.get(reverse("keyword-examples", args=[keyword.pk])).status_code == 404


def test_a_tab_shows_one_kind_with_its_count(merchandiser_client: Any, store: Any) -> None:
    KeywordFactory(store=store, text="soup")
    KeywordFactory(store=store, kind=KeywordKind.CATEGORY, text="Grocery")
    response = merchandiser_client.get(LIST, {"kind": "category"})
    assert texts(response) == ["Grocery"]
    assert [tab["count"] for tab in response.context["tabs"]] == ["2", "1", "1", "0"]


def test_search_and_sort_work_together(merchandiser_client: Any, store: Any) -> None:
    for text in ("tomato soup", "soup bowl", "tea"):
        KeywordFactory(store=store, text=text)
    assert texts(merchandiser_client.get(LIST, {"q": "SOUP", "sort": "text"})) == ["soup bowl", "tomato soup"]


def test_examples_are_three_products_the_keyword_reaches(merchandiser_client: Any, store: Any) -> None:
    ProductFactory.create_batch(4, store=store, title="Tomato soup")
    ProductFactory(store=store, title="Tea")
    keyword = KeywordFactory(store=store, text="soups")
    url = reverse("keyword-examples", args=[keyword.pk])
    response = merchandiser_client.get(url, headers={"HX-Request": "true"})
    assert [product.title for product in response.context["products"]] == ["Tomato soup"] * 3
    assert reverse("product-list") in merchandiser_client.get(url).url


@pytest.mark.parametrize("who", ["merchandiser_client", "marketing_client"])
def test_an_empty_vocabulary_says_where_keywords_come_from(request: Any, store: Any, who: str) -> None:
    assert "built from the catalogue" in request.getfixturevalue(who).get(LIST).content.decode()


def test_a_catalogue_that_is_being_embedded_says_that_keywords_follow(merchandiser_client: Any, store: Any) -> None:
    ProductFactory(store=store)
    assert "Keywords are being built" in merchandiser_client.get(LIST).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(
    merchandiser_client: Any, store: Any, django_assert_max_num_queries: Any
) -> None:
    KeywordFactory.create_batch(60, store=store)
    with django_assert_max_num_queries(11):
        assert len(merchandiser_client.get(LIST).context["page_obj"]) == 50


def test_odd_parameters_are_harmless(merchandiser_client: Any, store: Any) -> None:
    KeywordFactory(store=store, text="100% <b>juice</b>")
    response = merchandiser_client.get(LIST, {"q": "100%", "kind": "x", "sort": "y", "page": "z"})
    assert texts(response) == ["100% <b>juice</b>"]
    assert "<b>juice" not in response.content.decode()
