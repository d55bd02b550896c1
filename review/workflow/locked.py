"""Rows of a draft as a run takes them that must keep them: the stages' shapes, from what people made of the row."""

from collections.abc import Iterable

from generation.catalog.search import as_hit
from generation.stages.arrange import FIRST_FIXED_KEY
from generation.stages.contracts import Candidate, Fixed, Judged, Part, PlacementDraft, Ranked, Receipt, Theme
from review import selectors
from review.models import Placement, PlacementProduct


def freeze(rows: Iterable[Placement]) -> list[Fixed]:
    """The rows in page order, numbered as fixed rows are; their items must be there with their products."""
    ordered = sorted(rows, key=lambda row: (row.position, row.pk))
    return [
        Fixed(position=row.position, kept_from=row.pk, row=_draft(row, FIRST_FIXED_KEY - number))
        for number, row in enumerate(ordered)
    ]


def _draft(row: Placement, key: int) -> PlacementDraft:
    concepts = [str(one) for one in row.concepts if str(one).strip()][:12] or [row.title]
    return PlacementDraft(
        key=key,
        source="static" if row.source == Placement.Source.STATIC else "generated",
        theme=Theme(
            title=row.title[:80],
            subtitle=row.subtitle[:120],
            intent=row.intent[:300],
            concepts=concepts,
            confidence=0.5 if row.confidence is None else row.confidence,
            reason=row.reason,
        ),
        keywords=[
            Candidate(
                id=word.get("id", 0),
                kind=word["kind"],
                text=word["text"],
                density=word.get("density", 0),
                similarity=0,
                concept="",
            )
            for word in row.keywords
        ],
        density=row.density,
        judged=Judged(
            shown=[_ranked(item) for item in selectors.items(row)],
            receipts=[Receipt.model_validate(one) for one in row.receipts],
            score=row.score,
        ),
    )


def _ranked(item: PlacementProduct) -> Ranked:
    return Ranked(
        hit=as_hit(item.product, similarity=0, rrf=0, sources=list(item.sources)),
        rank_score=item.rank_score or 0,
        fit=item.fit or 0,
        score=item.score or 0,
        why=item.why,
        ranker=item.ranker,
        parts=[Part.model_validate(one) for one in item.parts],
    )
