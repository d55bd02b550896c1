"""What people turned down, remembered by meaning, so that the same thing need not be turned down twice.

A rejection writes a `Ruling` in its own transaction; taking the rejection back puts the ruling to sleep. Runs look
rulings up through `generation.memory`; the vector that takes is made by the worker afterwards.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Func, JSONField, Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, Store, User
from generation import runs, tasks
from generation.models import Ruling
from review.models import Placement, PlacementProduct, ReasonCode
from review.policies import Act, check
from review.workflow.limits import brief_of
from storefront_studio.lib.errors import BadInput, WrongState

FORGET, RECALL = "memory.forget", "memory.recall"
ENDED_BY = (FORGET, "placement.undo", "placement.overturn")


# --- With every decision ------------------------------------------------------------------------------------------
def remember(placement: Placement, actor: User, reason_code: str, note: str) -> Ruling:
    """The ruling of a rejection, in its transaction; rejecting the same placement again rewrites it.

    `placement` as it was when it was rejected. The worker is told to make the vector once this has committed.
    """
    shown = placement.items.filter(state=PlacementProduct.State.SHOWN).order_by("slot")
    words = {"title": placement.title, "subtitle": placement.subtitle, "concepts": placement.concepts}
    before = Ruling.objects.filter(placement=placement.pk).first()
    changed = before is None or any(getattr(before, name) != value for name, value in words.items())
    ruling, _ = Ruling.objects.update_or_create(
        placement=placement.pk,
        defaults={
            **words,
            "store": placement.draft.store,
            "campaign": placement.draft.campaign,
            "objective_kind": brief_of(placement.draft.run).objective_kind,
            "products": list(shown.values_list("product", flat=True)),
            "reason_code": reason_code,
            "reason": ReasonCode(reason_code).label,
            "note": note,
            "person": str(actor)[:160],
            "active": True,
            "ruled_at": timezone.now(),
            **({"embedding": None, "encoder": ""} if changed else {}),
        },
    )
    runs.after_commit(tasks.embed_rulings, placement.draft.store_id)
    return ruling


def follow(placement: Placement, status: str) -> None:
    """After a decision was taken back: a ruling holds exactly while its placement is rejected and nobody forgot it."""
    active = status == Placement.Status.REJECTED and not _forgotten(placement.pk)
    Ruling.objects.filter(placement=placement.pk).update(active=active)


def _forgotten(number: int) -> bool:
    acts = AuditEntry.objects.filter(subject=f"placement:{number}", action__in=[FORGET, RECALL, "placement.reject"])
    return acts.order_by("-id").values_list("action", flat=True).first() == FORGET


# --- By an admin --------------------------------------------------------------------------------------------------
def forget(*, ruling: Ruling, actor: User, note: str) -> Ruling:
    """Near themes pass again from now on; the rejection itself stands. Raises NotAllowed, BadInput (no note),
    WrongState (not remembered any more)."""
    return _turn(ruling, actor, note, FORGET, False, "forgot", f"“{ruling.title}” is not remembered any more.")


def recall(*, ruling: Ruling, actor: User, note: str = "") -> Ruling:
    """Remember again what was forgotten. Raises NotAllowed, WrongState (remembered already, or not rejected now)."""
    if not Placement.objects.filter(pk=ruling.placement, status=Placement.Status.REJECTED).exists():
        raise WrongState(f"“{ruling.title}” is not rejected now; there is nothing to remember.")
    return _turn(ruling, actor, note, RECALL, True, "remembered again", f"“{ruling.title}” is remembered already.")


@transaction.atomic
def _turn(ruling: Ruling, actor: User, note: str, action: str, active: bool, verb: str, otherwise: str) -> Ruling:
    check(actor, Act.FORGET, ruling.store)
    note = " ".join(note.split())
    if action == FORGET and not note:
        raise BadInput("Say why this should be forgotten.")
    if not Ruling.objects.filter(pk=ruling.pk, active=not active).update(active=active):
        raise WrongState(otherwise)
    audit.record(
        store=ruling.store,
        actor=actor,
        action=action,
        subject=f"placement:{ruling.placement}",
        summary=f"{actor} {verb} the rejection of “{ruling.title}”" + (f": {note}" if note else "."),
        old={"remembered": not active},
        new={"remembered": active, **({"note": note} if note else {})},
    )
    ruling.refresh_from_db()
    return ruling


# --- To read ------------------------------------------------------------------------------------------------------
def remembered(store: Store, text: str = "", active: bool | None = True) -> "QuerySet[Ruling]":
    """Rulings of `store`, newest first; `text` is looked for in title, note and person, `active` None gives all."""
    found = Ruling.objects.filter(store=store).defer("embedding").order_by("-ruled_at", "-id")
    if active is not None:
        found = found.filter(active=active)
    if text:
        found = found.filter(
            Q(title__icontains=text)
            | Q(subtitle__icontains=text)
            | Q(reason__icontains=text)
            | Q(note__icontains=text)
            | Q(person__icontains=text)
        )
    return found


@dataclass(frozen=True)
class Effect:
    """How many later themes a ruling blocked, and how many it flagged for people."""

    blocked: int = 0
    flagged: int = 0


def effects(store: Store, numbers: Iterable[int]) -> dict[int, Effect]:
    """What each ruling (by its placement's number) did to later themes; one query, whatever their number."""
    wanted = set(numbers)
    if not wanted:
        return {}
    number_of = Func(F("flags"), template="jsonb_path_query(%(expressions)s, '$[*].ruling')", output_field=JSONField())
    flagged = Placement.objects.of(store).exclude(flags=[]).annotate(near=number_of)
    rows = flagged.values_list("near", "dropped_by", "pk").order_by().distinct()
    counted: Counter[tuple[int, bool]] = Counter(
        (ruling, bool(dropped_by)) for ruling, dropped_by, _ in rows if ruling in wanted
    )
    return {number: Effect(counted[number, True], counted[number, False]) for number in wanted}


def endings(store: Store, numbers: Iterable[int]) -> dict[int, AuditEntry]:
    """For each ruling that was taken back: the last act that did so."""
    subjects = [f"placement:{number}" for number in numbers]
    entries = AuditEntry.objects.filter(store=store, subject__in=subjects, action__in=ENDED_BY).order_by("id")
    return {int(entry.subject.partition(":")[2]): entry for entry in entries}


def near(placement: Placement) -> list[Ruling]:
    """The earlier rejections that judging found `placement` near to, in the order of its flags."""
    numbers = [flag["ruling"] for flag in placement.flags if flag.get("ruling") is not None]
    if not numbers:
        return []
    rows = Ruling.objects.filter(store=placement.draft.store_id, placement__in=numbers).defer("embedding")
    found = {ruling.placement: ruling for ruling in rows}
    return [found[number] for number in dict.fromkeys(numbers) if number in found]
