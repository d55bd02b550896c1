"""Stage 5: keywords to eligible products; the constraints are inside the query."""

from generation.stages import claims
from generation.stages.contracts import Brief, Hit, Hits, Keywords, Theme
from generation.stages.ports import Kit
from generation.stages.words import carries, ruled_out

POOL = 120  # products kept for scoring


def run(brief: Brief, theme: Theme, chosen: Keywords, kit: Kit) -> Hits:
    """The pool of products for a theme.

    Left out: products that carry a word the objective rules out ("no pork"), and products that do not themselves say
    what the title claims of them ("sugar-free").
    """
    found = kit.search.retrieve(chosen.keywords, kit.theme_vector(theme), POOL)
    words = ruled_out(brief.objective)
    promises = claims.made(f"{theme.title}. {theme.subtitle}")

    def belongs(hit: Hit) -> bool:
        text = f"{hit.title}. {hit.category}. {hit.description}. {hit.labels}"
        return not any(carries(f"{hit.title} {hit.category}", word) for word in words) and all(
            claims.held(claim, text) for claim in promises
        )

    kept = [hit for hit in found.hits if belongs(hit)]
    # Only the pool is read word by word; what lies beyond it is taken to be like it.
    share = len(kept) / len(found.hits) if found.hits else 1.0
    return Hits(density=round(found.density * share), hits=kept)
