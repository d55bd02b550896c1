"""The rows that a shop writes itself and locks into a campaign's page: written, ordered, taken away and brought back.

Every write locks the campaign, so that two people cannot give one place or one product to two rows.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry, User
from generation.models import Campaign, Product, StaticPlacement
from generation.stages.judging.rules import LONGEST_SUBTITLE, LONGEST_TITLE
from generation.stages.words import banned_in
from storefront_studio.lib.errors import BadInput, WrongState

LEAST, MOST = 3, 40
"""Products of a row: fewer are not a row; more than the page shows wait and step in when one of the first is gone."""


@transaction.atomic
def add(
    *,
    campaign: Campaign,
    actor: User | None,
    title: str,
    item_ids: Sequence[str],
    subtitle: str = "",
    position: int | None = None,
) -> StaticPlacement:
    """Write a row; without `position` it takes the first free place.

    Raises BadInput: words too long or banned, a product unknown or used twice, a place taken or not on the page.
    """
    campaign = _taken(campaign)
    others = list(campaign.static_placements.all())
    if len(others) >= campaign.placements - 1:
        raise BadInput(
            f"“{campaign}” has {_places(campaign.placements)}, and at least one is left to generate. "
            "Ask for more placements in the brief, or delete one of your rows."
        )
    free = [place for place in range(1, campaign.placements + 1) if place not in {one.position for one in others}]
    row = StaticPlacement(campaign=campaign, position=free[0] if position is None else position, created_by=actor)
    _write(row, campaign, others, title=title, subtitle=subtitle, item_ids=item_ids)
    row.save()
    _noted(row, actor, "add", f"Added their own row “{row}” at place {row.position}", None, _values(row))
    return row


@transaction.atomic
def change(*, row: StaticPlacement, actor: User | None, seen: str = "", **values: Any) -> StaticPlacement:
    """Change title, subtitle, item_ids, position or some of them. `seen` is the `updated_at` that the person saw.

    Raises WrongState when somebody changed or deleted the row meanwhile, BadInput as `add` does.
    """
    campaign = _taken(row.campaign)
    now = _now(row)
    if seen and seen != now.updated_at.isoformat():
        raise WrongState(
            f"Somebody changed “{now}” while you had it open. Your answers are still here and not saved; "
            "save again to replace theirs with yours."
        )
    old = _values(now)
    unknown = set(values) - set(old)
    if unknown:
        raise BadInput(f"A row has no field “{sorted(unknown)[0]}”.")
    others = list(campaign.static_placements.exclude(pk=now.pk))
    now.position = values.get("position", now.position)
    words = {name: values.get(name, old[name]) for name in ("title", "subtitle", "item_ids")}
    _write(now, campaign, others, **words)
    new = _values(now)
    changed = [name for name in new if new[name] != old[name]]
    if changed:
        now.save()
        _noted(now, actor, "change", f"Changed their own row “{now}”", _only(old, changed), _only(new, changed))
    return now


@transaction.atomic
def move(*, row: StaticPlacement, actor: User | None, position: int) -> StaticPlacement:
    """Put a row at another place; a row of the shop that stands there takes this one's place.

    Raises BadInput when the page has no such place, WrongState when the row is gone.
    """
    campaign = _taken(row.campaign)
    now = _now(row)
    was = now.position
    _check_place(campaign, position)
    if position == was:
        return now
    there = campaign.static_placements.filter(position=position).first()
    if there is not None:  # one place of the twenty is always free, since a row is left to generate
        held = set(campaign.static_placements.values_list("position", flat=True))
        _put(there, next(place for place in range(1, 21) if place not in held))
    _put(now, position)
    if there is not None:
        _put(there, was)
    swapped = f", which “{there}” left for place {was}" if there is not None else ""
    said = f"Moved their own row “{now}” from place {was} to {position}{swapped}"
    _noted(now, actor, "move", said, {"position": was}, {"position": position})
    return now


@transaction.atomic
def delete(*, row: StaticPlacement, actor: User | None) -> AuditEntry:
    """Take a row away; the audit entry keeps it, for `restore`. Raises WrongState when it is gone already."""
    _taken(row.campaign)
    now = _now(row)
    entry = _noted(now, actor, "delete", f"Deleted their own row “{now}”", _values(now), None)
    now.delete()
    return entry


@transaction.atomic
def restore(*, campaign: Campaign, actor: User | None, entry: AuditEntry) -> StaticPlacement:
    """Bring back what `entry` says was deleted: at its place, or at the first free one when that was given away.

    Raises BadInput when the entry is about something else, or the row does not fit the page any more.
    """
    if entry.action != "static.delete" or entry.subject != _subject(campaign) or not entry.old:
        raise BadInput("There is no deleted row to bring back here.")
    old = entry.old
    taken = campaign.static_placements.filter(position=old["position"]).exists()
    fits = not taken and old["position"] <= campaign.placements
    return add(campaign=campaign, actor=actor, **{**old, "position": old["position"] if fits else None})


def copy(*, source: Campaign, target: Campaign, actor: User | None) -> list[str]:
    """The own rows of one campaign on another of the same store; sentences about those that could not come along."""
    lost = []
    for row in source.static_placements.all():
        try:
            add(campaign=target, actor=actor, **_values(row))
        except BadInput as error:
            lost.append(f"Your row “{row}” did not come along: {error}")
    return lost


def _write(
    row: StaticPlacement,
    campaign: Campaign,
    others: Sequence[StaticPlacement],
    *,
    title: str,
    subtitle: str,
    item_ids: Sequence[str],
) -> None:
    row.title, row.subtitle = " ".join(title.split()), " ".join(subtitle.split())
    row.item_ids = [one.strip() for one in item_ids if one.strip()]
    _check_place(campaign, row.position)
    there = next((one for one in others if one.position == row.position), None)
    if there is not None:
        raise BadInput(f"Place {row.position} is taken by your row “{there}”; choose another, or move that one first.")
    _check_words(row, campaign, others)
    _check_products(row, campaign, others)


def _check_place(campaign: Campaign, position: int) -> None:
    if not 1 <= position <= campaign.placements:
        raise BadInput(f"The page has {_places(campaign.placements)}; choose one from 1 to {campaign.placements}.")


def _check_words(row: StaticPlacement, campaign: Campaign, others: Sequence[StaticPlacement]) -> None:
    if not row.title:
        raise BadInput("Give the row a title.")
    for name, text, most in (("title", row.title, LONGEST_TITLE), ("subtitle", row.subtitle, LONGEST_SUBTITLE)):
        if len(text) > most:
            raise BadInput(f"The {name} has {len(text)} characters; {most} fit.")
    word = banned_in(f"{row.title} {row.subtitle}", campaign.banned_terms)
    if word:
        raise BadInput(f"The campaign never says “{word}”; write it without.")
    if any(one.title.casefold() == row.title.casefold() for one in others):
        raise BadInput(f"You have a row “{row.title}” on this page already; give this one another title.")


def _check_products(row: StaticPlacement, campaign: Campaign, others: Sequence[StaticPlacement]) -> None:
    ids = row.item_ids
    if not LEAST <= len(ids) <= MOST:
        raise BadInput(f"A row needs {LEAST} to {MOST} products; this one has {len(ids)}.")
    known = dict(Product.objects.filter(store=campaign.store_id, item_id__in=ids).values_list("item_id", "title"))
    missing = [one for one in ids if one not in known]
    if missing:
        named = ", ".join(f"“{one[:60]}”" for one in missing[:3]) + (" and others" if len(missing) > 3 else "")
        raise BadInput(f"The catalogue has no product with the id {named}. Search for it by its title.")
    twice = next((one for one, n in Counter(ids).items() if n > 1), None)
    if twice is not None:
        raise BadInput(f"“{known[twice]}” is in this row twice; a page shows a product once.")
    for other in others:
        shared = next((one for one in ids if one in other.item_ids), None)
        if shared is not None:
            raise BadInput(f"“{known[shared]}” is in your row “{other}” already; a page shows a product once.")


def _taken(campaign: Campaign) -> Campaign:
    """The campaign as it is, locked until the transaction ends."""
    return Campaign.objects.select_for_update(of=("self",)).select_related("store").get(pk=campaign.pk)


def _now(row: StaticPlacement) -> StaticPlacement:
    found = StaticPlacement.objects.select_related("campaign__store").filter(pk=row.pk).first()
    if found is None:
        raise WrongState(f"“{row}” was deleted meanwhile.")
    return found


def _put(row: StaticPlacement, position: int) -> None:
    row.position = position
    StaticPlacement.objects.filter(pk=row.pk).update(position=position, updated_at=timezone.now())


def _values(row: StaticPlacement) -> dict[str, Any]:
    return {
        "title": row.title,
        "subtitle": row.subtitle,
        "item_ids": list(row.item_ids),
        "position": row.position,
    }


def _only(values: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names}


def _subject(campaign: Campaign) -> str:
    return f"campaign:{campaign.slug}"


def _noted(
    row: StaticPlacement,
    actor: User | None,
    action: str,
    said: str,
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
) -> AuditEntry:
    return audit.record(
        store=row.campaign.store,
        actor=actor,
        action=f"static.{action}",
        subject=_subject(row.campaign),
        summary=f"{said} on “{row.campaign}”",
        old=old,
        new=new,
    )


def _places(count: int) -> str:
    return f"{count} place{'s' if count != 1 else ''}"
