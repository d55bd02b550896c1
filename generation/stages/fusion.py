"""Retrieval's rankings into one, then R^alpha * S^beta, then the row a shopper would see."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from generation.stages.contracts import Brief, Hit, Hits, Ranked, Ranking, Theme

if TYPE_CHECKING:
    from generation.stages.ports import Kit

# How far the traditional score may move a product that fits: the objectives that are about the product itself
# (its margin, stock or age) weigh it more than those that are about the theme.
ALPHA: Mapping[str, float] = {"margin": 0.8, "clear_stock": 0.8, "launch": 0.8}
ALPHA_DEFAULT = 0.35
BETA = 1.0
BENCH_SHARE = 0.75  # of the evaluator's own floor: what a person may still bring up from the bench
USUAL_OF_A_BRAND = 3
ALIKE = 93  # token-set likeness of two titles from which they are the same thing in another size or colour


def reciprocal_rank(rankings: Iterable[Sequence[int]], k: int = 60) -> dict[int, float]:
    """Reciprocal rank fusion, Cormack, Clarke and Büttcher (SIGIR 2009): the sum of 1 / (k + place) over rankings."""
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for place, product in enumerate(ranking, start=1):
            scores[product] += 1 / (k + place)
    return dict(scores)


def run(brief: Brief, theme: Theme, found: Hits, kit: "Kit") -> Ranking:
    """Order the hits by R^alpha * S^beta (DoorDash 2025); S is the evaluator's probability that a product fits.

    Hits too far under the evaluator's floor are left out and counted.
    """
    floor = kit.fit_floor * BENCH_SHARE
    traditional = kit.ranker.score(brief, found.hits)
    fits = kit.fits(theme, found.hits)
    alpha = ALPHA.get(brief.objective_kind, ALPHA_DEFAULT)
    ranked = [
        Ranked(
            hit=hit,
            rank_score=rank,
            fit=round(fit.probability, 4),
            score=round(rank**alpha * fit.probability**BETA, 6),
            why=fit.reason,
        )
        for hit, rank, fit in zip(found.hits, traditional, fits, strict=True)
        if fit.probability >= floor
    ]
    ranked.sort(key=lambda r: (-r.score, r.hit.product))
    return Ranking(ranked=ranked, unfit=len(found.hits) - len(ranked))


def fill(
    brief: Brief, ranking: Ranking, taken: Container[int], floor: float, bench: int = 8
) -> tuple[list[Ranked], list[Ranked]]:
    """The row and its reserve list: best first, nothing in `taken`, at most K of a brand, no two of the same thing.

    Only products with a fit of `floor` or more are shown. A campaign without a brand limit still gets variety first:
    more than `USUAL_OF_A_BRAND` of one brand come in only where the row would be short. Never padded: both may be
    short.
    """
    limit = brief.max_per_brand
    shown: list[Ranked] = []
    reserve: list[Ranked] = []
    held_back: list[Ranked] = []
    brands: Counter[str] = Counter()
    for one in ranking.ranked:
        if one.hit.product in taken or any(alike(one.hit, other.hit) for other in [*shown, *held_back, *reserve]):
            continue
        brand = one.hit.brand.casefold()
        full = bool(brand) and brands[brand] >= (limit or USUAL_OF_A_BRAND)
        if full and limit:
            continue
        if full:
            held_back.append(one)
        elif len(shown) < brief.products and one.fit >= floor:
            shown.append(one)
            brands[brand] += 1
        else:
            reserve.append(one)
    for one in held_back:
        fits = len(shown) < brief.products and one.fit >= floor
        (shown if fits else reserve).append(one)
    reserve.sort(key=lambda r: (-r.score, r.hit.product))
    return shown, reserve[:bench]


def alike(a: Hit, b: Hit) -> bool:
    """Whether two products are one thing in another size or colour: same group, or same brand and the same words but
    for the numbers."""
    if a.group and a.group == b.group:
        return True
    if a.brand.casefold() != b.brand.casefold():
        return False
    return fuzz.token_set_ratio(_words(a.title), _words(b.title)) >= ALIKE


def _words(title: str) -> str:
    return re.sub(r"\b\d[\w.,]*\b|[^\w\s]", " ", title[:200].casefold())
