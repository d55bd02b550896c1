"""``manage.py policy``: the quality policy in force and how it came about."""

from typing import Any

from django.core.management.base import CommandParser

from accounts.selectors import store_named
from generation.policy import policies, terms
from generation.stages.facets import FACETS
from generation.stages.policy import QualityPolicy
from storefront_studio.lib.commands import StudioCommand


class Command(StudioCommand):
    help = "Print the quality policy of a store: its thresholds with their meaning, and its history."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--store", metavar="SLUG", help="which store; by default the first")

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        now = policies.current(store)
        return {
            "store": store.slug,
            "number": now.number,
            "policy": now.model_dump(mode="json", exclude={"number"}),
            "facets": {terms.key_of(facet): now.severity(facet.level, facet.name) for facet in FACETS},
            "history": [
                {
                    "number": row.number,
                    "author": row.author_name,
                    "note": row.note,
                    "created_at": row.created_at.isoformat(),
                }
                for row in policies.history(store)
            ],
        }

    def show(self, report: dict[str, Any]) -> None:
        now = QualityPolicy.model_validate({**report["policy"], "number": report["number"]})
        said = "the studio's own values" if not now.number else f"of {len(report['history'])}"
        self.stdout.write(f"Policy {now.number} ({said}) is in force in {report['store']}.")
        for part in terms.PARTS:
            self.stdout.write(f"\n{part.title}")
            for term in part.terms:
                self.stdout.write(f"  {getattr(now, term.name):<6g} {term.label}. {term.meaning}")
        self.stdout.write("\nWhat failing a check does")
        for facet in FACETS:
            does = terms.SEVERITIES[now.severity(facet.level, facet.name)]
            self.stdout.write(f"  {does:<18} {terms.LEVELS[facet.level]}: {facet.label}")
        fields = ", ".join(terms.field_label(one) for one in now.profile_fields) or "nothing"
        self.stdout.write(f"\nOf a segment's profile, a vendor's model may see: {fields}")
        for row in report["history"]:
            self.stdout.write(f"  {row['number']:>3}  {row['created_at'][:16]}  {row['author']}: {row['note']}")
