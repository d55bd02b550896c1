"""Fit the built-in evaluator on graded pairs and write its weights, with how good they are, as JSON.

    python scripts/fit_evaluator.py --data DIR --out generation/evaluators/weights/builtin-v1.json

DIR holds teacher_grocery and teacher_electronics (themes and judgements, JSON lines), the catalogues they are
about (bigbasket_grocery_catalog, icecat_chorus_relevance) and human ratings of the second one. The data stays
outside the project; only the numbers come in. Takes about a minute and a half on two cores.
"""

import argparse
import csv
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from generation.encoders.base import Encoder
from generation.encoders.sentence import SentenceEncoder
from generation.evaluators.base import ProductText, ThemeText, ThemeVectors
from generation.evaluators.features import FEATURES, measure, words_of

Array = npt.NDArray[Any]
STRENGTH = 0.1  # inverse L2 penalty: 1.0 fits the teacher no better and people slightly worse
FOLDS = 10
FALSE_ACCEPTS = 0.05


@dataclass(frozen=True, slots=True)
class Graded:
    """One pair; group is what folds must not split: the brief, or the query of a human rating."""

    source: str
    group: str
    theme_id: str
    theme: ThemeText
    product: ProductText
    grade: int
    fits: bool


# 1. Load ---------------------------------------------------------------------------------


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def table(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def grocery_products(data: Path) -> dict[str, ProductText]:
    rows = table(data / "bigbasket_grocery_catalog" / "products.csv.gz")
    steps = ("category", "sub_category", "type")
    return {
        row["index"]: ProductText(
            row["product"], row["brand"].strip(), " > ".join(row[step] for step in steps if row[step])
        )
        for row in rows
    }


def electronics_products(data: Path) -> dict[str, ProductText]:
    rows = lines(data / "icecat_chorus_relevance" / "products.jsonl.gz")
    return {
        row["id"]: ProductText(row["title"], row.get("supplier", ""), row.get("attr_t_product_type", ""))
        for row in rows
    }


def teacher_pairs(folder: Path, products: dict[str, ProductText]) -> Iterator[Graded]:
    themes = {theme["theme_id"]: theme for theme in lines(folder / "themes.jsonl.gz")}
    for row in lines(folder / "judgements.jsonl.gz"):
        theme = themes[row["theme_id"]]
        text = ThemeText(theme["title"], theme["subtitle"], theme["intent"], tuple(theme["concepts"]))
        product = products[row["product_id"]]
        source = folder.name.removeprefix("teacher_")
        grade = row["grade"]
        yield Graded(source, theme["brief_id"], theme["theme_id"], text, product, grade, grade >= 1)


def human_pairs(data: Path, products: dict[str, ProductText]) -> Iterator[Graded]:
    for row in table(data / "icecat_chorus_relevance" / "judgments.csv.gz"):
        query, rating = row["query"], int(row["rating"])
        theme = ThemeText(query, concepts=(query,))
        yield Graded("human", query, query, theme, products[row["docid"]], rating, rating >= 2)


# 2. Features -----------------------------------------------------------------------------


def measured(pairs: list[Graded], encoder: Encoder) -> tuple[Array, dict[str, Array]]:
    """Features (n, f) in the order of the pairs, and the baselines: one number a pair each."""
    passages = sorted({pair.product.passage for pair in pairs})
    place = {passage: row for row, passage in enumerate(passages)}
    vectors = encoder.encode(passages)
    by_theme: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row, pair in enumerate(pairs):
        by_theme[pair.source, pair.theme_id].append(row)
    features = np.zeros((len(pairs), len(FEATURES)))
    best = np.zeros(len(pairs))
    for rows in by_theme.values():
        theme = pairs[rows[0]].theme
        products = [pairs[row].product for row in rows]
        near = vectors[[place[product.passage] for product in products]]
        found = measure(theme, products, ThemeVectors.of(theme, encoder), near)
        features[rows], best[rows] = found.values, found.similarity
    title = features[:, FEATURES.index("title_cosine")]
    return features, {"title cosine": title, "best concept cosine": best, "BM25": bm25(pairs)}


def bm25(pairs: list[Graded], k1: float = 1.2, b: float = 0.75) -> Array:
    """Okapi BM25 of title and concepts against title and category; statistics over the products graded."""
    documents = [Counter(words_of(f"{pair.product.title} {pair.product.category}")) for pair in pairs]
    unique = {pair.product: words for pair, words in zip(pairs, documents, strict=True)}
    frequency = Counter(word for words in unique.values() for word in words)
    length = float(np.mean([words.total() for words in unique.values()]))
    scores = []
    for pair, words in zip(pairs, documents, strict=True):
        norm = k1 * (1 - b + b * words.total() / length)
        query = set(words_of(" ".join([pair.theme.title, *pair.theme.phrases])))
        scores.append(
            sum(
                np.log1p((len(unique) - frequency[word] + 0.5) / (frequency[word] + 0.5))
                * words[word]
                * (k1 + 1)
                / (words[word] + norm)
                for word in sorted(query & words.keys())
            )
        )
    return np.array(scores)


# 3. Cross-validate -----------------------------------------------------------------------


def logistic() -> ClassifierMixin:
    return make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=2000))


