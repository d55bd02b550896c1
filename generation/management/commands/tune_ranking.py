"""``manage.py tune_ranking``: how much the shop's score should count beside the fit, by what people chose."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.permits import member_named
from accounts.selectors import store_named
from generation import ranking_report, ranking_tuning
from generation.measure import table
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = (
        "Tune alpha (and the heaviest weight of each objective) of R^alpha x S^beta on an event log, by time: chosen "
        "on the first part, measured on the part held out beside what serves now, the fit alone and the shop's score "
        "alone. The result is a proposal; it serves when an admin activates it: manage.py ranking activate, or "
        "Settings > Rankers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--events", type=Path, metavar="FILE", help="the event log, as train_ranker takes it")
        parser.add_argument("--store", metavar="SLUG", help="whose products; by default the first store")
        parser.add_argument(
            "--held-out", type=float, default=0.2, metavar="SHARE", help="of the time, for measuring (0.2)"
        )
        parser.add_argument("--as", dest="person", metavar="EMAIL", help="the admin who does it; default: the operator")

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        path: Path | None = options["events"]
        if path is None:
            return ranking_tuning.kept(store)
        if not path.is_file():
            raise BadInput(f"There is no file {path}.")
        row = ranking_tuning.propose(
            store=store,
            actor=member_named(store, options["person"]),
            path=path,
            held_out=options["held_out"],
            say=self.live,
        )
        self.live("")
        return ranking_report.plain(row)

    def show(self, report: dict[str, Any]) -> None:
        if report["proposal"] is None:
            self.stdout.write(report["sentence"])
            values = ", ".join(f"{kind} {alpha:g}" for kind, alpha in report["alpha"].items())
            self.stdout.write(f"Alpha: {values}. Beta: {report['beta']:g}.")
            return
        rows = ranking_report.rows(report)
        for line in table.lines(rows, list(rows[0])):
            self.stdout.write(line)
        self.stdout.write("")
        for sentence in ranking_report.lines(report):
            self.stdout.write(sentence)
        self.stdout.write(
            f"\nProposal {report['proposal']} serves nobody yet. Activate it with: manage.py ranking activate "
            f"{report['proposal']} --store {report['store']} --note …"
        )
