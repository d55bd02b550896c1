"""``manage.py generate``: a run of the cascade from a campaign or a brief."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts.models import Store
from accounts.selectors import store_named
from generation import estimate, selectors, services, tasks, worker
from generation.campaigns import feasibility
from generation.campaigns.constraints import Constraints
from generation.models import Campaign, Run
from generation.stages.contracts import DraftPage
from review.management import batching
from review.models import Draft
from review.selectors import preview
from review.workflow import regenerating
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput, StudioError


class Command(StudioCommand):
    help = "Start a run of the cascade for a campaign, or for a brief, which becomes a draft campaign first."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--campaign", metavar="SLUG", help="an existing campaign")
        what.add_argument("--brief", metavar="FILE", help="a JSON file with one brief; - for standard input")
        what.add_argument("--run", metavar="ID", type=int, help="write part of this run's page anew")
        parser.add_argument(
            "--instruction", metavar="TEXT", default="", help="with --run: what should change, in words"
        )
        parser.add_argument(
            "--keep", metavar="1,3", help="with --run: rows that stay as they are; by default the approved ones"
        )
        parser.add_argument("--store", metavar="SLUG", help="which store; by default the first")
        parser.add_argument("--segment", metavar="SLUG", help="the audience of this run, instead of the campaign's")
        batching.add_arguments(parser)
        parser.add_argument("--seed", type=int, default=1, help="another seed breaks near ties another way (1)")
        parser.add_argument(
            "--wait", action="store_true", help="stay until the run has ended; work here when no worker is running"
        )

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        segment = services.find_segment(store, options["segment"]) if options["segment"] else None
        if options["run"] is None and (options["instruction"] or options["keep"]):
            raise BadInput("--instruction and --keep change a page that is there; name its run with --run.")
        campaign = None if options["run"] is not None else self._campaign(store, options)
        if options["segments"] and (campaign is None or segment is not None):
            raise BadInput("--segments takes a campaign or a brief, and no --segment beside it.")
        if options["batch"] and not options["segments"]:
            raise BadInput("--batch is for many segments; name them with --segments.")
        self._wait_for_catalogue(store)
        if options["segments"] and campaign is not None:
            return batching.run(self, store, campaign, options)
        waits, here = options["wait"], options["wait"] and not worker.alive()
        seed = options["seed"]
        if campaign is None:
            run = self._regenerate(store, options, enqueue=not here)
        else:
            self._foresee(campaign)
            run = services.start_run(
                campaign=campaign, actor=None, seed=seed, segment=segment, enqueue=not here, budget=options["budget"]
            )
        started = time.monotonic()
        if here:
            self.note("No worker is running: working here.")
            tasks.execute_run(run.pk)
        while waits and run.is_open:
            run.refresh_from_db()
            stages = selectors.progress(run).stages
            now = next((stage for stage in stages if not stage.complete), stages[-1])
            self.live(f"Run {run.pk}: {now.label} {now.done}/{now.total or '?'}")
            if run.is_open:
                time.sleep(0.3)
                if here:  # a fault that may pass put it back in the queue
                    tasks.execute_run(run.pk)
        self.live("")
        report = _report(run, time.monotonic() - started)
        if run.status in (Run.Status.FAILED, Run.Status.CANCELLED):
            raise StudioError(
                f"Run {run.pk} {run.get_status_display().lower()}: {run.error or 'cancelled by a person'}"
            )
        return report

    def show(self, report: dict[str, Any]) -> None:
        if "batch" in report:
            batching.show(self, report)
            return
        cost = "unknown" if report["cost"] is None else f"{report['cost']} USD"
        self.stdout.write(f"Run {report['run']} · {report['status']} · {report['seconds']} s · cost {cost}")
        for stage in report["stages"]:
            self.stdout.write(f"  {stage['label']:<11} {stage['done']}/{stage['total'] or '?'}  {stage['seconds']} s")
        for placement in report["placements"]:
            self.stdout.write(f"\n{placement['title']}\n  {placement['subtitle']}")
            self.stdout.write("  keywords: " + ", ".join(keyword["text"] for keyword in placement["keywords"]))
            for product in placement["products"]:
                price = product["sale_price"] or product["price"]
                self.stdout.write(
                    f"  {product['slot']:>2}. {product['title'][:90]}  {price['amount']} {price['currency']}"
                )
        for dropped in report["dropped"]:
            self.stdout.write(f"\nDropped: {dropped['title']}\n  {dropped['reason']}")
        if report["note"]:
            self.stdout.write(f"\n{report['note']}")
        if report["beside"]:
            self.stdout.write(f"\nIt stands beside the page of run {report['beside']}; choose in review.")

    def _regenerate(self, store: Store, options: dict[str, Any], enqueue: bool) -> Run:
        """The run that writes part of an earlier one's page anew, as its instruction is understood."""
        drafts = Draft.objects.filter(store=store, run=options["run"])
        draft = drafts.select_related("store", "campaign", "run", "parent__run").first()
        if draft is None:
            raise BadInput(f"Run {options['run']} of {store} has no page to change; see the campaign's runs.")
        keep = regenerating.named(draft, _places(options["keep"]) if options["keep"] else None)
        plan = regenerating.plan(draft=draft, instruction=options["instruction"], keep=keep)
        for reading in plan.reading.readings:
            self.note(f"Understood: {reading.label}{'' if reading.key in plan.taken else ' (left out)'}")
        for left in plan.reading.not_understood:
            self.note(f"Not understood: {left.quote}")
        kept, new = regenerating.numbers(plan.keep), max(plan.wanted, 0)
        foreseen, why = estimate.of_model(store, max(new, 1), draft.campaign.products)
        if new:
            price = foreseen.sentence if foreseen else why
            self.note(f"Keeping {kept}; {new} new row{'s' if new != 1 else ''}: {price}.")
        return regenerating.start(plan=plan, actor=None, enqueue=enqueue)

    def _campaign(self, store: Store, options: dict[str, Any]) -> Campaign:
        if options["brief"]:
            return services.campaign_from_brief(store=store, actor=None, data=_read(options["brief"]))
        campaign = Campaign.objects.filter(store=store, slug=options["campaign"]).first()
        if campaign is None:
            known = ", ".join(Campaign.objects.filter(store=store).values_list("slug", flat=True)[:10]) or "none yet"
            raise BadInput(f"There is no campaign “{options['campaign']}” in {store}. Known: {known}.")
        return campaign

    def _foresee(self, campaign: Campaign) -> None:
        """On a terminal: what the catalogue can do and what the run would use, before anything is spent."""
        if not sys.stderr.isatty():
            return
        limits, today = Constraints.model_validate(campaign.constraints), timezone.localdate()
        able = feasibility.measure(campaign.store, limits, campaign.placements, campaign.products, today)
        self.note(able.sentence)
        foreseen, problem = estimate.of_model(campaign.store, estimate.rows_of(campaign), campaign.products)
        self.note(f"Estimate: {foreseen.sentence}. {foreseen.basis}".strip() if foreseen else problem)

    def _wait_for_catalogue(self, store: Store) -> None:
        """The cascade finds nothing in a catalogue without vectors; make them here when no worker does."""
        while not selectors.catalogue_state(store).ready:
            state = selectors.catalogue_state(store)
            if not state.products:
                raise BadInput(f"The catalogue of {store} is empty. Bring products in with manage.py import_catalog.")
            if not worker.alive():
                self.note(f"Preparing {state.waiting:,} products first; no worker is running.")
                tasks.prepare_catalogue(store)
                return
            self.live(f"Waiting for the worker to embed {state.waiting:,} products …")
            time.sleep(1)


