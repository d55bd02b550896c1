"""A whole page as measuring sees it: titled rows of products, whoever made them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import BaseModel

from accounts.models import Store
from generation import kit as kits
from generation import pipeline
from generation.campaigns import brief as briefs
from generation.campaigns.brief import BriefIn
from generation.catalog.search import CatalogSearch
from generation.llm.base import NOTHING, TextModel
from generation.llm.metered import CallRecord, Metered
from generation.pipeline import Output
from generation.stages.contracts import Brief, Candidate, Candidates, SegmentFacts, Theme
from generation.stages.ports import Kit
from storefront_studio.lib.errors import StudioError


@dataclass
class Row:
    """One placement: the theme it promises, primary keys of the products it shows and of those in reserve.

    `keywords`, `density` and `candidates` (ids that pruning kept) are None where a system has no such thing.
    """

    theme: Theme
    shown: list[int]
    bench: list[int] = field(default_factory=list)
    keywords: list[Candidate] | None = None
    density: int | None = None
    candidates: list[int] | None = None


@dataclass
class MadePage:
    """A page and what making it took. `tried` are the densities of all placements, the dropped ones included;
    `cost` is USD, `seconds` the time it took, None when unknown; `error` says why there is no page."""

    rows: list[Row]
    tried: list[int] = field(default_factory=list)
    cost: Decimal | None = Decimal(0)
    seconds: float | None = None
    error: str = ""


class Memory:
    """A ledger that keeps outputs and seconds in this process, and finds nothing of an earlier attempt."""

    def __init__(self) -> None:
        self.outputs: dict[tuple[str, int], BaseModel] = {}
        self.seconds: dict[str, float] = {}

    def load(self, stage: str, key: int, shape: type[Output]) -> Output | None:
        return None

    def save(self, stage: str, key: int, output: BaseModel, seconds: float) -> None:
        self.outputs[stage, key] = output
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def save_all(self, stage: str, outputs: Mapping[int, BaseModel], seconds: float) -> None:
        for key, output in outputs.items():
            self.save(stage, key, output, seconds)

    def check(self) -> None:
        """Nobody cancels a measurement from outside."""

    def release(self) -> None:
        """Give back the connection of a thread that ends."""
        from django.db import connection

        connection.close()


def staged(store: Store, given: BriefIn, today: dt.date) -> tuple[Brief, CatalogSearch]:
    """The brief as the stages see it, and the store's products under its constraints."""
    limits = given.hard()
    segment = SegmentFacts(name=given.segment.name, profile=given.segment.profile) if given.segment else SegmentFacts()
    brief = briefs.for_stages(
        store=store,
        objective_kind=given.objective_kind,
        objective=given.objective,
        segment=segment,
        season=given.season,
        brand_voice=given.brand_voice,
        banned_terms=given.banned_terms,
        placements=given.placements,
        products=given.products,
        constraints=limits,
        variety=given.variety,
        today=today,
        seed=1,
    )
    return brief, CatalogSearch(store, limits, today)


def studio(store: Store, brief: Brief, search: CatalogSearch, model: TextModel | None) -> tuple[MadePage, Kit]:
    """Our page for a brief. A brief that cannot be planned gives a page without rows that says why."""
    spent: list[CallRecord] = []
    kit = kits.assemble(search, Metered(model, record=spent.append) if model else None)
    ledger = Memory()
    try:
        page = pipeline.execute(brief, store.name, store.currency, kit, ledger)
    except StudioError as error:
        return MadePage([], cost=_cost(spent), error=str(error)), kit
    rows = []
    for one in page.placements:
        found = ledger.outputs["candidates", one.key]
        assert isinstance(found, Candidates)
        rows.append(
            Row(
                theme=one.theme,
                shown=[ranked.hit.product for ranked in one.judged.shown],
                bench=[ranked.hit.product for ranked in one.judged.bench],
                keywords=one.keywords,
                density=one.density,
                candidates=[candidate.id for candidate in found.candidates],
            )
        )
    tried = [one.density for one in (*page.placements, *page.dropped)]
    return MadePage(rows, tried, _cost(spent), sum(ledger.seconds.values())), kit


def _cost(calls: Sequence[CallRecord]) -> Decimal | None:
    return sum((call.usage for call in calls), NOTHING).cost  # unknown as soon as one call's is
