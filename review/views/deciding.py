"""What people do to a placement. Every act is a POST; a refusal shows the placement as it is now and keeps what was
typed; a GET of these addresses (a reload after a refusal) leads to the placement."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import MemberRequest, member
from review.forms import NoteForm, ProductActForm, Seen, TextForm, TurnDownForm
from review.models import Placement
from review.policies import Act, check
from review.views import lines
from review.views.errors import status_of
from review.views.placements import review_page
from review.workflow import queue, services
from review.workflow.asked import Asked
from storefront_studio.lib.errors import StudioError


def act(view: Callable[[Any, Placement], HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Signed in, of this store, posted."""

    @wraps(view)
    @member()
    def guarded(request: MemberRequest, pk: int) -> HttpResponse:
        placement = get_object_or_404(
            Placement.objects.of(request.membership.store).select_related("draft__store"), pk=pk
        )
        if request.method != "POST":
            return again(request, placement)
        return view(request, placement)

    return guarded


def decided(request: MemberRequest, before: Placement, outcome: services.Outcome) -> HttpResponse:
    """On to the next one in the queue as it is filtered, with a sentence that can be taken back."""
    placement, filters = outcome.placement, Asked.read(request.GET)
    undo = f"{reverse('placement-undo', args=[placement.pk])}?revision={placement.revision}"
    messages.success(request, outcome.summary, extra_tags=undo)
    found = queue.asked(request.membership.store, request.user, filters, timezone.localdate())
    onward = queue.onward(found, before, request.user)
    if onward is not None:
        return redirect(lines.url(onward, filters))
    return elsewhere(request, lines.queue_url(filters))


def elsewhere(request: MemberRequest, address: str) -> HttpResponse:
    """To another screen. `desk.js`, which asked for an item, is told where to go: following would lose the message."""
    if request.headers.get("X-Desk"):
        return HttpResponse(status=204, headers={"X-Go": address})
    return redirect(address)


def again(request: MemberRequest, placement: Placement) -> HttpResponse:
    """The same placement, in the queue as it is filtered."""
    return redirect(lines.url(placement.pk, Asked.read(request.GET)))


def refused(
    request: MemberRequest,
    placement: Placement,
    error: StudioError,
    opened: str = "",
    forms: dict[str, Any] | None = None,
) -> HttpResponse:
    return review_page(request, placement.pk, status=status_of(error), problem=str(error), opened=opened, forms=forms)


@act
def approve(request: MemberRequest, placement: Placement) -> HttpResponse:
    try:
        outcome = services.approve(placement=placement, actor=request.user, revision=_seen(request))
    except StudioError as error:
        return refused(request, placement, error)
    return decided(request, placement, outcome)


@act
def fix_and_approve(request: MemberRequest, placement: Placement) -> HttpResponse:
    """The words as they stand in the form, and the approval of what they make."""
    check(request.user, Act.DECIDE, placement.draft.store)
    form = TextForm(request.POST)
    if not form.is_valid():
        return review_page(request, placement.pk, status=422, forms={"text_form": form, "dirty": True})
    try:
        outcome = services.fix_and_approve(placement=placement, actor=request.user, **form.cleaned_data)
    except StudioError as error:
        kept = TextForm(initial={**form.cleaned_data, "revision": _now(placement)})
        return refused(request, placement, error, forms={"text_form": kept, "dirty": True})
    return decided(request, placement, outcome)


@act
def request_changes(request: MemberRequest, placement: Placement) -> HttpResponse:
    return _turn_down(request, placement, services.request_changes, "changes")


@act
def reject(request: MemberRequest, placement: Placement) -> HttpResponse:
    return _turn_down(request, placement, services.reject, "reject")


def _turn_down(request: MemberRequest, placement: Placement, service: Any, name: str) -> HttpResponse:
    check(request.user, Act.DECIDE, placement.draft.store)
    form = TurnDownForm(request.POST, auto_id=f"{name}_%s")
    if not form.is_valid():
        return review_page(request, placement.pk, status=422, opened=name, forms={f"{name}_form": form})
    try:
        outcome = service(placement=placement, actor=request.user, **form.cleaned_data)
    except StudioError as error:
        kept = TurnDownForm(initial={**form.cleaned_data, "revision": _now(placement)}, auto_id=f"{name}_%s")
        return refused(request, placement, error, opened=name, forms={f"{name}_form": kept})
    return decided(request, placement, outcome)


