"""What people's decisions say of what judges said, as rows: one label per item, facet and judge."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from accounts.models import AuditEntry
from generation.stages.facets import BY_NAME
from review.calibration.history import DIVERSE, EDITED, OBJECTIVE, REASONS, History, Key, Source, Verdict, Verdicts
from review.models import Judgement, Label, Placement, ReasonCode, SampleItem

# Names that earlier editions of judging gave the facets; their judgements are still there to be held against people.
FORMERLY: dict[tuple[str, str], str] = {
    ("product", "fits the title"): "fits_title",
    ("product", "relevant"): "fits_title",
    ("product", "suitable"): "fits_objective",
    ("placement", "clear"): "title_good",
    ("placement", "honest"): "title_good",
    ("placement", "appropriate"): "safe",
    ("page", "coherence"): "cohesive",
    ("page", "diversity"): "diverse",
}


KEPT = (Source.GOLD, Source.AUDIT)
"""Labels that no later decision takes back."""


def canonical(level: str, facet: str) -> tuple[str, str] | None:
    """The facet a judgement is about, under today's name; None for rules, which nobody calibrates."""
    name = FORMERLY.get((level, facet), facet)
    return (level, name) if (level, name) in BY_NAME else None


def sync(placement: Placement) -> None:
    """Make the labels of `placement` what its trail says. Call it in the transaction of each decision, after the trail
    was written; calling it again changes nothing."""
    wanted = {(label.item, label.facet, label.judge): label for label in _wanted(placement)}
    stale = []
    for there in Label.objects.filter(placement=placement).exclude(source__in=KEPT):
        new = wanted.get((there.item, there.facet, there.judge))
        if new is not None and _same(there, new):
            del wanted[there.item, there.facet, there.judge]
        else:
            stale.append(there.pk)
    Label.objects.filter(pk__in=stale).delete()
    Label.objects.bulk_create(wanted.values())


def audited(item: SampleItem) -> None:
    """The labels of a blind audit: yes to all that was asked of the row, or no to what the reason speaks of.

    A row that people edited gives none, because judges saw something else than the auditor.
    """
    placement = item.placement
    edits = AuditEntry.objects.filter(
        store=placement.draft.store_id, subject=f"placement:{placement.pk}", action__in=EDITED
    )
    if edits.exists():
        return
    verdicts = _verdicts(placement)
    if item.passes:
        about = {key for key in verdicts if key[0] == "placement"} | {(*OBJECTIVE, None), (*DIVERSE, None)}
    else:
        facet = REASONS.get(item.reason_code)
        about = {(*facet, None)} if facet else set()
    reason = ReasonCode(item.reason_code).label if item.reason_code else "Let through"
    Label.objects.bulk_create(
        Label(
            store_id=placement.draft.store_id,
            source=Source.AUDIT,
            item=f"placement:{placement.pk}/audit:{item.pk}",
            level=level,
            facet=facet_name,
            judge=verdict.judge,
            judge_passes=verdict.passes,
            judge_score=verdict.score,
            judge_reason=verdict.reason,
            person_passes=bool(item.passes),
            note=f"{reason}: {item.note}" if item.note else reason,
            text=f"“{placement.title}”",
            placement=placement,
            person_id=item.auditor_id,
        )
        for level, facet_name, product in about
        for verdict in verdicts.get((level, facet_name, product), [])
    )


def _same(one: Label, other: Label) -> bool:
    names = ("source", "judge_passes", "person_passes", "person_id", "note")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _wanted(placement: Placement) -> Iterable[Label]:
    verdicts = _verdicts(placement)
    items = list(placement.items.select_related("product"))
    said, title = History(items, verdicts).read(placement)
    titles = {item.product_id: item.product.title for item in items}
    for (level, facet, product), word in said.items():
        for verdict in verdicts.get((level, facet, product), []):
            about = f"“{titles[product]}” in “{title}”" if product else f"“{title}”"
            yield Label(
                store_id=placement.draft.store_id,
                source=word.source,
                item=f"placement:{placement.pk}/product:{product}" if product else f"placement:{placement.pk}",
                level=level,
                facet=facet,
                judge=verdict.judge,
                judge_passes=verdict.passes,
                judge_score=verdict.score,
                judge_reason=verdict.reason,
                person_passes=word.passes,
                note=word.note,
                text=about if len(about) <= 500 else f"{about[:499]}…",
                placement=placement,
                person_id=word.person,
            )


def _verdicts(placement: Placement) -> Verdicts:
    said: defaultdict[Key, dict[str, Verdict]] = defaultdict(dict)
    of_page = Q(placement=None, level=Judgement.Level.PAGE)
    rows = Judgement.objects.filter(of_page | Q(placement=placement), draft=placement.draft_id).order_by("id")
    for row in rows:
        facet = canonical(row.level, row.facet)
        if facet is None:
            continue
        by_judge = said[*facet, row.product_id]
        before = by_judge.get(row.judge)
        if before is None or (before.passes and not row.passes):
            by_judge[row.judge] = Verdict(row.judge, row.passes, row.score, row.reason)
    return {key: list(by_judge.values()) for key, by_judge in said.items()}
