"""The hard constraints of a campaign: one typed value, one queryset, one check per product.

The queryset decides what retrieval may see; the check is run again on every product of a finished placement (the
receipts). Both read the same fields, so they cannot drift apart unnoticed: a test holds them against each other.
"""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from accounts.models import Store
from generation.models import Availability, Product
from generation.stages.words import kin


def _path(value: Any) -> Any:
    return " > ".join(part.strip() for part in value.split(">")) if isinstance(value, str) else value


def _unique(values: Any) -> Any:
    return list(dict.fromkeys(values)) if isinstance(values, list) else values


CategoryPath = Annotated[str, BeforeValidator(_path), Field(min_length=1, max_length=750)]
Term = Annotated[str, Field(min_length=2, max_length=60)]
Money = Annotated[Decimal, Field(ge=0), PlainSerializer(str, return_type=str)]


class Constraints(BaseModel):
    """What every product of every placement must satisfy. Prices are in the store's currency; margin and rating are
    least values (0..1 and 0..5); `density_min` and `max_per_brand` speak of a placement, the rest of a product."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    include_categories: Annotated[list[CategoryPath], BeforeValidator(_unique)] = []
    exclude_categories: Annotated[list[CategoryPath], BeforeValidator(_unique)] = []
    include_brands: Annotated[list[str], BeforeValidator(_unique)] = []
    exclude_brands: Annotated[list[str], BeforeValidator(_unique)] = []
    exclude_products: Annotated[list[str], BeforeValidator(_unique)] = []
    exclude_terms: Annotated[list[Term], BeforeValidator(_unique)] = []
    price_min: Money | None = None
    price_max: Money | None = None
    in_stock: bool = True
    rating_min: Annotated[Decimal, Field(ge=0, le=5), PlainSerializer(str, return_type=str)] | None = None
    margin_min: Annotated[Decimal, Field(ge=-1, le=1), PlainSerializer(str, return_type=str)] | None = None
    density_min: Annotated[int, Field(ge=1, le=1000)] = 6
    new_within_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    max_per_brand: Annotated[int, Field(ge=1, le=40)] | None = None

    @model_validator(mode="after")
    def _range(self) -> "Constraints":
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ValueError(f"the least price {self.price_min} is above the highest price {self.price_max}")
        return self


class Rule(BaseModel):
    """One constraint on products, in words and as a filter."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    name: str
    label: str
    condition: Q


def _any(values: list[str], field: str) -> Q:
    condition = Q()
    for value in values:
        condition |= Q(**{f"{field}__iexact": value})
    return condition


def _carrying(terms: list[str]) -> Q:
    """Products whose title or category names one of `terms` or its kin, in singular or plural, and does not say that
    it is free of it. The stages look closer at what is left (look-alike letters); this keeps the count honest."""
    words = {form for term in terms for word in kin(term) for form in _forms(word)}
    # The longest first, so that a phrase is tried before its first word; in PostgreSQL's own dialect.
    any_of = "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))
    named = rf"\m(?:{any_of})\M"
    carried = rf"(?<!\m(?:no|non|zero|without|free (?:of|from))[ -]){named}(?![ -]*free\M)"
    # Looking behind costs ten times as much: only what names the word at all is looked at so closely.
    return (Q(title__iregex=named) & Q(title__iregex=carried)) | (
        Q(product_type__iregex=named) & Q(product_type__iregex=carried)
    )


def _forms(word: str) -> set[str]:
    """A word as it stands and with the commonest plural put on or taken off."""
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return {word, word[:-1]}
    return {word, f"{word}s"}


def rules(constraints: Constraints, today: dt.date, currency: str = "") -> Iterator[Rule]:
    """The product-level constraints that are set, most readable first; prices say `currency` where it is given."""
    c = constraints
    if c.in_stock:
        yield Rule(name="in_stock", label="in stock", condition=Q(availability=Availability.IN_STOCK))
    if c.include_categories:
        yield Rule(
            name="include_categories",
            label=f"in {_list(c.include_categories)}",
            condition=Q(categories__overlap=c.include_categories),
        )
    if c.exclude_categories:
        yield Rule(
            name="exclude_categories",
            label=f"not in {_list(c.exclude_categories)}",
            condition=~Q(categories__overlap=c.exclude_categories),
        )
    if c.include_brands:
        yield Rule(
            name="include_brands", label=f"by {_list(c.include_brands)}", condition=_any(c.include_brands, "brand")
        )
    if c.exclude_brands:
        yield Rule(
            name="exclude_brands", label=f"not by {_list(c.exclude_brands)}", condition=~_any(c.exclude_brands, "brand")
        )
    if c.exclude_products:
        yield Rule(
            name="exclude_products",
            label=f"without {len(c.exclude_products)} named products",
            condition=~Q(item_id__in=c.exclude_products),
        )
    if c.exclude_terms:
        yield Rule(
            name="exclude_terms", label=f"without {_list(c.exclude_terms)}", condition=~_carrying(c.exclude_terms)
        )
    if c.price_min is not None:
        yield Rule(
            name="price_min",
            label=f"price from {_price(c.price_min, currency)}",
            condition=Q(effective_price__gte=c.price_min),
        )
    if c.price_max is not None:
        yield Rule(
            name="price_max",
            label=f"price up to {_price(c.price_max, currency)}",
            condition=Q(effective_price__lte=c.price_max),
        )
    if c.rating_min is not None:
        yield Rule(name="rating_min", label=f"rated {c.rating_min} or more", condition=Q(rating__gte=c.rating_min))
    if c.margin_min is not None:
        yield Rule(
            name="margin_min", label=f"margin from {c.margin_min * 100:g} %", condition=Q(margin__gte=c.margin_min)
        )
    if c.new_within_days is not None:
        since = today - dt.timedelta(days=c.new_within_days)
        yield Rule(
            name="new_within_days",
            label=f"listed in the last {c.new_within_days} days",
            condition=Q(listed_on__gte=since),
        )


def eligible(store: Store, constraints: Constraints, today: dt.date) -> "QuerySet[Product]":
    """The products of `store` that satisfy every product-level constraint."""
    products = Product.objects.filter(store=store)
    for rule in rules(constraints, today):
        products = products.filter(rule.condition)
    return products


def _price(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}" if currency else str(amount)


def _list(values: list[str]) -> str:
    shown = ", ".join(values[:3])
    return shown if len(values) <= 3 else f"{shown} and {len(values) - 3} more"
