"""Rankers on public logs: who is next to be taken, out of every product of the log, beside the simplest counting."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.measure import ranker_data
from generation.measure.history_lists import Fitted, learned
from generation.measure.ranker_data import Part, Sequences
from generation.rankers.neighbours import History

TOP = 10
CHUNK = 1000  # users scored at once: 100 MB of scores over 12,000 products
RESAMPLES = 1000
SEED = 20
SHRINKS, DECAYS = (5.0, 20.0, 50.0), (1.0, 0.8, 0.6)
PEER = "item-kNN"
Scores = NDArray[np.float64]
Scorer = Callable[[slice], Scores]
Say = Callable[[str], object]


def measure(folder: Path | None, say: Say = lambda text: None) -> dict[str, Any]:
    """One row a log and ranker: Recall@10 and NDCG@10 with 95 % intervals over users, the same with shuffled targets,
    and the difference of Recall@10 to item-kNN over the same users. Without a folder on a made-up log, which shows
    that the rankers work and not how good they are. Raises BadInput when `folder` has no log."""
    rows: list[dict[str, Any]] = []
    logs = []
    for log in [ranker_data.made()] if folder is None else ranker_data.read(folder):
        found, about = _log(log, say)
        rows += found
        logs.append(about)
    return {
        "systems": rows,
        "logs": logs,
        "notes": [
            "Every ranker ranks every product of the log that the user has not taken yet (seen items are filtered for "
            "all of them); no negatives are sampled. LambdaMART orders the first products of co-occurrence, "
            "transitions and likeness of text; all others follow in co-occurrence's order.",
            "Recall@10 is the share of a user's targets among the first ten, NDCG@10 the usual one with gain 1; means "
            "over users. low and high bound the mean (95 %, 1,000 bootstrap resamples of users); gain_low and "
            f"gain_high bound the difference of Recall@10 to {PEER} over the same resamples.",
            "shuffled is Recall@10 when users have each other's targets: what comes of liking what everybody likes.",
            "The business score by objective needs a catalogue's facts, which these logs do not have; `train_ranker` "
            "compares it on a store's own events.",
            *(f"{one['name']}: {one['split']}; {one['sentence']}" for one in logs),
        ],
    }


def _log(log: Sequences, say: Say) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    say(f"{log.name}: choosing shrinkage and decay on the part before the test")
    before = Fitted(log, log.learn)
    chosen = max(
        ((shrink, decay) for shrink in SHRINKS for decay in DECAYS),
        key=lambda one: _recall(before, before.knn(*one)),
    )
    say(f"{log.name}: LambdaMART")
    with_texts, without = learned(log, before, *chosen), learned(log, before, *chosen, texts=False)
    say(f"{log.name}: measuring")
    at = Fitted(log, log.test)
    systems: dict[str, Scorer] = {"popularity": at.popularity()}
    if log.test.times is not None:
        systems["popularity (half life 30 days)"] = at.popularity(30.0)
    systems |= {
        "transition counts": at.transitions(),
        PEER: at.knn(0.0, 1.0),
        f"co-occurrence (shrinkage {chosen[0]:.0f}, decay {chosen[1]})": at.knn(*chosen),
        "LambdaMART, events only": at.boosted(without, *chosen),
        "LambdaMART, events and texts": at.boosted(with_texts, *chosen),
    }
    tops = {}
    for name, scorer in systems.items():
        say(f"{log.name}: {name}")
        tops[name] = best(at.part, scorer, log.items)
    rows = compared(log.name, tops, log.test.targets)
    asked = sum(bool(one) for one in log.test.targets)
    taken = sum(len(one) for one in log.test.histories)
    return rows, {
        "name": log.name,
        "split": log.split,
        "users": asked,
        "products": log.items,
        "trees": {"events only": without.trees, "events and texts": with_texts.trees},
        "importance": with_texts.importance(),
        "sentence": f"{asked:,} users measured, {log.items:,} products, {taken:,} events before the test.",
    }


def best(part: Part, scorer: Scorer, items: int) -> NDArray[np.int64]:
    """The first ten products (users, 10) of every user, seen ones left out; users without a target are not scored."""
    found = np.zeros((len(part.histories), TOP), dtype=np.int64)
    for start in range(0, len(part.histories), CHUNK):
        users = slice(start, min(start + CHUNK, len(part.histories)))
        if not any(part.targets[users]):
            continue
        scores = scorer(users)
        for row, seen in enumerate(part.histories[users]):
            scores[row, list(seen)] = -np.inf
        head = np.argpartition(-scores, TOP - 1, axis=1)[:, :TOP]
        order = np.argsort(-np.take_along_axis(scores, head, axis=1), axis=1, kind="stable")
        found[users] = np.take_along_axis(head, order, axis=1)
    return found


def judged(top: NDArray[np.int64], targets: History) -> NDArray[np.float64]:
    """Recall@10 and NDCG@10 (users with a target, 2)."""
    discount = 1 / np.log2(np.arange(TOP) + 2)
    found = []
    for row, wanted in zip(top, targets, strict=True):
        if wanted:
            hits = np.isin(row, wanted)
            found.append((hits.sum() / len(wanted), (hits * discount).sum() / discount[: len(wanted)].sum()))
    return np.asarray(found, dtype=np.float64).reshape(-1, 2)


def compared(log: str, tops: dict[str, NDArray[np.int64]], targets: History) -> list[dict[str, Any]]:
    """The rows of a log. All systems are resampled alike, so that differences are over the same users."""
    draw = np.random.default_rng(SEED)
    asked = [row for row, wanted in enumerate(targets) if wanted]
    wanted = [targets[row] for row in asked]
    shuffled = [wanted[place] for place in draw.permutation(len(wanted))]
    values = {name: judged(top[asked], wanted) for name, top in tops.items()}
    draws = [draw.integers(0, len(wanted), len(wanted)) for _ in range(RESAMPLES)]
    means = {name: np.asarray([value[one].mean(axis=0) for one in draws]) for name, value in values.items()}
    rows = []
    for name, value in values.items():
        recall, ndcg = value.mean(axis=0)
        (low, ndcg_low), (high, ndcg_high) = np.percentile(means[name], [2.5, 97.5], axis=0)
        against = np.percentile(means[name][:, 0] - means[PEER][:, 0], [2.5, 97.5])
        rows.append(
            {
                "name": f"{log}: {name}",
                "recall@10": _round(recall),
                "low": _round(low),
                "high": _round(high),
                "ndcg@10": _round(ndcg),
                "ndcg_low": _round(ndcg_low),
                "ndcg_high": _round(ndcg_high),
                "shuffled": _round(judged(tops[name][asked], shuffled)[:, 0].mean()),
                "gain_low": None if name == PEER else _round(against[0]),
                "gain_high": None if name == PEER else _round(against[1]),
            }
        )
    return rows


def _recall(at: Fitted, scorer: Scorer) -> float:
    return float(judged(best(at.part, scorer, at.items), at.part.targets)[:, 0].mean())


def _round(value: Any) -> float:
    return round(float(value), 4)
