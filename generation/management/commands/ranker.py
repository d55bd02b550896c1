"""``manage.py ranker``: the trained rankers of a store, and which one serves."""

from typing import Any

from django.core.management.base import CommandParser

from accounts.permits import member_named
from accounts.selectors import store_named
from generation import ranker_report, trained_rankers
from generation.measure import table
from storefront_studio.lib.commands import StudioCommand


class Command(StudioCommand):
    help = "Trained rankers: list them, show a report, let one serve, or go back to what served before."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True, metavar="list|show|activate|back")
        listing = what.add_parser("list", help="every training and which one serves")
        shown = what.add_parser("show", help="the report of one")
        activate = what.add_parser("activate", help="let a ranker serve")
        back = what.add_parser("back", help="what served before serves again")
        for one in (shown, activate):
            one.add_argument("number", type=int, help="of the ranker, as list prints it")
        for one in (activate, back):
            one.add_argument("--note", required=True, help="why; the history shows it")
            one.add_argument(
                "--as", dest="person", metavar="EMAIL", help="the admin who does it; default: the operator"
            )
        for one in (listing, shown, activate, back):
            one.add_argument("--store", metavar="SLUG", help="which store; by default the first")
            super().add_arguments(one)

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        now = trained_rankers.active(store)
        seen = now.number if now else 0
        match options["what"]:
            case "show":
                row = trained_rankers.numbered(store, options["number"])
                return {"what": "show", **ranker_report.plain(row)}
            case "activate" | "back":
                given = {"store": store, "actor": member_named(store, options["person"]), "note": options["note"]}
                if options["what"] == "activate":
                    trained_rankers.activate(**given, number=options["number"], seen=seen)
                else:
                    trained_rankers.go_back(**given, seen=seen)
        rows = [ranker_report.short(row) for row in trained_rankers.listed(store)]
        return {"what": "list", "store": store.slug, "rankers": rows, "serving": _serving(rows)}

    def show(self, report: dict[str, Any]) -> None:
        if report["what"] == "show":
            for line in table.lines(report["systems"], list(report["systems"][0])):
                self.stdout.write(line)
            for sentence in (*report["sentences"], *report["category_sentences"], *report["notes"]):
                self.stdout.write(sentence)
            return
        if report["rankers"]:
            for line in table.lines(report["rankers"], list(report["rankers"][0])):
                self.stdout.write(line)
        self.stdout.write(f"Serving: {report['serving']}.")


def _serving(rows: list[dict[str, Any]]) -> str:
    row = next((one for one in rows if one["state"] == "active"), None)
    return f"ranker {row['number']} ({row['kind']})" if row else trained_rankers.BUILT_IN
