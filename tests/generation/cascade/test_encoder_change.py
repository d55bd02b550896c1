"""Another encoder: everything is embedded anew, and nothing is compared with it before that is done."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from generation import kit, rulings, tasks
from generation.campaigns.constraints import Constraints
from generation.catalog import embed
from generation.catalog.search import CatalogSearch
from generation.catalog.texts import embedding_text
from generation.encoders.base import Vectors
from generation.models import Keyword, Product, ProductVector, Ruling
from storefront_studio.lib.errors import Transient
from tests.generation.cascade import shop as shops

pytestmark = pytest.mark.django_db


class Killed(Exception):
    """The worker's end, in the middle of its work."""


class Renamed:
    """The shop's encoder under another name, as another model would be."""

    name = "newer"

    def __init__(self, stop_after: int | None = None) -> None:
        self.inner, self.left = shops.encoder(), stop_after
        self.dimensions = self.inner.dimensions

    def encode(self, texts: Sequence[str], batch_size: int = 16) -> Vectors:
        if self.left is not None:
            if self.left <= 0:
                raise Killed
            self.left -= 1
        return self.inner.encode(texts, batch_size)


@pytest.fixture
def newer(shop: Any, monkeypatch: pytest.MonkeyPatch) -> Renamed:
    encoder = Renamed()
    monkeypatch.setattr(kit, "encoder", lambda: encoder)
    kit.forget_texts()
    return encoder


def names(shop: Any) -> set[str]:
    products = ProductVector.objects.filter(store=shop).values_list("encoder", flat=True)
    return {*products, *Keyword.objects.filter(store=shop).values_list("encoder", flat=True)}


def search_of(shop: Any) -> CatalogSearch:
    return CatalogSearch(shop, Constraints(), dt.date(2026, 11, 21))


def test_nothing_is_compared_with_vectors_of_another_encoder(shop: Any, newer: Renamed) -> None:
    with pytest.raises(Transient, match="embedded anew for newer"):
        kit.assemble(search_of(shop), None)


def test_beat_finds_the_store_and_the_worker_embeds_all_of_it_anew(shop: Any, newer: Renamed) -> None:
    assert shop.pk in embed.stores_behind(newer.name) and shop.pk not in embed.stores_behind()
    tasks.prepare_catalogue(shop)
    assert names(shop) == {"newer"}
    assert shop.pk not in embed.stores_behind(newer.name)
    assert kit.assemble(search_of(shop), None).encoder.name == "newer"


@pytest.mark.parametrize("batches", [0, 1])
def test_a_worker_killed_on_the_way_is_followed_by_one_that_ends_it(
    shop: Any, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    dying, living = Renamed(stop_after=batches), Renamed()
    monkeypatch.setattr(kit, "encoder", lambda: dying)
    with pytest.raises(Killed):
        tasks.prepare_catalogue(shop)
    assert embed.between_encoders(shop, "newer") and shop.pk in embed.stores_behind("newer")
    monkeypatch.setattr(kit, "encoder", lambda: living)
    tasks.prepare_catalogue(shop)
    assert names(shop) == {"newer"} and not embed.between_encoders(shop, "newer")


def test_a_product_deleted_while_it_is_encoded_leaves_the_rest_alone(shop: Any) -> None:
    products = Product.objects.filter(store=shop)
    ((batch, vectors),) = embed.encoded(embed.by_id(products), embedding_text, Renamed())
    Product.objects.filter(pk=batch[3].pk).delete()
    embed.write(batch, vectors, "newer")
    assert ProductVector.objects.filter(store=shop, encoder="newer").count() == len(batch) - 1


def test_rulings_of_another_encoder_wait_too(shop: Any) -> None:
    assert shop.pk not in rulings.stores_behind("newer")
    Ruling.objects.create(
        store=shop,
        placement=1,
        title="Muesli to wake up for",
        reason_code="brand",
        reason="Does not fit the brand",
        person="Merle Handiser",
        embedding=[0.1] * 384,
        encoder="older",
        ruled_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    )
    assert rulings.stores_behind("newer") == [shop.pk] and rulings.stores_behind() == []
