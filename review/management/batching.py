"""What ``manage.py generate --segments`` does: a batch started, watched, reported."""

import argparse
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Store
from generation import batch_rows, fanout, worker
from generation.models import Batch, Campaign
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


def add_arguments(parser: CommandParser) -> None:
    """The options that make a batch of a run."""
    parser.add_argument(
        "--segments", metavar="all|a,b,c|FILE", help="one run for each of these segments; a file has one slug a line"
    )
    parser.add_argument(
        "--batch",
        action="store_true",
        help="with --segments: ask through the vendor's batch service, cheaper and within a day",
    )
    parser.add_argument("--concurrency", type=int, default=4, help="with --segments: runs at work at the same time (4)")
    parser.add_argument(
        "--budget", metavar="USD", type=dollars, help="most it may spend; with --segments, all runs together"
    )


def dollars(text: str) -> Decimal:
    """An amount of USD, for argparse."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"“{text}” is no amount of US dollars; write it like 2.50") from None


def run(command: StudioCommand, store: Store, campaign: Campaign, options: dict[str, Any]) -> dict[str, Any]:
    """Start a batch, with --wait stay until it has ended; the report."""
    segments = fanout.named_segments(store, _wanted(options["segments"]))
    here = options["wait"] and not worker.alive()
    batch = fanout.start_batch(
        campaign=campaign,
        segments=segments,
        actor=None,
        mode=Batch.Mode.VENDOR if options["batch"] else Batch.Mode.LIVE,
        concurrency=options["concurrency"],
        budget=options["budget"],
        enqueue=not here,
    )
    started = time.monotonic()
    if here:
        command.note("No worker is running: working here.")
    while options["wait"] and batch.status == Batch.Status.OPEN:
        if here:
            fanout.work_here(batch)
        totals = batch_rows.totals(batch)
        command.live(f"Batch {batch.pk}: {totals.ended} of {totals.segments} segments, {totals.failed} failed")
        batch.refresh_from_db()
        if batch.status == Batch.Status.OPEN:
            time.sleep(0.1 if here else 1)
    command.live("")
    return report(batch, time.monotonic() - started)


def _wanted(text: str) -> list[str]:
    """Slugs from the option: names with commas, or the lines of a file."""
    path = Path(text)
    if text != "all" and ("/" in text or path.suffix) and "," not in text:
        try:
            return path.read_text(encoding="utf-8-sig").split()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"The file of segments {text} cannot be read: {error}.") from None
    return text.split(",")


def report(batch: Batch, seconds: float) -> dict[str, Any]:
    """{"batch", "status", "mode", "segments": [...], "totals", "seconds"}; an unknown cost is null."""
    totals = batch_rows.totals(batch)
    money = totals.money
    return {
        "batch": batch.pk,
        "campaign": batch.campaign.slug,
        "status": batch.status,
        "mode": batch.mode,
        "segments": [
            {
                "segment": one.slug,
                "run": one.run.pk,
                "status": one.run.status,
                "placements": one.run.kept,
                "cost": None if one.cost is None else str(one.cost),
                "calls": one.calls,
                "cache_hits": one.hits,
                "error": one.said,
            }
            for one in map(batch_rows.line, batch_rows.rows(batch))
        ],
        "totals": {
            "segments": totals.segments,
            "states": dict(totals.states),
            "placements": totals.placements,
            "calls": money.calls,
            "cache_hits": money.hits,
            "cost": None if money.unknown else str(money.spent),
            "known_cost": str(money.spent),
            "reserved": str(money.reserved),
            "budget": None if money.limit is None else str(money.limit),
        },
        "seconds": round(seconds, 2),
    }


def show(command: StudioCommand, report: dict[str, Any]) -> None:
    """The report for people."""
    totals = report["totals"]
    cost = "unknown" if totals["cost"] is None else f"{totals['cost']} USD"
    states = ", ".join(f"{count} {state}" for state, count in totals["states"].items())
    command.stdout.write(
        f"Batch {report['batch']} · {report['status']} · {totals['segments']} segments: {states} · "
        f"{totals['placements']} placements · {totals['calls']} calls, {totals['cache_hits']} from the cache · "
        f"cost {cost} · {report['seconds']} s"
    )
    for row in report["segments"]:
        kept = "" if row["placements"] is None else f"{row['placements']} placements"
        why = f"  {row['error']}" if row["error"] else ""
        command.stdout.write(f"  {row['segment']:<24} {row['status']:<10} {kept}{why}")
