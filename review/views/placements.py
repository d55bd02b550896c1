"""The review queue and the review of one placement."""

from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.access import MemberRequest, member
from accounts.models import Store, User
from generation.models import Segment
from generation.stages.themes import MEMORY
from review import memory, selectors
from review.forms import NoteForm, TextForm, TurnDownForm
from review.models import Decision, Draft, Placement
from review.policies import Act, acts, is_own_generation
from review.views import present
from review.workflow import regenerating
from review.workflow.services import last_decision
from review.workflow.transitions import ALLOWED

LONGEST_QUEUE = 200
Kind, Status = Decision.Kind, Placement.Status


def grouped_queue(store: Store) -> dict[str, Any]:
    """{"groups": [{"campaign", "audience", "draft", "rows"}], "total", "more"}: drafts in the order of their riskiest
    row. `audience` is empty where the page is for everyone."""
    found = list(selectors.with_products(selectors.queue(store))[: LONGEST_QUEUE + 1])
    groups: dict[int, dict[str, Any]] = {}
    names = audiences(store, [placement.draft for placement in found[:LONGEST_QUEUE]])
    for placement in found[:LONGEST_QUEUE]:
        draft = placement.draft
        group = groups.setdefault(
            draft.pk,
            {"campaign": draft.campaign.name, "audience": names.get(draft.segment, ""), "draft": draft, "rows": []},
        )
        group["rows"].append(
            {
                "pk": placement.pk,
                "title": placement.title,
                "url": reverse("placement-review", args=[placement.pk]),
                "score": present.percent(placement.score),
                "sentence": present.risk_sentence(placement),
                "tiles": [present.tile(item) for item in islice(selectors.items(placement), 5)],
            }
        )
    more = len(found) > LONGEST_QUEUE
    total = selectors.waiting_count(store) if more else len(found)
    return {"groups": list(groups.values()), "total": total, "more": total - LONGEST_QUEUE if more else 0}


def audiences(store: Store, drafts: Iterable[Draft]) -> dict[str, str]:
    """Names of the audiences of drafts, by slug; one query, and none when all are for everyone."""
    slugs = {draft.segment for draft in drafts} - {"default"}
    known = Segment.objects.filter(store=store, slug__in=slugs) if slugs else Segment.objects.none()
    return {slug: slug for slug in slugs} | dict(known.values_list("slug", "name"))


@member()
@require_GET
def queue(request: MemberRequest) -> HttpResponse:
    """What waits, riskiest first; what was sent back; drafts that are ready."""
    store = request.membership.store
    sent_back = Placement.objects.of(store).in_force().filter(status=Status.CHANGES_REQUESTED)
    waiting = grouped_queue(store)
    first = waiting["groups"][0]["rows"][0]["url"] if waiting["groups"] else ""
    drafts = list(Draft.objects.in_force().filter(store=store).select_related("campaign")[:5])
    names = audiences(store, drafts)
    beside = Draft.objects.proposals().filter(store=store).select_related("campaign", "run", "parent")[:10]
    return render(
        request,
        "review/queue.html",
        {
            "queue": waiting,
            "first": first,
            "sent_back": sent_back.select_related("draft__campaign")[:20],
            "drafts": [{"draft": one, "audience": names.get(one.segment, "")} for one in drafts],
            "proposals": beside,
        },
    )


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
    neighbours = selectors.neighbours(placement)
    trail = list(selectors.trail(store, subject=f"placement:{placement.pk}")[:200])
    seen = {"revision": placement.revision}
    text = {"title": placement.title, "subtitle": placement.subtitle}
    rights = may(request.user, request.membership.role, placement)
    context = {
        "placement": placement,
        "objective": present.objective_of(placement),
        "tiles": present.tiles(placement),
        "warnings": selectors.warnings(placement) if placement.status in selectors.OPEN else [],
        "flags": present.flags(placement),
        "judged": present.judged(placement),
        "rulings": memory.near(placement),
        "why": present.why(placement),
        "changes": [entry_row(entry) for entry in trail if present.is_edit(entry)],
        "history": [entry_row(entry) for entry in trail],
        "queue": grouped_queue(store),
        "neighbours": neighbours,
        "may": rights,
        "undo": undoable(request.user, rights["admin"], placement) if rights["in_force"] else None,
        "regenerate_url": _regenerate_url(placement) if rights["in_force"] else "",
        "problem": problem,
        "opened": opened,
        "top_density": max([word["density"] for word in placement.keywords], default=1) or 1,
        "text_form": TextForm(initial={**seen, **text}, auto_id="id_%s"),
        "reject_form": TurnDownForm(initial=seen, auto_id="reject_%s"),
        "changes_form": TurnDownForm(initial=seen, auto_id="changes_%s"),
        "overturn_form": NoteForm(initial=seen, auto_id="overturn_%s"),
        **(forms or {}),
    }
    return render(request, "review/placement.html", context, status=status)


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
