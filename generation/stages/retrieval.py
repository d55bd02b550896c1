"""Stage 5: keywords to eligible products; the constraints are inside the query."""

from generation.stages.contracts import Brief, Hits, Keywords, Theme
from generation.stages.ports import Kit
from generation.stages.words import carries, ruled_out

POOL = 120  # products kept for scoring


def run(brief: Brief, theme: Theme, chosen: Keywords, kit: Kit) -> Hits:
    """The pool of products for a theme, without those that carry a word the objective rules out ("no pork")."""
    found = kit.search.retrieve(chosen.keywords, kit.theme_vector(theme), POOL)
    words = ruled_out(brief.objective)
    kept = [hit for hit in found.hits if not any(carries(f"{hit.title} {hit.category}", word) for word in words)]
    return Hits(density=max(found.density - (len(found.hits) - len(kept)), 0), hits=kept)
