"""``manage.py bench``, a kind of measurement each: ours beside bare components and peers."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Store
from accounts.selectors import store_named
from generation.campaigns.brief import read
from generation.measure import (
    embedding,
    filters,
    growing,
    importing,
    pipeline,
    rankers,
    retrieval,
    stand_in,
    stores,
    table,
    vocabulary,
)
from review.measure import batching, fleet, growth, preview, reviewing, scratch, serving
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = "Measure one part of the studio; one row a system, peers and bare components beside ours."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND", help="what is measured")
        search = kinds.add_parser("retrieval", help="search against relevance labels")
        search.add_argument("--products", type=Path, metavar="FILE", help="a feed; default: the sample catalogue")
        search.add_argument("--mapping", type=Path, metavar="FILE", help="TOML file that says which column is which")
        search.add_argument("--judgements", type=Path, metavar="FILE", help="CSV with query,docid,rating (0 to 3)")
        search.add_argument("--store", metavar="SLUG", help="a store that has the products already, instead of a feed")
        _keep(search)
        sieve = kinds.add_parser("filters", help="nearest products under a constraint, beside the bare query")
        sieve.add_argument("--rows", type=int, default=1_000_000, help="products in the scratch table (1,000,000)")
        sieve.add_argument("--store", metavar="SLUG", help="whose products; default: the sample catalogue")
        _keep(sieve)
        order = kinds.add_parser("rankers", help="rankers on public logs, beside popularity, transitions and item-kNN")
        order.add_argument("--data", type=Path, metavar="DIR", help="folder of the logs; default: a small made-up log")
        vectors = kinds.add_parser("embedding", help="our worker beside bare SentenceTransformer.encode, and ONNX int8")
        vectors.add_argument("--products", type=Path, metavar="FILE", help="a feed; default: the sample catalogue")
        vectors.add_argument("--mapping", type=Path, metavar="FILE", help="TOML file that says which column is which")
        vectors.add_argument("--judgements", type=Path, metavar="FILE", help="CSV with query,docid,rating (0 to 3)")
        vectors.add_argument("--rounds", type=int, default=2, help="how often each is measured; the best counts (2)")
        feed = kinds.add_parser("import", help="our import beside the csv module and COPY")
        feed.add_argument("--rows", type=int, default=20_000, help="generated rows (20,000)")
        feed.add_argument(
            "--kill", action="store_true", help="kill an import halfway too, resume it and count the rows"
        )
        feed.add_argument("--here", action="store_true", help="in this database, not in a fresh one")
        feed.add_argument("--leave", action="store_true", help="leave the measured stores in this database")
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
        desk = kinds.add_parser("review", help="queue, item, decision and next, with many drafts and a long trail")
        desk.add_argument("--drafts", type=int, default=100_000, help="pages that wait (100,000)")
        desk.add_argument("--rows", type=int, default=2, help="placements of each (2)")
        desk.add_argument("--audit", type=int, default=1_000_000, help="entries of the trail (1,000,000)")
        desk.add_argument("--looks", type=int, default=40, help="how often each screen is opened (40)")
        desk.add_argument("--here", action="store_true", help="in this database, where it leaves its store")
        look = kinds.add_parser("preview", help="the preview of a draft, and its grid of twelve cells beside one cell")
        look.add_argument("--store", metavar="SLUG", help="whose newest draft; default: the newest of all")
        sizes = kinds.add_parser("growth", help="import, search and screens at several sizes, each in a fresh database")
        sizes.add_argument("--sizes", default="10000,100000,1000000", help="products (10000,100000,1000000)")
        sizes.add_argument("--out", type=Path, metavar="DIR", help="write growth.json and growth.svg there")
        sizes.add_argument("--here", action="store_true", help="one size, left in this database")
        for kind in (desk, look, sizes, search, sieve, order, vectors, feed, page, many, words, web):
            kind.add_argument(
                "--json", action="store_true", default=None, dest="json_here", help="print one JSON object"
            )

    def work(self, **options: Any) -> dict[str, Any]:
        self.kind = options["kind"]
        report: dict[str, Any] = getattr(self, f"_{self.kind}")(options)
        self.live("")
        return report

    def handle(self, *args: Any, **options: Any) -> None:
        options["json"] = options["json"] or options.pop("json_here", None)  # before or after the kind
        super().handle(*args, **options)

    def show(self, report: dict[str, Any]) -> None:
        columns = [name for name, value in report["systems"][0].items() if not isinstance(value, dict)]
        rows, titles = report["systems"], columns
        if self.kind == "growth":  # few sizes and many measures: a measure a line
            rows = [{"": name, **{row["name"]: row[name] for row in report["systems"]}} for name in columns[1:]]
            titles = list(rows[0])
        for line in table.lines(rows, titles):
            self.stdout.write(line)
        for system in report["systems"]:
            if stages := system.get("stages_s"):
                self.stdout.write(f"{system['name']}: " + ", ".join(f"{name} {s:.2f} s" for name, s in stages.items()))
        for name, value in report.items():
            if name not in ("systems", "notes") and not isinstance(value, dict | list):
                self.stdout.write(
                    f"{name.replace('_', ' ')}: {value:,}" if isinstance(value, int) else f"{name}: {value}"
                )
        if smaller := report.get("smaller"):
            self.stdout.write("")
            for line in table.lines(smaller, list(smaller[0])):
                self.stdout.write(line)
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
            labels = ratings or retrieval.category_judgements(store)
            report = retrieval.measure(store, labels, self.live, learn=ratings is not None)
        report["labels"] = retrieval.HUMAN_LABELS if judgements else retrieval.CATEGORY_LABELS
        return report

    def _rankers(self, options: dict[str, Any]) -> dict[str, Any]:
        return rankers.measure(options["data"], self.live)

    def _embedding(self, options: dict[str, Any]) -> dict[str, Any]:
        given = [options[name] for name in ("products", "mapping", "judgements")]
        if options["rounds"] < 1:
            raise BadInput("--rounds must be 1 or more.")
        if options["judgements"] and not options["products"]:
            raise BadInput("Judgements need their products: --products FILE (and --mapping FILE).")
        for path in filter(None, given):
            if not path.is_file():
                raise BadInput(f"There is no file {path}.")
        products, mapping, judgements = given
        return embedding.measure(products, mapping, judgements, options["rounds"], self.live)

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["here"]:
            return importing.measure(options["rows"], kill=options["kill"], leave=options["leave"], say=self.live)
        asked = [
            "bench",
            "import",
            "--here",
            "--leave",
            "--json",
            "--rows",
            str(options["rows"]),
            *["--kill"] * options["kill"],
        ]
        return self._fresh(asked)

    def _fresh(self, asked: list[str]) -> dict[str, Any]:
        """The same command in a database of its own, which is thrown away: a million rows leave no trace in yours."""
        with scratch.scratch() as (_folder, env):
            self.live("Making a database")
            scratch.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env)
            self.live(f"Running {' '.join(asked)} in it")
            found: dict[str, Any] = json.loads(scratch.run([sys.executable, "manage.py", *asked], env))
        return found

    def _growth(self, options: dict[str, Any]) -> dict[str, Any]:
        if not all(size.strip().isdecimal() for size in options["sizes"].split(",")):
            raise BadInput("--sizes are numbers of products, with commas between them.")
        sizes = [int(size) for size in options["sizes"].split(",")]
        if options["here"]:
            return {"systems": [growing.measure(size, self.live) for size in sizes[:1]]}
        return growth.measure(sizes, options["out"], self.live)

    def _pipeline(self, options: dict[str, Any]) -> dict[str, Any]:
        with ExitStack() as held:
            store: Store
            store = self._opened(options, held)
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

    def _opened(self, options: dict[str, Any], held: ExitStack) -> Store:
        """The store named, or the sample catalogue for the occasion."""
        if not options["store"]:
            return held.enter_context(stores.sample(keep=options["keep"], say=self.live))
        store = store_named(options["store"])
        stores.prepare(store, self.live)
        return store

    def _filters(self, options: dict[str, Any]) -> dict[str, Any]:
        with ExitStack() as held:
            store = self._opened(options, held)
            return filters.measure(store, max(options["rows"], 1000), self.live)

    def _candidates(self, options: dict[str, Any]) -> dict[str, Any]:
        with ExitStack() as held:
            store = self._opened(options, held)
            return vocabulary.measure(store, max(options["size"], 1000), self.live)

    def _batch(self, options: dict[str, Any]) -> dict[str, Any]:
        asked = (options["segments"], options["delay_ms"], options["mode"], options["kill"], options["placements"])
        return batching.measure(*asked, say=self.live)

    def _review(self, options: dict[str, Any]) -> dict[str, Any]:
        given = {name: options[name] for name in ("drafts", "audit", "rows", "looks")}
        if min(given["drafts"], given["rows"]) < 1 or given["audit"] < 0 or given["looks"] < 2:
            raise BadInput("--drafts and --rows are 1 or more, --looks 2 or more, --audit 0 or more.")
        if options["here"]:
            return {"systems": reviewing.measure(**given, say=self.live)}
        asked = ["bench", "review", "--here", "--json"]
        return self._fresh([*asked, *(word for name, value in given.items() for word in (f"--{name}", str(value)))])

    def _preview(self, options: dict[str, Any]) -> dict[str, Any]:
        return preview.measure(store_named(options["store"]) if options["store"] else None, self.live)

    def _serving(self, options: dict[str, Any]) -> dict[str, Any]:
        return serving.measure(options["seconds"], options["concurrency"], self.live)


def _keep(parser: CommandParser) -> None:
    parser.add_argument("--keep", action="store_true", help="keep the throw-away store, so that the next run is fast")
