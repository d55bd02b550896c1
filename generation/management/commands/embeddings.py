"""``manage.py embeddings``: which model a store's vectors are by, and changing it without a gap."""

import time
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Store
from accounts.permits import member_named
from accounts.selectors import store_named
from generation import kit, spacing, tasks, worker
from generation.catalog import backlog, spaces
from generation.models import EmbeddingSpace
from generation.registry import releases
from storefront_studio.lib.commands import StudioCommand

HELP = {
    "status": "which model serves each store, which is being prepared, and how far that is",
    "switch": "prepare the vectors of another model beside those that serve, then change to them in one step",
    "cancel": "give up what is being prepared; what serves goes on",
    "back": "what served before serves again; only what changed since is embedded",
}


class Command(StudioCommand):
    help = "Embedding models: see what serves, switch to another one without a gap, cancel that, or go back."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True, metavar="|".join(HELP))
        for name, text in HELP.items():
            one = what.add_parser(name, help=text)
            if name == "switch":
                one.add_argument(
                    "encoder", metavar="ENCODER", help="as the setting ENCODER names it, or as status does"
                )
            if name != "status":
                one.add_argument("--as", dest="person", metavar="EMAIL", help="the admin who does it; or the operator")
            every = "default: all" if name == "status" else "by default the first"
            one.add_argument("--store", metavar="SLUG", help=f"which store; {every}")
            super().add_arguments(one)

    def work(self, **options: Any) -> dict[str, Any]:
        what = options["what"]
        if what == "status":
            rows = [store_named(options["store"])] if options["store"] else list(Store.objects.order_by("id"))
            return self._status(rows)
        store = store_named(options["store"])
        actor = member_named(store, options["person"])
        if what == "cancel":
            spacing.cancel(store, actor)
        else:
            chosen = spacing.begin(store, options["encoder"], actor) if what == "switch" else spacing.back(store, actor)
            self._prepare(store, chosen)
        return self._status([store])

    def _prepare(self, store: Store, chosen: EmbeddingSpace) -> None:
        if worker.alive(worker.EMBEDDING):
            tasks.build_space.delay(store.pk)
            self.note(f"The worker prepares {chosen.encoder}. `embeddings status` says how far it is.")
            return
        began = time.monotonic()
        done = spacing.build(store, lambda kind, count: self.live(f"Embedded {count:,} {kind}"))
        self.live("")
        if done:
            self.note(f"{store} changed to {chosen.encoder} after {time.monotonic() - began:.1f} s.")
        else:
            self.note("Another process is embedding this catalogue. It goes on by itself, once a worker runs.")

    def _status(self, stores: list[Store]) -> dict[str, Any]:
        wanted = kit.recipe().road
        return {"stores": [self._row(store) for store in stores], "settings": wanted}

    def _row(self, store: Store) -> dict[str, Any]:
        now, coming = spaces.serving(store), backlog.ahead(store)
        before = EmbeddingSpace.objects.filter(store=store, state=EmbeddingSpace.State.RETIRED).first()
        gone = EmbeddingSpace.objects.filter(store=store, state=EmbeddingSpace.State.FAILED).first()
        by = now.encoder if now else " and ".join(sorted({*spaces.written_by(store)} - {""}))
        return {
            "store": store.slug,
            "serving": by or None,
            "since": now.changed_at.isoformat() if now else None,
            "before": before.encoder if before else None,
            "declined": now.declined if now and now.declined not in ("", now.encoder) else None,
            "failed": {"encoder": gone.encoder, "reason": gone.error} if gone else None,
            "waiting": backlog.of(store).waiting,
            "preparing": coming.as_dict() if coming else None,
            "warnings": self._warnings(store, [by, coming.encoder if coming else ""]),
        }

    def _warnings(self, store: Store, names: list[str]) -> list[str]:
        judge = kit.evaluator(releases.in_force(store).evaluator)
        return [
            f"The built-in judge {judge.version} was fitted with vectors of {judge.encoder}. With those of {name} its "
            "probabilities are off: fit it anew (scripts/fit_evaluator.py), or let language models judge."
            for name in names
            if name and not kit.fits_encoder(judge, name)
        ]

    def show(self, report: dict[str, Any]) -> None:
        for row in report["stores"]:
            serving = row["serving"] or "nothing: the catalogue was not embedded yet"
            self.stdout.write(f"{row['store']}: served by {serving}.")
            if row["waiting"]:
                self.stdout.write(f"  {row['waiting']:,} products wait for a vector.")
            if row["preparing"]:
                self.stdout.write(f"  {row['preparing']['sentence']}")
            for line in row["warnings"]:
                self.stdout.write(f"  {line}")
            if row["failed"]:
                self.stdout.write(f"  {row['failed']['encoder']} was given up: {row['failed']['reason']}")
            if row["before"]:
                self.stdout.write(f"  Before: {row['before']}. `embeddings back` lets it serve again.")
            if row["declined"]:
                self.stdout.write(
                    f"  ENCODER names {row['declined']}, and a person chose otherwise. `embeddings switch "
                    f"{report['settings']}` follows the setting."
                )
