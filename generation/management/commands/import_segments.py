"""``manage.py import_segments PATH``: audiences from a table, one a row."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.selectors import store_named
from generation import segment_import
from generation.campaigns import segment_table, segments
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput

SHOWN = 20


class Command(StudioCommand):
    help = (
        "Bring audiences in from a CSV table, one a row: a column called name, and columns such as categories, brands, "
        "price level, diet, household, size. Rows that cannot be used are refused whole, with line, column and reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, help="the table, packed with gzip or not")
        parser.add_argument("--store", metavar="SLUG", help="which store; by default the first")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        table = segment_table.read(options["path"].resolve())
        for column, why in table.columns.left_out.items():
            self.note(f"Column “{column}” is left out: {why}.")
        if not table.rows and not table.errors:
            raise BadInput(f"{options['path'].name} has no audiences in it: there is nothing below its first line.")
        counts = (
            segment_import.would(store, table)
            if options["dry_run"]
            else segment_import.take(store=store, actor=None, table=table)
        )
        if not table.rows:
            first = table.errors[0]
            raise BadInput(
                f"No audience came in: all {table.read:,} rows were refused. "
                f"Line {first.line}, {first.column or 'the row'}: {first.reason}."
            )
        return {
            "store": store.slug,
            "dry_run": options["dry_run"],
            "accepted": len(table.rows),
            **counts.as_dict(),
            "refused": table.refused,
            "columns": {
                table.columns.name: "name",
                **({table.columns.size: "size"} if table.columns.size else {}),
                **table.columns.fields,
            },
            "left_out": table.columns.left_out,
            "errors": [{"line": one.line, "column": one.column, "reason": one.reason} for one in table.errors[:1000]],
        }

    def show(self, report: dict[str, Any]) -> None:
        write = self.stdout.write
        noun = "audience" if report["accepted"] == 1 else "audiences"
        write(f"{'Would bring in' if report['dry_run'] else 'Brought in'} {report['accepted']:,} {noun}")
        for column, known in report["columns"].items():
            label = segments.FIELDS[known].label if known in segments.FIELDS else known
            write(f"  column {column} is {label.lower()}")
        for word in ("created", "updated", "unchanged", "refused"):
            write(f"  {word:<10}{report[word]:>8,}")
        for problem in report["errors"][:SHOWN]:
            write(f"  line {problem['line']}, {problem['column'] or 'the row'}: {problem['reason']}")
        if len(report["errors"]) > SHOWN:
            write(f"  and {len(report['errors']) - SHOWN:,} more")
