"""Who is at a placement, told from page to page, and the keys that everybody has of their own."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member
from accounts.models import AuditEntry
from review.models import Placement
from review.policies import Act, acts
from review.views.deciding import act, again, refused
from review.views.placements import claim_shown
from review.workflow import claims, keymap
from storefront_studio.lib.errors import BadInput, StudioError


@act
def claim(request: MemberRequest, placement: Placement) -> HttpResponse:
    """Renews the claim of who is active, and tells what a page that is looked at should know: who is at it, and whether
    somebody changed it since (`revision`, as that page shows it)."""
    decides = Act.DECIDE in acts(request.membership.role)
    if decides and request.POST.get("active") == "1":
        claims.take(placement, request.user)
    shown = claim_shown(placement, request.user, decides)
    context = {
        "placement": placement,
        "claim": shown,
        "changed": _changed(request, placement),
        "query": _query(request),
    }
    answer = render(request, "review/_claim.html", context)
    answer["X-Claim"] = shown["state"]
    return answer


def _changed(request: MemberRequest, placement: Placement) -> str:
    """What happened to it since the page was opened, in a sentence; empty when nothing did."""
    seen = request.POST.get("revision", "")
    if not seen.isdigit() or int(seen[:9]) == placement.revision:
        return ""
    acts_on = AuditEntry.objects.filter(store=request.membership.store, subject=f"placement:{placement.pk}").order_by(
        "-id"
    )
    return acts_on.values_list("summary", flat=True).first() or "It changed since you opened it."


def _query(request: MemberRequest) -> str:
    query = request.GET.urlencode()
    return f"?{query}" if query else ""


@act
def take_over(request: MemberRequest, placement: Placement) -> HttpResponse:
    """From the person whom this one saw to be at it."""
    holder = request.POST.get("holder", "")
    try:
        said = claims.take_over(
            placement=placement, actor=request.user, holder=int(holder) if holder.isdigit() and len(holder) < 19 else 0
        )
    except StudioError as error:
        return refused(request, placement, error)
    messages.success(request, said)
    return again(request, placement)


@act
def leave(request: MemberRequest, placement: Placement) -> HttpResponse:
    """The page was closed, or shows another one now."""
    claims.leave(placement, request.user)
    return HttpResponse(status=204)


@member()
@require_http_methods(["GET", "POST"])
def keys(request: MemberRequest) -> HttpResponse:
    """Every act of the review screens with its key, to be changed."""
    problem, given = "", keymap.of(request.user)
    if request.method == "POST":
        given = keymap.DEFAULTS if "reset" in request.POST else {name: request.POST.get(name, "") for name in given}
        try:
            keymap.save(person=request.user, given=given)
            messages.success(request, "Your keys are saved.")
            return redirect("review-keys")
        except BadInput as error:
            problem = str(error)
    rows = [{"key": one, "value": given[one.act]} for one in keymap.KEYS]
    status = 422 if problem else 200
    return render(request, "review/keys.html", {"rows": rows, "problem": problem}, status=status)
