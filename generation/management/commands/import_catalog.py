"""`manage.py import_catalog PATH`: a product feed into a store's catalogue."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Store
from generation import import_report, imports, tasks, worker
from generation.catalog.feed import FORMATS, Feed, Mapping
from generation.import_report import Report
from generation.models import ImportJob
from storefront_studio.lib.errors import BadInput, StudioError
from storefront_studio.lib.locks import exclusive

SHOWN = 20  # problems in the table for people; --json lists up to 1,000 of each kind


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = (
        "Bring a product feed into the catalogue: CSV, TSV, JSON Lines, Google Merchant XML or a Shopify export, "
        "packed with gzip or not. Streamed; the same file again changes nothing. Rows that cannot be used are "
        "reported with line, column and reason; good rows come in all the same."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the feed file")
        parser.add_argument("--store", default="", help="slug of the store (default: the first one)")
        parser.add_argument("--create-store", action="store_true", help="make the store named by --store if missing")
        parser.add_argument("--format", default="auto", choices=["auto", *FORMATS], help="default: told by content")
        parser.add_argument("--mapping", type=Path, help="TOML file that says which column is which field")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--no-embed", action="store_true", help="leave vectors and keywords for later")
        parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        self.live = _Live()
        try:
            accepted, rows = self._import(**options)
        except StudioError as error:
            self.live.end()
            raise CommandError(str(error)) from error
        if not accepted:
            raise CommandError(f"No product came in: all {rows:,} rows of {options['path'].name} were refused.")

    def _import(self, path: Path, **options: Any) -> tuple[int, int]:
        path = path.resolve()
        mapping = Mapping.load(options["mapping"]) if options["mapping"] else None
        dry, as_json = options["dry_run"], options["json"]
        store = _store(options["store"], create=options["create_store"] and not dry)
        feed, found = imports.opened(store, path, options["format"], mapping)
        imports.require_columns(feed, found)
        self._say_columns(feed, found, guessed=mapping is None)
        began = time.monotonic()
        if dry:
            report = imports.dry_run(feed, store, found, lambda so_far: self.live.rows(so_far.rows, began))
        else:
            report = import_report.of_job(self._execute(store, path, feed, found, mapping is None, began))
        seconds = time.monotonic() - began
        self.live.end()
        if as_json:
            self.stdout.write(json.dumps(report.as_dict(seconds), ensure_ascii=False))
        else:
            self._table(report, seconds, store, dry)
        if report.accepted and not dry:
            self._embed(store, options["no_embed"])
        return report.accepted, report.rows

    def _execute(
        self, store: Store, path: Path, feed: Feed, mapping: Mapping, guessed: bool, began: float
    ) -> ImportJob:
        job = imports.create(store=store, path=path, file_name=path.name, format=feed.format, mapping=mapping)
        if guessed:
            ImportJob.objects.filter(pk=job.pk).update(guessed=True)
        # Held before the job is open, so that no worker takes it; a killed command leaves it to the next worker.
        with exclusive(f"import:{job.pk}"):
            imports.confirm(job, mapping)
            job = imports.execute(job, lambda so_far: self.live.rows(so_far.rows_read, began))
        if job.status == ImportJob.Status.FAILED:
            raise BadInput(job.error)
        return job

    def _embed(self, store: Store, later: bool) -> None:
        if later:
            self.live.say("Vectors and keywords were left for later (--no-embed).")
        elif worker.alive():
            tasks.embed_catalogue.delay(store.pk)
            self.live.say("The worker goes on with vectors and keywords.")
        else:
            began = time.monotonic()
            with exclusive(f"embed:{store.pk}") as ours:
                if not ours:
                    self.live.say("Another process is embedding this catalogue already.")
                    return
                tasks.prepare_catalogue(
                    store,
                    lambda done: self.live.show(f"Embedded {done:,} products, {_rate(done, began)}"),
                    lambda done, total: self.live.show(f"Embedded {done:,} of {total:,} new keywords"),
                )
            self.live.end()
            self.live.say(f"Vectors and keywords are up to date, {time.monotonic() - began:.1f} s.")

    def _say_columns(self, feed: Feed, mapping: Mapping, *, guessed: bool) -> None:
        if guessed:
            self.live.say(f"Columns were guessed ({feed.format}); --mapping corrects them:")
            width = max(map(len, mapping.fields), default=0)
            for field, source in mapping.fields.items():
                self.live.say(f"  {field:<{width}}  {source}")

    def _table(self, report: Report, seconds: float, store: Store, dry: bool) -> None:
        write = self.stdout.write
        write(
            f"{'Would import into' if dry else 'Imported into'} {store.name}: {report.rows:,} rows in {seconds:.1f} s"
        )
        for word, number in (
            ("created", report.counts.created),
            ("updated", report.counts.updated),
            ("unchanged", report.counts.unchanged),
            ("refused", report.refused),
        ):
            write(f"  {word:<10}{number:>10,}")
        for title, problems in (("Refused", report.errors), ("Taken without a value", report.warnings)):
            if problems.total:
                write(f"{title} ({problems.total:,}):")
            for problem in problems.first[:SHOWN]:
                write(f"  line {problem['line']}, {problem['column'] or 'the row'}: {problem['reason']}")
            if problems.total > SHOWN:
                write(f"  and {problems.total - SHOWN:,} more")


class _Live:
    """One line on standard error that changes in place on a terminal, and now and then in a log."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.open = False
        self.last = 0.0

    def rows(self, rows: int, began: float) -> None:
        self.show(f"{rows:,} rows, {_rate(rows, began)}")

    def show(self, line: str) -> None:
        now = time.monotonic()
        if now - self.last < (0.2 if self.terminal else 5):
            return
        self.last = now
        sys.stderr.write(f"\r\x1b[K{line}" if self.terminal else f"{line}\n")
        sys.stderr.flush()
        self.open = self.terminal

    def end(self) -> None:
        if self.open:
            sys.stderr.write("\n")
            self.open = False

    def say(self, line: str) -> None:
        self.end()
        sys.stderr.write(f"{line}\n")


def _rate(done: int, began: float) -> str:
    return f"{done / max(time.monotonic() - began, 0.001):,.0f} per second"


def _store(slug: str, *, create: bool) -> Store:
    """The store named, or the first; a store "demo" is made when there is none at all. Raises BadInput."""
    if slug:
        if store := Store.objects.filter(slug=slug).first():
            return store
        if create:
            return Store.objects.create(slug=slug, name=slug.replace("-", " ").capitalize())
        known = ", ".join(Store.objects.order_by("id").values_list("slug", flat=True)[:20]) or "none yet"
        raise BadInput(f"There is no store “{slug}”; add --create-store to make it. Known: {known}.")
    return Store.objects.order_by("id").first() or Store.objects.create(slug="demo", name="Demo store")
