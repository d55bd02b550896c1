"""A made-up shop with taste: three shelves of 24 products, of which some sell much more than others, and what visitors
did in it for 90 days. After day 60 the favourites of each shelf change."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np

from generation.rankers.log import DAY, KINDS, EventLog, gather

SHELVES, ON_SHELF, DAYS = ("Soups", "Teas", "Soaps"), 24, 90
BEGIN = dt.datetime(2026, 7, 1, tzinfo=dt.UTC).timestamp()
ITEMS = [f"{shelf.lower()}-{n}" for shelf in SHELVES for n in range(ON_SHELF)]
Rows = list[tuple[float, str, str, int]]


def path_of(item: str) -> list[str]:
    shelf = item.split("-")[0].capitalize()
    return ["Shop", f"Shop > {shelf}"]


def rows(visits: int = 2500, seed: int = 3) -> Rows:
    draw = np.random.default_rng(seed)
    before = draw.permutation(ON_SHELF)
    after = np.roll(before, 5)
    found: Rows = []
    for visit in range(visits):
        day = draw.random() * DAYS
        shelf = int(draw.integers(len(SHELVES)))
        weight = 1 / (1 + (before if day < 60 else after))
        chosen = draw.choice(ON_SHELF, 3, replace=False, p=weight / weight.sum())
        for n, product in enumerate(chosen):
            item = ITEMS[shelf * ON_SHELF + int(product)]
            moment = BEGIN + day * DAY + n * 60
            who = f"visitor {visit % 900}"
            found.append((moment, who, item, 0))
            if n < 2:
                found.append((moment + 20, who, item, 1))
            if n == 0:
                found.append((moment + 40, who, item, 2))
    return found


def log(visits: int = 2500) -> EventLog:
    return gather(rows(visits), ITEMS)


def written(folder: Path, given: Rows | None = None) -> Path:
    """The log as a CSV file."""
    path = folder / "events.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["time", "visitor", "product", "kind"])
        for moment, who, item, kind in given or rows():
            when = dt.datetime.fromtimestamp(moment, dt.UTC).isoformat()
            table.writerow([when, who, item, KINDS[kind]])
    return path


def stocked(store: Any) -> None:
    """The shop's products in a store."""
    from tests.factories import ProductFactory

    for item in ITEMS:
        path = path_of(item)
        ProductFactory(store=store, item_id=item, title=item, product_type=path[-1], categories=path)


def trained(store: Any, number: int, **fields: Any) -> Any:
    """A training that nobody waited for: popularity in which the first soup is wanted most."""
    import hashlib

    from generation.models import TrainedRanker
    from generation.rankers.demand import Demand
    from generation.rankers.learned import LearnedRanker

    few = gather([(BEGIN, "a", item, 2) for item in ITEMS[:3] for _ in range(1 + ITEMS.index(item))], ITEMS)
    packed = LearnedRanker("popularity", Demand.of(few, BEGIN + DAY)).pack()
    system = {
        "recall@10": 0.5, "low": 0.4, "high": 0.6, "ndcg@10": 0.3, "ndcg_low": 0.2, "ndcg_high": 0.4, "another": 0.4,
        "ahead_low": None, "ahead_high": None, "better_for": None, "worse_for": None,
    }  # fmt: skip
    other = {**system, "name": "business score (season)", "ahead_low": -0.09, "ahead_high": -0.02}
    report = {
        "kind": "popularity",
        "name": "popularity (half life 30 days)",
        "cut": "2026-09-01T00:00:00+00:00",
        "choices": 40,
        "visitors": 30,
        "rows": 3,
        "systems": [{**system, "name": "popularity (half life 30 days)"}, other],
        "sentences": [
            "Beside business score (season): worse in NDCG@10 by 0.020 to 0.090; better for 4 visitors, worse for 9."
        ],
        "categories": {
            "losses": [{"name": "Shop > Teas", "choices": 20, "ndcg@10": 0.1, "beside": 0.2, "ahead": -0.1}],
            "gains": [],
            "of": [{"rows": 1, "worse": 1}],
        },
        "notes": ["Held out."],
        "errors": [],
        "catalogue": {"products": 72, "day": "2026-11-01"},
    }
    begin = dt.datetime.fromtimestamp(BEGIN, dt.UTC)
    counts = {"events": 6, "visitors": 1, "products": 3, "view": 0, "cart": 0, "order": 6}
    given = {
        "kind": "popularity",
        "trained_from": begin,
        "trained_to": begin + dt.timedelta(days=1),
        "counts": {**counts, "other_products": 2, "refused_lines": 1},
        "log_hash": "sha256:" + "1" * 64,
        "report": report,
        "artefact": packed,
        "artefact_hash": f"sha256:{hashlib.sha256(packed).hexdigest()}",
        "author_name": "Command line",
    }
    return TrainedRanker.objects.create(store=store, number=number, **{**given, **fields})


def proposed(store: Any, number: int, *, changes: bool = True, **fields: Any) -> Any:
    """A ranking proposal that nobody waited for: alpha of two objectives becomes 1.2, or stays."""
    from generation.models import RankingProposal

    def system(name: str, low: float | None, high: float | None) -> dict[str, Any]:
        bounds = {"ahead_low": low, "ahead_high": high}
        return {"name": name, "ndcg@10": 0.3, "low": 0.2, "high": 0.4, **bounds}

    one = {
        "kinds": ["season", "occasion"],
        "alpha": 1.2 if changes else 0.35,
        "beta": 1.0,
        "factor": 1.0,
        "alpha_now": 0.35,
        "beta_now": 1.0,
        "changes": changes,
        "choices": {"tuned_on": 400, "held_out": 300},
        "visitors": {"tuned_on": 90, "held_out": 80},
        "systems": [
            system("proposed", None, None),
            system("now", 0.01, 0.05),
            system("fit alone (alpha 0)", 0.02, 0.09),
            system("shop's score alone (beta 0)", -0.04, -0.01),
        ],
        "curve": [
            {"alpha": alpha, "tuned_on": 0.2 + alpha / 100, "held_out": 0.21 + alpha / 200}
            for alpha in (0.1, 0.35, 1.2, 3.0)
        ],
        "sentences": [
            "Worse than shop's score alone (beta 0) by 0.010 to 0.040 in NDCG@10.",
            "Better than what serves now by 0.010 to 0.050 in NDCG@10.",
        ],
    }
    report = {
        "held_out_from": "2026-09-10",
        "tuned_from": "2026-08-20",
        "ranker": "signals-v2",
        "policy": 0,
        "evaluator": "builtin 1",
        "shelves": 3,
        "products": 70,
        "objectives": [one],
        "silent": [{"kind": "clear_stock", "why": "Events do not say what stock there was, so its values stay."}],
        "notes": ["Held out."],
    }
    alpha = {"season": 1.2, "occasion": 1.2} if changes else {}
    counts = {"events": 700, "visitors": 95, "products": 60, "view": 0, "cart": 0, "order": 700}
    given = {
        "body": {"alpha": alpha, "beta": 1.0, "weights": {}},
        "report": report,
        "counts": {**counts, "other_products": 2, "refused_lines": 1},
        "log_hash": "sha256:" + "1" * 64,
        "author_name": "Command line",
    }
    return RankingProposal.objects.create(store=store, number=number, **{**given, **fields})