@act
def resubmit(request: MemberRequest, placement: Placement) -> HttpResponse:
    try:
        outcome = services.resubmit(placement=placement, actor=request.user, revision=_seen(request))
    except StudioError as error:
        return refused(request, placement, error)
    messages.success(request, outcome.summary)
    return again(request, placement)


@act
def undo(request: MemberRequest, placement: Placement) -> HttpResponse:
    try:
        outcome = services.undo(placement=placement, actor=request.user, revision=_seen(request))
    except StudioError as error:
        if request.headers.get("HX-Request"):
            messages.error(request, str(error))
            return HttpResponseClientRedirect(reverse("placement-review", args=[placement.pk]))
        return refused(request, placement, error)
    messages.success(request, outcome.summary)
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(reverse("placement-review", args=[placement.pk]))
    return again(request, placement)


@act
def overturn(request: MemberRequest, placement: Placement) -> HttpResponse:
    check(request.user, Act.OVERTURN, placement.draft.store)
    form = NoteForm(request.POST, auto_id="overturn_%s")
    if not form.is_valid():
        return review_page(request, placement.pk, status=422, opened="overturn", forms={"overturn_form": form})
    try:
        outcome = services.overturn(placement=placement, actor=request.user, **form.cleaned_data)
    except StudioError as error:
        kept = NoteForm(initial={**form.cleaned_data, "revision": _now(placement)}, auto_id="overturn_%s")
        return refused(request, placement, error, opened="overturn", forms={"overturn_form": kept})
    messages.success(request, outcome.summary)
    return again(request, placement)


@act
def edit(request: MemberRequest, placement: Placement) -> HttpResponse:
    form = TextForm(request.POST)
    if not form.is_valid():
        return review_page(request, placement.pk, status=422, forms={"text_form": form, "dirty": True})
    try:
        outcome = services.edit_text(placement=placement, actor=request.user, **form.cleaned_data)
    except StudioError as error:
        kept = TextForm(initial={**form.cleaned_data, "revision": _now(placement)})
        return refused(request, placement, error, forms={"text_form": kept, "dirty": True})
    messages.success(request, outcome.summary)
    return again(request, placement)


PRODUCT_ACTS: dict[str, Any] = {
    "remove": services.remove_product,
    "restore": services.restore_product,
    "pin": services.pin_product,
    "unpin": services.unpin_product,
    "promote": services.promote_from_bench,
    "move": services.move_product,
}


@act
def product(request: MemberRequest, placement: Placement) -> HttpResponse:
    """One button of a tile. Answers with the whole page, for htmx to put in place as well."""
    form = ProductActForm(request.POST)
    if not form.is_valid():
        return review_page(request, placement.pk, status=422, problem="That is not something a product can do here.")
    verb, product_id, slot = form.cleaned_data["act"]
    more = {"slot": slot} if verb == "move" else {}
    try:
        outcome = PRODUCT_ACTS[verb](
            placement=placement,
            actor=request.user,
            revision=form.cleaned_data["revision"],
            product_id=product_id,
            **more,
        )
    except StudioError as error:
        if request.headers.get(
            "HX-Request"
        ):  # it swaps answers of success only; this one is read by a person, not by a program
            return review_page(request, placement.pk, problem=str(error))
        return refused(request, placement, error)
    messages.success(request, outcome.summary)
    return again(request, placement)


def _seen(request: MemberRequest) -> int:
    """The revision the person saw; when none was sent, one that no placement has: the act is refused as stale."""
    form = Seen(request.POST if "revision" in request.POST else request.GET)
    return form.cleaned_data["revision"] if form.is_valid() else -1


def _now(placement: Placement) -> int:
    return Placement.objects.values_list("revision", flat=True).get(pk=placement.pk)
