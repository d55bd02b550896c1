"""``manage.py registry``: versions and labels of prompts and models, and the gate before production."""

import datetime as dt
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.models import Store, User
from accounts.permits import member_named
from accounts.selectors import store_named
from generation import worker
from generation.measure import evaluation, snapshots
from generation.measure import gate as at_work
from generation.models import Artefact, GateReport, ReleaseLabel
from generation.registry import gate_requests, gates, labelling, overview, releases, versions
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import StudioError


class Command(StudioCommand):
    help = (
        "Versions of prompts, rubrics and models: list them, give labels, measure a candidate beside production, "
        "freeze a catalogue to measure on, and see who put what into production when."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True, metavar="list|label|gate|snapshot|history")
        listing = what.add_parser("list", help="every version and which is in production")
        label = what.add_parser("label", help="give a version a label; production needs a passed gate")
        _names_version(label)
        label.add_argument("label", choices=ReleaseLabel.values)
        label.add_argument("--note", required=True, help="why; the history shows it")
        gate = what.add_parser("gate", help="replay a candidate beside production, wait, and print the checks")
        _names_version(gate)
        gate.add_argument("--briefs", type=Path, metavar="FILE", help="JSON Lines, a brief a line; default: our own")
        gate.add_argument("--snapshot", default=snapshots.SAMPLE, help="sample, or the hash of a frozen catalogue")
        gate.add_argument("--today", type=dt.date.fromisoformat, metavar="DATE", help="the day the pages are for")
        frozen = what.add_parser("snapshot", help="freeze the store's catalogue into a file named by its hash")
        history = what.add_parser("history", help="labels, newest first")
        for one in (listing, label, gate, frozen, history):
            one.add_argument("--store", metavar="SLUG", help="which store; by default the first")
            super().add_arguments(one)
        for one in (label, gate):
            one.add_argument(
                "--as", dest="person", metavar="EMAIL", help="the admin who does it; default: the operator"
            )

    def work(self, **options: Any) -> dict[str, Any]:
        store = store_named(options["store"])
        actor = member_named(store, options.get("person"))
        match options["what"]:
            case "label":
                return self._label(store, actor, options)
            case "gate":
                return self._gate(store, actor, options)
            case "snapshot":
                return self._snapshot(store)
            case "history":
                rows = [_plain(overview.label(row)) for row in releases.history(store)]
                return {"what": "history", "store": store.slug, "labels": rows}
        return {"what": "list", **_plain(overview.of(store))}

    def _label(self, store: Store, actor: User | None, options: dict[str, Any]) -> dict[str, Any]:
        named = {name: options[name] for name in ("kind", "name", "version", "label", "note")}
        row = labelling.give(store=store, actor=actor, **named)
        return {"what": "label", **_plain(overview.label(row))}

    def _gate(self, store: Store, actor: User | None, options: dict[str, Any]) -> dict[str, Any]:
        """Handed to the worker when one is running; worked here when none is. Either way this waits for the end."""
        here = not worker.alive()
        row = gate_requests.ask(
            store=store,
            actor=actor,
            kind=options["kind"],
            name=options["name"],
            version=options["version"],
            snapshot=options["snapshot"],
            briefs=evaluation.read_briefs(options["briefs"]) if options["briefs"] else None,
            day=options["today"],
            enqueue=not here,
        )
        if here:
            self.note("No worker is running: working here.")
        while row.is_open:
            if here:
                with gates.claimed(row.pk) as held:
                    if held is not None:
                        at_work.work(held, self.live)
            row.refresh_from_db()
            if row.is_open:
                time.sleep(1)
                done = sum(len(sides) for sides in row.report["pages"].values())
                self.live(f"Gate {row.pk}: {done} of {2 * (row.briefs or 0)} pages replayed")
        self.live("")
        if row.status == GateReport.Status.FAILED:
            raise StudioError(f"Gate {row.pk} stopped: {row.error}")
        return {"what": "gate", **_plain(overview.gate(row))}

    def _snapshot(self, store: Store) -> dict[str, Any]:
        found = snapshots.freeze(store)
        return {
            "what": "snapshot",
            "store": store.slug,
            "snapshot": found.digest,
            "file": str(found.path),
            "products": found.products,
            "keywords": found.keywords,
            "day": found.day.isoformat(),
        }

    def show(self, report: dict[str, Any]) -> None:
        getattr(self, f"_show_{report['what']}")(report)

    def _show_list(self, report: dict[str, Any]) -> None:
        if report["problem"]:
            self.stdout.write(f"No run can start: {report['problem']}")
        for thing in report["things"]:
            self.stdout.write(f"\n{thing['kind']} {thing['name']}: {thing['about']}")
            for version in thing["versions"]:
                marks = [
                    word
                    for word, row in (("production", thing["production"]), ("candidate", thing["candidate"]))
                    if row and row["token"] == version["token"]
                ]
                if marks and thing["production"]["default"] and "production" in marks:
                    marks.append("named by the code")
                self.stdout.write(f"  {version['token'] or version['version']}  {', '.join(marks)}{version['problem']}")

    def _show_history(self, report: dict[str, Any]) -> None:
        for row in report["labels"]:
            gate = f", gate {row['gate']}" if row["gate"] else ""
            self.stdout.write(
                f"{row['created_at'][:16]}  {row['kind']} {row['name']} {row['version']} is {row['label']}{gate}: "
                f"{row['note']} ({row['author']})"
            )
        if not report["labels"]:
            self.stdout.write("Nobody gave a label yet. What the code names is in production.")

    def _show_label(self, report: dict[str, Any]) -> None:
        self.stdout.write(f"{report['kind']} {report['name']} {report['token']} is {report['label']} now.")

    def _show_snapshot(self, report: dict[str, Any]) -> None:
        self.stdout.write(
            f"{report['snapshot']}\n{report['products']:,} products and {report['keywords']:,} keywords are frozen in "
            f"{report['file']}. Use it with: manage.py registry gate … --snapshot {report['snapshot']}"
        )

    def _show_gate(self, report: dict[str, Any]) -> None:
        verdict = "passed" if report["passed"] else "did not pass"
        self.stdout.write(f"Gate {report['id']}: {report['candidate']} {verdict} beside {report['production']}.")
        for check in report["checks"]:
            mark = "told" if not check["gating"] else "ok" if check["passes"] else "no"
            self.stdout.write(f"  {mark:<5} {check['sentence']}")
        if report["passed"]:
            short = versions.short(report["candidate"])
            self.stdout.write(
                f"Put it into production with: manage.py registry label {report['kind']} {report['name']} {short} "
                "production --note …"
            )


def _names_version(parser: CommandParser) -> None:
    parser.add_argument("kind", choices=Artefact.values)
    parser.add_argument("name", help="themes, keywords, judge, generator, evaluator")
    parser.add_argument("version", help="v2; of the generator: library, or vendor and model (openai:gpt-…)")


def _plain(report: Any) -> Any:
    """Dates as text, for JSON."""
    if isinstance(report, dict):
        return {name: _plain(value) for name, value in report.items()}
    if isinstance(report, list):
        return [_plain(value) for value in report]
    return report.isoformat() if isinstance(report, dt.datetime) else report
