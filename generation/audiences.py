"""Writes of audiences: kept under one name in one store, with a profile that was read, and never lost while in use."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from accounts import audit
from accounts.models import Store, User
from generation.campaigns import segments
from generation.campaigns.segments import Profile
from generation.models import Segment
from storefront_studio.lib.errors import BadInput, WrongState

RESERVED = {"new", "import", "default"}  # addresses of the screens, and the page for everyone
LONGEST_SLUG = 50


@transaction.atomic
def save(
    *,
    store: Store,
    actor: User | None,
    name: str,
    profile: Profile,
    segment: Segment | None = None,
    size: int | None = None,
    source: str = Segment.Source.WRITTEN,
    seen: dt.datetime | None = None,
    actor_name: str = "",
) -> Segment:
    """A new audience, or `segment` with this name, profile and size. Its slug never changes.

    Raises BadInput for a name that is empty or taken, WrongState when somebody saved it after `seen`.
    """
    name = name.strip()
    if not name or len(name) > 120:
        raise BadInput("Give the audience a name of at most 120 characters.")
    others = Segment.objects.filter(store=store, name__iexact=name)
    if (others.exclude(pk=segment.pk) if segment else others).exists():
        raise BadInput(f"There is an audience “{name}” already. Change that one, or choose another name.")
    new = segment is None
    if segment is None:
        segment, old = Segment(store=store, slug=free_slug(store, name)), {}
    else:
        segment = Segment.objects.select_for_update().get(pk=segment.pk)
        if seen is not None and segment.updated_at != seen:
            raise WrongState(
                f"Somebody saved “{segment.name}” while you had it open. Your answers are still here and not saved. "
                "Save again to replace theirs with yours, or load the page again to see theirs."
            )
        old = _told(segment)
    segment.name, segment.profile, segment.size, segment.source = name, profile.stored(), size, source
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError:
        raise WrongState("Somebody made this audience at the same moment. Load the page again.") from None
    now = _told(segment)
    changed = {key for key in {*old, *now} if old.get(key) != now.get(key)}
    if changed:
        audit.record(
            store=store,
            actor=actor,
            actor_name=actor_name,
            action="segment.create" if new else "segment.change",
            subject=f"segment:{segment.slug}",
            summary=f"{'Created' if new else 'Changed'} audience “{segment.name}”",
            old={key: old.get(key) for key in sorted(changed)} if not new else None,
            new={key: now.get(key) for key in sorted(changed)},
        )
    return segment


@transaction.atomic
def delete(*, segment: Segment, actor: User | None) -> None:
    """Forget an audience that nothing was made for. Raises WrongState naming what uses it."""
    found = Segment.objects.select_for_update().filter(pk=segment.pk).first()
    if found is None:
        raise WrongState(f"“{segment.name}” was deleted already.")
    try:
        found.delete()
    except ProtectedError:
        raise WrongState(in_use(segment)) from None
    audit.record(
        store=segment.store,
        actor=actor,
        action="segment.delete",
        subject=f"segment:{segment.slug}",
        summary=f"Deleted audience “{segment.name}”",
        old=_told(segment),
    )


def in_use(segment: Segment) -> str:
    """Why an audience cannot be deleted, with the way out; "" when it can."""
    campaigns = list(segment.campaigns.order_by("name").values_list("name", flat=True)[:4])
    if campaigns:
        named = " and ".join(f"“{name}”" for name in campaigns[:3])
        more = " and others" if len(campaigns) > 3 else ""
        noun = "campaign" if len(campaigns) == 1 else "campaigns"
        return (
            f"The {noun} {named}{more} use{'s' if len(campaigns) == 1 else ''} it. Choose another audience there first."
        )
    if segment.runs.exists():
        return "Pages were generated for it, and their history names it. It stays; rename it if it is out of date."
    return ""


def free_slug(store: Store, name: str) -> str:
    wanted = slugify(name)[:LONGEST_SLUG] or "audience"
    slug, number = wanted, 1
    while slug in RESERVED or Segment.objects.filter(store=store, slug=slug).exists():
        number += 1
        slug = f"{wanted[: LONGEST_SLUG - 6]}-{number}"
    return slug


def _told(segment: Segment) -> dict[str, Any]:
    """What the audit trail keeps for good: no value of a field that is about persons, only that it was there."""
    profile = {
        key: ("(kept out of the trail)" if key in segments.PERSONAL else value)
        for key, value in segment.profile.items()
    }
    return {"name": segment.name, "size": segment.size, "source": segment.source, "profile": profile}
