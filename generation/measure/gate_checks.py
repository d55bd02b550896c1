"""What a candidate must hold beside production, as arithmetic over replayed pages: no database, no model, no clock.

A share passes when, at worst, it is lower by no more than its margin: the lower end of the 95 % bootstrap interval of
the difference over briefs decides, as in a test of non-inferiority (D'Agostino, Massaro and Sullivan, Statistics in
Medicine 22 (2003), 169-186).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generation.measure import metrics

LEAST_BRIEFS = 8
DEARER = Decimal("1.5")
Pages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Margin:
    """How much lower (or, where less is better, higher) a share may be. `each` is a value per row or brief."""

    each: str
    label: str
    margin: float
    less_is_better: bool = False


MARGINS = (
    Margin("P-T@5", "Products that fit, of the first five", 0.05),
    Margin("P-T@20", "Products that fit, of the first twenty", 0.05),
    Margin("kept", "Rows that pass judging", 0.1),
    Margin("filled", "Rows filled, of those asked for", 0.05),
    Margin("under", "Rows with too few eligible products", 0.1, less_is_better=True),
)
KAPPA = Margin("kappa", "Agreement with people (Cohen's kappa)", 0.05)
AUC = Margin("auc", "Telling fitting from not fitting (AUC)", 0.02)


def all_of(candidate: Pages, production: Pages, agreement: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Every check on the pages of the same briefs, in the same order. `agreement` is {"pairs", "candidate": {"kappa",
    "auc", "passes": [...]}, "production": {...}, "kappa_interval", "auc_interval"} where judges are compared."""
    return [
        _receipts(candidate, production),
        _made(candidate, production),
        *(_share(one, candidate, production) for one in MARGINS),
        *(_agreement(agreement) if agreement is not None else []),
        _cost(candidate, production),
    ]


def passed(checks: Sequence[Mapping[str, Any]]) -> bool:
    return all(one["passes"] for one in checks if one["gating"])


def _check(
    name: str, label: str, passes: bool, sentence: str, candidate: Any, production: Any, limit: Any, **more: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "passes": passes,
        "gating": True,
        "candidate": candidate,
        "production": production,
        "limit": limit,
        "sentence": sentence,
        **more,
    }


def _receipts(candidate: Pages, production: Pages) -> dict[str, Any]:
    ours, theirs = ([one for page in pages for one in page["broken"]] for pages in (candidate, production))
    checked = sum(page["receipts"] for page in candidate)
    said = (
        f"All {checked} constraint receipts of the candidate's rows hold."
        if not ours
        else f"{len(ours)} of {checked} constraint receipts do not hold; the first: {ours[0]}."
    )
    if not checked:
        said = "The candidate filled no row, so no constraint could be checked."
    return _check("receipts", "Constraints held", bool(checked) and not ours, said, len(ours), len(theirs), 0)


def _made(candidate: Pages, production: Pages) -> dict[str, Any]:
    ours, theirs = ([page["error"] for page in pages if page["error"]] for pages in (candidate, production))
    said = f"{len(ours)} of {len(candidate)} briefs could not be finished, {len(theirs)} in production."
    if ours:
        said += f" The first: {ours[0]}"
    return _check("finished", "Briefs finished", len(ours) <= len(theirs), said, len(ours), len(theirs), len(theirs))


def _share(one: Margin, candidate: Pages, production: Pages) -> dict[str, Any]:
    ours, theirs = [page[one.each] for page in candidate], [page[one.each] for page in production]
    here, there = (metrics.mean([v for group in groups for v in group]) for groups in (ours, theirs))
    found = metrics.paired_interval(ours, theirs)
    return _judged(one, here, there, found, f"over {len(candidate)} briefs")


def _judged(
    one: Margin, here: float | None, there: float | None, found: tuple[float, float] | None, over: str
) -> dict[str, Any]:
    sign = -1 if one.less_is_better else 1
    if here is None or there is None or found is None:
        said = f"{one.label}: too little to compare {over}."
        return _check(one.each, one.label, False, said, here, there, one.margin)
    worst = found[0] if sign > 0 else -found[1]
    passes = worst >= -one.margin
    way = "higher" if one.less_is_better else "lower"
    told = f"at worst {-worst:.3f} {way}" if worst < 0 else "not worse"
    said = (
        f"{one.label}: {here:.3f} beside {there:.3f} in production, {told} (95 % interval {over}); "
        f"{'within' if passes else 'beyond'} the {one.margin:g} allowed."
    )
    pair = [round(value, 4) for value in found]
    return _check(one.each, one.label, passes, said, round(here, 4), round(there, 4), one.margin, interval=pair)


def _agreement(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Kappa, and the AUC where the judge gives probabilities. Labels that cannot tell the two apart let nobody pass."""
    if found.get("missing"):
        return [_check("kappa", KAPPA.label, False, found["missing"], None, None, KAPPA.margin)]
    checks = []
    for one in (KAPPA, AUC):
        here, there = found["candidate"].get(one.each), found["production"].get(one.each)
        if one is AUC and here is None and there is None:
            continue
        interval = found.get(f"{one.each}_interval")
        checks.append(_judged(one, here, there, interval, f"over {found['pairs']} labelled products"))
    return checks


def _cost(candidate: Pages, production: Pages) -> dict[str, Any]:
    """Money, or tokens where the price is not known. Only more than half as much again stops a candidate."""
    for name, unit in (("cost", "USD"), ("tokens", "tokens")):
        ours, theirs = (_total(pages, name) for pages in (candidate, production))
        if ours is None or theirs is None:
            continue
        pages = len(candidate)
        each, before = ours / pages, theirs / pages
        figures = f"{_figure(each, unit)} a page beside {_figure(before, unit)} in production"
        if theirs == 0:
            more = "; a share of nothing is no limit, so this is only told" if ours else ""
            return {
                **_check("cost", "Cost", True, f"{figures}{more}.", str(each), str(before), None),
                "gating": False,
            }
        passes = ours <= theirs * DEARER
        said = f"{figures}, {float(ours / theirs):.2f} times as much; the most is {DEARER:g} times."
        return _check("cost", "Cost", passes, said, str(each), str(before), str(DEARER))
    said = "What the calls cost and how many tokens they took is not known, so this is no limit."
    return {**_check("cost", "Cost", True, said, None, None, str(DEARER)), "gating": False}


def _total(pages: Pages, name: str) -> Decimal | None:
    values = [page["spent"][name] for page in pages]
    return None if any(value is None for value in values) else sum((Decimal(str(v)) for v in values), Decimal(0))


def _figure(value: Decimal, unit: str) -> str:
    return f"{value:,.0f} tokens" if unit == "tokens" else f"{value:.4f} USD"
