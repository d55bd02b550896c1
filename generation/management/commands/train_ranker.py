"""``manage.py train_ranker``: a ranker from a file of events, compared with the simpler ones on held-out time."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.permits import member_named
from accounts.selectors import store_named
from generation import ranker_learning, ranker_report
from generation.measure import table
from generation.rankers.learned import KINDS
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = (
        "Train a ranker from an event log (JSON Lines or CSV, gzip too: time, visitor or session, product, kind view, "
        "cart or order) and compare it with the simpler ones on time that none of them saw. It serves nobody until an "
        "admin activates it: manage.py ranker activate, or Settings > Rankers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--events", type=Path, required=True, metavar="FILE", help="the event log")
        parser.add_argument("--store", metavar="SLUG", help="whose products; by default the first store")
        parser.add_argument("--kind", choices=KINDS, default="lambdamart", help="which ranker (lambdamart)")
        parser.add_argument(
            "--held-out", type=float, default=0.2, metavar="SHARE", help="of the time, for measuring (0.2)"
        )
        parser.add_argument("--as", dest="person", metavar="EMAIL", help="the admin who does it; default: the operator")

    def work(self, **options: Any) -> dict[str, Any]:
        if not options["events"].is_file():
            raise BadInput(f"There is no file {options['events']}.")
        store = store_named(options["store"])
        row = ranker_learning.learn(
            store=store,
            actor=member_named(store, options["person"]),
            path=options["events"],
            kind=options["kind"],
            held_out=options["held_out"],
            say=self.live,
        )
        self.live("")
        return ranker_report.plain(row)

    def show(self, report: dict[str, Any]) -> None:
        for line in table.lines(report["systems"], list(report["systems"][0])):
            self.stdout.write(line)
        self.stdout.write("")
        for sentence in (*report["sentences"], *report["category_sentences"], *report["notes"]):
            self.stdout.write(sentence)
        self.stdout.write(
            f"\nRanker {report['number']} ({report['kind']}) is trained and serves nobody yet. Activate it with: "
            f"manage.py ranker activate {report['number']} --store {report['store']} --note …"
        )
