"""Checked rows on their way into the catalogue."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from generation.catalog.feed import ProductRow
from generation.catalog.importer import Counts, upsert
from generation.models import Product

pytestmark = pytest.mark.django_db


def row(id_: str, title: str = "Red lentils", price: str = "2.50") -> ProductRow:
    return ProductRow(id=id_, title=title, price=Decimal(price), currency="EUR")


@pytest.mark.parametrize("fresh", [True, False])
def test_rows_are_new_changed_or_as_they_were(store: Any, fresh: bool) -> None:
    assert upsert(store, [row("A"), row("B")], fresh=fresh) == Counts(created=2)
    made = dict(Product.objects.filter(store=store).values_list("item_id", "updated_at"))
    found = upsert(store, [row("A", "Brown lentils"), row("B"), row("C")], fresh=fresh)  # taken for new, or asked about
    assert found == Counts(created=1, updated=1, unchanged=1)
    now = {product.item_id: product for product in Product.objects.filter(store=store)}
    assert sorted(now) == ["A", "B", "C"]
    assert now["A"].title == "Brown lentils" and now["A"].updated_at > made["A"]
    assert now["B"].updated_at == made["B"]


def test_ids_of_another_store_do_not_count(store: Any, other_store: Any) -> None:
    upsert(other_store, [row("A", "Theirs")])
    assert upsert(store, [row("A", "Ours")], fresh=True) == Counts(created=1)
    assert Product.objects.get(store=other_store, item_id="A").title == "Theirs"


@pytest.mark.parametrize("fresh", [True, False])
def test_what_the_database_refuses_is_told_and_nothing_of_it_is_in(store: Any, fresh: bool) -> None:
    with pytest.raises(IntegrityError, match="product_price_above_zero"):
        upsert(store, [row("A"), row("B", price="0.001")], fresh=fresh)
    assert not Product.objects.filter(store=store).exists()


def test_texts_that_copy_would_read_otherwise_stay_what_they_are(store: Any) -> None:
    titles = [r"\N", r"back\slash", r"\t", "quo\"te 'and' more", "ünï → ✓", "\\."]
    upsert(store, [row(str(number), title) for number, title in enumerate(titles)], fresh=True)
    assert list(Product.objects.filter(store=store).order_by("id").values_list("title", flat=True)) == titles
