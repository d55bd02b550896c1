"""``manage.py bench retrieval|import|pipeline|batch|candidates|serving``: measured beside bare components and peers."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Store
from accounts.selectors import store_named
from generation.campaigns.brief import read
from generation.measure import importing, pipeline, retrieval, stand_in, stores, table, vocabulary
from review.measure import batching, fleet, serving
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = (
        "Measure retrieval, import, pipeline, batch, candidates or serving; one row a system, peers and bare "
        "components beside ours."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        kinds = parser.add_subparsers(
            dest="kind", required=True, metavar="retrieval|import|pipeline|batch|candidates|serving"
        )
        search = kinds.add_parser("retrieval", help="search against relevance labels")
        search.add_argument("--products", type=Path, metavar="FILE", help="a feed; default: the sample catalogue")
        search.add_argument("--mapping", type=Path, metavar="FILE", help="TOML file that says which column is which")
        search.add_argument("--judgements", type=Path, metavar="FILE", help="CSV with query,docid,rating (0 to 3)")
        search.add_argument("--store", metavar="SLUG", help="a store that has the products already, instead of a feed")
        _keep(search)
        feed = kinds.add_parser("import", help="our import beside the csv module and COPY")
        feed.add_argument("--rows", type=int, default=20_000, help="generated rows (20,000)")
        page = kinds.add_parser("pipeline", help="a page of 8 placements beside its critical path")
        page.add_argument("--delay-ms", type=int, default=800, help="how long the local model server takes (800)")
        page.add_argument("--store", metavar="SLUG", help="whose catalogue; default: the sample catalogue")
        page.add_argument("--campaigns", type=int, default=0, help="then so many at once on two worker processes")
        page.add_argument("--objective", default="", help="nouns that the rows are about; default: of the sample")
        _keep(page)
        many = kinds.add_parser("batch", help="one campaign for many segments under real workers")
        many.add_argument("--segments", type=int, default=200, help="how many (200)")
        many.add_argument("--placements", type=int, default=6, help="rows of each page (6)")
        many.add_argument("--delay-ms", type=int, default=800, help="how long the local model server takes (800)")
        many.add_argument("--mode", default="live", help="live, or vendor: through the vendor's batch service (live)")
        many.add_argument("--kill", action="store_true", help="kill all workers halfway and go on with new ones")
        words = kinds.add_parser("candidates", help="keyword candidates beside the whole vocabulary")
        words.add_argument("--size", type=int, default=300_000, help="keywords in the vocabulary (300,000)")
        words.add_argument("--store", metavar="SLUG", help="whose keywords; default: the sample catalogue")
        _keep(words)
        web = kinds.add_parser("serving", help="the storefront API beside a bare WSGI application")
        web.add_argument("--seconds", type=float, default=5, help="of load, for each row (5)")
        web.add_argument("--concurrency", type=int, default=16, help="connections at once (16)")
        for kind in (search, feed, page, many, words, web):
            kind.add_argument(
                "--json", action="store_true", default=None, dest="json_here", help="print one JSON object"
            )

    def work(self, **options: Any) -> dict[str, Any]:
        report: dict[str, Any] = getattr(self, f"_{options['kind']}")(options)
        self.live("")
        return report

    def handle(self, *args: Any, **options: Any) -> None:
        options["json"] = options["json"] or options.pop("json_here", None)  # before or after the kind
        super().handle(*args, **options)

    def show(self, report: dict[str, Any]) -> None:
        columns = [name for name, value in report["systems"][0].items() if not isinstance(value, dict)]
        for line in table.lines(report["systems"], columns):
            self.stdout.write(line)
        for system in report["systems"]:
            if stages := system.get("stages_s"):
                self.stdout.write(f"{system['name']}: " + ", ".join(f"{name} {s:.2f} s" for name, s in stages.items()))
        for name, value in report.items():
            if name not in ("systems", "notes") and not isinstance(value, dict | list):
                self.stdout.write(
                    f"{name.replace('_', ' ')}: {value:,}" if isinstance(value, int) else f"{name}: {value}"
                )
        for note in report.get("notes", []):
            self.stdout.write(note)

    def _retrieval(self, options: dict[str, Any]) -> dict[str, Any]:
        products, judgements = options["products"], options["judgements"]
        if products and options["store"]:
            raise BadInput("Name either --products or --store.")
        if (products or options["store"]) and not judgements:
            raise BadInput("Products of your own need --judgements FILE, a CSV with query,docid,rating.")
        if judgements and not (products or options["store"]):
            raise BadInput("Judgements need their products: --products FILE (and --mapping FILE), or --store.")
        ratings = retrieval.read_judgements(judgements) if judgements else None
        with ExitStack() as held:
            if options["store"]:
                store = store_named(options["store"])
                stores.prepare(store, self.live, words=False)
            elif products:
                mapping = options["mapping"]
                for path in filter(None, (products, mapping)):
                    if not path.is_file():
                        raise BadInput(f"There is no file {path}.")
                store = held.enter_context(
                    stores.opened(products, mapping, words=False, keep=options["keep"], say=self.live)
                )
            else:
                store = held.enter_context(stores.sample(keep=options["keep"], say=self.live))
            report = retrieval.measure(store, ratings or retrieval.category_judgements(store), self.live)
        report["labels"] = retrieval.HUMAN_LABELS if judgements else retrieval.CATEGORY_LABELS
        return report

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        return importing.measure(options["rows"], self.live)

    def _pipeline(self, options: dict[str, Any]) -> dict[str, Any]:
        with ExitStack() as held:
            store: Store
            if options["store"]:
                store = store_named(options["store"])
                stores.prepare(store, self.live)
            else:
                store = held.enter_context(stores.sample(keep=options["keep"], say=self.live))
            if options["campaigns"] and options["store"]:
                raise BadInput("--campaigns makes real runs: it works on the sample catalogue only, without --store.")
            report = pipeline.measure(store, options["delay_ms"], options["objective"], self.live)
            if options["campaigns"] and stand_in.there():
                given = read({**pipeline.BRIEF, "objective": options["objective"] or pipeline.OBJECTIVE})
                asked = (options["campaigns"], options["delay_ms"], pipeline.CHAIN)
                row, notes = fleet.measure(store, given, *asked, self.live)
                report["systems"].append(row)
                report["notes"] += notes
            return report

    def _candidates(self, options: dict[str, Any]) -> dict[str, Any]:
        with ExitStack() as held:
            if options["store"]:
                store = store_named(options["store"])
                stores.prepare(store, self.live)
            else:
                store = held.enter_context(stores.sample(keep=options["keep"], say=self.live))
            return vocabulary.measure(store, max(options["size"], 1000), self.live)

    def _batch(self, options: dict[str, Any]) -> dict[str, Any]:
        asked = (options["segments"], options["delay_ms"], options["mode"], options["kill"], options["placements"])
        return batching.measure(*asked, say=self.live)

    def _serving(self, options: dict[str, Any]) -> dict[str, Any]:
        return serving.measure(options["seconds"], options["concurrency"], self.live)


def _keep(parser: CommandParser) -> None:
    parser.add_argument("--keep", action="store_true", help="keep the throw-away store, so that the next run is fast")
