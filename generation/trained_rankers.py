"""The trained rankers of a store, and which one serves.

Reading one loads numpy and, for trees, LightGBM: only who ranks does it."""

import hashlib
from threading import Lock
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import Store, User
from accounts.permits import require_admin
from generation.models import TrainedRanker
from generation.rankers.base import Ranker
from generation.rankers.signals import SignalRanker
from storefront_studio.lib.errors import BadInput, WrongState

if TYPE_CHECKING:
    from generation.rankers.learned import LearnedRanker

LONGEST_NOTE = 500
KEPT = 4  # rankers held by a process
State = TrainedRanker.State
BUILT_IN = "the built-in business score"


def listed(store: Store) -> QuerySet[TrainedRanker]:
    """All trainings of a store, newest first, without the rankers themselves."""
    return TrainedRanker.objects.filter(store=store).defer("artefact").order_by("-number")


def active(store: Store) -> TrainedRanker | None:
    return listed(store).filter(state=State.ACTIVE).first()


def numbered(store: Store, number: int) -> TrainedRanker:
    """The training of this number; raises BadInput when there is none."""
    row = listed(store).filter(number=number).first()
    if row is None:
        raise BadInput(f"There is no ranker {number} in {store}.")
    return row


def activate(*, store: Store, actor: User | None, number: int, seen: int, note: str) -> TrainedRanker:
    """Let a ranker serve, in place of the one that the person saw serving (`seen`, 0 for the built-in score).

    Raises NotAllowed for anybody but an admin; BadInput for a number or note that is not right, or a ranker that is
    damaged; WrongState when it serves already, or another one serves than was seen.
    """
    require_admin(store, actor, "activate rankers")
    row, note = numbered(store, number), _note(note)
    if row.state == State.ACTIVE:
        raise WrongState(f"Ranker {number} serves already.")
    if f"sha256:{hashlib.sha256(bytes(row.artefact)).hexdigest()}" != row.artefact_hash:
        raise BadInput(f"What is stored of ranker {number} is damaged. Train it again.")
    _switched(store, actor, seen, row, f"Activated ranker {number}: {note}", "ranker.activated", keep=True)
    return numbered(store, number)


def go_back(*, store: Store, actor: User | None, seen: int, note: str) -> TrainedRanker | None:
    """What served before the ranker `seen` serves again: another ranker, or the built-in score (then None comes back).

    Raises as `activate` does, and WrongState when the built-in score serves anyhow.
    """
    require_admin(store, actor, "go back to another ranker")
    note = _note(note)
    if seen == 0:
        raise WrongState(f"No ranker is active: {BUILT_IN} serves already.")
    now = numbered(store, seen)
    before = listed(store).filter(pk=now.replaced_id).first() if now.replaced_id else None
    told = f"ranker {before.number}" if before else BUILT_IN
    _switched(store, actor, seen, before, f"Went back to {told}: {note}", "ranker.went_back", keep=False)
    return numbered(store, before.number) if before else None


def _switched(
    store: Store, actor: User | None, seen: int, new: TrainedRanker | None, summary: str, action: str, *, keep: bool
) -> None:
    """From the ranker of number `seen` to `new`; with `keep` it is noted what `new` replaced."""
    name = str(actor) if actor else "Command line"
    mine = TrainedRanker.objects.filter(store=store)
    try:
        with transaction.atomic():
            old = mine.filter(number=seen).only("pk").first() if seen else None
            if seen and not mine.filter(number=seen, state=State.ACTIVE).update(state=State.RETIRED):
                raise _overtaken(store)
            if new is not None:
                replaced = {"replaced": old} if keep else {}
                changed = mine.filter(pk=new.pk, state__in=[State.TRAINED, State.RETIRED]).update(
                    state=State.ACTIVE, activated_at=timezone.now(), activated_by=name, **replaced
                )
                if not changed:
                    raise _overtaken(store)
            audit.record(
                store=store,
                actor=actor,
                action=action,
                subject=f"ranker:{new.pk}" if new else f"ranker:{old.pk if old else 0}",
                summary=summary,
                old={"ranker": seen or BUILT_IN},
                new={"ranker": new.number if new else BUILT_IN},
                actor_name=name,
            )
    except IntegrityError:
        raise _overtaken(store) from None  # the database allows one active ranker a store


def _overtaken(store: Store) -> WrongState:
    row = active(store)
    now = f"ranker {row.number}" if row else BUILT_IN
    return WrongState(f"Somebody was first: {now} serves now. Look at it again, then decide.")


def _note(note: str) -> str:
    words = " ".join(note.split())
    if not words:
        raise BadInput("Say in the note why. The history shows it.")
    if len(words) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(words)} characters; the most is {LONGEST_NOTE}.")
    return words


# --- In the cascade ---------------------------------------------------------------------------------------------------
_held: "dict[str, LearnedRanker]" = {}
_holding = Lock()


def serving(store: Store) -> Ranker:
    """The ranker that gives R in this store: the active one, read once a process, or the built-in business score.

    One query for two columns; the ranker itself is fetched where this process does not hold it yet.
    """
    row = (
        TrainedRanker.objects.filter(store=store, state=State.ACTIVE)
        .values_list("pk", "artefact_hash", "kind", "number")
        .first()
    )
    if row is None:
        return SignalRanker()
    pk, digest, kind, number = row
    key = f"{pk}:{digest}"
    with _holding:
        if key not in _held:
            from generation.rankers.learned import LearnedRanker

            packed = bytes(TrainedRanker.objects.values_list("artefact", flat=True).get(pk=pk))
            while len(_held) >= KEPT:
                _held.pop(next(iter(_held)))
            _held[key] = LearnedRanker.unpack(packed, f"{kind} (ranker {number})")
        return _held[key]
