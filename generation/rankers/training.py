"""Training a store's ranker from its log, and the comparison on time that none of the rankers saw."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from generation.rankers.boosted import Boosted
from generation.rankers.demand import LABELS, NAMES, Demand, Facts, Floats, Places
from generation.rankers.learned import Kind, LearnedRanker
from generation.rankers.log import DAY, EventLog, day
from storefront_studio.lib.errors import BadInput

LEAST_ROW = 20  # products of a category that counts as a row: in a smaller one the first ten are nearly all
LEAST_TARGETS, LEAST_LISTS, LEAST_DAYS = 30, 20, 2.0
SNAPSHOTS = 12  # moments LambdaMART learns from, half a window apart; the latest says when to stop
WINDOWS = 8  # of the time to learn from: what is chosen within one after a moment is what the moment's list should show
GRADES = 30
LONGEST_LIST = 400  # products of a list it learns from: all that were taken and a draw of the others
TOP, RESAMPLES, SEED = 10, 1000, 20
TOLD_ROWS = 5  # categories told where it gains most, and as many where it loses most
LEAST_TOLD = 20  # choices in a category that is told about
WHOLE = "The whole store"
SIGNALS, CHANCE = "business score (season)", "by chance"
SERVED: Mapping[Kind, str] = {
    "popularity": "popularity (half life 30 days)",
    "cooccurrence": "bought together with the row",
    "lambdamart": "LambdaMART",
}
PLAIN = "popularity (nothing fades)"
Say = Callable[[str], object]


@dataclass(frozen=True)
class Row:
    """A category as a row: its name and the places of its products in the log's items."""

    name: str
    places: Places


@dataclass(frozen=True)
class Shop:
    """The products of a store, at the first places of a log's items: their facts, the categories as rows, the row of
    each product, and the business score's R for all products of a row on a day."""

    facts: Facts
    rows: Sequence[Row]
    row_of: Places
    signals: Callable[[Row, dt.date], Floats]


def rows_of(nodes: Sequence[Sequence[str]]) -> tuple[list[Row], Places]:
    """Rows from each product's category nodes (root down), and each product's row: its deepest category that has
    `LEAST_ROW` products, or the whole store."""
    inside: dict[str, list[int]] = {"": list(range(len(nodes)))}
    for place, path in enumerate(nodes):
        for node in path:
            inside.setdefault(node, []).append(place)
    number: dict[str, int] = {}
    of = []
    for path in nodes:
        deepest = next((node for node in reversed(path) if len(inside[node]) >= LEAST_ROW), "")
        of.append(number.setdefault(deepest, len(number)))
    rows = [Row(name or WHOLE, np.asarray(inside[name], dtype=np.int64)) for name in number]
    return rows, np.asarray(of, dtype=np.int64)


def train(
    shop: Shop, log: EventLog, kind: Kind, held_out: float = 0.2, say: Say = lambda text: None
) -> tuple[LearnedRanker, dict[str, Any]]:
    """The ranker of `kind`, and the report that compares it with the others on the last `held_out` of the log's time.

    What is measured learned from the time before only. The ranker that comes back keeps the trees that were measured,
    with counts up to the log's end. Raises BadInput when the log is too short or too thin to tell anything.
    """
    begin, end = float(log.time[0]), float(log.time[-1])
    if end - begin < LEAST_DAYS * DAY:
        raise BadInput(f"The events span {(end - begin) / DAY:.1f} days; {LEAST_DAYS:.0f} are the least to learn from.")
    cut = end - held_out * (end - begin)
    targets = chosen_in(log.since(cut), shop)
    if len(targets) < LEAST_TARGETS:
        raise BadInput(
            f"From {day(cut)} on, which is held out for measuring, people chose {len(targets)} products; the least is "
            f"{LEAST_TARGETS}. Give a longer log."
        )
    say("counting")
    then = Demand.of(log, cut)
    say("LambdaMART")
    try:
        model = boosted_for(shop, log, begin, cut)
    except BadInput:
        if kind == "lambdamart":
            raise
        model = None
    rankers = {
        "popularity": LearnedRanker("popularity", then),
        "cooccurrence": LearnedRanker("cooccurrence", then),
        **({"lambdamart": LearnedRanker("lambdamart", then, model)} if model else {}),
    }
    say("measuring")
    everything = Demand.of(log, end + 1)
    chosen = LearnedRanker(kind, everything, model if kind == "lambdamart" else None)
    report = _report(shop, log, cut, targets, rankers, kind)
    if model is not None and kind == "lambdamart":
        report["importance"] = [
            {"name": LABELS[name], "share": share}
            for name, share in sorted(model.importance().items(), key=lambda one: -one[1])
        ]
        report["trees"] = model.trees
    return chosen, report


