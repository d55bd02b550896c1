"""A catalogue frozen into a file: the same bytes for the same catalogue, and the same rows when it is opened."""

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.measure import snapshots
from storefront_studio.lib.errors import BadInput
from tests.generation.cascade import conftest

_remembered_vectors, shop = conftest._remembered_vectors, conftest.shop  # fixtures of the cascade's tests, ours too

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.STUDIO_DATA_DIR = tmp_path


def test_a_file_that_was_changed_is_not_replayed(shop: Any) -> None:
    from accounts.models import Store

    frozen = snapshots.freeze(shop, DAY)
    text = gzip.decompress(frozen.path.read_bytes()).replace(b"Porridge", b"Parridge")
    frozen.path.write_bytes(gzip.compress(text))
    with pytest.raises(BadInput, match="somebody changed the file"), snapshots.opened(frozen, "replay-1"):
        pass
    assert not Store.objects.filter(slug="replay-1").exists()


def test_a_catalogue_without_vectors_is_not_frozen(store: Any) -> None:
    from tests.factories import ProductFactory

    ProductFactory(store=store)
    with pytest.raises(BadInput, match="1 products of Corner Shop wait for their vectors"):
        snapshots.freeze(store, DAY)


def test_a_store_sees_only_its_own_snapshots(shop: Any, store: Any) -> None:
    frozen = snapshots.freeze(shop, DAY)
    (snapshots.folder() / "notes.jsonl.gz").write_bytes(b"none of ours")
    assert [one.digest for one in snapshots.listed(shop)] == [frozen.digest]
    assert snapshots.listed(store) == []


@pytest.mark.parametrize("name", ["sha256:../../etc/passwd", "sample", "sha256:" + "0" * 64])
def test_a_name_that_is_no_snapshot_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        snapshots.read_head(name)


def test_the_same_catalogue_gives_the_same_file(shop: Any) -> None:
    assert snapshots.freeze(shop, DAY) == snapshots.freeze(shop, DAY)
    assert len(list(snapshots.folder().iterdir())) == 1


def test_what_is_opened_is_what_was_frozen_and_is_gone_afterwards(shop: Any) -> None:
    from accounts.models import Store
    from generation.models import Product

    frozen = snapshots.freeze(shop, DAY)
    with snapshots.opened(frozen, "replay-1") as again:
        assert (again.products.count(), again.keywords.count()) == (frozen.products, frozen.keywords)
        was = Product.objects.filter(store=shop).select_related("vector").order_by("item_id")
        for one, other in zip(was, again.products.select_related("vector").order_by("item_id"), strict=True):
            assert (one.title, one.price, one.margin, one.categories, one.attributes, one.listed_on) == (
                other.title,
                other.price,
                other.margin,
                other.categories,
                other.attributes,
                other.listed_on,
            )
            assert np.array_equal(np.asarray(one.vector.embedding), np.asarray(other.vector.embedding))
        assert snapshots.freeze(again, DAY, shop.slug).products == frozen.products
    assert not Store.objects.filter(slug="replay-1").exists()