def _places(text: str) -> list[int]:
    """``1,3`` as numbers."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdigit() and len(part) < 18 for part in parts):
        raise BadInput(f"--keep takes row numbers such as 1,3; “{text}” is not that.")
    return [int(part) for part in parts]


def _read(name: str) -> Any:
    try:
        text = Path("/dev/stdin" if name == "-" else name).read_text(encoding="utf-8-sig")
        return json.loads(text)
    except OSError as error:
        raise BadInput(f"The brief {name} cannot be read: {error.strerror}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"The brief {name} is not one JSON object: {error}.") from None


def _report(run: Run, seconds: float) -> dict[str, Any]:
    money = selectors.cost(run)
    page = DraftPage.model_validate(run.result) if run.result else DraftPage(placements=[], dropped=[])
    draft = Draft.objects.filter(run=run).first()
    return {
        "run": run.pk,
        "status": run.status,
        "campaign": run.campaign.slug,
        "segment": run.segment.slug if run.segment else None,
        "generator": run.generator,
        "stages": [
            {
                "name": stage.name,
                "label": stage.label,
                "done": stage.done,
                "total": stage.total,
                "seconds": stage.seconds,
            }
            for stage in selectors.progress(run).stages
        ],
        "placements": preview(draft)["placements"] if draft else [],
        "dropped": [{"title": one.theme.title, "reason": one.judged.drop_reason} for one in page.dropped],
        "cost": None if money.usd is None else str(money.usd),
        "tokens": money.tokens,
        "seconds": round(seconds, 2),
        "note": page.note,
        "beside": run.parent_id if draft is not None and draft.is_proposal else None,
    }
