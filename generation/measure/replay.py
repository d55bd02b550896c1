"""One frozen brief worked through with one set of versions, and what the page that came of it is worth.

The yardstick is the same for both sides: the built-in evaluator in production or, where evaluators are compared, the
mean of both, so that none is judged by itself alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings

from accounts.models import Store
from generation import asking, pipeline
from generation import kit as kits
from generation.campaigns.brief import BriefIn
from generation.catalog.search import CatalogSearch
from generation.evaluators.base import Evaluator, ProductText, ThemeText, ThemeVectors
from generation.llm.base import NOTHING, TextModel
from generation.llm.metered import CallRecord, Metered
from generation.llm.seated import Seated
from generation.measure import metrics
from generation.measure.pages import Memory, staged
from generation.models import Product
from generation.registry.releases import Releases
from generation.stages.contracts import Brief, DraftPage, PlacementDraft, SegmentFacts, Theme
from generation.stages.policy import QualityPolicy
from generation.stages.ports import Kit
from storefront_studio.lib.errors import BadOutput, OverBudget
from storefront_studio.lib.hashing import digest


@dataclass
class Yard:
    """What says which products fit: the evaluators, and the mean of their probabilities against that of their bars."""

    evaluators: Sequence[Evaluator]

    @property
    def accept_at(self) -> float:
        return sum(one.accept_at for one in self.evaluators) / len(self.evaluators)

    def passes(self, theme: Theme, ids: Sequence[int], search: CatalogSearch) -> list[bool]:
        """For each product of `ids`, in order: does it fit the theme?"""
        if not ids:
            return []
        rows = Product.objects.in_bulk(ids)
        texts = [ProductText(one.title, one.brand, one.category, one.description[:300]) for one in map(rows.get, ids)]  # type: ignore[union-attr]
        text = theme_text(theme)
        asked, vectors = ThemeVectors.of(text, kits.encoder_of(search.store)), search.product_vectors(ids)
        scores = [one.score(text, texts, asked, vectors) for one in self.evaluators]
        means = [sum(score.probability for score in column) / len(column) for column in zip(*scores, strict=True)]
        return [mean >= self.accept_at for mean in means]


@dataclass
class Spending:
    """What a page's calls took. Unknown as soon as one call's is."""

    calls: list[CallRecord] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        usage = sum((call.usage for call in self.calls), NOTHING)
        known = usage.input_tokens is not None and usage.output_tokens is not None
        return {
            "calls": len(self.calls),
            "tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0) if known else None,
            "cost": None if usage.cost is None else str(usage.cost),
            "seconds": round(sum(call.seconds for call in self.calls), 3),
        }

    @property
    def known(self) -> Decimal:
        return sum((call.usage.cost for call in self.calls if call.usage.cost is not None), Decimal(0))


def counted(model: TextModel, spending: Spending) -> TextModel:
    """A vendor's model, counted, asked a few at a time, and held to a run's budget."""
    seated = Seated(model, lambda: asking.vendor_seat(asking.vendor_of(model.name)))
    return Metered(
        seated, record=spending.calls.append, limit=Decimal(settings.RUN_BUDGET_USD), spent=lambda: spending.known
    )


def tools(search: CatalogSearch, versions: Releases, policy: QualityPolicy, spending: Spending) -> Kit:
    """The kit a run with these versions would have, over a frozen catalogue, with no memory of rejections."""
    model = kits.language_model(versions.generator)
    return kits.assemble(
        search,
        counted(model, spending) if model else None,
        judges=[counted(judge, spending) for judge in kits.judge_models(versions.judges)],
        policy=policy,
        versions=versions,
    )


def prepared(store: Store, given: BriefIn, day: Any, policy: QualityPolicy) -> tuple[Brief, CatalogSearch]:
    """A frozen brief over a frozen catalogue; of its profile, what the policy lets out."""
    brief, search = staged(store, given, day)
    told = {name: value for name, value in brief.segment.profile.items() if name in policy.profile_fields}
    return brief.model_copy(update={"segment": SegmentFacts(name=brief.segment.name, profile=told)}), search


def page(
    store: Store, given: BriefIn, day: Any, versions: Releases, policy: QualityPolicy, yard: Yard
) -> dict[str, Any]:
    """What came of a brief, as JSON. A brief that could not be planned, or ran into the budget, has no rows and says
    why. Raises Transient when the vendor may be well later, Misconfigured when it never will be."""
    brief, search = prepared(store, given, day, policy)
    spending = Spending()
    kit = tools(search, versions, policy, spending)
    workers = 1 if versions.generator == "library" else settings.MODEL_CONCURRENCY
    try:
        made = pipeline.execute(brief, store.name, store.currency, kit, Memory(), workers=workers)
    except (BadOutput, OverBudget) as error:
        return {
            **_scores(brief, DraftPage(placements=[], dropped=[]), search, yard),
            "error": str(error),
            **_spent(spending),
        }
    return {**_scores(brief, made, search, yard), "error": made.stopped, **_spent(spending)}


def _spent(spending: Spending) -> dict[str, Any]:
    return {"spent": spending.told()}


def _scores(brief: Brief, made: DraftPage, search: CatalogSearch, yard: Yard) -> dict[str, Any]:
    kept, tried = made.placements, [*made.placements, *made.dropped]
    judged = [yard.passes(row.theme, _products(row), search) for row in kept]
    broken = {row.theme.title: _broken(row, search) for row in kept}
    return {
        "asked": brief.placements,
        "rows": [{"title": row.theme.title, "products": _shown(row)} for row in kept],
        "P-T@5": [value for one in judged if (value := metrics.precision(one, 5)) is not None],
        "P-T@20": [value for one in judged if (value := metrics.precision(one, 20)) is not None],
        "kept": [float(not row.judged.dropped_by) for row in tried],
        "filled": [min(len(kept) / brief.placements, 1.0)],
        "under": [float(row.density < brief.density_min) for row in tried],
        "receipts": sum(len(search.receipts([one.hit.product for one in row.judged.shown])) for row in kept),
        "broken": [f"{title}: {one}" for title, found in broken.items() for one in found],
        "same": digest([[row.theme.title, _shown(row)] for row in kept]),
    }


def _broken(row: PlacementDraft, search: CatalogSearch) -> list[str]:
    """Constraints that the finished row breaks, asked of the catalogue anew."""
    found = search.receipts([one.hit.product for one in row.judged.shown])
    return [f"{one.constraint} ({one.detail})" for one in found if not one.passes]


def _products(row: PlacementDraft) -> list[int]:
    return [one.hit.product for one in (*row.judged.shown, *row.judged.bench)][:20]


def _shown(row: PlacementDraft) -> list[str]:
    return [one.hit.item_id for one in row.judged.shown]


def theme_text(theme: Theme) -> ThemeText:
    return ThemeText(theme.title, theme.subtitle, theme.intent, tuple(theme.concepts))
