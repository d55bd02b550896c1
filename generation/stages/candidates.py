"""Stage 3: a theme's concepts to the nearest keywords of the vocabulary, about a hundred of them."""

import re
from collections import Counter
from collections.abc import Sequence

from generation.stages.contracts import Candidate, Candidates, Gap, Theme
from generation.stages.ports import KeywordRow, Kit

Nearest = Sequence[tuple[KeywordRow, float]]  # keywords near to one text, with their cosine, nearest first

MOST = 100
EACH = 100  # nearest keywords per text, so that a theme reaches `MOST` even when all its texts are near the same ones
FAIR = 8  # of each concept's nearest these are kept, however many keywords crowd around another concept
LEAST_DENSITY = 2
GAP = 0.5  # a concept with nothing nearer than this is a gap in the vocabulary


def run(themes: Sequence[Theme], kit: Kit) -> list[Candidates]:
    """For each theme the keywords nearest to its title and concepts, best first, with the concept each was nearest to
    and how many eligible products it reaches.

    Of keywords that are the same words in another order or number one is kept, the one that reaches most. One question
    to the encoder, one to the vocabulary and a few to the catalogue for all themes. `gaps` names the concepts that
    nothing in the vocabulary comes near to.
    """
    asked = [[*theme.concepts, theme.title] for theme in themes]
    texts = [text for texts in asked for text in texts]
    nearest = iter(kit.search.nearest_keywords(kit.encoder.encode(texts), EACH, LEAST_DENSITY))
    by_theme = [[next(nearest) for _ in texts] for texts in asked]
    pruned = [_pruned(texts, found) for texts, found in zip(asked, by_theme, strict=True)]
    counts = kit.search.eligible_counts(list({one.id: one for found in pruned for one in found}.values()))
    return [
        Candidates(
            candidates=[one.model_copy(update={"eligible": counts.get(one.id, 0)}) for one in found],
            gaps=_gaps(theme.concepts, rows),
        )
        for theme, found, rows in zip(themes, pruned, by_theme, strict=True)
    ]


def _pruned(asked: Sequence[str], nearest: Sequence[Nearest]) -> list[Candidate]:
    """The best `MOST` of all, each once, with `FAIR` of every text among them."""
    best: dict[int, Candidate] = {}
    for concept, found in zip(asked, nearest, strict=True):
        for keyword, similarity in found:
            if keyword.pk not in best or best[keyword.pk].similarity < similarity:
                best[keyword.pk] = Candidate(
                    id=keyword.pk,
                    kind=keyword.kind,
                    text=keyword.text,
                    field=keyword.field,
                    synonyms=list(keyword.synonyms),
                    density=keyword.density,
                    similarity=round(similarity, 4),
                    concept=concept,
                )
    distinct: dict[tuple[str, ...], Candidate] = {}
    for one in sorted(best.values(), key=lambda c: (-c.density, -c.similarity, c.id)):
        distinct.setdefault(_words(one), one)
    fair: Counter[str] = Counter()
    first: list[Candidate] = []
    rest: list[Candidate] = []
    for one in sorted(distinct.values(), key=lambda c: (-c.similarity, c.id)):
        fair[one.concept] += 1
        (first if fair[one.concept] <= FAIR else rest).append(one)
    return sorted([*first, *rest][:MOST], key=lambda c: (-c.similarity, c.id))


def _words(candidate: Candidate) -> tuple[str, ...]:
    """What two keywords share that bring the same products: kind, attribute, and the words without their plural."""
    words = re.findall(r"\w+", candidate.text.casefold())
    if candidate.kind == "search":
        words = sorted(re.sub(r"(?<=\w{3})(?:es|s)$", "", word) for word in words)
    return (candidate.kind, candidate.field, *words)


def _gaps(concepts: Sequence[str], nearest: Sequence[Nearest]) -> list[Gap]:
    gaps = []
    for concept, found in zip(concepts, nearest, strict=False):
        if not found:
            gaps.append(Gap(concept=concept))
        elif found[0][1] < GAP:
            gaps.append(Gap(concept=concept, nearest=found[0][0].text, similarity=round(found[0][1], 4)))
    return gaps
