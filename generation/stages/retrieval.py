"""Stage 5: keywords to eligible products; the constraints are inside the query."""

from collections.abc import Sequence
from dataclasses import dataclass

from generation.encoders.base import Vectors
from generation.stages import claims, exclusions
from generation.stages.contracts import Brief, Candidate, Candidates, Hit, Hits, Keywords, Theme
from generation.stages.ports import Asked, Kit

POOL = 120  # products kept for scoring
BROADER = 4  # candidates added when the chosen keywords reach too few products
BROADER_FLOOR = 0.5  # and never one that is farther from the theme than this


@dataclass(frozen=True)
class Row:
    """A theme, the keywords chosen for it, and the candidates they were chosen from."""

    theme: Theme
    chosen: Keywords
    found: Candidates


def run(brief: Brief, rows: Sequence[Row], kit: Kit) -> list[Hits]:
    """The pool of products for every theme, asked for together.

    Left out: products that carry a word the brief rules out ("no pork"), and products that do not themselves say what
    the title claims of them ("sugar-free"). Where fewer than the brief's least are left, the next best candidates are
    added to the keywords once, and told in `broadened`; a theme for which nothing was chosen stays empty.
    """
    vectors = [kit.theme_vector(row.theme) for row in rows]
    hits = _retrieve(
        brief, [(row, row.chosen.keywords, vector) for row, vector in zip(rows, vectors, strict=True)], kit
    )
    short = {
        place: more
        for place, (row, found) in enumerate(zip(rows, hits, strict=True))
        if found.density < brief.density_min and row.chosen.keywords and (more := broader(row.chosen, row.found))
    }
    if short:
        again = [(rows[place], [*rows[place].chosen.keywords, *more], vectors[place]) for place, more in short.items()]
        for (place, more), found in zip(short.items(), _retrieve(brief, again, kit), strict=True):
            hits[place] = found.model_copy(update={"broadened": more})
    return hits


def _retrieve(brief: Brief, asked: Sequence[tuple[Row, Sequence[Candidate], Vectors]], kit: Kit) -> list[Hits]:
    words = exclusions.words(brief)
    found = kit.search.retrieve([Asked(keywords, vector) for _row, keywords, vector in asked], POOL)
    return [_fitting(hits, row.theme, words) for (row, _keywords, _vector), hits in zip(asked, found, strict=True)]


def _fitting(hits: Hits, theme: Theme, words: Sequence[str]) -> Hits:
    promises = claims.made(f"{theme.title}. {theme.subtitle}")

    def belongs(hit: Hit) -> bool:
        text = f"{hit.title}. {hit.category}. {hit.description}. {hit.labels}"
        return not exclusions.carried(hit, words) and all(claims.held(claim, text) for claim in promises)

    if not words and not promises:
        return hits
    kept = [hit for hit in hits.hits if belongs(hit)]
    # Only the pool is read word by word; what lies beyond it is taken to be like it.
    share = len(kept) / len(hits.hits) if hits.hits else 1.0
    return Hits(density=round(hits.density * share), hits=kept)


def broader(chosen: Keywords, found: Candidates) -> list[Candidate]:
    """The nearest candidates that were not chosen and reach something; none that was left to another row."""
    not_again = {word.id for word in chosen.keywords} | set(chosen.left)
    near = (
        one
        for one in found.candidates
        if one.id not in not_again and one.eligible != 0 and one.similarity >= BROADER_FLOOR
    )
    return sorted(near, key=lambda one: (-one.similarity, one.id))[:BROADER]
