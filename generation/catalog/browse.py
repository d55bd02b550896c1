"""Reads behind the catalogue's screens: fast on a million rows, and the same number of queries for any page."""

from decimal import Decimal
from typing import Any

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
    """Counts no further than `MOST_COUNTED`, unless told how many there are; `more`: there are rows behind the last
    page."""

    def __init__(self, rows: "QuerySet[Any]", found: int | None = None) -> None:
        super().__init__(rows, PER_PAGE)
        if found is None:
            found = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
        self.more = found > MOST_COUNTED
        self.count = min(found, MOST_COUNTED)


def filtered(store: Store, **wanted: Any) -> "QuerySet[Product]":
    """The store's products by category (a path), availability, brand (a part of it), price_min and price_max; what is
    empty does not filter."""
    found = Product.objects.filter(store=store).defer("description", "search", "attributes")
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
    return found


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
