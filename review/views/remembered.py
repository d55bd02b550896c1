"""What the studio remembers of people's rejections, and forgetting it. For admins."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.access import ADMINS, MemberRequest, member
from accounts.models import AuditEntry
from generation.models import Ruling
from review import memory
from review.forms import ForgetForm
from review.models import Placement
from storefront_studio.lib.errors import BadInput, StudioError

A_PAGE = 50
STATES = {"": ("Remembered", True), "forgotten": ("Taken back or forgotten", False)}


@member(*ADMINS)
@require_GET
def remembered(request: MemberRequest) -> HttpResponse:
    """Rulings by words and state, each with what it did to later themes."""
    store = request.membership.store
    q = request.GET.get("q", "").strip()[:200]
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    found = Paginator(memory.remembered(store, q, STATES[state][1]), A_PAGE)
    page = found.get_page(request.GET.get("page"))
    listed = list(page)
    numbers = [ruling.placement for ruling in listed]
    effects = memory.effects(store, numbers)
    endings = memory.endings(store, [ruling.placement for ruling in listed if not ruling.active])
    rejected = Placement.objects.of(store).filter(pk__in=numbers, status=Placement.Status.REJECTED)
    still = set(rejected.values_list("pk", flat=True))
    rows = [
        {
            "ruling": ruling,
            "url": reverse("placement-review", args=[ruling.placement]),
            "effect": effect_sentence(effects[ruling.placement]),
            "ending": _ending(endings.get(ruling.placement)),
            "recallable": not ruling.active and ruling.placement in still,
        }
        for ruling in listed
    ]
    tabs = [
        {"label": label, "url": "?" + urlencode({"state": name, "q": q}), "active": name == state}
        for name, (label, _) in STATES.items()
    ]
    context = {
        "rows": rows,
        "page_obj": page,
        "q": q,
        "state": state,
        "tabs": tabs,
        "query": urlencode({name: value for name, value in (("q", q), ("state", state)) if value}),
        "total": f"{found.count:,} rejection{'' if found.count == 1 else 's'}",
    }
    return render(request, "review/remembered.html", context)


@member(*ADMINS)
def forget(request: MemberRequest, pk: int) -> HttpResponse:
    """Asks why before something is forgotten: GET shows the question, POST forgets."""
    ruling = get_object_or_404(Ruling.objects.filter(store=request.membership.store), pk=pk)
    form = ForgetForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                memory.forget(ruling=ruling, actor=request.user, note=form.cleaned_data["note"])
            except BadInput as error:
                form.add_error("note", str(error))
            except StudioError as error:
                messages.error(request, str(error))
                return redirect("audit-remembered")
            else:
                messages.success(request, f"“{ruling.title}” is forgotten: themes like it are asked for again.")
                return redirect("audit-remembered")
    effect = memory.effects(request.membership.store, [ruling.placement])[ruling.placement]
    context = {"ruling": ruling, "form": form, "effect": effect_sentence(effect)}
    return render(request, "review/forget.html", context, status=status)


@member(*ADMINS)
@require_POST
def recall(request: MemberRequest, pk: int) -> HttpResponse:
    ruling = get_object_or_404(Ruling.objects.filter(store=request.membership.store), pk=pk)
    try:
        memory.recall(ruling=ruling, actor=request.user)
    except StudioError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{ruling.title}” is remembered again.")
    return redirect("audit-remembered")


def effect_sentence(effect: memory.Effect) -> str:
    """What a ruling did, in words."""
    parts = [
        f"{verb} {count} later theme{'' if count == 1 else 's'}"
        for verb, count in (("blocked", effect.blocked), ("flagged", effect.flagged))
        if count
    ]
    said = " and ".join(parts)
    return f"{said[0].upper()}{said[1:]}" if said else "No later theme came near it"


def _ending(entry: AuditEntry | None) -> dict[str, Any] | None:
    """Who took a ruling back, how and why."""
    if entry is None:
        return None
    how = {memory.FORGET: "Forgotten", "placement.undo": "Undone", "placement.overturn": "Overturned"}[entry.action]
    return {"how": how, "entry": entry, "note": (entry.new or {}).get("note", "")}
