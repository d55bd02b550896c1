"""Retrieval's rankings into one, then R^alpha * S^beta, then the row a shopper would see."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from generation.stages import variety
from generation.stages.contracts import Brief, Filled, Hit, Hits, Ranked, Ranking, Theme
from generation.stages.policy import Tuning
from generation.stages.variety import Choice, Vector

if TYPE_CHECKING:
    from generation.stages.ports import Kit

# How far the traditional score may move a product that fits: the objectives that are about the product itself
# (its margin, stock or age) weigh it more than those that are about the theme.
ALPHA: Mapping[str, float] = {"margin": 0.8, "clear_stock": 0.8, "launch": 0.8}
ALPHA_DEFAULT = 0.35
BENCH = 8  # products in reserve for a row
USUAL_OF_A_BRAND = 3
ALIKE = 93  # token-set likeness of two titles from which they are the same thing in another size or colour


def reciprocal_rank(
    rankings: Iterable[Sequence[int]], k: int = 60, weights: Sequence[float] | None = None
) -> dict[int, float]:
    """Reciprocal rank fusion, Cormack, Clarke and Büttcher (SIGIR 2009): the sum of 1 / (k + place) over rankings,
    each times its weight where there are any."""
    scores: defaultdict[int, float] = defaultdict(float)
    for number, ranking in enumerate(rankings):
        weight = weights[number] if weights else 1.0
        for place, product in enumerate(ranking, start=1):
            scores[product] += weight / (k + place)
    return dict(scores)


def alpha_of(objective_kind: str, tuning: Tuning) -> float:
    """The exponent of R for an objective: the tuned one, else the studio's own."""
    return tuning.alpha.get(objective_kind, ALPHA.get(objective_kind, ALPHA_DEFAULT))


def run(brief: Brief, theme: Theme, found: Hits, kit: "Kit") -> Ranking:
    """Order the hits by R^alpha * S^beta (DoorDash 2025); S is the evaluator's probability that a product fits.

    Hits under the floor from which a product may be shown are left out and counted.
    """
    traditional = kit.ranker.weighed(kit.policy.tuning.weights).rate(brief, found.hits)
    fits = kit.fits(theme, found.hits)
    tuned = kit.policy.tuning
    alpha = alpha_of(brief.objective_kind, tuned)
    ranked = [
        Ranked(
            hit=hit,
            rank_score=worth.value,
            fit=round(fit.probability, 4),
            score=round(worth.value**alpha * fit.probability**tuned.beta, 6),
            why=fit.reason,
            ranker=kit.ranker.name,
            parts=worth.parts,
        )
        for hit, worth, fit in zip(found.hits, traditional, fits, strict=True)
        if fit.probability >= kit.fit_floor
    ]
    ranked.sort(key=lambda r: (-r.score, r.hit.product))
    return Ranking(ranked=ranked, unfit=len(found.hits) - len(ranked))


def vectors(brief: Brief, rankings: Sequence[Ranking], kit: "Kit") -> dict[int, Vector]:
    """The vectors of all products that rows may choose from, by id, asked for together; none where the brief asks for
    no variety. A product that went meanwhile has none."""
    if not brief.variety:
        return {}
    ids = sorted({one.hit.product for row in rankings for one in row.ranked if one.fit >= kit.fit_floor})
    try:
        return dict(zip(ids, kit.search.product_vectors(ids), strict=True))
    except KeyError:  # one of them is gone: words tell how alike the products are
        return {}


def share_out(
    brief: Brief,
    rows: Sequence[tuple[int, Theme, Ranking]],
    taken: Iterable[int],
    floor: float,
    bench: int = BENCH,
    near: Mapping[int, Vector] | None = None,
) -> dict[int, Filled]:
    """Each row's products and its bench, by the row's key; rows choose one after another, in page order.

    No product is in two rows or on two benches, nor in any when it is in `taken`: whatever is brought up from a bench
    later takes nothing from another row. Benches are filled when every row has its products. `near` holds the
    vectors of products by id, which say how alike they are, where the brief asks for variety.
    """
    used = set(taken)
    shown: dict[int, list[Ranked]] = {}
    for key, _theme, ranking in rows:
        shown[key] = _row(brief, _banded(brief, ranking, floor), used, near or {})
        used.update(one.hit.product for one in shown[key])
    result: dict[int, Filled] = {}
    for key, _theme, ranking in rows:
        reserve = _reserve(brief, _banded(brief, ranking, floor), used, shown[key], bench, near or {})
        used.update(one.hit.product for one in reserve)
        result[key] = Filled(shown=shown[key], bench=reserve)
    return result