def chosen_in(log: EventLog, shop: Shop) -> NDArray[np.int64]:
    """What visitors chose, (n, 2) of visitor and product, each once: cart adds and orders, views where there are
    none."""
    known = log.where(log.item < len(shop.row_of))
    meant = known.kind > 0
    chosen = known.where(meant) if meant.any() else known
    return np.unique(np.stack([chosen.visitor, chosen.item], axis=1), axis=0)


def boosted_for(shop: Shop, log: EventLog, begin: float, cut: float) -> Boosted:
    """Lists are categories at moments before `cut`; grades say how often a product was chosen in the window after."""
    window = max(DAY, (cut - begin) / WINDOWS)
    draw = np.random.default_rng(SEED)
    parts: list[tuple[Floats, NDArray[np.int64], NDArray[np.int64]]] = []
    # The second window from the end reaches into the last one, which must stay unseen.
    for back in (*range(SNAPSHOTS, 1, -1), 0):
        moment = cut - window - back * window / 2
        if moment > begin + window / 2:
            parts.append(_lists(shop, log, moment, moment + window, draw))
    lists = sum(len(one[2]) for one in parts)
    if len(parts) < 2 or lists < LEAST_LISTS or not len(parts[-1][2]):
        raise BadInput(
            f"There are {lists} lists to learn from ({LEAST_LISTS} is the least): too few categories where "
            "something was chosen. Give a longer log, or train the popularity kind."
        )
    before = [one for one in parts[:-1] if len(one[2])]
    features, grades, sizes = (np.concatenate([one[at] for one in before]) for at in range(3))
    return Boosted.fit(features, grades, sizes, NAMES, parts[-1])


def _lists(shop: Shop, log: EventLog, moment: float, until: float, draw: np.random.Generator) -> Any:
    demand = Demand.of(log, moment)
    targets = chosen_in(log.since(moment).before(until), shop)
    count = np.bincount(targets[:, 1], minlength=len(shop.row_of)) if len(targets) else np.zeros(len(shop.row_of), int)
    features, grades, sizes = [np.empty((0, len(NAMES)))], [np.empty(0, np.int64)], []
    for number in np.unique(shop.row_of[count > 0]):
        row = shop.rows[number]
        # In proportion: a product that twice as many choose is worth twice as much at the same place.
        chosen = count[row.places]
        grade = np.ceil(GRADES * chosen / chosen.max()).astype(np.int64)
        found = demand.features(row.places, shop.facts.at(row.places), day(moment))
        keep = np.arange(len(grade))
        if len(keep) > LONGEST_LIST:
            rest = draw.permutation(np.flatnonzero(grade == 0))
            keep = np.concatenate([np.flatnonzero(grade > 0)[:LONGEST_LIST], rest])[:LONGEST_LIST]
        features.append(found[keep])
        grades.append(grade[keep])
        sizes.append(len(keep))
    return np.concatenate(features), np.concatenate(grades), np.asarray(sizes, dtype=np.int64)


# --- The comparison ---------------------------------------------------------------------------------------------------
def _report(
    shop: Shop, log: EventLog, cut: float, targets: NDArray[np.int64], rankers: Mapping[str, LearnedRanker], kind: Kind
) -> dict[str, Any]:
    today = day(cut)
    scorers: dict[str, Callable[[Row], Floats]] = {
        SERVED[ranker.kind]: lambda row, ranker=ranker: ranker.order(row.places, shop.facts.at(row.places), today)  # type: ignore[misc]
        for ranker in rankers.values()
    }
    past = log.before(cut)
    plain = np.bincount(past.item, weights=past.worth, minlength=len(log.items)).astype(np.float64)
    scorers |= {PLAIN: lambda row: plain[row.places], SIGNALS: lambda row: shop.signals(row, today)}
    values = {name: np.zeros((len(targets), 3)) for name in (*scorers, CHANCE)}
    row_of = shop.row_of[targets[:, 1]]
    draw = np.random.default_rng(SEED)
    for number in np.unique(row_of):
        row, here = shop.rows[number], np.flatnonzero(row_of == number)
        at = np.searchsorted(row.places, targets[here, 1])  # a row's places are ascending
        other = draw.integers(0, len(row.places), len(here))
        for name, score in scorers.items():
            brings = gains(score(row))
            values[name][here] = np.column_stack([brings[at], brings[other, 0]])
        values[CHANCE][here] = gains(np.zeros(len(row.places)))[0, [0, 1, 0]]
    visitors, number_of = np.unique(targets[:, 0], return_inverse=True)
    counts = np.bincount(number_of)
    means = {
        name: np.stack([np.bincount(number_of, weights=value[:, at]) / counts for at in range(3)], axis=1)
        for name, value in values.items()
    }
    ours = SERVED[kind]
    systems = _systems(means, ours)
    return {
        "kind": kind,
        "name": ours,
        "cut": dt.datetime.fromtimestamp(cut, dt.UTC).isoformat(timespec="seconds"),
        "choices": len(targets),
        "visitors": len(visitors),
        "rows": len(np.unique(row_of)),
        "systems": systems,
        "sentences": [_sentence(one) for one in systems if one["name"] not in (ours, CHANCE)],
        "categories": _categories(shop, row_of, values[ours][:, 1], values[SIGNALS][:, 1]),
        "notes": [
            f"Rankers learned from what was before {today}; the rest is {len(targets):,} choices of {len(visitors):,} "
            "visitors. A choice is a product that a visitor put into the cart or ordered, or viewed where the log has "
            f"neither. It is looked for among all products of its category, the deepest with at least {LEAST_ROW}.",
            "Recall@10 is how often it is among the first ten, NDCG@10 the same with more for an earlier place; means "
            "over visitors, with 95 % intervals over 1,000 resamples of them. “Another product” is Recall@10 for a "
            "product drawn by chance from the same category: where it is as high, the ranker tells nothing.",
            "The business score uses the catalogue's facts as they are today, popularity and ratings among them, which "
            "know of the time that is measured. That favours it; LambdaMART gets price, margin, rating and the date "
            "of listing only.",
        ],
    }


