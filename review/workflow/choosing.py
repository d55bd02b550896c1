"""Choosing between a page and the one that regenerates it in part: take the new one, keep the old one, or undo that.

Each is one transaction that locks both drafts and their rows, so that of two people one chooses and the other is told.
Every row's revision goes up with it: a decision that was being made meanwhile on what somebody saw before is refused.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from accounts import audit
from accounts.models import User
from review.models import Draft, Judgement, Placement, PlacementProduct
from review.policies import Act, check
from review.selectors import OPEN
from review.workflow import carrying
from review.workflow.proposals import (
    CHOICE,
    KEEP,
    TAKE,
    UNDO,
    choice_of,
    continued,
    gone,
    published,
    replaced_by,
    seen_of,
)
from review.workflow.row import Row
from storefront_studio.lib.errors import BadInput, WrongState

Status, State = Placement.Status, PlacementProduct.State


@transaction.atomic
def take(*, draft: Draft, actor: User, seen: str, instead: Collection[int] = ()) -> Draft:
    """Put the proposal in the place of the page it regenerates; that page's open rows leave the queue.

    Kept rows are brought up to what they are now, with status and edits. `instead` names rows of the old page that
    stay in place of the new ones which were to replace them, or beside them where none was. A product that a kept row
    shows leaves the new ones. Raises NotAllowed (marketing, when an approved row would be lost), BadInput (a row that
    is not replaced) and WrongState (somebody chose already, or either page changed since it was `seen`).
    """
    draft, old = _both(draft)
    check(actor, Act.REGENERATE, draft.store)
    _check_open(draft, old)
    if seen != seen_of(draft):
        raise WrongState("One of the two pages changed since you opened this. Look again, then choose.")
    leaving: list[tuple[Placement, Placement | None]] = [
        *replaced_by(draft, old),
        *((row, None) for row in gone(draft, old)),
    ]
    wanted = [pair for pair in leaving if pair[0].pk in instead]
    if len(wanted) != len(set(instead)):
        raise BadInput("Only a row that the new page replaces can be kept instead.")
    if any(one.status == Status.APPROVED and one.pk not in instead for one, _ in leaving):
        check(actor, Act.DECIDE, draft.store)
    rows = _keep_instead(draft, wanted, actor)
    pairs = {new.pk: _whole(new.kept_from) for new in _kept_rows(draft)}
    carrying.bring_up(pairs)
    moved = _clear(draft, actor)
    aside = _set_aside(old, but=draft)
    if not Draft.objects.filter(pk=old.pk, superseded=False).update(superseded=True):
        raise WrongState("Somebody else has chosen already.")
    _touch(draft, old)
    now = {row.pk: row for row in draft.placements.select_related("draft__store")}
    carrying.note_carried([(now[pk], was) for pk, was in pairs.items()], actor)
    _record(
        draft,
        actor,
        TAKE,
        f"{actor} took the page of run {draft.run_id} in place of run {old.run_id}’s",
        {"in place of": old.pk, "kept": len(pairs), "instead": rows, "set aside": aside, "moved": moved},
    )
    draft.refresh_from_db()
    return draft


@transaction.atomic
def keep_old(*, draft: Draft, actor: User, seen: str = "") -> Draft:
    """Set the proposal aside; the old page stays as it is. Raises NotAllowed, WrongState (chosen already)."""
    draft, old = _both(draft)
    check(actor, Act.REGENERATE, draft.store)
    _check_open(draft, old)
    if not Draft.objects.filter(pk=draft.pk, superseded=False).update(superseded=True):
        raise WrongState("Somebody else has chosen already.")
    _touch(draft)
    said = f"{actor} kept the page of run {old.run_id} and set run {draft.run_id}’s aside"
    _record(draft, actor, KEEP, said, {"kept": old.pk})
    draft.refresh_from_db()
    return draft


@transaction.atomic
def undo(*, draft: Draft, actor: User) -> Draft:
    """Take the last choice back: both pages stand beside each other again.

    What people decided on the new page since stays with it. Raises NotAllowed and WrongState: nothing to undo,
    something of the new page was published, or the old page was replaced by another one.
    """
    draft, old = _both(draft)
    check(actor, Act.REGENERATE, draft.store)
    last = choice_of(draft)
    if last is None or last.action == UNDO:
        raise WrongState("There is no choice to undo here.")
    if last.action == KEEP:
        if old.superseded or not draft.superseded:
            raise WrongState(f"The page of run {old.run_id} was replaced meanwhile; there is no way back to it.")
        Draft.objects.filter(pk=draft.pk).update(superseded=False)
    else:
        _check_undoable(draft, old)
        said = last.new or {}
        Draft.objects.filter(pk=old.pk).update(superseded=False)
        Draft.objects.filter(pk__in=said.get("set aside", []), parent=old).update(superseded=False)
        for copy, other in said.get("instead", []):
            _drop(draft, copy, actor)
            draft.placements.filter(pk=other, dropped_by__startswith=CHOICE).update(
                status=Status.WAITING, dropped_by="", drop_facet="", drop_reason=""
            )
    _touch(draft, old)
    _record(draft, actor, UNDO, f"{actor} took back the choice between run {old.run_id} and {draft.run_id}", {})
    draft.refresh_from_db()
    return draft


# --- Parts --------------------------------------------------------------------------------------------------------
def _both(draft: Draft) -> tuple[Draft, Draft]:
    """The proposal and the page it regenerates, both locked with their rows, as they are now."""
    ids = [pk for pk in (draft.parent_id, draft.pk) if pk is not None]
    list(Draft.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    list(Placement.objects.select_for_update().filter(draft__in=ids).order_by("pk").values_list("pk"))
    now = Draft.objects.select_related("store", "run", "campaign", "parent__run", "parent__store").get(pk=draft.pk)
    if now.parent is None:
        raise WrongState(f"The page of run {now.run_id} stands alone; there is nothing to choose.")
    return now, now.parent


def _check_open(draft: Draft, old: Draft) -> None:
    if draft.is_proposal:
        return
    last = choice_of(draft)
    if last is not None and last.action != UNDO:
        what = "took the new page" if last.action == TAKE else "kept the old page"
        raise WrongState(f"{last.actor_name} {what} already. Undo that first, if it can still be undone.")
    raise WrongState(f"The page of run {old.run_id} was replaced by another one meanwhile; there is nothing to choose.")


def _check_undoable(draft: Draft, old: Draft) -> None:
    if draft.superseded or not old.superseded:
        raise WrongState("There is no choice to undo here.")
    if published(draft):
        raise WrongState(f"The page of run {draft.run_id} was published; roll the page back instead.")
    if continued(draft):
        raise WrongState(f"The page of run {draft.run_id} was regenerated itself; undo that first.")


def _whole(row: Placement | None) -> Placement:
    assert row is not None  # asked for rows that were kept
    return row


def _kept_rows(draft: Draft) -> Sequence[Placement]:
    rows = draft.placements.exclude(kept_from=None).exclude(status=Status.DROPPED)
    return list(rows.select_related("kept_from__draft").prefetch_related("kept_from__items__product"))


def _keep_instead(draft: Draft, pairs: Sequence[tuple[Placement, Placement | None]], actor: User) -> list[list[int]]:
    """Old rows onto the new page, each at the place of the new row that leaves it, or at its own;
    [[pk of the copy, pk of the other or 0]]."""
    lowest = draft.placements.aggregate(most=Max("key"))["most"] or 0
    made: list[list[int]] = []
    for number, (old, new) in enumerate(pairs, start=1):
        copy = draft.placements.filter(kept_from=old).first()
        if copy is None:
            copy = carrying.copied(old, draft, lowest + number, new.position if new else old.position)
            copy.save()
            Judgement.objects.bulk_create(carrying.judgements(old, copy))
        Placement.objects.filter(pk=copy.pk).update(status=old.status)
        if new is not None:
            _drop(draft, new.pk, actor, f"{actor} kept “{old.title}” instead.")
        made.append([copy.pk, new.pk if new else 0])
    return made


def _drop(draft: Draft, pk: int, actor: User, reason: str = "") -> None:
    draft.placements.filter(pk=pk).update(
        status=Status.DROPPED,
        dropped_by=f"{CHOICE}{actor}"[:120],
        drop_facet="not chosen",
        drop_reason=reason or f"{actor} took back the choice of this row.",
    )


def _clear(draft: Draft, actor: User) -> list[str]:
    """Take out of the new rows what a kept row shows by now; the bench fills in. A page shows a product once."""
    rows = draft.placements.filter(status__in=OPEN).order_by("position", "id")
    taken = set(
        PlacementProduct.objects.filter(placement__in=rows.exclude(kept_from=None), state=State.SHOWN).values_list(
            "product_id", flat=True
        )
    )
    shown = set(
        PlacementProduct.objects.filter(placement__in=rows, state=State.SHOWN).values_list("product_id", flat=True)
    )
    said = []
    for placement in rows.filter(kept_from=None):
        row = Row(placement)
        twice = [item for item in row.shown if item.product_id in taken]
        for item in twice:
            slot = item.slot
            row.take_out(item)
            row.removed.append(item)
            heir = next((one for one in row.bench if one.product_id not in shown), None)
            if heir is not None:
                row.bench.remove(heir)
                row.place(heir, min(slot, len(row.shown) + 1))
                shown.add(heir.product_id)
            said.append(f"“{item.product}” left “{placement}”, since a kept row shows it")
        if twice:
            row.save()
            draft.placements.filter(pk=placement.pk).update(updated_at=timezone.now())
    return said


def _set_aside(old: Draft, but: Draft) -> list[int]:
    """Other proposals beside the old page end with it; their primary keys."""
    others = list(old.regenerations.filter(superseded=False).exclude(pk=but.pk).values_list("pk", flat=True))
    Draft.objects.filter(pk__in=others).update(superseded=True)
    return others


def _touch(*drafts: Draft) -> None:
    Placement.objects.filter(draft__in=[one.pk for one in drafts]).update(revision=F("revision") + 1)


def _record(draft: Draft, actor: User, action: str, said: str, new: dict[str, Any]) -> None:
    audit.record(
        store=draft.store,
        actor=actor,
        action=action,
        subject=f"draft:{draft.pk}",
        summary=f"{said}, for “{draft.campaign}”.",
        new={name: value for name, value in new.items() if value not in ([], "")} or None,
    )
