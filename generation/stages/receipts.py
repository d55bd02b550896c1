"""Receipts: every constraint, checked once more on the finished row, with its result in words."""

from collections.abc import Sequence

from generation.stages import exclusions
from generation.stages.contracts import Brief, Ranked, Receipt, least_row
from generation.stages.ports import Kit
from generation.stages.words import kin, ruled_out


def check(brief: Brief, shown: Sequence[Ranked], density: int, kit: Kit) -> list[Receipt]:
    """What the store's own rows say of each constraint on products, then what needs reading (excluded words, with
    their kin and look-alike letters), then what speaks of the row: products of one brand, and density."""
    held = kit.search.receipts([one.hit.product for one in shown])
    return [
        *held,
        *_words(brief, shown),
        *_brands(brief, shown),
        _density(brief, density),
        *_short_row(brief, shown, density),
    ]


def _words(brief: Brief, shown: Sequence[Ranked]) -> list[Receipt]:
    receipts = []
    for term in brief.exclude_terms:
        receipts.append(_without(f"no product carries “{term}” or its kin", list(kin(term)), shown))
    ruled = ruled_out(f"{brief.objective}. {brief.instruction}")
    if ruled:
        receipts.append(_without(f"nothing the objective rules out ({_short(ruled)})", ruled, shown))
    return receipts


def _without(constraint: str, words: Sequence[str], shown: Sequence[Ranked]) -> Receipt:
    bad = [(one.hit.title, word) for one in shown if (word := exclusions.carried(one.hit, words))]
    detail = f"all {len(shown)} products" if not bad else f"“{bad[0][0][:80]}” carries “{bad[0][1]}”"
    return Receipt(constraint=constraint, passes=not bad, detail=detail)


def _brands(brief: Brief, shown: Sequence[Ranked]) -> list[Receipt]:
    if brief.max_per_brand is None:
        return []
    counts: dict[str, int] = {}
    for one in shown:
        if one.hit.brand:
            counts[one.hit.brand.casefold()] = counts.get(one.hit.brand.casefold(), 0) + 1
    most = max(counts.values(), default=0)
    return [
        Receipt(
            constraint=f"at most {brief.max_per_brand} of one brand",
            passes=most <= brief.max_per_brand,
            detail=f"at most {most} of one brand are shown",
        )
    ]


def _density(brief: Brief, density: int) -> Receipt:
    return Receipt(
        constraint=f"{brief.density_min} or more eligible products within reach",
        passes=density >= brief.density_min,
        detail=f"its keywords reach {density}",
    )


def _short_row(brief: Brief, shown: Sequence[Ranked], density: int) -> list[Receipt]:
    """A row may have fewer products than were asked for, down to the least that are a row; then it says why."""
    if len(shown) >= brief.products:
        return []
    least = least_row(brief.products)
    few = f"{len(shown)} of the {brief.products} asked for"
    if density < brief.products:
        why = f"its keywords reach only {density} eligible product{'s' if density != 1 else ''}"
    else:
        why = f"of the {density} eligible products within reach no more fit it, or they stand in other rows"
    return [
        Receipt(
            constraint=f"{least} products or more ({few}: {why})", passes=len(shown) >= least, detail=f"{few}: {why}"
        )
    ]


def _short(words: Sequence[str]) -> str:
    return ", ".join(words[:3]) + (", …" if len(words) > 3 else "")
