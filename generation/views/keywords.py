"""The closed vocabulary: what retrieval understands, and how many products each entry reaches."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import REVIEWERS, member
from generation.catalog import browse
from generation.models import Keyword, KeywordKind, Product, VocabularyGap
from generation.views.products import is_fragment

LABELS = {
    "": "All",
    KeywordKind.SEARCH: "Search phrases",
    KeywordKind.CATEGORY: "Categories",
    KeywordKind.ATTRIBUTE: "Attributes",
}
SORTS = {"density": "Most products", "-density": "Fewest products", "text": "A to Z"}


@require_safe
@vary_on_headers("HX-Request")
@member()
def keyword_list(request: Any) -> HttpResponse:
    store = request.membership.store
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    kind = request.GET.get("kind", "")
    kind = kind if kind in KeywordKind.values else ""
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "density"
    counts = browse.keyword_counts(store)
    everything = sum(counts.values())
    page = Paginator(browse.keywords(store, q=q, kind=kind, sort=sort), browse.PER_PAGE).get_page(
        request.GET.get("page")
    )
    other = {key: value for key, value in (("q", q), ("sort", sort)) if value and (key, value) != ("sort", "density")}
    tabs = [
        {
            "label": label,
            "url": "?" + urlencode({**other, **({"kind": name} if name else {})}),
            "active": kind == name,
            "count": f"{counts.get(name, 0) if name else everything:,}",
        }
        for name, label in LABELS.items()
    ]
    open_gaps = VocabularyGap.objects.filter(store=store, status=VocabularyGap.Status.OPEN).count()
    context = {
        "page_obj": page,
        "rows": [{"keyword": keyword, "label": _label(keyword), "url": products_url(keyword)} for keyword in page],
        "top": max((keyword.density for keyword in page), default=0),
        "tabs": tabs,
        "q": q,
        "kind": kind,
        "sort": sort,
        "sorts": SORTS.items(),
        "empty": not everything,
        "waiting": not everything and Product.objects.filter(store=store).exists(),
        "query": urlencode({**other, **({"kind": kind} if kind else {})}),
        "gaps_label": f"{open_gaps:,} vocabulary gap{'' if open_gaps == 1 else 's'}",
        "gaps_url": reverse("gap-list"),
        "may_import": request.membership.role in REVIEWERS,
    }
    return render(request, "generation/keyword_list.html" + ("#results" if is_fragment(request) else ""), context)


@require_safe
@member()
def keyword_examples(request: Any, pk: int) -> HttpResponse:
    """Three products of a keyword, for the line that was opened; without htmx, all of them as a list."""
    keyword = get_object_or_404(Keyword.objects.defer("embedding"), pk=pk, store=request.membership.store)
    if not request.htmx:
        return redirect(products_url(keyword))
    context = {"products": browse.examples(keyword), "keyword": keyword, "url": products_url(keyword)}
    return render(request, "generation/keyword_examples.html", context)


def products_url(keyword: Keyword) -> str:
    """The product list that shows what the keyword reaches, or comes nearest to it."""
    name = {KeywordKind.CATEGORY: "category", KeywordKind.ATTRIBUTE: "brand" if keyword.field == "brand" else "q"}
    return f"{reverse('product-list')}?{urlencode({name.get(KeywordKind(keyword.kind), 'q'): keyword.text})}"


def _label(keyword: Keyword) -> str:
    """The attribute's name as people say it."""
    return keyword.field.removeprefix("attributes.").replace("_", " ").capitalize()