def trees() -> ClassifierMixin:
    return HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.06, max_leaf_nodes=12, min_samples_leaf=30, l2_regularization=5.0,
        max_features=0.4, random_state=0,
    )  # fmt: skip


def held_out(
    make: Callable[[], Any],
    features: Array,
    fits: Array,
    groups: Array,
    also: tuple[Array, Array] | None = None,
) -> Array:
    """P(fits) of every row; its group is unseen by the model. also = rows added to training."""
    chances = np.zeros(len(fits))
    for seen, unseen in GroupKFold(FOLDS, shuffle=True, random_state=0).split(features, groups=groups):
        x, y = features[seen], fits[seen]
        if also is not None:
            x, y = np.vstack([x, also[0]]), np.concatenate([y, also[1]])
        chances[unseen] = make().fit(x, y).predict_proba(features[unseen])[:, 1]
    return chances


def calibration_error(fits: Array, chances: Array, bins: int = 10) -> float:
    """ECE: mean gap between promised and found share over equal-width bins, weighted by their rows."""
    which = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [abs(fits[which == b].mean() - chances[which == b].mean()) * (which == b).mean() for b in set(which)]
    return float(sum(gaps))


def thresholds(fits: Array, chances: Array) -> dict[str, dict[str, float]]:
    """Lowest probability at which false accepts stay within 5 %, counted in both usual ways; its price."""
    order = np.argsort(-chances, kind="stable")
    wrong = np.cumsum(~fits[order])
    found = {}
    for meaning, share in (
        ("of what is accepted, 5 % does not fit", wrong / np.arange(1, len(order) + 1)),
        ("of what does not fit, 5 % is accepted", wrong / (~fits).sum()),
    ):
        at = chances[order[np.flatnonzero(share <= FALSE_ACCEPTS).max()]]
        found[meaning] = {
            "probability": round(float(at), 4),
            "fitting kept": round(float((chances >= at)[fits].mean()), 4),
        }
    return found


def auc(fits: Array, scores: Array) -> float:
    return round(float(roc_auc_score(fits, scores)), 4)


def kappa(fits: Array, scores: Array, groups: Array) -> float:
    """Cohen's kappa of "passes" with the grader, each fold at the threshold that was best on the other folds."""
    passes = np.zeros(len(fits), dtype=bool)
    for seen, unseen in GroupKFold(FOLDS, shuffle=True, random_state=0).split(scores, groups=groups):
        bars = np.quantile(scores[seen], np.linspace(0.02, 0.98, 49))
        best = max(bars, key=lambda bar: cohen_kappa_score(fits[seen], scores[seen] >= bar))
        passes[unseen] = scores[unseen] >= best
    return round(float(cohen_kappa_score(fits, passes)), 4)


