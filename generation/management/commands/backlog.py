"""`manage.py backlog`: products that wait for vectors, store by store, and who works on them."""

from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Store
from accounts.selectors import store_named
from generation import worker
from generation.catalog import backlog
from storefront_studio.lib.commands import StudioCommand


class Command(StudioCommand):
    help = "Show how many products wait for a vector, how fast they are made and how long it will take."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--store", metavar="SLUG", help="only this one; default: all")

    def work(self, **options: Any) -> dict[str, Any]:
        stores = [store_named(options["store"])] if options["store"] else list(Store.objects.order_by("id"))
        found = [{"store": store.slug, **backlog.of(store).as_dict()} for store in stores]
        return {
            "stores": found,
            "waiting": sum(row["waiting"] for row in found),
            "embedding_worker": worker.alive(worker.EMBEDDING),
        }

    def show(self, report: dict[str, Any]) -> None:
        for row in report["stores"]:
            found = backlog.Backlog(row["waiting"], row["per_second"], row["minutes_left"])
            self.stdout.write(f"{row['store']}: {found.sentence or 'all products have their vector.'}")
        if not report["embedding_worker"]:
            self.stdout.write(
                "No worker takes the embedding queue. Start one: celery -A storefront_studio worker --queues embedding"
            )
