"""The catalogue's products: a list to search, and one product with all that is known of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import REVIEWERS, member
from generation.catalog import browse, finding, listing
from generation.forms.catalogue import ProductFilter
from generation.models import Product
from generation.runs import after_commit
from generation.tasks import place_text

TRIES = 8  # a second each, for which a page waits for a worker to say what a text means
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
    sort = wanted.pop("sort", "")
    found = listing.of(store, q=q, sort=sort, ask=lambda text: after_commit(place_text, store.pk, text), **wanted)
    total = browse.product_total(store)
    page = found.pages.get_page(request.GET.get("page"))
    tries = _tries(request) if found.asked else 0
    for product in page:
        product.margin_percent = None if product.margin is None else product.margin * 100
    filtered = bool(q or wanted)
    context = {
        "form": form,
        "q": q,
        "page_obj": page,
        "total": _total(found, total, filtered),
        "capped": found.pages.more,
        "note": found.note,
        "ask_again": f"?{_query(request, tries=tries + 1)}" if found.asked and tries < TRIES else "",
        "unanswered": found.asked and tries >= TRIES,
        "filtered": filtered,
        "empty": not total and not found.pages.count,
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


def _query(request: HttpRequest, **more: int) -> str:
    """The other parameters of the list, for the links to its pages."""
    pairs = [(key, str(value)) for key, value in request.GET.items() if key not in ("page", "tries") and value]
    return urlencode([*pairs, *more.items()])


def _tries(request: HttpRequest) -> int:
    """How often this page has asked again what its text means."""
    text = request.GET.get("tries", "")
    return min(int(text), TRIES) if text.isdecimal() and len(text) < 4 else 0


def _total(found: listing.Listing, total: int, filtered: bool) -> str:
    paginator = found.pages
    if not filtered:
        return f"{total:,} products" if total != 1 else "1 product"
    if found.whole and found.best_only:
        many = f"More than {finding.LISTED:,}" if found.whole > finding.LISTED else f"{found.whole:,}"
        return f"{many} of {total:,} products hold all of your words; the best {paginator.count:,} matches are listed"
    if found.whole and found.whole < paginator.count:
        some = paginator.count - found.whole
        return f"{found.whole:,} of {total:,} products hold all of your words, {some:,} more some of them"
    if found.best_only:
        return f"The best {paginator.count:,} of {total:,} products"
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
