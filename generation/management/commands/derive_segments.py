"""``manage.py derive_segments EVENTS.csv``: audiences out of purchase events."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.selectors import store_named
from generation import deriving
from generation.campaigns.deriving import events
from generation.campaigns.segments import LEAST_PEOPLE
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput

MOST_SEGMENTS = 50


class Command(StudioCommand):
    help = (
        "Find audiences in purchase events: who buys alike, on which shelves of the catalogue, which brands, at which "
        "prices. The file is read twice, line by line; no customer identifier is kept. The same file and seed give the "
        "same audiences."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("events", type=Path, help="CSV of purchases, one line each; packed with gzip or not")
        parser.add_argument("--customers", type=Path, help="CSV of customers: household, stage of life, age, place")
        parser.add_argument("--store", metavar="SLUG", help="which store; by default the first")
        parser.add_argument("--segments", type=int, help="how many audiences (6)")
        parser.add_argument(
            "--least", type=int, default=LEAST_PEOPLE, help=f"people that every audience must have ({LEAST_PEOPLE})"
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="WHAT=COLUMN",
            help=f"which column is which, where a guess is wrong; WHAT is one of {', '.join(events.NAMES)}",
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed starts the search elsewhere (1)")
        parser.add_argument("--replace", action="store_true", help="drop earlier derived audiences that nothing uses")
        parser.add_argument("--dry-run", action="store_true", help="say what was found, write nothing")

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        wanted = options["segments"]
        if wanted is not None and not 1 <= wanted <= MOST_SEGMENTS:
            raise BadInput(f"--segments is {wanted}; ask for 1 to {MOST_SEGMENTS}.")
        if options["least"] < 2:
            raise BadInput("--least must be 2 or more: an audience of one is a person.")
        started = time.monotonic()
        asked = deriving.Asked(
            events=options["events"].resolve(),
            customers=options["customers"].resolve() if options["customers"] else None,
            columns=dict(map(_pair, options["column"])),
            segments=wanted,
            least=options["least"],
            seed=options["seed"],
        )
        outcome = deriving.derive(store, asked, self.live)
        self.live("")
        saved = (
            []
            if options["dry_run"]
            else deriving.save(store=store, actor=None, outcome=outcome, replace=options["replace"])
        )
        return {
            "store": store.slug,
            "dry_run": options["dry_run"],
            "columns": outcome.columns,
            "lines": outcome.lines,
            "used": outcome.used,
            "skipped": outcome.skipped,
            "products_in_catalogue": outcome.in_catalogue,
            "customers": outcome.people,
            "too_little": outcome.too_little,
            "silhouette": outcome.silhouette,
            "seconds": round(time.monotonic() - started, 2),
            "segments": [
                {
                    "slug": saved[place].slug if saved else None,
                    "name": saved[place].name if saved else one.name,
                    "people": one.people,
                    "profile": one.profile.stored(),
                }
                for place, one in enumerate(outcome.audiences)
            ],
        }

    def show(self, report: dict[str, Any]) -> None:
        write = self.stdout.write
        columns = ", ".join(f"{what} is {column}" for what, column in report["columns"].items())
        write(f"{report['lines']:,} lines ({columns}), {report['seconds']} s")
        write(f"{report['used']:,} purchases of {report['customers']:,} customers on known shelves")
        for reason, count in report["skipped"].items():
            write(f"  {count:,} lines left out: {reason}")
        if report["too_little"]:
            write(f"  {report['too_little']:,} customers bought too little to be grouped")
        if not report["products_in_catalogue"]:
            write("None of the products is in the catalogue: shelves are the file's categories or the words of titles.")
        write(f"{'Found' if report['dry_run'] else 'Saved'} {len(report['segments'])} audiences:")
        for one in report["segments"]:
            write(f"\n{one['name']}: {one['people']:,} people" + (f"  [{one['slug']}]" if one["slug"] else ""))
            profile = one["profile"]
            for kind in ("categories", "brands"):
                if kind in profile:
                    told = ", ".join(f"{it['name']} {it['share']:.0%}" for it in profile[kind][:6])
                    write(f"  {kind}: {told}")
            if "price_from" in profile:
                write(f"  usually pays {profile['price_from']} to {profile['price_to']} ({profile['price_affinity']})")
            traits = [profile[name] for name in ("household", "life_stage", "age_band", "location") if name in profile]
            if traits:
                write(f"  mostly {', '.join(traits)}")


def _pair(text: str) -> tuple[str, str]:
    what, mark, column = text.partition("=")
    if not mark or not column:
        raise BadInput(f"“{text}” is not WHAT=COLUMN, such as customer=household_id.")
    return what.strip(), column.strip()
