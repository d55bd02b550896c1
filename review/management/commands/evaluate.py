"""``manage.py evaluate``: a page per brief, baselines beside it, and what the pages are worth."""

import datetime as dt
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.text import get_valid_filename

from accounts.models import Store
from accounts.selectors import store_named
from generation import selectors
from generation.catalog.sample import generator
from generation.measure import evaluation, report, stores, table
from generation.models import Product
from review.measure.pages import as_published
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = (
        "Make a page for every brief with the configured generator, and three baselines without planning, and print "
        "the quality metrics of each. Nothing is saved in the store."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--briefs", type=Path, metavar="FILE", help="JSON Lines, a brief a line; default: our own")
        parser.add_argument(
            "--store", metavar="SLUG", help="whose catalogue; default: “demo”, or the sample catalogue for the occasion"
        )
        parser.add_argument("--out", type=Path, metavar="DIR", help="write every page as JSON, and report.html")
        parser.add_argument("--today", type=dt.date.fromisoformat, metavar="DATE", help="the day the pages are for")
        parser.add_argument(
            "--variety", type=float, metavar="DIAL", help="0 to 1, for every brief whatever it says itself"
        )
        parser.add_argument("--keep", action="store_true", help="keep the sample catalogue's throw-away store")

    def work(self, **options: Any) -> dict[str, Any]:
        briefs = evaluation.read_briefs(options["briefs"] or evaluation.OWN_BRIEFS)
        if options["variety"] is not None:
            if not 0 <= options["variety"] <= 1:
                raise BadInput(f"--variety takes a number from 0 to 1, not {options['variety']:g}.")
            briefs = [brief.model_copy(update={"variety": options["variety"]}) for brief in briefs]
        # Our own briefs come with a day of their own, so that the same code gives the same numbers.
        today = options["today"] or (timezone.localdate() if options["briefs"] else generator.TODAY)
        out: Path | None = options["out"]
        with ExitStack() as held:
            store = self._store(options["store"], options["keep"], held)
            if out:
                _folder(out)
            found = evaluation.Evaluation(store, briefs, today)
            for number, (brief, system, page) in enumerate(found.run()):
                self.live(f"{number // len(found.scores) + 1}/{len(briefs)} {brief.brief_id}: {system}")
                if out and system == "studio":
                    text = json.dumps(as_published(brief, page), ensure_ascii=False, indent=2)
                    (out / f"{get_valid_filename(brief.brief_id)}.json").write_text(text + "\n", encoding="utf-8")
            self.live("")
            numbers = found.report()
        if out:
            (out / "report.html").write_text(report.html(numbers), encoding="utf-8")
            self.note(f"Pages and report.html are in {out}.")
        return numbers

    def show(self, report: dict[str, Any]) -> None:
        self.stdout.write(
            f"{report['briefs']} briefs, {report['products']:,} products of {report['store']}, "
            f"generator {report['generator']}, judge {report['judge']}"
        )
        columns = ["name", "briefs", *evaluation.METRICS, "cost", "density_under_minimum", "placements"]
        for line in table.lines(report["systems"], columns):
            self.stdout.write(line)
        self.stdout.write("95 % intervals, bootstrap over briefs:")
        for name, found in report["intervals"].items():
            said = [f"{metric} {pair[0]:.3f} to {pair[1]:.3f}" for metric, pair in found.items() if pair]
            self.stdout.write(f"  {name}: {', '.join(said) or 'too few briefs'}")
        for system in report["systems"]:
            for failed in system["failed"]:
                self.stdout.write(f"  {system['name']}, {failed['brief_id']}: {failed['reason']}")
        self.stdout.write(report["note"])

    def _store(self, slug: str | None, keep: bool, held: ExitStack) -> Store:
        """The store named, "demo" when it is ready, else the sample catalogue in a store of its own."""
        if not slug:
            demo = Store.objects.filter(slug="demo").first()
            if demo is not None and selectors.catalogue_state(demo).ready:
                return demo
            return held.enter_context(stores.sample(keep=keep, say=self.live))
        store = store_named(slug)
        if not Product.objects.filter(store=store).exists():
            raise BadInput(f"The catalogue of {store} is empty. Bring products in with manage.py import_catalog.")
        if not selectors.catalogue_state(store).ready:
            stores.prepare(store, self.live)
        return store


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"The folder {path} cannot be made: {error.strerror}.") from None
