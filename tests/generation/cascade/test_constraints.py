"""Hard constraints: the queryset, the receipts and the counts shown before a run all say the same, and it is true."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from generation.campaigns.constraints import Constraints, eligible, rules
from generation.campaigns.feasibility import measure
from generation.catalog.search import CatalogSearch
from generation.models import Product

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 2)
often = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)

CATEGORIES = ["Grocery", "Grocery > Breakfast > Muesli & granola", "Pet > Dog", "Pet", "Baby > Changing", "Nowhere"]
BRANDS = ["Barkwell", "morning acre", "CORNER BASICS", "Nobody"]
names = st.lists(st.sampled_from(CATEGORIES), max_size=2)
brands = st.lists(st.sampled_from(BRANDS), max_size=2)
prices = st.one_of(st.none(), st.decimals(0, 15, places=2))


@st.composite
def constraints(draw: st.DrawFn) -> Constraints:
    low, high = draw(prices), draw(prices)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Constraints(
        include_categories=draw(names),
        exclude_categories=draw(names),
        include_brands=draw(st.one_of(st.just([]), brands)),
        exclude_brands=draw(brands),
        exclude_products=draw(st.lists(st.sampled_from([f"gs-{n:05}" for n in range(1, 60)]), max_size=4)),
        price_min=low,
        price_max=high,
        in_stock=draw(st.booleans()),
        rating_min=draw(st.one_of(st.none(), st.decimals(0, 5, places=1))),
        margin_min=draw(st.one_of(st.none(), st.decimals("0.05", "0.6", places=2))),
        new_within_days=draw(st.one_of(st.none(), st.integers(1, 2000))),
        density_min=draw(st.integers(1, 30)),
    )


def checks(c: Constraints, p: Product) -> dict[str, bool]:
    """Each constraint that is set, checked on one product in plain Python."""
    nodes = set(p.categories)
    paid = p.sale_price or p.price
    since = TODAY - dt.timedelta(days=c.new_within_days or 0)
    said: dict[str, tuple[bool, bool]] = {
        "in_stock": (c.in_stock, p.availability == "in_stock"),
        "include_categories": (bool(c.include_categories), bool(nodes & set(c.include_categories))),
        "exclude_categories": (bool(c.exclude_categories), not nodes & set(c.exclude_categories)),
        "include_brands": (bool(c.include_brands), p.brand.lower() in [b.lower() for b in c.include_brands]),
        "exclude_brands": (bool(c.exclude_brands), p.brand.lower() not in [b.lower() for b in c.exclude_brands]),
        "exclude_products": (bool(c.exclude_products), p.item_id not in c.exclude_products),
        "price_min": (c.price_min is not None, paid >= (c.price_min or 0)),
        "price_max": (c.price_max is not None, c.price_max is None or paid <= c.price_max),
        "rating_min": (c.rating_min is not None, p.rating is not None and p.rating >= (c.rating_min or 0)),
        "margin_min": (c.margin_min is not None, p.margin is not None and p.margin >= (c.margin_min or 0)),
        "new_within_days": (c.new_within_days is not None, p.listed_on is not None and p.listed_on >= since),
    }
    return {name: holds for name, (asked, holds) in said.items() if asked}


@pytest.fixture(scope="module")
def products(shop: Any, django_db_blocker: Any) -> list[Product]:
    with django_db_blocker.unblock():
        return list(Product.objects.filter(store=shop).order_by("id"))


@often
@given(asked=constraints())
def test_eligible_is_what_holds_every_constraint(shop: Any, products: list[Product], asked: Constraints) -> None:
    expected = {p.pk for p in products if all(checks(asked, p).values())}
    assert set(eligible(shop, asked, TODAY).values_list("pk", flat=True)) == expected
    assert CatalogSearch(shop, asked, TODAY).eligible_count == len(expected)


@often
@given(asked=constraints(), data=st.data())
def test_receipts_agree_with_what_was_eligible(
    shop: Any, products: list[Product], asked: Constraints, data: st.DataObject
) -> None:
    row = data.draw(st.lists(st.sampled_from(products), min_size=1, max_size=6, unique_by=lambda p: p.pk))
    receipts = CatalogSearch(shop, asked, TODAY).receipts([p.pk for p in row])
    allowed = set(eligible(shop, asked, TODAY).values_list("pk", flat=True))
    assert all(receipt.passes for receipt in receipts) is all(p.pk in allowed for p in row)
    for rule, receipt in zip(rules(asked, TODAY, shop.currency), receipts, strict=True):
        broken = sum(not checks(asked, p)[rule.name] for p in row)
        assert receipt.constraint == rule.label
        assert receipt.passes is (broken == 0)
        assert receipt.detail.startswith(f"{broken} of {len(row)} " if broken else "all")


@often
@given(asked=constraints(), placements=st.integers(1, 20), size=st.integers(3, 40))
def test_the_counts_before_a_run_are_true(
    shop: Any, products: list[Product], asked: Constraints, placements: int, size: int
) -> None:
    said = measure(shop, asked, placements, size, TODAY)
    held = [checks(asked, p) for p in products]
    able = sum(all(one.values()) for one in held)
    assert (said.total, said.eligible) == (len(products), able)
    for rule in said.rules:
        assert rule.alone == sum(one[rule.name] for one in held)
        assert rule.without == sum(all(holds for name, holds in one.items() if name != rule.name) for one in held)
    gains = {rule.name: rule.without for rule in said.rules if rule.without > able}
    assert said.tightest in gains if gains else said.tightest == ""
    assert not gains or gains[said.tightest] == max(gains.values())
    least = min(size, max(asked.density_min, 3))
    enough = able >= max(asked.density_min, least)
    assert said.feasible is enough
    assert said.fillable <= min(placements, able // least)


def test_a_row_that_must_reach_more_products_than_are_eligible_cannot_be_filled(shop: Any) -> None:
    asked = Constraints(include_categories=["Pet > Dog > Leads & collars"], density_min=200)
    said = measure(shop, asked, placements=2, products=5, today=TODAY)
    assert said.eligible >= 10
    assert not said.feasible
    assert "a row must reach 200" in said.sentence


def test_the_verdict_names_the_limit_that_stands_in_the_way(shop: Any) -> None:
    said = measure(shop, Constraints(price_max=Decimal("0.10")), placements=2, products=5, today=TODAY)
    assert said.tightest == "price_max"
    assert said.sentence.startswith(f"Not enough eligible products: 0 of {said.total}")
    assert "Without “price up to 0.10 EUR”" in said.sentence


def test_a_page_that_can_be_filled_in_part_says_for_how_many_rows(shop: Any) -> None:
    asked = Constraints(include_categories=["Baby > Changing"], density_min=3)
    said = measure(shop, asked, placements=20, products=5, today=TODAY)
    assert 1 <= said.fillable < 20
    enough = f"{said.eligible} eligible products are enough for {said.fillable} of 20 placements."
    assert said.sentence == f"{enough}{said.why and ' '}{said.why}"


def test_a_price_range_upside_down_is_refused() -> None:
    with pytest.raises(ValidationError, match="least price 5 is above the highest price 4"):
        Constraints(price_min=Decimal(5), price_max=Decimal(4))


def test_another_stores_products_are_never_eligible(shop: Any, other_store: Any) -> None:
    assert not eligible(other_store, Constraints(), TODAY).exists()
