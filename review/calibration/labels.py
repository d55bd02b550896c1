"""What people's decisions say of what judges said, as rows: one label per item, facet and judge."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from generation.stages.facets import BY_NAME
from review.calibration.history import History, Key, Source, Verdict, Verdicts
from review.models import Judgement, Label, Placement

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


def canonical(level: str, facet: str) -> tuple[str, str] | None:
    """The facet a judgement is about, under today's name; None for rules, which nobody calibrates."""
    name = FORMERLY.get((level, facet), facet)
    return (level, name) if (level, name) in BY_NAME else None


def sync(placement: Placement) -> None:
    """Make the labels of `placement` what its trail says. Call it in the transaction of each decision, after the trail
    was written; calling it again changes nothing."""
    wanted = {(label.item, label.facet, label.judge): label for label in _wanted(placement)}
    stale = []
    for there in Label.objects.filter(placement=placement).exclude(source=Source.GOLD):
        new = wanted.get((there.item, there.facet, there.judge))
        if new is not None and _same(there, new):
            del wanted[there.item, there.facet, there.judge]
        else:
            stale.append(there.pk)
    Label.objects.filter(pk__in=stale).delete()
    Label.objects.bulk_create(wanted.values())


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
