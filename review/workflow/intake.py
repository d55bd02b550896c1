"""What a finished run ended in, as rows to review."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import transaction

from accounts.models import AuditEntry
from generation.models import Product, Run
from generation.stages.contracts import DraftPage, Flag, Judged, JudgementOut, PlacementDraft, Ranked, Theme
from generation.stages.themes import UNUSED
from review.models import Draft, Judgement, Placement, PlacementProduct
from review.workflow import carrying, risk

STUDIO = "Studio"
FIRST_BLOCKED_KEY = 2000  # past the numbers of themes and of fixed rows
LATE = "The page it was to change was replaced meanwhile, so this one is kept for the record only."


@transaction.atomic
def draft_from(run: Run) -> Draft:
    """The draft of `run`; a run has one, however often its end is announced.

    Products that were deleted while the run worked are left out, and the draft's note says so. Rows that the run was
    told to keep come from the draft it regenerates, whatever the run made of them. Raises pydantic's ValidationError
    when the run's result is not a draft page.
    """
    Run.objects.select_for_update().get(pk=run.pk)  # of two announcements at once, the second one waits here
    done = Draft.objects.filter(run=run).first()
    if done:
        return done
    page = DraftPage.model_validate(run.result)
    campaign = run.campaign
    known = set(Product.objects.filter(store_id=campaign.store_id, pk__in=_products(page)).values_list("pk", flat=True))
    parent = Draft.objects.select_for_update().filter(run=run.parent_id).first() if run.parent_id else None
    late = LATE if parent is not None and parent.superseded else ""
    draft = Draft.objects.create(
        run=run,
        store=campaign.store,
        campaign=campaign,
        page=campaign.page,
        segment=run.segment.slug if run.segment else "default",
        parent=parent,
        superseded=bool(late),
        note=" ".join(filter(None, [page.note, _missing(page, known), late])),
    )
    kept = carrying.kept_by(run, parent)
    rows = [*_with_all(kept, page.placements), *page.dropped, *_left_out(page)]
    numbered = list(enumerate(rows, start=1))
    placements = Placement.objects.bulk_create(
        carrying.copied(kept[one.key], draft, one.key, at) if one.key in kept else _placement(draft, one, at)
        for at, one in numbered
    )
    pairs = list(zip(placements, rows, strict=True))
    made = [(row, one) for row, one in pairs if one.key not in kept]
    carried = [(row, kept[one.key]) for row, one in pairs if one.key in kept]
    PlacementProduct.objects.bulk_create(
        [
            *(item for row, one in made for item in _items(row, one, known)),
            *(item for row, old in carried for item in carrying.items(old, row)),
        ]
    )
    Judgement.objects.bulk_create(
        [
            *_judgements(draft, None, page.judgements, known),
            *(said for row, one in made for said in _judgements(draft, row, _said(one.judged), known)),
            *(said for row, old in carried for said in carrying.judgements(old, row)),
        ]
    )
    risk.note_disagreement(draft)
    AuditEntry.objects.bulk_create([_arrived(draft, page), *(_dropped(draft, row) for row, _ in pairs if _is_out(row))])
    return draft


def _with_all(kept: Mapping[int, Placement], page: Sequence[PlacementDraft]) -> list[PlacementDraft]:
    """The page with every kept row on it: one that the run lost stands at the place it had."""
    rows = list(page)
    for key in sorted(kept.keys() - {one.key for one in rows}, reverse=True):
        old = kept[key]
        words = Theme(title=old.title[:80], concepts=[old.title])
        rows.insert(old.position - 1, PlacementDraft(key=key, theme=words))
    return rows


def _left_out(page: DraftPage) -> list[PlacementDraft]:
    """Themes that were refused before anything was spent on them, as dropped rows for the audit; those that the page
    merely had no need of are no loss. The flag of one that repeats what people rejected leads to the ruling.
    """
    refused = (one for one in page.left_out if one.facet != UNUSED)
    return [
        PlacementDraft(
            key=FIRST_BLOCKED_KEY + number,
            theme=one.theme,
            judged=Judged(
                judgements=[
                    JudgementOut(
                        level="placement",
                        facet=one.facet,
                        severity="drop",
                        passes=False,
                        score=one.score,
                        reason=one.reason,
                        judge=one.by,
                    )
                ],
                flags=[Flag(facet=one.facet, judge=one.by, reason=one.reason, ruling=one.ruling)] if one.ruling else [],
                dropped_by=one.by,
                drop_facet=one.facet,
                drop_reason=one.reason,
            ),
        )
        for number, one in enumerate(refused)
    ]


def _products(page: DraftPage) -> set[int]:
    rows = [*page.placements, *page.dropped]
    named = {one.hit.product for row in rows for one in (*row.judged.shown, *row.judged.bench)}
    said = {one.product for row in rows for one in row.judged.judgements if one.product is not None}
    return named | said | {one.product for row in rows for one in row.judged.dropped_products}


def _missing(page: DraftPage, known: set[int]) -> str:
    shown = Counter(
        one.hit.title for row in page.placements for one in row.judged.shown if one.hit.product not in known
    )
    if not shown:
        return ""
    names = ", ".join(f"“{title}”" for title in list(shown)[:3])
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return f"Left out because the catalogue has lost it since: {names}{more}."


def _is_out(placement: Placement) -> bool:
    return placement.status == Placement.Status.DROPPED


def _placement(draft: Draft, one: PlacementDraft, position: int) -> Placement:
    theme, judged = one.theme, one.judged
    return Placement(
        draft=draft,
        key=one.key,
        source=one.source,
        position=position,
        title=theme.title,
        subtitle=theme.subtitle,
        intent=theme.intent,
        concepts=theme.concepts,
        keywords=[
            {"id": word.id, "text": word.text, "kind": word.kind, "density": word.density} for word in one.keywords
        ],
        reason=theme.reason[:500],
        confidence=theme.confidence,
        score=judged.score,
        density=one.density,
        receipts=[receipt.model_dump() for receipt in judged.receipts],
        flags=[flag.model_dump() for flag in judged.flags],
        status=Placement.Status.DROPPED if judged.dropped_by else Placement.Status.WAITING,
        dropped_by=judged.dropped_by,
        drop_facet=_facet(one) if judged.dropped_by else "",
        drop_reason=judged.drop_reason,
    )


def _facet(one: PlacementDraft) -> str:
    """The check that failed, in a word or two: what drops are counted by."""
    judged = one.judged
    if judged.drop_facet:
        return judged.drop_facet[:120]
    failed = [said.facet for said in judged.judgements if said.level == "placement" and not said.passes]
    broken = [receipt.constraint for receipt in judged.receipts if not receipt.passes]
    return next(iter([*failed, *broken]), "enough products")[:120]


def _items(placement: Placement, one: PlacementDraft, known: set[int]) -> Iterator[PlacementProduct]:
    states = (
        (PlacementProduct.State.SHOWN, one.judged.shown),
        (PlacementProduct.State.BENCH, one.judged.bench),
    )
    for state, ranked in states:
        present = [each for each in ranked if each.hit.product in known]
        for slot, each in enumerate(present, start=1):
            yield _item(placement, each, state, slot)


def _item(placement: Placement, ranked: Ranked, state: str, slot: int) -> PlacementProduct:
    asked = placement.source != Placement.Source.STATIC
    return PlacementProduct(
        placement=placement,
        product_id=ranked.hit.product,
        state=state,
        slot=slot,
        score=ranked.score if asked else None,
        fit=ranked.fit if asked else None,
        rank_score=ranked.rank_score if asked else None,
        why=" ".join(filter(None, [ranked.why[: 499 - len(ranked.variety)], ranked.variety])),
        ranker=ranked.ranker[:120],
        parts=[part.model_dump() for part in ranked.parts],
        sources=ranked.hit.sources,
    )


def _said(judged: Judged) -> list[JudgementOut]:
    """Everything that was said of a row, and a no for each product that was turned down without a judgement (by a
    rule)."""
    known = {(one.product, one.judge, one.facet) for one in judged.judgements}
    silent = [one for one in judged.dropped_products if (one.product, one.by, one.facet) not in known]
    return [
        *judged.judgements,
        *(
            JudgementOut(
                level="product",
                facet=one.facet,
                severity="drop",
                passes=False,
                score=one.score,
                reason=one.reason,
                judge=one.by,
                product=one.product,
            )
            for one in silent
        ),
    ]


def _judgements(
    draft: Draft, placement: Placement | None, said: Iterable[JudgementOut], known: set[int]
) -> Iterator[Judgement]:
    for one in said:
        if one.product is None or one.product in known:
            yield Judgement(
                draft=draft,
                placement=placement,
                product_id=one.product,
                level=one.level,
                facet=one.facet,
                severity=one.severity,
                passes=one.passes,
                score=one.score,
                reason=one.reason,
                judge=one.judge,
            )


def _arrived(draft: Draft, page: DraftPage) -> AuditEntry:
    kept, dropped = len(page.placements), len(page.dropped) + len(_left_out(page))
    return AuditEntry(
        store=draft.store,
        actor_name=STUDIO,
        action="draft.create",
        subject=f"draft:{draft.pk}",
        summary=f"Run {draft.run_id} of “{draft.campaign}” brought {kept} rows for review; {dropped} were dropped.",
        new={"run": draft.run_id, "waiting": kept, "dropped": dropped},
    )


def _dropped(draft: Draft, placement: Placement) -> AuditEntry:
    return AuditEntry(
        store=draft.store,
        actor_name=STUDIO,
        action="placement.drop",
        subject=f"placement:{placement.pk}",
        summary=f"“{placement.title}” was dropped by {placement.dropped_by}: {placement.drop_reason}"[:500],
        new={"by": placement.dropped_by, "facet": placement.drop_facet, "reason": placement.drop_reason},
    )
