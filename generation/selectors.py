"""Reads of generation, for screens, API and commands."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, Sum

from accounts.models import Store
from generation import pipeline
from generation.catalog import embed
from generation.models import Campaign, ImportJob, Keyword, Product, Run
from generation.stages.contracts import Candidates, Gap, Judged, JudgedPage, Keywords, Themes

LABELS = {
    "context": "Context",
    "themes": "Themes",
    "candidates": "Candidates",
    "keywords": "Keywords",
    "sharing": "Keywords shared out",
    "retrieval": "Products",
    "fusion": "Ranking",
    "filling": "Products shared out",
    "judging": "Judging",
    "settling": "Page checks",
    "page": "Page",
}


@dataclass(frozen=True)
class StageProgress:
    """One stage of a run: `done` of `total` placements (1 for page stages); total is None until themes are known."""

    name: str
    label: str
    done: int
    total: int | None
    seconds: float

    @property
    def complete(self) -> bool:
        return self.total is not None and self.done >= self.total


@dataclass(frozen=True)
class PlacementProgress:
    """How far one theme has come, in words."""

    key: int
    title: str
    keywords: list[str]
    state: str
    dropped: str


@dataclass(frozen=True)
class RunProgress:
    stages: list[StageProgress]
    placements: list[PlacementProgress]


def progress(run: Run) -> RunProgress:
    """Live progress of a run from what it has saved; one query."""
    outputs = {(row.stage, row.key): row for row in run.outputs.all()}
    plan = outputs.get(("themes", 0))
    themes = Themes.model_validate(plan.output).themes if plan else []
    begun = {key for stage, key in outputs if stage in pipeline.PLACEMENT_STAGES}
    wanted = wanted_of(run)
    expected = max(len(begun), min(wanted, len(themes))) if plan else None
    stages = []
    for name in pipeline.STAGES:
        rows = [row for (stage, _key), row in outputs.items() if stage == name]
        total = 1 if name in (*pipeline.PAGE_STAGES, "page") else expected
        stages.append(StageProgress(name, LABELS[name], len(rows), total, round(sum(r.seconds for r in rows), 2)))
    final = outputs.get(("page", 0))
    off = {drop.key: drop for drop in JudgedPage.model_validate(final.output).dropped} if final else {}
    placements = []
    for key, theme in enumerate(themes, start=1):
        judged_row = outputs.get(("settling", key)) or outputs.get(("judging", key))
        words_row = outputs.get(("keywords", key))
        words = Keywords.model_validate(words_row.output).keywords if words_row else []
        judged = Judged.model_validate(judged_row.output) if judged_row else None
        if judged and key in off:
            judged = judged.model_copy(update={"dropped_by": off[key].by, "drop_reason": off[key].reason})
        placements.append(
            PlacementProgress(
                key=key,
                title=theme.title,
                keywords=[word.text for word in words],
                state=_state(run, outputs, key, judged),
                dropped=judged.drop_reason if judged else "",
            )
        )
    return RunProgress(stages, placements)


def wanted_of(run: Run) -> int:
    """How many rows the run is to make: the page's, less those it was given."""
    return int(run.brief["brief"]["placements"]) - len(run.brief.get("fixed", []))


def _state(run: Run, outputs: dict[tuple[str, int], Any], key: int, judged: Judged | None) -> str:
    if judged:
        return f"dropped ({judged.dropped_by})" if judged.dropped_by else f"{len(judged.shown)} products, passes"
    if not run.is_open:
        return "not needed" if run.status == Run.Status.DONE and not run.stopped else "not reached"
    for stage, words in (
        ("filling", "judging …"),
        ("fusion", "sharing out products …"),
        ("retrieval", "ranking …"),
        ("keywords", "finding products …"),
        ("candidates", "choosing keywords …"),
    ):
        if (stage, key) in outputs:
            return words
    return "waiting"


@dataclass(frozen=True)
class Cost:
    """Tokens and money of a run. None means unknown, never zero."""

    calls: int
    input_tokens: int | None
    output_tokens: int | None
    usd: Decimal | None
    unknown_calls: int

    @property
    def tokens(self) -> int | None:
        return (
            None if self.input_tokens is None or self.output_tokens is None else self.input_tokens + self.output_tokens
        )


def cost(run: Run) -> Cost:
    """The sum over all calls of a run, failed ones included; unknown as soon as one call's is."""
    row = run.calls.aggregate(
        n=Count("id"),
        tokens_in=Sum("input_tokens"),
        tokens_out=Sum("output_tokens"),
        usd=Sum("cost"),
        unknown_in=Count("id", filter=Q(input_tokens=None)),
        unknown_out=Count("id", filter=Q(output_tokens=None)),
        unknown_usd=Count("id", filter=Q(cost=None)),
    )
    return Cost(
        calls=row["n"],
        input_tokens=None if row["unknown_in"] else row["tokens_in"] or 0,
        output_tokens=None if row["unknown_out"] else row["tokens_out"] or 0,
        usd=None if row["unknown_usd"] else row["usd"] or Decimal(0),
        unknown_calls=row["unknown_usd"],
    )


def gaps(run: Run) -> list[Gap]:
    """Concepts for which the vocabulary has nothing near, each once, with its nearest keyword."""
    rows = run.outputs.filter(stage="candidates").order_by("key")
    found = {gap.concept: gap for row in rows for gap in Candidates.model_validate(row.output).gaps}
    return sorted(found.values(), key=lambda gap: gap.concept.casefold())


@dataclass(frozen=True)
class CatalogueState:
    """How ready a store's catalogue is for the cascade. `unplaced` keywords have no vector yet: themes planned before
    they have one would miss what they name."""

    products: int
    waiting: int
    keywords: int
    unplaced: int
    importing: ImportJob | None

    @property
    def ready(self) -> bool:
        return self.products > 0 and not self.waiting and self.keywords > 0 and not self.unplaced


def catalogue_state(store: Store) -> CatalogueState:
    return CatalogueState(
        products=Product.objects.filter(store=store).count(),
        waiting=embed.stale(store).count(),
        keywords=Keyword.objects.filter(store=store).exclude(embedding=None).count(),
        unplaced=Keyword.objects.filter(store=store, embedding=None).count(),
        importing=ImportJob.objects.filter(store=store, status__in=ImportJob.OPEN).first(),
    )


def campaigns(store: Store) -> Any:
    """A store's campaigns, newest first, each with the number and the last of its runs."""
    return (
        Campaign.objects.filter(store=store)
        .select_related("segment", "created_by")
        .annotate(run_count=Count("runs"), last_run=Max("runs__id"))
        .order_by("-id")
    )
