"""The quality policy of a store: the version in force, its history, and how it changes: by one version more."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import Store, User
from accounts.permits import require_admin
from generation.models import Policy
from generation.policy import terms
from generation.stages.policy import QualityPolicy
from storefront_studio.lib.errors import BadInput, WrongState

LONGEST_NOTE = 500


def current(store: Store) -> QualityPolicy:
    """The newest version, or the defaults in code as version 0."""
    row = Policy.objects.filter(store=store).order_by("-number").first()
    return QualityPolicy() if row is None else read(row)


def read(row: Policy) -> QualityPolicy:
    """A version as its value, with its number."""
    return QualityPolicy.model_validate({**row.body, "number": row.number})


def of_run(brief: dict[str, Any]) -> QualityPolicy:
    """The policy a run was started under, from `Run.brief`; the defaults for a run that kept none."""
    return QualityPolicy.model_validate(brief.get("policy") or {})


def history(store: Store) -> QuerySet[Policy]:
    """All versions, newest first. Version 0, the defaults in code, has no row."""
    return Policy.objects.filter(store=store).order_by("-number").select_related("author")


def version(store: Store, number: int) -> QualityPolicy:
    """The version of this number; raises BadInput when there is none."""
    if number == 0:
        return QualityPolicy()
    row = Policy.objects.filter(store=store, number=number).first()
    if row is None:
        raise BadInput(f"There is no policy {number} in {store}.")
    return read(row)


def save(*, store: Store, actor: User | None, policy: QualityPolicy, note: str, seen: int) -> Policy:
    """`policy` as the version after `seen`, the one the person had before them.

    Raises NotAllowed for anybody but an admin; BadInput when it does not fit together, changes nothing or has no note;
    WrongState when somebody saved another version meanwhile.
    """
    require_admin(store, actor, "change the policy")
    note = " ".join(note.split())
    if not note:
        raise BadInput("Say in the note why the policy changes. The history shows it.")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(note)} characters; the most is {LONGEST_NOTE}.")
    terms.check(policy)
    now = current(store)
    if now.number != seen:
        raise _overtaken(store, seen)
    changed = terms.changes(now, policy)
    if not changed:
        raise BadInput(f"Nothing differs from policy {now.number}, so there is nothing to save.")
    body = _body(policy)
    before = _body(now)
    differing = [name for name in body if body[name] != before[name]]
    try:
        with transaction.atomic():
            row = Policy.objects.create(
                store=store,
                number=seen + 1,
                body=body,
                note=note,
                author=actor,
                author_name=str(actor) if actor else "Command line",
            )
            audit.record(
                store=store,
                actor=actor,
                action="policy.save",
                subject=f"policy:{row.number}",
                summary=f"Saved policy {row.number}: {note}",
                old={name: before[name] for name in differing},
                new={name: body[name] for name in differing},
                actor_name=row.author_name,
            )
    except IntegrityError:  # the number was taken between the look and the insert
        raise _overtaken(store, seen) from None
    return row


def restore(*, store: Store, actor: User | None, number: int, note: str, seen: int) -> Policy:
    """An earlier version once more, as a new one. Raises what `save` raises."""
    earlier = version(store, number)
    return save(store=store, actor=actor, policy=earlier, note=note or f"As in policy {number} again", seen=seen)


def _body(policy: QualityPolicy) -> dict[str, Any]:
    return policy.model_dump(mode="json", exclude={"number"})


def _overtaken(store: Store, seen: int) -> WrongState:
    newest = Policy.objects.filter(store=store).order_by("-number").first()
    if newest is None:
        return WrongState(f"Policy {seen} is not in force in {store}; the defaults, policy 0, are.")
    return WrongState(
        f"{newest.author_name} saved policy {newest.number} while you were changing policy {seen}: "
        f"“{newest.note}”. Nothing of yours was saved. Look at it, then change that one."
    )
