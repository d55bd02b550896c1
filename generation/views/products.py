"""The catalogue's products: a list to search, and one product with all that is known of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import REVIEWERS, member
from generation.catalog import browse
from generation.forms.catalogue import ProductFilter
from generation.models import Product

FACTS = (
    *("item_id", "brand", "product_type", "google_product_category", "color", "size", "material", "gtin", "mpn"),
    *("item_group_id", "quantity", "rating_count", "popularity", "listed_on"),
    *(f"custom_label_{number}" for number in range(5)),
)
TERMS = {"item_id": "Id", "product_type": "Category", "gtin": "Barcode (GTIN)", "mpn": "Part number (MPN)"}


@require_safe
@vary_on_headers("HX-Request")
@member()
def product_list(request: Any) -> HttpResponse:
    store = request.membership.store
    form = ProductFilter(request.GET, categories=browse.top_categories(store))
    form.is_valid()  # what cannot be read is shown at its field and does not filter
    wanted = {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    found = browse.products(store, q=q, **wanted)
    paginator = browse.CappedPaginator(found)
    total = browse.product_total(store)
    page = paginator.get_page(request.GET.get("page"))
    for product in page:
        product.margin_percent = None if product.margin is None else product.margin * 100
    filtered = bool(q or {key for key in wanted if key != "sort"})
    context = {
        "form": form,
        "q": q,
        "page_obj": page,
        "total": _total(paginator, total, filtered),
        "capped": paginator.more,
        "filtered": filtered,
        "empty": not total and not paginator.count,
        "query": _query(request),
        "may_import": request.membership.role in REVIEWERS,
    }
    return render(request, "generation/product_list.html" + ("#results" if is_fragment(request) else ""), context)


@require_safe
@member()
def product_detail(request: Any, pk: int) -> HttpResponse:
    products = (
        Product.objects.filter(store=request.membership.store).select_related("vector").defer("vector__embedding")
    )
    product = get_object_or_404(products, pk=pk)
    keywords, keyword_count = browse.reaching(product)
    context = {
        "product": product,
        "facts": _facts(product),
        "labels": sorted((name, _shown(value)) for name, value in product.attributes.items()),
        "keywords": keywords,
        "more_keywords": keyword_count - len(keywords),
        "top": max((keyword.density for keyword in keywords), default=0),
        "saving_percent": browse.saving(product) * 100 if product.sale_price else None,
        "margin_percent": None if product.margin is None else product.margin * 100,
        "embedding": _embedding(product),
    }
    return render(request, "generation/product_detail.html", context)


def is_fragment(request: Any) -> bool:
    """Whether only the results are wanted; the browser's Back asks for a whole page again."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def _query(request: HttpRequest) -> str:
    """The other parameters of the list, for the links to its pages."""
    pairs = [(key, str(value)) for key, value in request.GET.items() if key != "page" and value]
    return urlencode(pairs)


def _total(paginator: browse.CappedPaginator, total: int, filtered: bool) -> str:
    if not filtered:
        return f"{total:,} products" if total != 1 else "1 product"
    if paginator.more:
        return f"More than {browse.MOST_COUNTED:,} of {total:,} products match"
    return f"{paginator.count:,} of {total:,} products match"


def _facts(product: Product) -> list[dict[str, Any]]:
    facts = []
    for name in FACTS:
        value = getattr(product, name)
        if value in (None, ""):
            continue
        fact = {"term": TERMS.get(name, name.replace("_", " ").capitalize()), "value": value}
        if name == "product_type":
            fact["url"] = f"{reverse('product-list')}?{urlencode({'category': value})}"
        elif name == "brand":
            fact["url"] = f"{reverse('product-list')}?{urlencode({'brand': value})}"
        elif name == "popularity":
            fact["value"] = f"{value:.2f} of 1"
        facts.append(fact)
    facts.append({"term": "First seen", "time": product.created_at})
    facts.append({"term": "Last changed", "time": product.updated_at})
    return facts


def _embedding(product: Product) -> dict[str, str]:
    """Whether the cascade can find this product by meaning, in words."""
    vector = getattr(product, "vector", None)
    if vector is None:
        return {"tone": "warning", "words": "Not embedded yet: generation does not see this product until it is."}
    if vector.text_hash != product.text_hash:
        return {"tone": "warning", "words": "The text changed and waits to be embedded again."}
    return {"tone": "success", "words": f"Embedded with {vector.encoder}, up to date with the text."}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