def fill(
    brief: Brief,
    ranking: Ranking,
    taken: Container[int],
    floor: float,
    bench: int = BENCH,
    near: Mapping[int, Vector] | None = None,
) -> tuple[list[Ranked], list[Ranked]]:
    """The row and its reserve list: nothing in `taken`, at most K of a brand, no two of the same thing; best first, or
    what adds most to those before it where the brief asks for variety (`stages.variety`).

    Only products with a fit of `floor` or more, on the bench too. A campaign without a brand limit still gets variety
    first: more than `USUAL_OF_A_BRAND` of one brand come in only where the row would be short. Never padded: both may
    be short.
    """
    fitting = _banded(brief, ranking, floor)
    shown = _row(brief, fitting, taken, near or {})
    return shown, _reserve(brief, fitting, taken, shown, bench, near or {}) if bench else []


def refill(
    brief: Brief, shown: Sequence[Ranked], bench: Sequence[Ranked], gone: Container[int], floor: float
) -> tuple[list[Ranked], list[Ranked]]:
    """A row and its bench without the products `gone`; what comes up from the bench keeps to the row's rules.

    The bench stands in the order in which its products add to the row. Where the row loses the only product of a price
    band, the first of that band comes up before it.
    """
    left = [one for one in shown if one.hit.product not in gone]
    waiting = [one for one in bench if one.hit.product not in gone]
    lost = dict.fromkeys(one.band for one in shown if one.hit.product in gone and one.band)
    missing = [band for band in lost if all(one.band != band for one in left)]
    first = [one for band in missing for one in [other for other in waiting if other.band == band][:1]]
    others = [one for one in waiting if one not in first]
    plain = brief.model_copy(update={"variety": 0.0})
    return fill(plain, Ranking(ranked=[*left, *first, *others], unfit=0), (), floor)


def _banded(brief: Brief, ranking: Ranking, floor: float) -> list[Ranked]:
    """What fits, best first, each with its price band. Bands do not depend on what other rows took."""
    fitting = [one for one in ranking.ranked if one.fit >= floor]
    if not brief.variety:
        return fitting
    bands = variety.bands_of(brief, fitting)
    return [one.model_copy(update={"band": band}) for one, band in zip(fitting, bands, strict=True)]


def _row(brief: Brief, fitting: Sequence[Ranked], taken: Container[int], near: Mapping[int, Vector]) -> list[Ranked]:
    """Variety brings in only what fits clearly, and never makes the row shorter; what it brought in says so."""
    ranked = [one for one in fitting if one.hit.product not in taken]
    plain = brief.model_copy(update={"variety": 0.0})
    usual = [one for one, _why in _chosen(plain, Choice(plain, ranked, {}))]
    if not brief.variety:
        return usual
    known = {one.hit.product for one in usual}
    among = [one for one in ranked if one.fit >= variety.CLEARLY or one.hit.product in known]
    chosen = _chosen(brief, Choice(brief, among, near))
    if len(chosen) < len(usual):
        return usual
    return [one if one.hit.product in known else one.model_copy(update={"variety": why}) for one, why in chosen]


def _chosen(brief: Brief, choice: Choice) -> list[tuple[Ranked, str]]:
    """The row's products, each with what variety would say of it."""
    limit = brief.max_per_brand or USUAL_OF_A_BRAND
    shown: list[tuple[Ranked, str]] = []
    held_back: list[tuple[Ranked, str]] = []
    brands: Counter[str] = Counter()
    while len(shown) < brief.products:
        at = choice.best()
        if at is None:
            break
        one = choice.ranked[at]
        if _among(one, (other for other, _why in (*shown, *held_back))):
            choice.refuse(at)
            continue
        brand = one.hit.brand.casefold()
        if not brand or brands[brand] < limit:
            shown.append((one, choice.says(at) if brief.variety else ""))
            brands[brand] += 1
            choice.take(at)
            continue
        if brief.max_per_brand is None:
            held_back.append((one, ""))
        choice.refuse(at)
    return shown + held_back[: brief.products - len(shown)]


def _reserve(
    brief: Brief,
    fitting: Sequence[Ranked],
    taken: Container[int],
    shown: Sequence[Ranked],
    most: int,
    near: Mapping[int, Vector],
) -> list[Ranked]:
    """The next best beside `shown`. A brand's limit counts row and bench together: whichever of them is brought up,
    the row still holds it."""
    in_row = {one.hit.product for one in shown}
    waiting = [one for one in fitting if one.hit.product not in in_row and one.hit.product not in taken]
    choice = Choice(brief, [*shown, *waiting], near)
    for at in range(len(shown)):
        choice.take(at)
    reserve: list[Ranked] = []
    brands = Counter(one.hit.brand.casefold() for one in shown)
    while len(reserve) < most:
        place = choice.best()
        if place is None:
            break
        one = choice.ranked[place]
        brand = one.hit.brand.casefold()
        over = brand and brief.max_per_brand and brands[brand] >= brief.max_per_brand
        if over or _among(one, shown) or _among(one, reserve):
            choice.refuse(place)
            continue
        choice.take(place)
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
