"""``manage.py calibrate``: how far judges agree with people, and a gold set to begin with."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.selectors import store_named
from generation.measure.replay import Spending
from generation.policy import policies
from review.calibration import gold, numbers, report, scoring, settle
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = (
        "Print how far each judge agrees with people, facet by facet: Cohen's kappa with a 95 % interval, and what it "
        "wrongly passed or turned down. With --gold, label the pairs of a file first and let the judges score them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--store", metavar="SLUG", help="whose labels; default: the first store")
        parser.add_argument("--judge", metavar="NAME", default="", help="one judge version; default: all")
        parser.add_argument(
            "--gold",
            type=Path,
            metavar="FILE",
            nargs="?",
            const=gold.OWN,
            help="JSON Lines of labelled theme-product pairs; without FILE our own, over the sample catalogue",
        )

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        seeded: dict[str, Any] | None = None
        if options["gold"]:
            pairs = gold.read(options["gold"])
            spending = Spending()
            seeded = {**gold.seed(store, [*scoring.score(store, pairs, self.live, spending)]), **_spent(spending)}
            self.live("")
        asked = numbers.Asked(judge=options["judge"])
        known = numbers.judges(store)
        if asked.judge and asked.judge not in known:
            listed = ", ".join(known) or "none; approve or reject rows, or bring a gold set with --gold"
            raise BadInput(f"Nobody labelled what “{asked.judge}” said in {store}. Judges with labels: {listed}.")
        found = report.of(store, numbers.rows(store, asked), settle.share(store, policies.current(store)))
        return found if seeded is None else {**found, "gold": seeded}

    def show(self, report: dict[str, Any]) -> None:
        if "gold" in report:
            seeded = report["gold"]
            said = ", ".join(f"{seeded[name]} {name}" for name in ("new", "changed", "unchanged"))
            self.stdout.write(f"Gold labels: {said}.")
            if seeded["calls"]:
                cost = "unknown" if seeded["cost"] is None else f"{seeded['cost']} USD"
                self.stdout.write(f"Language models were asked {seeded['calls']} questions; cost: {cost}.")
        if not report["judges"]:
            self.stdout.write(
                "There are no labels yet. They come from approving, rejecting and editing rows in review, "
                "and from a gold set: calibrate --gold"
            )
            return
        head = f"{'facet':<28}{'n':>6}{'people pass':>13}{'agree':>8}{'kappa':>8}  {'95 % interval':<16}"
        for judge in report["judges"]:
            self.stdout.write(f"\n{judge['judge']}")
            self.stdout.write(f"{head}{'wrongly passed':>16}{'wrongly turned down':>21}")
            for row in judge["facets"]:
                self.stdout.write(_line(row))
            for row in judge["facets"]:
                if row["unknown"]:
                    self.stdout.write(f"  {row['label']}: no kappa, since {row['unknown']}.")
        self.stdout.write(f"\n{report['settle']['sentence']}")
        for one in report["settle"]["judges"]:
            self.stdout.write(f"{one['judge']}: {one['sentence']}")


def _spent(spending: Spending) -> dict[str, Any]:
    """Calls of language models and their cost; None where it is not known. Without a call nothing was spent."""
    told = spending.told()
    return {"calls": told["calls"], "cost": told["cost"] if spending.calls else "0"}


def _line(row: dict[str, Any]) -> str:
    interval = f"{row['low']:.2f} to {row['high']:.2f}" if row["low"] is not None else "-"
    return (
        f"{row['label']:<28}{row['n']:>6}{_share(row['prevalence']):>13}{_share(row['agreement']):>8}"
        f"{'-' if row['kappa'] is None else format(row['kappa'], '.2f'):>8}  {interval:<16}"
        f"{row['false_accepts']:>6} of {row['judge_passed']:<6}{row['false_rejects']:>12} of {row['judge_failed']:<6}"
    ).rstrip()


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
