"""Vocabulary gaps: what plans asked for and the vocabulary does not have, and the keyword that closes each."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.access import REVIEWERS, member
from generation import gaps
from generation.models import Keyword, VocabularyGap
from storefront_studio.lib.errors import StudioError

PER_PAGE = 25
LABELS = {
    VocabularyGap.Status.OPEN: "Open",
    VocabularyGap.Status.ADDED: "Keyword added",
    VocabularyGap.Status.DISMISSED: "Dismissed",
}


@require_safe
@member()
def gap_list(request: Any) -> HttpResponse:
    store = request.membership.store
    status = request.GET.get("status", "")
    status = status if status in VocabularyGap.Status.values else VocabularyGap.Status.OPEN
    everything = VocabularyGap.objects.filter(store=store)
    found = everything.filter(status=status).select_related("keyword", "settled_by").defer("keyword__embedding")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    counts = {name: everything.filter(status=name).count() for name in LABELS}
    tabs = [
        {"label": label, "url": f"?status={name}", "active": name == status, "count": f"{counts[name]:,}"}
        for name, label in LABELS.items()
    ]
    context = {
        "page_obj": page,
        "tabs": tabs,
        "status": status,
        "most": max((gap.runs for gap in page), default=1),
        "any": sum(counts.values()),
        "may_edit": request.membership.role in REVIEWERS,
        "query": urlencode({"status": status}),
    }
    return render(request, "generation/gap_list.html", context)


@require_safe
@member(*REVIEWERS)
def keyword_preview(request: Any) -> HttpResponse:
    """What a keyword would bring, while it is being written: the number of products and a few of them."""
    store = request.membership.store
    context: dict[str, Any] = {}
    try:
        phrase, others = gaps.read_phrases(*_asked(request.GET))
    except StudioError as error:
        context["error"] = str(error)
    else:
        found = gaps.reached(store, [phrase, *others])
        context.update(phrase=phrase, count=found.count(), products=found.order_by("id")[: gaps.EXAMPLES])
    return render(request, "generation/keyword_preview.html", context)


@require_POST
@member(*REVIEWERS)
def keyword_add(request: Any) -> HttpResponse:
    store = request.membership.store
    gap = get_object_or_404(VocabularyGap, pk=request.POST["gap"], store=store) if request.POST.get("gap") else None
    text, synonyms = _asked(request.POST)
    try:
        keyword = gaps.add_keyword(store=store, actor=request.user, text=text, synonyms=synonyms, gap=gap)
    except StudioError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            f"“{keyword.text}” brings {keyword.density:,} products. Plans may choose it as soon as it has a vector.",
        )
    return redirect(reverse("gap-list"))


@require_POST
@member(*REVIEWERS)
def keyword_remove(request: Any, pk: int) -> HttpResponse:
    keyword = get_object_or_404(Keyword.objects.defer("embedding"), pk=pk, store=request.membership.store)
    try:
        gaps.remove_keyword(keyword=keyword, actor=request.user)
    except StudioError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Removed “{keyword.text}”.")
    return redirect(reverse("gap-list") + f"?status={VocabularyGap.Status.ADDED}")


@require_POST
@member(*REVIEWERS)
def gap_dismiss(request: Any, pk: int) -> HttpResponse:
    return _changed(request, pk, gaps.dismiss, "Dismissed “{}”. It is under Dismissed, should you change your mind.")


@require_POST
@member(*REVIEWERS)
def gap_reopen(request: Any, pk: int) -> HttpResponse:
    return _changed(request, pk, gaps.reopen, "“{}” is open again.")


def _changed(request: Any, pk: int, change: Any, said: str) -> HttpResponse:
    gap = get_object_or_404(VocabularyGap, pk=pk, store=request.membership.store)
    try:
        change(gap=gap, actor=request.user)
    except StudioError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said.format(gap.concept))
    return redirect(reverse("gap-list"))


def _asked(data: Any) -> tuple[str, list[str]]:
    return data.get("text", "")[:1000], [part for part in data.get("synonyms", "")[:4000].split(",") if part.strip()]
