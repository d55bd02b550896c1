"""``manage.py learn_search``: the weights of the hybrid search from people's ratings, with where they are from."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.selectors import store_named
from generation import kit
from generation.campaigns.constraints import Constraints
from generation.catalog import hybrid
from generation.catalog.search import CatalogSearch
from generation.measure import metrics, retrieval, stores, tuning
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = (
        "Learn the weights of the hybrid search from ratings, and write them to a file with their provenance. "
        f"The studio searches with generation/catalog/weights/{hybrid.WEIGHTS.name}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--store", metavar="SLUG", required=True, help="the store that has the rated products")
        parser.add_argument(
            "--judgements", type=Path, metavar="FILE", required=True, help="CSV with query,docid,rating"
        )
        parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="where to write the weights")

    def work(self, **options: Any) -> dict[str, Any]:
        out: Path = options["out"]
        store, ratings = store_named(options["store"]), retrieval.read_judgements(options["judgements"])
        stores.prepare(store, self.live, words=False)
        search = CatalogSearch(store, Constraints(in_stock=False), timezone.localdate())
        items = dict(store.products.values_list("id", "item_id"))
        self.live("Searching for every query")
        asked = tuning.questions(search, kit.encoder(), ratings, items)
        if len(asked) < retrieval.ENOUGH:
            raise BadInput(
                f"{len(asked)} queries have a product rated {metrics.RELEVANT} or more; {retrieval.ENOUGH} are needed."
            )
        self.live("Learning")
        weights, folds = tuning.learn(asked), tuning.held_out(asked)
        held_out = [tuning.quality(one, folds[tuning.fold_of(one.query)]) for one in asked]
        learned = [tuning.quality(one, weights) for one in asked]
        report = {
            "version": out.stem,
            "weights": weights.model_dump(),
            "provenance": {
                "learned_on": timezone.localdate().isoformat(),
                "judgements": options["judgements"].name,
                "judgements_sha256": hashlib.sha256(options["judgements"].read_bytes()).hexdigest(),
                "products": len(items),
                "encoder": kit.encoder().name,
                "objective": "nDCG@10 + recall@100, mean over queries",
                "objective_learned": round(metrics.mean(learned) or 0.0, 4),
                "objective_held_out": round(metrics.mean(held_out) or 0.0, 4),
                "folds": tuning.FOLDS,
                "queries": [tuning.mark(one.query) for one in asked],
            },
        }
        try:
            out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise BadInput(f"The weights cannot be written to {out}: {error.strerror}.") from None
        return {"file": str(out), **report}

    def show(self, report: dict[str, Any]) -> None:
        origin = report["provenance"]
        self.stdout.write(f"Learned from {len(origin['queries'])} queries over {origin['products']:,} products.")
        for name, value in report["weights"].items():
            self.stdout.write(f"  {value:<6g} {name}")
        self.stdout.write(
            f"nDCG@10 + recall@100 is {origin['objective_learned']:.3f} on these queries and "
            f"{origin['objective_held_out']:.3f} held out ({origin['folds']} folds). Written to {report['file']}."
        )
