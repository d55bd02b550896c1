"""One run as its screen shows it: stages, placements, money and what to do next, in words."""

from functools import cached_property
from typing import Any

from django.utils import timezone

from generation import money, selectors, worker
from generation.models import Run
from generation.registry import releases
from generation.registry.releases import Releases
from generation.selectors import PlacementProgress, StageProgress
from generation.views import words
from storefront_studio.lib.hashing import digest


def fingerprint(run: Run) -> str:
    """Changes whenever the screen of `run` would; the page asks with the one it shows."""
    return digest(
        [
            run.status,
            run.cancel_requested,
            run.error,
            run.attempts,
            run.outputs.count(),
            run.calls.count(),
            str(run.committed),
            _idle(run),
        ]
    )[-16:]


class RunScreen:
    """What the templates read; each part is worked out once."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(self.run)

    @cached_property
    def progress(self) -> selectors.RunProgress:
        return selectors.progress(self.run)

    @cached_property
    def money(self) -> money.Standing:
        return money.standing(self.run)

    @cached_property
    def cost(self) -> str:
        """``0.42 of 2.00 USD``, what is set aside, and how many calls cost nothing."""
        if self.run.generator == "library":
            return words.cost(self.run, None)
        hits = f"; {self.money.hits} of {self.money.calls} calls answered from earlier ones" if self.money.hits else ""
        return f"{words.money(self.money)}{hits}"

    @property
    def unpriced(self) -> bool:
        """Whether its model's price is not known, so that no limit can hold it."""
        return bool(self.money.unpriced)

    @property
    def out_of_money(self) -> bool:
        """Whether it ended at its budget, with a part of the page or with none."""
        if self.run.status == Run.Status.DONE:
            return bool(self.run.stopped)
        failed = self.run.status == Run.Status.FAILED
        return failed and self.run.calls.order_by("-id").values_list("outcome", flat=True)[:1].first() == "over_budget"

    @property
    def next_budget(self) -> str:
        """The budget to offer for what is missing: twice what was not enough."""
        return f"{2 * money.limit_of(self.run):.2f}"

    @cached_property
    def strip(self) -> list[dict[str, str]]:
        """The stages for `stage_strip.html`."""
        rows = []
        current = next((stage for stage in self.progress.stages if not stage.complete), None)
        for stage in self.progress.stages:
            if stage.name in ("context", "page"):  # moments of bookkeeping, not work that people wait for
                continue
            rows.append({"label": stage.label, "state": self._state(stage, current), "detail": self._detail(stage)})
        return rows

    def _state(self, stage: StageProgress, current: StageProgress | None) -> str:
        if stage.complete or self.run.status == Run.Status.DONE:
            return "done"
        if self.run.status == Run.Status.RUNNING:
            return "running" if stage is current or stage.done else "queued"
        if self.run.status == Run.Status.FAILED and stage is current:
            return "failed"
        return "queued" if self.run.is_open else "skipped"

    def _detail(self, stage: StageProgress) -> str:
        count = f"{stage.done}/{stage.total}" if stage.total is not None and stage.total > 1 else ""
        took = words.duration(stage.seconds) if stage.done else ""
        return " in ".join(part for part in (count, took) if part) if count else took

    @cached_property
    def placements(self) -> list[dict[str, Any]]:
        """A line per theme: number, title, keywords, state, and why it was dropped."""
        return [
            {
                "number": one.key,
                "title": one.title,
                "keywords": " · ".join(one.keywords),
                "state": one.state,
                "mark": _mark(one),
                "dropped": one.dropped,
            }
            for one in self.progress.placements
        ]

    @property
    def kept(self) -> int:
        return len((self.run.result or {}).get("placements", []))

    @property
    def review_url(self) -> str:
        return words.link("review-queue") if self.kept else ""

    @property
    def preview_url(self) -> str:
        # Whoever turns a finished run into a draft hangs it on the run; generation does not know who that is.
        draft = getattr(self.run, "draft", None) if self.kept else None
        return words.link("draft-preview", draft.pk) if draft else ""

    @property
    def compare_url(self) -> str:
        """Where the page stands beside the one it regenerates in part; empty for a page of its own."""
        draft = getattr(self.run, "draft", None) if self.run.parent_id else None
        return words.link("draft-compare", draft.pk) if draft and draft.parent_id else ""

    @cached_property
    def fixed(self) -> list[dict[str, Any]]:
        """Rows that the run was given and keeps as they are, in page order."""
        rows = self.run.brief.get("fixed", [])
        return [{"title": one["row"]["theme"]["title"], "own": one["row"]["source"] == "static"} for one in rows]

    @property
    def versions(self) -> str:
        """What it works with: “Prompt themes v2 · judge v2 · policy 3”; nothing for a run that kept none of it."""
        kept = self.run.brief.get("releases")
        policy = self.run.brief.get("policy")
        return releases.in_words(Releases.model_validate(kept) if kept else None, policy["number"] if policy else None)

    @property
    def lasted(self) -> str:
        return words.lasted(self.run)

    @property
    def no_worker(self) -> bool:
        return _idle(self.run)

    @property
    def waits_until(self) -> Any:
        """When a vendor that asked us to wait may be asked again; None when nobody did."""
        later = self.run.not_before
        return later if self.run.status == Run.Status.QUEUED and later and later > timezone.now() else None

    @property
    def said(self) -> str:
        """The state in one sentence, for people who listen to the page."""
        status = self.run.status
        if status == Run.Status.DONE:
            if self.compare_url:
                return f"Done. {self.kept - len(self.fixed)} new rows stand beside the page they came from."
            return f"Done. {self.kept} placements are ready for review."
        if status == Run.Status.FAILED:
            return f"The run failed. {self.run.error}"
        if status == Run.Status.CANCELLED:
            return "The run was cancelled."
        if status == Run.Status.QUEUED:
            return "The run waits for a worker."
        if status == Run.Status.WAITING:
            return "The run waits for the vendor's batch service."
        judged = sum(1 for one in self.progress.placements if _mark(one) in ("kept", "dropped"))
        wanted = selectors.wanted_of(self.run)
        return f"Working. {judged} placements judged; {wanted} are wanted." if judged else "Working."


def _mark(one: PlacementProgress) -> str:
    if one.state.startswith("dropped"):
        return "dropped"
    if one.state.endswith("passes"):
        return "kept"
    return "working" if one.state.endswith("…") else "waiting"


def _idle(run: Run) -> bool:
    return run.status == Run.Status.QUEUED and not worker.alive()