def within_themes(pairs: list[Graded], fits: Array, scores: Array) -> float:
    """Mean AUC inside one theme, over the themes that have both kinds of product."""
    by_theme: defaultdict[str, list[int]] = defaultdict(list)
    for row, pair in enumerate(pairs):
        by_theme[pair.theme_id].append(row)
    mixed = [rows for rows in by_theme.values() if 0 < fits[rows].sum() < len(rows)]
    return round(float(np.mean([roc_auc_score(fits[rows], scores[rows]) for rows in mixed])), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the data sets")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go")
    options = parser.parse_args()

    # 1. Load
    grocery, electronics = grocery_products(options.data), electronics_products(options.data)
    pairs = [
        *teacher_pairs(options.data / "teacher_grocery", grocery),
        *teacher_pairs(options.data / "teacher_electronics", electronics),
        *human_pairs(options.data, electronics),
    ]
    source = np.array([pair.source for pair in pairs])
    groups = np.array([pair.group for pair in pairs])
    fits = np.array([pair.fits for pair in pairs])
    grade = np.array([pair.grade for pair in pairs])
    human = source == "human"
    teacher = ~human

    # 2. Features
    encoder = SentenceEncoder()
    features, scores = measured(pairs, encoder)

    # 3. Cross-validate: by brief, by query, and from one catalogue to the other
    for name, make in (("logistic", logistic), ("trees", trees)):
        scores[name] = np.zeros(len(pairs))
        scores[name][teacher] = held_out(make, features[teacher], fits[teacher], groups[teacher])
        scores[name][human] = make().fit(features[teacher], fits[teacher]).predict_proba(features[human])[:, 1]
    ours = scores["logistic"]
    table_of = {
        name: {
            **{f"{kind} AUC": auc(fits[source == kind], found[source == kind]) for kind in sorted(set(source))},
            "teacher AUC": auc(fits[teacher], found[teacher]),
            **{
                f"{kind} kappa": kappa(fits[source == kind], found[source == kind], groups[source == kind])
                for kind in sorted(set(source))
            },
            "teacher kappa": kappa(fits[teacher], found[teacher], groups[teacher]),
            "teacher AUC within a theme": within_themes(pairs[: teacher.sum()], fits[teacher], found[teacher]),
        }
        for name, found in scores.items()
    }
    clear = teacher & (grade != 1)
    crossed = {}
    for seen, unseen in (("grocery", "electronics"), ("electronics", "grocery")):
        model = logistic().fit(features[source == seen], fits[source == seen])
        crossed[f"{seen} to {unseen}"] = auc(
            fits[source == unseen], model.predict_proba(features[source == unseen])[:, 1]
        )
    both = held_out(logistic, features[human], fits[human], groups[human], also=(features[teacher], fits[teacher]))
    alone = held_out(logistic, features[human], fits[human], groups[human])
    bars = thresholds(fits[teacher], ours[teacher])
    at = bars["of what is accepted, 5 % does not fit"]["probability"]
    metrics = {
        "held out": table_of,
        "grade 2 against 0, teacher AUC": auc(grade[clear] == 2, ours[clear]),
        "cross-domain AUC": crossed,
        "human AUC, by query, fitted on ratings alone": auc(fits[human], alone),
        "human AUC, by query, fitted on ratings and teacher": auc(fits[human], both),
        "human kappa, by query, fitted on ratings alone": kappa(fits[human], alone, groups[human]),
        "human kappa, by query, fitted on ratings and teacher": kappa(fits[human], both, groups[human]),
        "calibration error": {
            kind: round(calibration_error(fits[source == kind], ours[source == kind]), 4)
            for kind in sorted(set(source))
        },
        "teacher calibration error": round(calibration_error(fits[teacher], ours[teacher]), 4),
        "thresholds": bars,
    }

    # 4. Fit on all teacher pairs
    final = logistic().fit(features[teacher], fits[teacher])
    scaler, regression = final[0], final[1]

    # 5. Report
    for name, row in table_of.items():
        print(f"{name:20}", "  ".join(f"{key} {value:.3f}" for key, value in row.items()))
    print(json.dumps({key: value for key, value in metrics.items() if key != "held out"}, indent=1))
    print(f"accept at {at:.3f}")
    for feature, weight in zip(FEATURES, regression.coef_[0], strict=True):
        print(f"  {feature:18} {weight:+.3f}")

    # 6. Save
    counts = {kind: int((source == kind).sum()) for kind in ("grocery", "electronics")}
    weights = {
        "name": "builtin",
        "version": "1",
        "date": datetime.now(UTC).date().isoformat(),
        "encoder": encoder.name,
        "fitted_on": {"pairs": counts, "briefs": len(set(groups[teacher])), "fits": int(fits[teacher].sum())},
        "features": list(FEATURES),
        "mean": [round(float(value), 6) for value in scaler.mean_],
        "scale": [round(float(value), 6) for value in scaler.scale_],
        "weights": [round(float(value), 6) for value in regression.coef_[0]],
        "intercept": round(float(regression.intercept_[0]), 6),
        "accept_at": at,
        "metrics": metrics,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
