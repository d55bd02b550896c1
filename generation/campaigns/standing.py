"""What is left of the shop's own rows under a run's constraints, and the same rows frozen for that run."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generation.campaigns.constraints import Constraints, rules
from generation.campaigns.static_rows import LEAST
from generation.catalog.search import as_hit
from generation.models import Availability, Campaign, Product, StaticPlacement
from generation.stages.arrange import FIRST_FIXED_KEY
from generation.stages.contracts import Fixed, Judged, PlacementDraft, Ranked, Theme
from generation.stages.words import banned_in

WHY = "Chosen by the shop."


@dataclass(frozen=True)
class Standing:
    """One of the shop's own rows as it would be on the page now: the products shown, those in reserve, what is left
    out as (name, reason in words), and why the whole row would be left out, if it would."""

    row: StaticPlacement
    shown: list[Product]
    reserve: list[Product]
    left_out: list[tuple[str, str]]
    problem: str = ""

    @property
    def sentences(self) -> list[str]:
        """What the page has to say of it: nothing when the row stands as it was written."""
        reasons = [f"“{title}” is left out of your row “{self.row}”: {why}." for title, why in self.left_out]
        return [f"Your row “{self.row}” is left out: {self.problem}", *reasons] if self.problem else reasons


def of_campaign(campaign: Campaign, constraints: Constraints, today: dt.date) -> list[Standing]:
    """Every own row of `campaign`, in page order; as many queries for one row as for ten."""
    rows = list(campaign.static_placements.all())
    if not rows:
        return []
    wanted = {item_id for row in rows for item_id in row.item_ids}
    found = Product.objects.filter(store=campaign.store_id, item_id__in=wanted)
    products = {product.item_id: product for product in found.defer("search")}
    wrong = broken(products.values(), constraints, today, campaign.store.currency)
    return [_standing(row, campaign, products, wrong, constraints) for row in rows]


def freeze(campaign: Campaign, constraints: Constraints, today: dt.date) -> tuple[list[Fixed], list[str]]:
    """The own rows as a run starts with them, and sentences about what had to be left out.

    Nobody ranks or judges them: a fit and scores of 0 stand for "not asked", and review keeps them as unknown.
    """
    fixed: list[Fixed] = []
    said: list[str] = []
    for one in of_campaign(campaign, constraints, today):
        said += one.sentences
        if not one.problem:
            fixed.append(Fixed(position=one.row.position, row=_draft(one, FIRST_FIXED_KEY - len(fixed))))
    return fixed, said


def _standing(
    row: StaticPlacement,
    campaign: Campaign,
    products: dict[str, Product],
    wrong: dict[int, str],
    constraints: Constraints,
) -> Standing:
    left_out: list[tuple[str, str]] = []
    good: list[Product] = []
    brands: Counter[str] = Counter()
    for item_id in row.item_ids:
        product = products.get(item_id)
        if product is None:
            left_out.append((item_id, "the catalogue has lost it"))
            continue
        brand = product.brand.casefold()
        most = constraints.max_per_brand
        if product.pk in wrong:
            left_out.append((product.title, wrong[product.pk]))
        elif brand and most is not None and brands[brand] >= most:
            left_out.append((product.title, f"the campaign allows {most} of a brand in a row"))
        else:
            good.append(product)
            brands[brand] += 1
    problem = ""
    word = banned_in(f"{row.title} {row.subtitle}", campaign.banned_terms)
    if word:
        problem = f"the campaign never says “{word}”."
    elif len(good) < LEAST:
        problem = f"{_products(len(good))} of it can be shown now; a row needs {LEAST}."
    return Standing(row, good[: campaign.products], good[campaign.products :], left_out, problem)


def broken(products: Iterable[Product], constraints: Constraints, today: dt.date, currency: str) -> dict[int, str]:
    """Why products may not be shown, by primary key: the first constraint that each one breaks, in words."""
    by_pk = {product.pk: product for product in products}
    found: dict[int, str] = {}
    mine = Product.objects.filter(pk__in=list(by_pk))
    for rule in rules(constraints, today, currency):
        held = set(mine.filter(rule.condition).values_list("pk", flat=True))
        for pk in by_pk.keys() - held - found.keys():
            sold_out = rule.name == "in_stock"
            label = Availability(by_pk[pk].availability).label.lower()
            found[pk] = f"it is {label} now" if sold_out else f"it does not hold “{rule.label}”"
    return found


def _draft(one: Standing, key: int) -> PlacementDraft:
    row = one.row
    return PlacementDraft(
        key=key,
        source="static",
        theme=Theme(title=row.title, subtitle=row.subtitle, concepts=[row.title], confidence=1, reason=""),
        density=len(one.shown) + len(one.reserve),
        judged=Judged(shown=_ranked(one.shown), bench=_ranked(one.reserve)),
    )


def _ranked(products: Sequence[Product]) -> list[Ranked]:
    return [
        Ranked(hit=as_hit(product, similarity=0, rrf=0, sources=[]), rank_score=0, fit=0, score=0, why=WHY)
        for product in products
    ]


def _products(count: int) -> str:
    return f"{count} product{'s' if count != 1 else ''}"
