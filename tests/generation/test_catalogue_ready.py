"""When a catalogue is ready for the cascade: products and keywords all have their vectors."""

from typing import Any

from generation import selectors
from generation.models import DIMENSIONS, Keyword, KeywordKind, Product, ProductVector


def _product(store: Any, embedded: bool) -> None:
    product = Product.objects.create(
        store=store, item_id="p-1", title="Soup", price="1.00", currency="EUR", content_hash="c", text_hash="t"
    )
    if embedded:
        ProductVector.objects.create(
            product=product, store=store, text_hash="t", encoder="all-MiniLM-L6-v2", embedding=[0.1] * DIMENSIONS
        )


def _keyword(store: Any, text: str, embedded: bool) -> None:
    vector = [0.1] * DIMENSIONS if embedded else None
    Keyword.objects.create(store=store, kind=KeywordKind.SEARCH, text=text, density=9, embedding=vector)


def test_a_catalogue_with_all_its_vectors_is_ready(store: Any) -> None:
    _product(store, embedded=True)
    _keyword(store, "soup", embedded=True)
    assert selectors.catalogue_state(store).ready


def test_a_catalogue_whose_vocabulary_is_half_embedded_is_not_ready(store: Any) -> None:
    _product(store, embedded=True)
    _keyword(store, "soup", embedded=True)
    _keyword(store, "bread", embedded=False)
    assert not selectors.catalogue_state(store).ready


def test_a_catalogue_with_a_product_that_waits_for_its_vector_is_not_ready(store: Any) -> None:
    _product(store, embedded=False)
    _keyword(store, "soup", embedded=True)
    assert not selectors.catalogue_state(store).ready
