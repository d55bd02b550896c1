"""``manage.py ranking``: the ranking proposals of a store, and which one is in force."""

from typing import Any

from django.core.management.base import CommandParser

from accounts.permits import member_named
from accounts.selectors import store_named
from generation import ranking_report, ranking_tuning
from generation.measure import table
from generation.policy import policies
from storefront_studio.lib.commands import StudioCommand


class Command(StudioCommand):
    help = "Ranking proposals of tune_ranking: list them, show a report, or put one in force."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True, metavar="list|show|activate")
        listing = what.add_parser("list", help="every proposal and which one is in force")
        shown = what.add_parser("show", help="the report of one")
        activate = what.add_parser("activate", help="put one in force, as the next version of the policy")
        shown.add_argument("number", type=int, help="of the proposal, as list prints it")
        activate.add_argument("number", type=int, help="of the proposal; 0 for the studio's own values")
        activate.add_argument("--note", required=True, help="why; the policy's history shows it")
        activate.add_argument(
            "--as", dest="person", metavar="EMAIL", help="the admin who does it; default: the operator"
        )
        for one in (listing, shown, activate):
            one.add_argument("--store", metavar="SLUG", help="which store; by default the first")
            super().add_arguments(one)

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        if options["what"] == "show":
            return {"what": "show", **ranking_report.plain(ranking_tuning.numbered(store, options["number"]))}
        if options["what"] == "activate":
            ranking_tuning.activate(
                store=store,
                actor=member_named(store, options["person"]),
                number=options["number"],
                seen=policies.current(store).number,
                note=options["note"],
            )
        policy = policies.current(store)
        rows = [
            {
                "number": row.number,
                "in_force": row.number == policy.tuning.number,
                "events": row.counts["events"],
                "author": row.author_name,
                "changes": ranking_report.in_short(row.report),
            }
            for row in ranking_tuning.listed(store)
        ]
        return {
            "what": "list",
            "store": store.slug,
            "policy": policy.number,
            "in_force": policy.tuning.model_dump(mode="json"),
            "proposals": rows,
        }

    def show(self, report: dict[str, Any]) -> None:
        if report["what"] == "show":
            rows = ranking_report.rows(report)
            for line in table.lines(rows, list(rows[0])):
                self.stdout.write(line)
            for sentence in ranking_report.lines(report):
                self.stdout.write(sentence)
            return
        for row in report["proposals"]:
            self.stdout.write(
                f"{row['number']:>3}  {'in force' if row['in_force'] else 'proposal':<8}  {row['events']:,} events, "
                f"{row['author']}: {row['changes']}"
            )
        number = report["in_force"]["number"]
        now = f"proposal {number}" if number else "the studio's own values"
        self.stdout.write(f"In force: {now} (policy {report['policy']}).")
