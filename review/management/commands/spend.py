"""``manage.py spend``: what generating cost, and what an approved placement cost."""

from typing import Any

from django.core.management.base import CommandParser

from accounts.selectors import store_named
from generation.measure import table
from review.insights.spend import KINDS, SpendRow, spend
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = "What language models cost, and what that comes to per approved placement, in US dollars."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--store", metavar="SLUG", help="which store; by default the first")
        parser.add_argument("--days", type=int, help="only runs started in so many days")

    def work(self, **options: Any) -> dict[str, Any]:
        if options["days"] is not None and options["days"] < 1:
            raise BadInput("--days is 1 or more.")
        found = spend(store_named(options["store"]), options["days"])
        today = found.today
        return {
            "total": _told(found.total),
            **{f"by_{kind}": [_told(row) for row in found.groups[kind]] for kind in KINDS},
            "today": {"known_cost": str(today.known), "unknown_calls": today.unknown, "reserved": str(today.reserved)},
        }

    def show(self, report: dict[str, Any]) -> None:
        columns = ["name", "cost_per_approved", "cost", "approved", "calls", "cache_hits", "unknown_calls"]
        for kind in KINDS:
            self.stdout.write(f"\nBy {kind}")
            rows = report[f"by_{kind}"]
            for line in table.lines([*rows, {**report["total"], "name": "All"}], columns):
                self.stdout.write(line)
        today = report["today"]
        beside = f", {today['unknown_calls']} calls of unknown cost" if today["unknown_calls"] else ""
        self.stdout.write(f"\nToday {today['known_cost']} USD{beside}.")


def _told(row: SpendRow) -> dict[str, Any]:
    """Amounts as text in USD; unknown is null."""
    return {
        "name": row.name,
        "cost": None if row.cost is None else f"{row.cost:.4f}",
        "known_cost": f"{row.known:.4f}",
        "unknown_calls": row.unknown,
        "calls": row.calls,
        "cache_hits": row.hits,
        "approved": row.approved,
        "cost_per_approved": None if row.each is None else f"{row.each:.4f}",
    }
