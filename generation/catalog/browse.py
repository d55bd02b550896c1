"""Reads behind the catalogue's screens: fast on a million rows, and the same number of queries for any page."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import Count, F, Func, Q, QuerySet

from accounts.models import Store
from generation.catalog.search import reach
from generation.models import Keyword, KeywordKind, Product

PER_PAGE = 50
MOST_COUNTED = 10_000  # nobody turns two hundred pages; counting further would cost a scan
TOTAL_SECONDS = 60
CATEGORIES_OFFERED = 60
SAMPLE = 20_000
SORTS = {
    "": ("Best match", ()),
    "newest": ("Newest first", ("-id",)),
    "price": ("Lowest price", ("effective_price", "id")),
    "-price": ("Highest price", ("-effective_price", "-id")),
    "rating": ("Best rated", (F("rating").desc(nulls_last=True), "id")),
    "margin": ("Highest margin", (F("margin").desc(nulls_last=True), "id")),
}
KEYWORD_SORTS = {"density": ("-density", "text"), "-density": ("density", "text"), "text": ("text", "id")}


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than `MOST_COUNTED`; `more` says that there are rows behind the last page."""

    def __init__(self, rows: "QuerySet[Any]") -> None:
        super().__init__(rows, PER_PAGE)
        found = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
        self.more = found > MOST_COUNTED
        self.count = min(found, MOST_COUNTED)


def products(store: Store, *, q: str = "", sort: str = "", **wanted: Any) -> "QuerySet[Product]":
    """The products that hold every word of `q` (the last one may be unfinished), or whose id it is.

    `wanted`: category (a path), availability, brand (a part of it), price_min, price_max; empty ones do not filter.
    """
    found = Product.objects.filter(store=store).defer("description", "search", "attributes")
    query = _words(q)
    if q.strip():
        by_id = Q(item_id=q.strip())
        found = found.filter(by_id | Q(search=query) if query else by_id)
    if wanted.get("category"):
        found = found.filter(categories__overlap=[wanted["category"]])
    if wanted.get("availability"):
        found = found.filter(availability=wanted["availability"])
    if wanted.get("brand"):
        found = found.filter(brand__icontains=wanted["brand"].strip())
    if wanted.get("price_min") is not None:
        found = found.filter(effective_price__gte=wanted["price_min"])
    if wanted.get("price_max") is not None:
        found = found.filter(effective_price__lte=wanted["price_max"])
    order: Sequence[Any] = SORTS.get(sort, SORTS[""])[1]
    if not order and query and not _many(found):
        return found.annotate(rank=SearchRank(F("search"), query)).order_by("-rank", "id")
    return found.order_by(*(order or ("id",)))


def _words(q: str) -> SearchQuery | None:
    words = re.findall(r"\w+", q)[:12]
    if not words:
        return None
    quoted = [f"'{word}'" for word in words]
    return SearchQuery(" & ".join([*quoted[:-1], f"{quoted[-1]}:*"]), config="english", search_type="raw")


def _many(rows: "QuerySet[Any]") -> bool:
    """Too many to be worth ranking: their order by relevance would say little and cost a lot."""
    return rows.order_by().values("pk")[MOST_COUNTED : MOST_COUNTED + 1].exists()


def product_total(store: Store) -> int:
    """Products of the store, at most a minute old."""
    return int(
        cache.get_or_set(
            f"catalogue:products:{store.pk}", lambda: Product.objects.filter(store=store).count(), TOTAL_SECONDS
        )
        or 0
    )


def top_categories(store: Store) -> list[str]:
    """Category paths of one or two levels to filter by, in the order of the tree; the largest ones."""
    nodes = Keyword.objects.filter(store=store, kind=KeywordKind.CATEGORY).exclude(text__contains=" > % > ")
    rows = [text for text in nodes.order_by("-density").values_list("text", flat=True)[:400] if text.count(" > ") < 2]
    if not rows:  # before the vocabulary is built
        sample = Product.objects.filter(pk__in=Product.objects.filter(store=store).order_by("id").values("pk")[:SAMPLE])
        node = Func(F("categories"), function="unnest")
        counted = sample.annotate(node=node).values("node").annotate(n=Count("id")).order_by("-n")
        rows = [row["node"] for row in counted[:400] if row["node"].count(" > ") < 2]
    return sorted(rows[:CATEGORIES_OFFERED])


def reaching(product: Product, limit: int = 60) -> tuple[list[Keyword], int]:
    """The keywords that bring this product, most specific first, and how many there are."""
    values = [value for value in product.attributes.values() if isinstance(value, str)]
    values += [item for value in product.attributes.values() if isinstance(value, list) for item in value]
    inner = Q(field__in=[f"attributes.{key}" for key in product.attributes], text__in=values)
    facets = Q()
    for field in ("brand", "color", "material"):
        if value := getattr(product, field):
            facets |= Q(field=field, text__iexact=value)
    mine = Keyword.objects.filter(store=product.store_id).defer("embedding")
    ids = list(
        mine.filter(kind=KeywordKind.SEARCH)
        .extra(
            where=[
                "(SELECT p.search FROM generation_product p WHERE p.id = %s)"
                " @@ plainto_tsquery('english', generation_keyword.text)"
            ],
            params=[product.pk],
        )
        .values_list("pk", flat=True)
    )
    found = mine.filter(
        Q(pk__in=ids)
        | Q(kind=KeywordKind.CATEGORY, text__in=product.categories)
        | (Q(kind=KeywordKind.ATTRIBUTE) & ((facets | inner) if facets else inner))
    ).order_by("density", "text")
    return list(found[:limit]), found.count()


def keywords(store: Store, *, q: str = "", kind: str = "", sort: str = "density") -> "QuerySet[Keyword]":
    found = Keyword.objects.filter(store=store).defer("embedding")
    if kind in KeywordKind.values:
        found = found.filter(kind=kind)
    if q.strip():
        found = found.filter(text__icontains=q.strip())
    return found.order_by(*KEYWORD_SORTS.get(sort, KEYWORD_SORTS["density"]))


def keyword_counts(store: Store) -> dict[str, int]:
    """Keywords by kind; one query."""
    rows = Keyword.objects.filter(store=store).order_by().values("kind").annotate(n=Count("id"))
    return {row["kind"]: row["n"] for row in rows}


def examples(keyword: Keyword, limit: int = 3) -> list[Product]:
    """A few products that the keyword reaches, in stock and best loved first where that is known."""
    rows = Product.objects.filter(reach(keyword), store=keyword.store_id).defer("description", "search", "attributes")
    return list(rows.order_by(F("popularity").desc(nulls_last=True), "id")[:limit])


def saving(product: Product) -> Decimal:
    """Share of the price that the sale price takes off, 0 to 1."""
    return 1 - Decimal(product.effective_price) / product.price
