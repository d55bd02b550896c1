"""One decision on everything that a filter matches: counted first, taken in the background, undone as one.

What is decided on is fixed when the person says so: the rows that matched and had not changed since they looked. Each
is then decided in a transaction of its own, together with the item that says so, by the service that decides a single
one; whatever that refuses is left as it is, with its words. A worker that is killed loses nothing: the next goes on
with the items that are still to do.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.utils import timezone

from accounts import audit
from accounts.models import Role, Store, User
from review.models import BulkAct, BulkItem, Decision, Placement, ReasonCode
from review.models.draft import PlacementQuerySet
from review.policies import Act, NotAllowed, check
from review.workflow import claims, queue, services, transitions
from review.workflow.asked import Asked, own
from review.workflow.undoing import last_decision
from storefront_studio.lib.errors import BadInput, StudioError, WrongState
from storefront_studio.lib.locks import exclusive

Kind, State, Item = Decision.Kind, BulkAct.State, BulkItem.State
VERBS = {Kind.APPROVE: "approve", Kind.REQUEST_CHANGES: "request changes to", Kind.REJECT: "reject"}
DONE = {Kind.APPROVE: "approved", Kind.REQUEST_CHANGES: "requested changes to", Kind.REJECT: "rejected"}
BATCH = 100  # items that are read at once
WHY = {
    "own": "You started the run that made them: four eyes",
    "held": "Somebody else is at them",
    "moved": "Changed since you looked",
    "closed": "That decision is not open for them",
}


@dataclass(frozen=True)
class DryRun:
    """What an act would do now: how many it decides, and how many it leaves by why, in words."""

    kind: str
    filters: Asked
    at: dt.datetime
    able: int
    left: dict[str, int]

    @property
    def matching(self) -> int:
        return self.able + sum(self.left.values())


def dry_run(*, store: Store, actor: User, kind: str, filters: Asked, at: dt.datetime | None = None) -> DryRun:
    """Counts, and changes nothing. `at` is when the person looked: what changed after it is left. Raises NotAllowed,
    BadInput for a decision that cannot be taken on many."""
    check(actor, Act.DECIDE, store)
    if kind not in BulkAct.KINDS:
        raise BadInput("Only approving, requesting changes and rejecting can be done on many at once.")
    at = min(at or timezone.now(), timezone.now())
    found: QuerySet[Any] = _matching(store, actor, kind, filters, at).order_by()
    counts = {row["why"]: row["count"] for row in found.values("why").annotate(count=Count("pk"))}
    able = counts.pop("", 0)
    return DryRun(kind, filters, at, able, {WHY[why]: count for why, count in sorted(counts.items())})


def _matching(store: Store, actor: User, kind: str, filters: Asked, at: dt.datetime) -> PlacementQuerySet:
    """All that match, each with `why` it would be left; empty for those that can be decided."""
    found = queue.asked(store, actor, filters, timezone.localdate()).filter(created_at__lte=at)
    reasons = [When(updated_at__gt=at, then=Value("moved"))]
    if kind not in transitions.ALLOWED[filters.status]:
        reasons.insert(0, When(pk__isnull=False, then=Value("closed")))
    if kind == Kind.APPROVE:
        reasons.append(When(own(actor), then=Value("own")))
    reasons.append(When(claims.live() & ~Q(claim__person=actor), then=Value("held")))
    return found.annotate(why=Case(*reasons, default=Value(""), output_field=CharField()))


@transaction.atomic
def start(*, dry: DryRun, told: int, store: Store, actor: User, reason_code: str = "", note: str = "") -> BulkAct:
    """Fix what is decided on: what can be decided of `dry`. What changed after the person looked is kept as left.

    Raises NotAllowed, BadInput (nothing to decide; turning down without reason and note), WrongState when it would be
    more than the `told` ones that the person agreed to."""
    check(actor, Act.DECIDE, store)
    note = note.strip()
    if dry.kind != Kind.APPROVE:
        if reason_code not in ReasonCode.values:
            raise BadInput("Choose a reason; the people who wrote these learn from it.")
        if not note:
            raise BadInput("Say in the note why; it stays in the history of each of them.")
    act = BulkAct.objects.create(
        store=store,
        actor=actor,
        kind=dry.kind,
        reason_code="" if dry.kind == Kind.APPROVE else reason_code,
        note=note,
        query=dry.filters.query,
    )
    found = _fix(act, _matching(store, actor, dry.kind, dry.filters, dry.at))
    if found > told:
        raise WrongState(f"{found:,} can be decided now, {told:,} when you looked. Look again before you say so.")
    if not found:
        raise BadInput("Nothing of what matches can be decided like this.")
    audit.record(
        store=store,
        actor=actor,
        action="bulk.start",
        subject=f"bulk:{act.pk}",
        summary=f"{actor} said to {VERBS[Kind(dry.kind)]} {found:,} placements at once.",
        new={"kind": dry.kind, "query": act.query, "placements": found, "reason_code": act.reason_code, "note": note},
    )
    return act


def _fix(act: BulkAct, matching: PlacementQuerySet) -> int:
    """One item for every placement that can be decided or changed meanwhile, in one statement; how many to decide."""
    chosen: QuerySet[Any] = matching.order_by("-risk", "pk")
    chosen = chosen.filter(why__in=["", "moved"]).values_list("pk", "revision", "why")
    select, params = chosen.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO review_bulkitem (act_id, placement_id, revision, state, why)"
            " SELECT %s, one.id, one.revision, CASE one.why WHEN '' THEN 'todo' ELSE 'left' END,"
            f" CASE one.why WHEN '' THEN '' ELSE %s END FROM ({select}) AS one (id, revision, why)",
            [act.pk, f"{WHY['moved']}.", *params],
        )
    return act.items.filter(state=Item.TODO).count()


@transaction.atomic
def undo(*, act: BulkAct, actor: User) -> None:
    """Take all of it back: one's own, or anybody's for an admin. Raises NotAllowed, WrongState when it is at work."""
    role = check(actor, Act.UNDO, act.store)
    if act.actor_id != actor.pk and role != Role.ADMIN:
        raise NotAllowed(f"{act.actor} decided this; only they or an admin can undo it.")
    if not BulkAct.objects.filter(pk=act.pk, state=State.DONE).update(state=State.UNDOING, undone_by=actor):
        raise WrongState("This is at work or undone already; look again.")
    audit.record(
        store=act.store,
        actor=actor,
        action="bulk.undo",
        subject=f"bulk:{act.pk}",
        summary=f"{actor} undid a decision on many placements.",
        old={"state": State.DONE},
        new={"state": State.UNDOING},
    )


# --- In the background --------------------------------------------------------------------------------------------
def go_on(act_id: int) -> None:
    """Work until nothing is to do; a no-op when another worker is at it, or all is done."""
    with exclusive(f"bulk:{act_id}") as ours:
        act = BulkAct.objects.select_related("store", "actor", "undone_by").filter(pk=act_id).first()
        if not ours or act is None:
            return
        if act.state == State.RUNNING:
            _each(act, Item.TODO, "id", partial(_decide, act))
            _finish(act, State.RUNNING, State.DONE)
        elif act.state == State.UNDOING:
            _each(act, Item.DONE, "-id", partial(_take_back, act))
            _finish(act, State.UNDOING, State.UNDONE)


def unfinished() -> list[int]:
    """Acts that a killed worker left at work."""
    return list(BulkAct.objects.filter(state__in=[State.RUNNING, State.UNDOING]).values_list("pk", flat=True))


def _each(act: BulkAct, state: str, order: str, work: Callable[[BulkItem], None]) -> None:
    """Every item in this state, in order, until there is none; each leaves the state it was in."""
    while items := list(act.items.filter(state=state).select_related("placement__draft").order_by(order)[:BATCH]):
        for item in items:
            try:
                work(item)
            except StudioError as error:
                left = Item.LEFT if state == Item.TODO else Item.STAYS
                act.items.filter(pk=item.pk, state=state).update(state=left, why=str(error)[:300])


@transaction.atomic
def _decide(act: BulkAct, item: BulkItem) -> None:
    """One placement, in one transaction with the item that says so."""
    seen: dict[str, Any] = {"placement": item.placement, "actor": act.actor, "revision": item.revision}
    if act.kind == Kind.APPROVE:
        outcome = services.approve(**seen, note=act.note)
    else:
        turn_down = services.reject if act.kind == Kind.REJECT else services.request_changes
        outcome = turn_down(**seen, reason_code=act.reason_code, note=act.note)
    decision = outcome.placement.decisions.order_by("-id").first()
    _moved(item, Item.TODO, Item.DONE, decision=decision)


@transaction.atomic
def _take_back(act: BulkAct, item: BulkItem) -> None:
    """One decision of the act, when it is still the one that holds."""
    placement = Placement.objects.select_related("draft__store").get(pk=item.placement_id)
    last = last_decision(placement)
    if last is None or last.pk != item.decision_id:
        raise WrongState("Somebody decided on it or changed it since.")
    services.undo(placement=placement, actor=act.undone_by or act.actor, revision=placement.revision)
    _moved(item, Item.DONE, Item.UNDONE)


def _moved(item: BulkItem, old: str, new: str, decision: Decision | None = None) -> None:
    changes = {"decision": decision} if decision is not None else {}
    if not BulkItem.objects.filter(pk=item.pk, state=old).update(state=new, **changes):
        raise RuntimeError(f"item {item.pk} is not {old} any more")  # rolls the decision back: it was made elsewhere


def _finish(act: BulkAct, old: str, new: str) -> None:
    if BulkAct.objects.filter(pk=act.pk, state=old).update(state=new, finished_at=timezone.now()):
        counts = progress(act)
        done = counts["done"] if new == State.DONE else counts["undone"]
        verb = DONE[Kind(act.kind)] if new == State.DONE else "took back their decision on"
        audit.record(
            store=act.store,
            actor=act.actor if new == State.DONE else act.undone_by,
            action=f"bulk.{new}",
            subject=f"bulk:{act.pk}",
            summary=f"{act.actor if new == State.DONE else act.undone_by} {verb} {done:,} placements at once.",
            new={name: count for name, count in counts.items() if count},
        )


def progress(act: BulkAct) -> dict[str, int]:
    """How many items are in each state, and "total"."""
    rows = act.items.order_by().values("state").annotate(count=Count("pk"))
    counts = {state: 0 for state in Item.values} | {row["state"]: row["count"] for row in rows}
    return {**counts, "total": sum(counts.values())}


def left(act: BulkAct) -> list[dict[str, Any]]:
    """What was left as it is: [{"why", "count"}], the most frequent first. Reasons that name their row count apart."""
    rows: QuerySet[Any] = act.items.filter(state__in=[Item.LEFT, Item.STAYS]).order_by()
    return list(rows.values("why").annotate(count=Count("pk")).order_by("-count", "why")[:20])
