"""One batch as its screen shows it: states, audiences, money, in words."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from generation import batch_rows, worker
from generation.models import Batch, Run
from generation.views import words
from storefront_studio.lib.hashing import digest

STATES = (
    (Run.Status.DONE, "done"),
    (Run.Status.RUNNING, "at work"),
    (Run.Status.WAITING, "waiting for the vendor"),
    (Run.Status.QUEUED, "queued"),
    (Run.Status.FAILED, "failed"),
    (Run.Status.CANCELLED, "cancelled"),
)
BADGES: dict[str, str] = {Run.Status.WAITING: "Waiting for the vendor"}


class BatchScreen:
    """What the templates read; each part is worked out once."""

    def __init__(self, batch: Batch, rows: Sequence[Run], state: str) -> None:
        self.batch, self._rows, self.state = batch, rows, state

    @cached_property
    def totals(self) -> batch_rows.BatchTotals:
        return batch_rows.totals(self.batch)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the screen would; the page asks with the one it shows."""
        shown = [(row.pk, row.status, row.kept, row.usd, row.calls_made) for row in self._rows]  # type: ignore[attr-defined]
        facts = [self.batch.status, sorted(self.totals.states.items()), self.money, self.asked, self.idle, str(shown)]
        return digest(facts)[-16:]

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """One audience each: name, run, state, placements, cost and what went wrong."""
        return [
            {
                "name": one.segment,
                "run": one.run.pk,
                "state": one.run.status,
                "label": BADGES.get(one.run.status, ""),
                "placements": one.run.kept,
                "cost": words.cost(one.run, one.cost) if one.calls or one.run.generator == "library" else "",
                "calls": one.calls,
                "hits": one.hits,
                "said": one.said,
                "page": words.link("draft-preview", draft.pk) if (draft := getattr(one.run, "draft", None)) else "",
            }
            for one in map(batch_rows.line, self._rows)
        ]

    @property
    def tabs(self) -> list[dict[str, Any]]:
        """The states there are, each with its count: filters of the table."""
        states = self.totals.states
        found = [{"label": "All", "url": "?", "active": not self.state, "count": self.totals.segments}]
        for status, label in STATES:
            if states[status] or self.state == status:
                url = f"?state={status.value}"
                active = self.state == status
                found.append({"label": label.capitalize(), "url": url, "active": active, "count": states[status]})
        return found

    @property
    def money(self) -> str:
        return words.money(self.totals.money) if self.uses_models else "no model cost"

    @property
    def uses_models(self) -> bool:
        return not self._rows or any(row.generator != "library" for row in self._rows)

    @property
    def calls(self) -> str:
        """Model calls and how many of them cost nothing."""
        money = self.totals.money
        if not money.calls:
            return ""
        hits = f", {money.hits:,} answered from earlier ones" if money.hits else ""
        return f"{money.calls:,} model call{'s' if money.calls != 1 else ''}{hits}"

    @property
    def asked(self) -> str:
        """How far the questions at the vendor's batch service are."""
        totals = self.totals
        if not totals.asked:
            return ""
        jobs = f" {totals.out} job{'s' if totals.out != 1 else ''} with the vendor." if totals.out else ""
        return f"{totals.answered:,} of {totals.asked:,} questions answered by the vendor's batch service.{jobs}"

    @property
    def summary(self) -> str:
        """The state in one sentence."""
        totals = self.totals
        if self.batch.status == Batch.Status.CANCELLED:
            return f"Cancelled with {totals.states[Run.Status.DONE]} of {totals.segments} pages done."
        if self.batch.status == Batch.Status.DONE:
            failed = f" {totals.failed} failed." if totals.failed else ""
            return f"{totals.states[Run.Status.DONE]} of {totals.segments} pages are ready for review.{failed}"
        return f"{totals.ended} of {totals.segments} pages have ended."

    @property
    def unpriced(self) -> bool:
        """Whether models are asked whose prices nobody knows, so that no budget can hold."""
        return bool(self.totals.money.unpriced)

    @property
    def idle(self) -> bool:
        return self.batch.status == Batch.Status.OPEN and not worker.alive()

    @property
    def stoppable(self) -> int:
        return sum(self.totals.states[status] for status in (Run.Status.FAILED, Run.Status.CANCELLED))
