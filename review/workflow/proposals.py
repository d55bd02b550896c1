"""A page that regenerates another one in part, beside it: which rows were kept, what replaces what, who chose."""

from accounts.models import AuditEntry
from review.models import Draft, PageVersion, Placement
from review.selectors import OPEN
from storefront_studio.lib.hashing import digest

TAKE, KEEP, UNDO = "draft.take", "draft.keep", "draft.undo_choice"
CHOICE = "person: "
"""How `dropped_by` begins for a row that somebody left out in favour of an older one."""


def seen_of(draft: Draft) -> str:
    """A token of both pages as a person sees them now; it changes with every decision and edit on either."""
    rows = Placement.objects.filter(draft__in=[draft.pk, draft.parent_id]).order_by("pk")
    return digest([draft.superseded, *rows.values_list("pk", "revision", "status")])[-16:]


def choice_of(draft: Draft) -> AuditEntry | None:
    """The last choice that was made about a proposal, or the undoing of it."""
    acts = AuditEntry.objects.filter(store=draft.store_id, subject=f"draft:{draft.pk}", action__in=[TAKE, KEEP, UNDO])
    return acts.select_related("actor").order_by("-id").first()


def may_undo(draft: Draft) -> bool:
    """Whether the last choice can still be taken back."""
    last = choice_of(draft)
    if last is None or last.action == UNDO or draft.parent is None:
        return False
    if last.action == KEEP:
        return draft.superseded and not draft.parent.superseded
    return not draft.superseded and not published(draft) and not continued(draft)


def published(draft: Draft) -> bool:
    return PageVersion.objects.filter(draft=draft.pk).exists()


def continued(draft: Draft) -> bool:
    """Whether the page was regenerated itself."""
    return draft.regenerations.filter(superseded=False).exists()


def replaced_by(draft: Draft, old: Draft) -> list[tuple[Placement, Placement]]:
    """The old rows that were not kept, each with the new row that takes its place, in page order."""
    return list(zip(_left(draft, old), _new(draft), strict=False))


def gone(draft: Draft, old: Draft) -> list[Placement]:
    """Old rows that were not kept and that no new row takes the place of."""
    return _left(draft, old)[len(_new(draft)) :]


def added(draft: Draft, old: Draft) -> list[Placement]:
    """New rows that take no old row's place."""
    return _new(draft)[len(_left(draft, old)) :]


def _left(draft: Draft, old: Draft) -> list[Placement]:
    kept = set(draft.placements.exclude(status=Placement.Status.DROPPED).values_list("kept_from", flat=True))
    rows = old.placements.filter(status__in=OPEN).order_by("position", "id")
    return [row for row in rows if row.pk not in kept]


def _new(draft: Draft) -> list[Placement]:
    return list(draft.placements.filter(status__in=OPEN, kept_from=None).order_by("position", "id"))