def gains(scores: Floats) -> Floats:
    """Recall@10 and NDCG@10 (n, 2) that each of a list's products would bring as the one target. Equal scores share
    what their places bring, as if chance ordered them."""
    size = len(scores)
    place = np.arange(size)
    inside = place < TOP
    brings = np.column_stack([inside, np.where(inside, 1 / np.log2(place + 2), 0.0)])
    until = np.concatenate([np.zeros((1, 2)), np.cumsum(brings, axis=0)])
    first = rankdata(-scores, method="min").astype(np.int64) - 1
    last = rankdata(-scores, method="max").astype(np.int64)
    found: Floats = (until[last] - until[first]) / (last - first)[:, None]
    return found


def _systems(means: Mapping[str, Floats], ours: str) -> list[dict[str, Any]]:
    """A row a ranker, ours first, then the best. `ahead` bounds how far ours is ahead of it in NDCG@10."""
    size = len(means[ours])
    draw = np.random.default_rng(SEED)
    sums = {name: np.empty((RESAMPLES, 2)) for name in means}
    for at in range(RESAMPLES):
        taken = draw.integers(0, size, size)
        for name, value in means.items():
            sums[name][at] = value[taken, :2].mean(axis=0)
    rows = []
    for name, value in means.items():
        recall, ndcg, control = value.mean(axis=0)
        (low, ndcg_low), (high, ndcg_high) = np.percentile(sums[name], [2.5, 97.5], axis=0)
        ahead = np.percentile(sums[ours][:, 1] - sums[name][:, 1], [2.5, 97.5])
        difference = means[ours][:, 1] - value[:, 1]
        rows.append(
            {
                "name": name,
                "recall@10": _round(recall),
                "low": _round(low),
                "high": _round(high),
                "ndcg@10": _round(ndcg),
                "ndcg_low": _round(ndcg_low),
                "ndcg_high": _round(ndcg_high),
                "another": _round(control),
                "ahead_low": None if name == ours else _round(ahead[0]),
                "ahead_high": None if name == ours else _round(ahead[1]),
                "better_for": None if name == ours else int((difference > 1e-9).sum()),
                "worse_for": None if name == ours else int((difference < -1e-9).sum()),
            }
        )
    return sorted(rows, key=lambda row: (row["name"] != ours, -row["ndcg@10"]))


def _sentence(one: Mapping[str, Any]) -> str:
    low, high = one["ahead_low"], one["ahead_high"]
    if low > 0:
        verdict = f"better in NDCG@10 by {low:.3f} to {high:.3f}"
    elif high < 0:
        verdict = f"worse in NDCG@10 by {-high:.3f} to {-low:.3f}"
    else:
        verdict = f"not told apart in NDCG@10 ({low:+.3f} to {high:+.3f})"
    return (
        f"Beside {one['name']}: {verdict}; better for {one['better_for']:,} visitors, worse for {one['worse_for']:,}."
    )


def _categories(shop: Shop, row_of: Places, ours: Floats, beside: Floats) -> dict[str, list[dict[str, Any]]]:
    """Where it gains and loses most beside the business score, in NDCG@10."""
    found = []
    for number in np.unique(row_of):
        here = row_of == number
        if here.sum() >= LEAST_TOLD:
            mine, other = float(ours[here].mean()), float(beside[here].mean())
            found.append(
                {
                    "name": shop.rows[number].name,
                    "choices": int(here.sum()),
                    "ndcg@10": _round(mine),
                    "beside": _round(other),
                    "ahead": _round(mine - other),
                }
            )
    found.sort(key=lambda row: row["ahead"])
    return {
        "losses": [row for row in found if row["ahead"] < 0][:TOLD_ROWS],
        "gains": [row for row in reversed(found) if row["ahead"] > 0][:TOLD_ROWS],
        "of": [{"rows": len(found), "worse": sum(row["ahead"] < 0 for row in found)}],
    }


def _round(value: Any) -> float:
    return round(float(value), 4)
