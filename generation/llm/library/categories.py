"""Where the library ends: the shop's own category names as plain rows."""

from collections.abc import Sequence

import numpy as np

from generation.encoders.base import Vectors
from generation.llm.library.filling import Goods
from generation.stages.contracts import Context, Theme
from generation.stages.words import banned_in, carries, ruled_out

FLOOR = 0.35  # a category's bare name must be plainly about the objective
READ = 2000


def category_rows(
    context: Context, themes: Sequence[Theme], wanted: int, goods: Goods, question: Vectors, floor: float = FLOOR
) -> list[Theme]:
    """Up to `wanted` leaves of the category tree as rows, nearest to `question` (d,) first.

    Never a name that is banned or ruled out, nor one that is a row already: shops have "Accessories" in many places.
    """
    if wanted <= 0:
        return []
    brief = context.brief
    avoided = [*ruled_out(f"{brief.objective}. {brief.instruction}"), *brief.exclude_terms]
    taken = {theme.title.casefold() for theme in themes}
    facts = goods.search.categories(READ)
    parents = {fact.path.rsplit(" > ", 1)[0] for fact in facts if " > " in fact.path}
    leaves = [
        fact
        for fact in facts
        if fact.eligible >= context.brief.density_min
        and fact.path not in parents
        and 3 <= len(fact.path.rsplit(" > ", 1)[-1]) <= 48
        and not banned_in(fact.path, brief.banned_terms)
        and not any(carries(fact.path, word) for word in avoided)
    ]
    if not leaves:
        return []
    vectors = goods.encoder.encode([fact.path.replace(" > ", ", ") for fact in leaves])
    near = vectors @ question
    order = [place for place in np.argsort(-near, kind="stable") if near[place] >= floor]
    rows: list[Theme] = []
    for place in order:
        *above, name = leaves[place].path.split(" > ")
        if len(rows) == wanted or name.casefold() in taken:
            continue
        taken.add(name.casefold())
        parent = above[-1] if above and above[-1].casefold() != name.casefold() else ""
        fill = goods.of_category(leaves[place].path, vectors[place])
        rows.append(
            Theme(
                title=name,
                subtitle=f"From {parent}" if 0 < len(parent) <= 80 else "",
                intent=f"A shopper is looking for {name.lower()}.",
                concepts=[name, *above[-1:]],
                hints=list(fill.shelves),
                confidence=max(fill.confidence, round(float(near[place]), 3)),
                reason="The library holds no closer theme; this is the shop's own category.",
            )
        )
    return rows
