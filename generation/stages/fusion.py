"""Retrieval's rankings into one, then R^alpha * S^beta, then the row a shopper would see."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from generation.stages.contracts import Brief, Filled, Hit, Hits, Ranked, Ranking, Theme

if TYPE_CHECKING:
    from generation.stages.ports import Kit

# How far the traditional score may move a product that fits: the objectives that are about the product itself
# (its margin, stock or age) weigh it more than those that are about the theme.
ALPHA: Mapping[str, float] = {"margin": 0.8, "clear_stock": 0.8, "launch": 0.8}
ALPHA_DEFAULT = 0.35
BETA = 1.0
BENCH = 8  # products in reserve for a row
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

    Hits under the floor from which a product may be shown are left out and counted.
    """
    traditional = kit.ranker.rate(brief, found.hits)
    fits = kit.fits(theme, found.hits)
    alpha = ALPHA.get(brief.objective_kind, ALPHA_DEFAULT)
    ranked = [
        Ranked(
            hit=hit,
            rank_score=worth.value,
            fit=round(fit.probability, 4),
            score=round(worth.value**alpha * fit.probability**BETA, 6),
            why=fit.reason,
            ranker=kit.ranker.name,
            parts=worth.parts,
        )
        for hit, worth, fit in zip(found.hits, traditional, fits, strict=True)
        if fit.probability >= kit.fit_floor
    ]
    ranked.sort(key=lambda r: (-r.score, r.hit.product))
    return Ranking(ranked=ranked, unfit=len(found.hits) - len(ranked))


def share_out(
    brief: Brief,
    rows: Sequence[tuple[int, Theme, Ranking]],
    taken: Iterable[int],
    floor: float,
    bench: int = BENCH,
) -> dict[int, Filled]:
    """Each row's products and its bench, by the row's key; rows choose one after another, in page order.

    No product is in two rows or on two benches, nor in any when it is in `taken`: whatever is brought up from a bench
    later takes nothing from another row. Benches are filled when every row has its products.
    """
    used = set(taken)
    shown: dict[int, list[Ranked]] = {}
    for key, _theme, ranking in rows:
        shown[key], _ = fill(brief, ranking, used, floor, 0)
        used.update(one.hit.product for one in shown[key])
    result: dict[int, Filled] = {}
    for key, _theme, ranking in rows:
        reserve = _reserve(brief, ranking, used, floor, shown[key], bench)
        used.update(one.hit.product for one in reserve)
        result[key] = Filled(shown=shown[key], bench=reserve)
    return result


def fill(
    brief: Brief, ranking: Ranking, taken: Container[int], floor: float, bench: int = BENCH
) -> tuple[list[Ranked], list[Ranked]]:
    """The row and its reserve list: best first, nothing in `taken`, at most K of a brand, no two of the same thing.

    Only products with a fit of `floor` or more, on the bench too. A campaign without a brand limit still gets variety
    first: more than `USUAL_OF_A_BRAND` of one brand come in only where the row would be short. Never padded: both may
    be short.
    """
    limit = brief.max_per_brand or USUAL_OF_A_BRAND
    shown: list[Ranked] = []
    held_back: list[Ranked] = []
    brands: Counter[str] = Counter()
    for one in ranking.ranked:
        if len(shown) == brief.products:
            break
        if one.fit < floor or one.hit.product in taken or _among(one, shown) or _among(one, held_back):
            continue
        brand = one.hit.brand.casefold()
        if not brand or brands[brand] < limit:
            shown.append(one)
            brands[brand] += 1
        elif brief.max_per_brand is None:
            held_back.append(one)
    shown += held_back[: brief.products - len(shown)]
    return shown, _reserve(brief, ranking, taken, floor, shown, bench) if bench else []


def _reserve(
    brief: Brief, ranking: Ranking, taken: Container[int], floor: float, shown: Sequence[Ranked], most: int
) -> list[Ranked]:
    """The next best beside `shown`. A brand's limit counts row and bench together: whichever of them is brought up,
    the row still holds it."""
    reserve: list[Ranked] = []
    in_row = {one.hit.product for one in shown}
    brands = Counter(one.hit.brand.casefold() for one in shown)
    for one in ranking.ranked:
        if len(reserve) == most:
            break
        if one.fit < floor or one.hit.product in in_row or one.hit.product in taken:
            continue
        brand = one.hit.brand.casefold()
        if brand and brief.max_per_brand and brands[brand] >= brief.max_per_brand:
            continue
        if _among(one, shown) or _among(one, reserve):
            continue
        reserve.append(one)
        brands[brand] += 1
    return reserve


def _among(one: Ranked, others: Iterable[Ranked]) -> bool:
    return any(alike(one.hit, other.hit) for other in others)


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
