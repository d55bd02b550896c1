"""Stage 3: a theme's concepts to the nearest keywords of the vocabulary, about a hundred of them."""

from generation.stages.contracts import Candidate, Candidates, Theme
from generation.stages.ports import Kit

EACH = 30  # nearest keywords per concept before the best `MOST` are kept
MOST = 100
LEAST_DENSITY = 2
GAP = 0.5  # a concept with nothing nearer than this is a gap in the vocabulary


def run(theme: Theme, kit: Kit) -> Candidates:
    """The keywords nearest to the title and the concepts, best first, with the concept each was nearest to.

    `gaps` names the concepts that nothing in the vocabulary comes near to.
    """
    asked = [*theme.concepts, theme.title]
    nearest = kit.search.nearest_keywords(kit.encoder.encode(asked), EACH, LEAST_DENSITY)
    best: dict[int, Candidate] = {}
    for concept, found in zip(asked, nearest, strict=True):
        for keyword, similarity in found:
            if keyword.pk not in best or best[keyword.pk].similarity < similarity:
                best[keyword.pk] = Candidate(
                    id=keyword.pk,
                    kind=keyword.kind,
                    text=keyword.text,
                    field=keyword.field,
                    density=keyword.density,
                    similarity=round(similarity, 4),
                    concept=concept,
                )
    ordered = sorted(best.values(), key=lambda c: (-c.similarity, c.id))[:MOST]
    gaps = [concept for concept, found in zip(theme.concepts, nearest, strict=False) if not found or found[0][1] < GAP]
    return Candidates(candidates=ordered, gaps=gaps)
