"""The review of one placement."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from accounts.models import User
from generation.stages.themes import MEMORY
from review import memory, selectors
from review.forms import NoteForm, TextForm, TurnDownForm
from review.models import Decision, Placement
from review.policies import Act, acts, is_own_generation
from review.views import lines, present
from review.workflow import claims, due, keymap, queue, regenerating, risk
from review.workflow.asked import Asked
from review.workflow.services import last_decision
from review.workflow.transitions import ALLOWED

Kind, Status = Decision.Kind, Placement.Status


@member()
@require_GET
def placement_review(request: MemberRequest, pk: int) -> HttpResponse:
    return review_page(request, pk)


def review_page(
    request: MemberRequest,
    pk: int,
    *,
    status: int = 200,
    problem: str = "",
    opened: str = "",
    forms: dict[str, Any] | None = None,
) -> HttpResponse:
    """The review of one placement as it is now. `problem` is said on top; `forms` keep what somebody typed, and
    `opened` names the dialog that shows one of them."""
    store = request.membership.store
    try:
        placement = selectors.placement_for(store, pk)
    except Placement.DoesNotExist:
        raise Http404 from None
    today, filters, keys = timezone.localdate(), Asked.read(request.GET), keymap.of(request.user)
    found = queue.asked(store, request.user, filters, today)
    neighbours = queue.place(found, placement, request.user)
    trail = list(selectors.trail(store, subject=f"placement:{placement.pk}")[:200])
    seen = {"revision": placement.revision}
    text = {"title": placement.title, "subtitle": placement.subtitle}
    rights = may(request.user, request.membership.role, placement)
    if rights["decide"]:
        claims.take(placement, request.user)
    context = {
        "layout": layout(request),
        "placement": placement,
        "filters": filters,
        "query": f"?{filters.query}" if filters.query else "",
        "keys": keys,
        "keys_url": reverse("review-keys"),
        "claim": claim_shown(placement, request.user, rights["decide"]),
        "renew_every": claims.RENEW_EVERY,
        "risk": risk.band(placement.risk),
        "due": {
            "words": due.words(placement.draft.campaign.starts_on, today),
            "tone": due.tone(placement.draft.campaign.starts_on, today),
        },
        "objective": present.objective_of(placement),
        "tiles": present.tiles(placement),
        "warnings": selectors.warnings(placement) if placement.status in selectors.OPEN else [],
        "flags": present.flags(placement),
        "judged": present.judged(placement),
        "rulings": memory.near(placement),
        "why": present.why(placement),
        "changes": [entry_row(entry) for entry in trail if present.is_edit(entry)],
        "history": [entry_row(entry) for entry in trail],
        "queue": lines.column(found, neighbours.total, filters, today, request.user),
        "neighbours": neighbours,
        "previous_url": lines.url(neighbours.previous, filters),
        "next_url": lines.url(neighbours.next, filters),
        "total": queue.number(neighbours.total),
        "may": rights,
        "undo": undoable(request.user, rights["admin"], placement) if rights["in_force"] else None,
        "regenerate_url": _regenerate_url(placement) if rights["in_force"] else "",
        "problem": problem,
        "opened": opened,
        "top_density": max([word["density"] for word in placement.keywords], default=1) or 1,
        "text_form": TextForm(initial={**seen, **text}, auto_id="id_%s"),
        "announce": announced(placement, neighbours),
        "reject_form": TurnDownForm(initial=seen, auto_id="reject_%s"),
        "changes_form": TurnDownForm(initial=seen, auto_id="changes_%s"),
        "overturn_form": NoteForm(initial=seen, auto_id="overturn_%s"),
        **(forms or {}),
    }
    context["text_form"].fields["title"].widget.attrs["data-key"] = keys["edit"]
    return render(request, "review/placement.html", context, status=status)


def layout(request: MemberRequest) -> str:
    """The whole page, or what `desk.js` puts in place of the item before."""
    return "review/_desk.html" if request.headers.get("X-Desk") else "base.html"


def claim_shown(placement: Placement, person: User, decides: bool) -> dict[str, Any]:
    """Who is at it: {"state": "mine", "theirs" or "free", "says", "holder", "decides"}."""
    held = claims.of(placement)
    if held is None or placement.status not in claims.CLAIMED:
        return {"state": "free", "says": "", "holder": 0, "decides": decides}
    if held.person_id == person.pk:
        return {"state": "mine", "says": "", "holder": person.pk, "decides": decides}
    return {"state": "theirs", "says": claims.sentence(held), "holder": held.person_id, "decides": decides}


def announced(placement: Placement, place: queue.Place) -> str:
    """What a screen reader says when this item takes the place of another without a page load."""
    where = f", {place.place} of {queue.number(place.total)}" if place.place else ""
    return f"“{placement.title}”{where}. {present.headline(placement)}"


def entry_row(entry: Any) -> dict[str, Any]:
    return {"entry": entry, "words": present.words_changed(entry)}


def may(user: User, role: str, placement: Placement) -> dict[str, Any]:
    """What this person can do here now, and in words why not: {"approve", "turn_down", "edit", ..., "reason"}."""
    can = acts(role)
    moves = ALLOWED.get(placement.status, {})
    own = is_own_generation(user, placement)
    sent_back = placement.status == Status.CHANGES_REQUESTED
    label = Placement.Status(placement.status).label.lower()
    reason = ""
    aside = placement.draft.superseded or placement.draft.is_proposal
    if aside:
        can, moves = frozenset(), {}
        reason = "This page was replaced; nothing on it can change now."
        if placement.draft.is_proposal:
            reason = "This page is a proposal beside another one; take it first, or keep the old page."
    elif Act.DECIDE not in can:
        reason = "Marketing may look, but a merchandiser or an admin decides."
    elif placement.status in (Status.REJECTED, Status.DROPPED):
        blocked = placement.dropped_by == MEMORY
        reason = (
            "This was blocked before it had products. An admin can forget the earlier rejection; then generate again."
            if blocked
            else f"This is {label}; an admin can overturn that."
        )
    elif own:
        reason = "You started this run, so somebody else approves it: your store requires four eyes."
    elif placement.status == Status.APPROVED:
        reason = "This is approved. Changing it makes it wait again."
    return {
        "decide": Act.DECIDE in can and not aside,
        "approve": Act.DECIDE in can and not own and Kind.APPROVE in moves,
        "request_changes": Act.DECIDE in can and Kind.REQUEST_CHANGES in moves,
        "reject": Act.DECIDE in can and Kind.REJECT in moves,
        "edit": placement.status in selectors.OPEN and (Act.REVISE if sent_back else Act.EDIT) in can,
        "resubmit": Act.REVISE in can and Kind.RESUBMIT in moves,
        "overturn": Act.OVERTURN in can and Kind.OVERTURN in moves and placement.dropped_by != MEMORY,
        "turned_down": placement.status in (Status.REJECTED, Status.DROPPED),
        "admin": Act.OVERTURN in can,
        "in_force": not aside,
        "reason": reason,
    }


def _regenerate_url(placement: Placement) -> str:
    """Where a row that was sent back is written anew with the reviewer's note as instruction, all others kept."""
    if placement.status != Status.CHANGES_REQUESTED or not regenerating.may_unlock(placement):
        return ""
    last = last_decision(placement)
    query = urlencode({"only": placement.pk, "instruction": last.note[: regenerating.LONGEST] if last else ""})
    return f"{reverse('draft-regenerate', args=[placement.draft_id])}?{query}"


def undoable(user: User, admin: bool, placement: Placement) -> dict[str, Any] | None:
    """What U takes back: the decision on this placement, else the last one of this person that still holds."""
    here = last_decision(placement)
    if here and (admin or here.actor_id == user.pk):
        return _undo(placement, here)
    mine = (
        Decision.objects.filter(actor=user, placement__draft__store=placement.draft.store)
        .exclude(kind=Kind.UNDO)
        .select_related("placement")
        .order_by("-id")
        .first()
    )
    if mine is None or mine.placement_id == placement.pk:
        return None
    standing = last_decision(mine.placement)
    return _undo(mine.placement, mine) if standing and standing.pk == mine.pk else None


def _undo(placement: Placement, decision: Decision) -> dict[str, Any]:
    said = Kind(decision.kind).label.lower()
    return {
        "url": reverse("placement-undo", args=[placement.pk]),
        "revision": placement.revision,
        "words": f"{said[0].upper()}{said[1:]} “{placement.title}”",
    }
