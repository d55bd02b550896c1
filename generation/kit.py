"""Builds, from settings, what stages may use. The only place that knows which adapter is behind which port."""

import os
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from threading import RLock

from django.conf import settings
from django.core.cache import cache as answers
from django.db.models import Sum

from generation.campaigns.constraints import Constraints
from generation.catalog.search import CatalogSearch
from generation.encoders.base import Encoder
from generation.encoders.sentence import SentenceEncoder
from generation.evaluators import builtin
from generation.evaluators.base import Evaluator, ProductText, ThemeText, ThemeVectors
from generation.llm import registry
from generation.llm.base import TextModel
from generation.llm.cached import Cached
from generation.llm.library import shelf
from generation.llm.library.model import LibraryModel
from generation.llm.metered import CallRecord, Metered
from generation.models import ModelCall, Run
from generation.rankers.signals import SignalRanker
from generation.stages.contracts import Brief, Hit, Theme
from generation.stages.ports import Fit, Kit

# A little under the evaluator's own threshold, which was set for deciding alone: here people look at every row.
SHOW_FROM = 0.7


_loading = RLock()
"""`cache` lets two threads that come at once both load; a worker's first job waits for the load instead."""


@cache
def _encoder() -> Encoder:
    return SentenceEncoder()


def encoder() -> Encoder:
    """The sentence encoder of this process; loading it takes seconds, so the web process never asks."""
    with _loading:
        return _encoder()


@cache
def evaluator() -> Evaluator:
    return builtin.load()


@cache
def _themes_shelf() -> shelf.Shelf:
    return shelf.load(encoder(), settings.STUDIO_DATA_DIR / "cache")


def themes_shelf() -> shelf.Shelf:
    with _loading:
        return _themes_shelf()


def language_model() -> TextModel | None:
    """The vendor's model that settings name, or None for the built-in library. Raises Misconfigured."""
    return None if settings.GENERATOR == "library" else registry.build(settings.GENERATOR, os.environ)


def generator_label() -> tuple[str, str]:
    """Name and label of the generator a run started now would use."""
    model = language_model()
    return (LibraryModel.name, LibraryModel.label) if model is None else (model.name, model.label)


def build(run: Run, brief: Brief) -> Kit:
    """The kit for one run: its store's catalogue under its constraints, its money counted and limited."""
    search = CatalogSearch(run.campaign.store, Constraints.model_validate(run.brief["constraints"]), brief.today)
    model = language_model()
    metered: TextModel | None = None
    if model is not None:
        metered = Metered(
            Cached(model, answers),
            record=lambda record: _record(run, record),
            limit=Decimal(settings.RUN_BUDGET_USD),
            spent=lambda: spent(run),
        )
    return assemble(search, metered)


def assemble(search: CatalogSearch, model: TextModel | None) -> Kit:
    """A kit over `search`; without a language model the built-in library plans and the built-in judge judges."""
    words = encoder()
    judge = evaluator()

    def fits(theme: Theme, hits: Sequence[Hit]) -> Sequence[Fit]:
        text = ThemeText(theme.title, theme.subtitle, theme.intent, tuple(theme.concepts))
        products = [ProductText(hit.title, hit.brand, hit.category, hit.description) for hit in hits]
        vectors = search.product_vectors([hit.product for hit in hits])
        return judge.score(text, products, ThemeVectors.of(text, words), vectors) if hits else []

    return Kit(
        model=model or LibraryModel(themes_shelf, words, search),
        encoder=words,
        search=search,
        ranker=SignalRanker(),
        fits=fits,
        evaluator=f"Built-in judge {judge.version}",
        fit_floor=SHOW_FROM,
        judge=model,
        reserves=0.75 if model else 2.0,  # the library's themes cost nothing
    )


def spent(run: Run) -> Decimal:
    """USD known to be spent by `run`; calls of unknown cost count for nothing here."""
    return run.calls.aggregate(total=Sum("cost"))["total"] or Decimal(0)


def _record(run: Run, record: CallRecord) -> None:
    ModelCall.objects.create(
        run=run,
        stage=record.stage,
        key=record.key,
        model=record.model,
        prompt=f"{record.prompt}/{record.version}",
        request_hash=record.digest,
        outcome=record.outcome,
        attempts=[
            {"outcome": attempt.outcome, "detail": attempt.detail[:500], "seconds": round(attempt.seconds, 3)}
            for attempt in record.attempts
        ],
        input_tokens=record.usage.input_tokens,
        output_tokens=record.usage.output_tokens,
        cost=record.usage.cost,
        seconds=record.seconds,
        cached=record.cached,
    )
