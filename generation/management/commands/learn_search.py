"""``manage.py learn_search``: the weights of the hybrid search, or of the rows of pages, from people's ratings, with
where they are from."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Store
from accounts.selectors import store_named
from generation import kit
from generation.campaigns.constraints import Constraints
from generation.catalog import fusing, hybrid
from generation.catalog.fusing import RowWeights
from generation.catalog.search import CatalogSearch
from generation.measure import metrics, retrieval, row_tuning, stores, tuning
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = (
        "Learn the weights of the hybrid search from ratings, or with --rows those that join the rankings of a page's "
        "rows, and write them to a file with their provenance. The studio searches with "
        f"generation/catalog/weights/{hybrid.WEIGHTS.name} and fills rows with {fusing.WEIGHTS.name} beside it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--store", metavar="SLUG", required=True, help="the store that has the rated products")
        parser.add_argument(
            "--judgements", type=Path, metavar="FILE", required=True, help="CSV with query,docid,rating"
        )
        parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="where to write the weights")
        parser.add_argument("--rows", action="store_true", help="learn the weights of the rows of pages")

    def work(self, **options: Any) -> dict[str, Any]:
        out: Path = options["out"]
        store, ratings = store_named(options["store"]), retrieval.read_judgements(options["judgements"])
        stores.prepare(store, self.live, words=options["rows"])
        found = self._rows(store, ratings) if options["rows"] else self._search(store, ratings)
        origin = {
            "learned_on": timezone.localdate().isoformat(),
            "judgements": options["judgements"].name,
            "judgements_sha256": hashlib.sha256(options["judgements"].read_bytes()).hexdigest(),
            "products": store.products.count(),
            "encoder": kit.encoder_of(store).name,
            "folds": tuning.FOLDS,
        }
        report = {"version": out.stem, "weights": found["weights"], "provenance": origin | found["provenance"]}
        try:
            out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise BadInput(f"The weights cannot be written to {out}: {error.strerror}.") from None
        return {"file": str(out), **report}

    def _search(self, store: Store, ratings: retrieval.Ratings) -> dict[str, Any]:
        self.live("Searching for every query")
        asked = tuning.questions(_all(store), kit.encoder_of(store), ratings, _items(store))
        _enough(len(asked))
        self.live("Learning")
        weights, folds = tuning.learn(asked, tuning.SEARCH), tuning.held_out(asked, tuning.SEARCH)
        held_out = [tuning.quality(one, folds[tuning.fold_of(one.query)]) for one in asked]
        learned = [tuning.quality(one, weights) for one in asked]
        objective = {
            "objective": "nDCG@10 + recall@100, mean over queries",
            "objective_learned": round(metrics.mean(learned) or 0.0, 4),
            "objective_held_out": round(metrics.mean(held_out) or 0.0, 4),
            "queries": [tuning.mark(one.query) for one in asked],
        }
        return {"weights": weights.model_dump(), "provenance": objective}

    def _rows(self, store: Store, ratings: retrieval.Ratings) -> dict[str, Any]:
        self.live("Retrieving for every query")
        asked = row_tuning.questions(_all(store), kit.encoder_of(store), ratings, _items(store))
        _enough(len(asked))
        self.live("Learning")
        weights = row_tuning.settled(tuning.learn(asked, row_tuning.ROWS))
        folds = tuning.held_out(asked, row_tuning.ROWS)
        held_out = [row_tuning.measures(one, folds[tuning.fold_of(one.query)]) for one in asked]
        plain = [row_tuning.measures(one, RowWeights()) for one in asked]
        objective: dict[str, Any] = {
            "objective": f"nDCG@10 + recall@{row_tuning.POOL}, mean over queries",
            "objective_learned": round(metrics.mean([row_tuning.quality(one, weights) for one in asked]) or 0.0, 4),
            "objective_held_out": round(metrics.mean([sum(both) for both in held_out]) or 0.0, 4),
            "objective_plain": round(metrics.mean([sum(both) for both in plain]) or 0.0, 4),
        }
        for place, name in enumerate(("ndcg@10", f"recall@{row_tuning.POOL}")):
            ours, theirs = [[both[place]] for both in held_out], [[both[place]] for both in plain]
            bounds = metrics.paired_interval(ours, theirs) or (0.0, 0.0)
            objective[name] = {
                "held_out": round(metrics.mean([one[0] for one in ours]) or 0.0, 4),
                "plain": round(metrics.mean([one[0] for one in theirs]) or 0.0, 4),
                "difference_95%": [round(bound, 4) for bound in bounds],
            }
        queries = {"queries": [tuning.mark(one.query) for one in asked]}
        return {"weights": weights.model_dump(), "provenance": objective | queries}

    def show(self, report: dict[str, Any]) -> None:
        origin = report["provenance"]
        self.stdout.write(f"Learned from {len(origin['queries'])} queries over {origin['products']:,} products.")
        for name, value in report["weights"].items():
            self.stdout.write(f"  {value:<6g} {name}")
        self.stdout.write(
            f"{origin['objective'].split(',')[0]} is {origin['objective_learned']:.3f} on these queries and "
            f"{origin['objective_held_out']:.3f} held out ({origin['folds']} folds). Written to {report['file']}."
        )
        for name, value in origin.items():
            if isinstance(value, dict):
                low, high = value["difference_95%"]
                self.stdout.write(
                    f"{name}: {value['held_out']:.3f} held out, {value['plain']:.3f} with plain fusion; "
                    f"difference {value['held_out'] - value['plain']:+.3f}, 95 % {low:+.3f} to {high:+.3f}."
                )


def _all(store: Store) -> CatalogSearch:
    return CatalogSearch(store, Constraints(in_stock=False), timezone.localdate())


def _items(store: Store) -> dict[int, str]:
    return dict(store.products.values_list("id", "item_id"))


def _enough(queries: int) -> None:
    if queries < retrieval.ENOUGH:
        raise BadInput(
            f"{queries} queries have a product rated {metrics.RELEVANT} or more; {retrieval.ENOUGH} are needed."
        )
