"""A page per brief and system, and what the pages are worth by the metrics below.

The judge is the built-in evaluator at its own threshold. Our pages were filled by the same evaluator, so their P-T
flatters them beside the baselines; only people's grades would be neutral. Every report says so.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from accounts.models import Store
from generation import kit as kits
from generation.campaigns.brief import BriefIn, read
from generation.catalog.search import CatalogSearch, reach
from generation.evaluators.base import ProductText, ThemeText, ThemeVectors
from generation.measure import baselines, metrics
from generation.measure.pages import MadePage, Row, staged, studio
from generation.models import Keyword, Product
from generation.stages import candidates
from generation.stages.contracts import Brief, Theme
from generation.stages.ports import Kit
from storefront_studio.lib.errors import BadInput

OWN_BRIEFS = Path(__file__).parent / "briefs" / "sample.jsonl"
# Keywords further than this from every concept are not shown to the judge: over 9,070 keywords the furthest that it
# accepted for any of three themes stood at 0.59.
LEAST_COSINE = 0.3
METRICS = (
    *("P-T@5", "P-T@20", "K-U", "density", "candidate_recall@100", "coherence", "diversity"),
    *("row_diversity", "price_spread"),
)
JUDGE_NOTE = (
    "The judge is the built-in evaluator at its own threshold. The studio's rows were filled by the same evaluator, so "
    "its P-T is flattering beside the baselines, whose rows were not filtered by it. P-T@20 counts the products shown, "
    "then those in reserve, over as many as there are when there are fewer than 20. A baseline's theme is its title "
    "alone. Density is the mean over the rows on the page; the share under the minimum counts dropped rows too. "
    "Diversity compares the rows of a page; row_diversity (1 minus the mean cosine) and price_spread (log2 of dearer "
    "over cheaper) compare the products that one row shows, pair by pair."
)
SYSTEMS: dict[str, Callable[[Brief, CatalogSearch, Kit], MadePage]] = {
    "baseline: objective as one query": baselines.one_query,
    "baseline: top categories": baselines.top_categories,
    "baseline: clusters": baselines.clusters,
}


@dataclass
class Scores:
    """One system's values by metric, one group a brief (the groups are what the bootstrap draws)."""

    name: str
    groups: dict[str, list[list[float]]] = field(default_factory=lambda: {name: [] for name in METRICS})
    under: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    asked: int = 0
    costs: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)

    def report(self) -> dict[str, Any]:
        """One row of the table; null where the system has no such thing."""
        pooled = {name: metrics.mean([v for group in groups for v in group]) for name, groups in self.groups.items()}
        known = [cost for cost in self.costs if cost is not None]
        return {
            "name": self.name,
            "briefs": len(self.rows),
            **{name: _rounded(value) for name, value in pooled.items()},
            "cost": round(sum(known) / len(known), 6) if known and len(known) == len(self.costs) else None,
            "density_under_minimum": _rounded(metrics.mean(self.under)),
            "placements": sum(self.rows),
            "placements_asked": self.asked,
            "seconds_per_page": _rounded(metrics.mean(self.seconds)),
            "failed": self.failed,
        }

    def intervals(self) -> dict[str, list[float] | None]:
        found = {name: metrics.interval(groups) for name, groups in self.groups.items()}
        return {name: None if pair is None else [round(pair[0], 4), round(pair[1], 4)] for name, pair in found.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def read_briefs(path: Path) -> list[BriefIn]:
    """One brief a line (JSONL). Raises BadInput naming the line, also for an id that comes twice."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The briefs {path} cannot be read: {error}.") from None
    found: dict[str, BriefIn] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            brief = read(json.loads(line))
        except (json.JSONDecodeError, BadInput) as error:
            raise BadInput(f"{path.name}, line {number}: {error}") from None
        if brief.brief_id in found:
            raise BadInput(f"{path.name}, line {number}: the brief_id “{brief.brief_id}” comes twice.")
        found[brief.brief_id] = brief
    if not found:
        raise BadInput(f"{path} holds no brief; write one JSON object a line.")
    return list(found.values())


class Evaluation:
    """All systems on all briefs over one store's catalogue. `run` yields the pages, `report` the numbers so far."""

    def __init__(self, store: Store, briefs: Sequence[BriefIn], today: dt.date) -> None:
        self.store, self.briefs, self.today = store, briefs, today
        self.model = kits.language_model()
        self.scores = {name: Scores(name) for name in ("studio", *SYSTEMS)}

    def run(self) -> Iterator[tuple[BriefIn, str, MadePage]]:
        """Every brief with every system, in order: the brief, the system's name, its page."""
        for given in self.briefs:
            brief, search = staged(self.store, given, self.today)
            page, kit = studio(self.store, brief, search, self.model)
            yield given, "studio", self._scored("studio", brief, search, kit, page, given.brief_id)
            for name, make in SYSTEMS.items():
                yield given, name, self._scored(name, brief, search, kit, make(brief, search, kit), given.brief_id)

    def report(self) -> dict[str, Any]:
        """The contract's object: systems, 95 % intervals, and how to read them."""
        return {
            "store": self.store.slug,
            "products": Product.objects.filter(store=self.store).count(),
            "briefs": len(self.briefs),
            "generator": kits.generator_label()[0],
            "judge": f"{kits.evaluator().name} {kits.evaluator().version}, accepts from {kits.evaluator().accept_at:g}",
            "note": JUDGE_NOTE,
            "systems": [scores.report() for scores in self.scores.values()],
            "intervals": {name: scores.intervals() for name, scores in self.scores.items()},
        }

    def _scored(
        self, name: str, brief: Brief, search: CatalogSearch, kit: Kit, page: MadePage, brief_id: str = ""
    ) -> MadePage:
        scores = self.scores[name]
        scores.rows.append(len(page.rows))
        scores.asked += brief.placements
        scores.costs.append(None if page.cost is None else float(page.cost))
        if page.seconds is not None:
            scores.seconds.append(page.seconds)
        if page.error:
            scores.failed.append({"brief_id": brief_id, "reason": page.error})
        judged = [self._passes(row, search) for row in page.rows]
        values = {
            "P-T@5": [metrics.precision(one, 5) for one in judged],
            "P-T@20": [metrics.precision(one, 20) for one in judged],
            "K-U": _keyword_utilisation(page, search),
            "density": [None if row.density is None else float(row.density) for row in page.rows],
            **self._inside(page, search),
            "candidate_recall@100": [self._recall(row) for row in page.rows],
            **_whole(brief, page, kit),
        }
        for metric, found in values.items():
            scores.groups[metric].append([value for value in found if value is not None])
        scores.under += [float(density < brief.density_min) for density in page.tried]
        return page

    def _inside(self, page: MadePage, search: CatalogSearch) -> dict[str, list[float | None]]:
        """How unlike the products of each row are, and how far apart their prices."""
        prices = Product.objects.filter(pk__in={pk for row in page.rows for pk in row.shown})
        price = {pk: float(paid) for pk, paid in prices.values_list("pk", "effective_price")}
        near = [search.product_vectors(row.shown) for row in page.rows]
        return {
            "row_diversity": [metrics.unlikeness((vectors @ vectors.T).tolist()) for vectors in near],
            "price_spread": [metrics.price_spread([price[pk] for pk in row.shown]) for row in page.rows],
        }

    def _passes(self, row: Row, search: CatalogSearch) -> list[bool]:
        """For the first twenty products, shown ones first: does the judge accept them?"""
        ids = [*row.shown, *row.bench][:20]
        if not ids:
            return []
        rows = Product.objects.in_bulk(ids)
        texts = [
            ProductText(one.title, one.brand, one.category, one.description[:300]) for one in (rows[pk] for pk in ids)
        ]
        judge, text = kits.evaluator(), _text(row.theme)
        asked = ThemeVectors.of(text, kits.encoder_of(search.store))
        scored = judge.score(text, texts, asked, search.product_vectors(ids))
        return [one.probability >= judge.accept_at for one in scored]

    @cached_property
    def _vocabulary(self) -> tuple[list[int], list[ProductText], Any]:
        """Ids, texts as the judge reads them, and vectors of every keyword that pruning may keep."""
        rows = list(
            Keyword.objects.filter(store=self.store, density__gte=candidates.LEAST_DENSITY)
            .exclude(embedding=None)
            .order_by("id")
        )
        search = CatalogSearch(self.store, self.briefs[0].hard(), self.today)
        return (
            [row.pk for row in rows],
            [_as_product(row) for row in rows],
            search.keyword_vectors([r.pk for r in rows]),
        )

    def _recall(self, row: Row) -> float | None:
        """Of the keywords that the judge accepts for the theme, over the whole vocabulary: the share pruning kept."""
        if row.candidates is None:
            return None
        ids, texts, vectors = self._vocabulary
        judge, text = kits.evaluator(), _text(row.theme)
        asked = ThemeVectors.of(text, kits.encoder_of(self.store))
        near = np.flatnonzero((vectors @ asked.phrases.T).max(axis=1) >= LEAST_COSINE)
        scored = judge.score(text, [texts[place] for place in near], asked, vectors[near])
        accepted = {ids[place] for place, one in zip(near, scored, strict=True) if one.probability >= judge.accept_at}
        return metrics.recall(row.candidates, accepted, candidates.MOST)


def _text(theme: Theme) -> ThemeText:
    return ThemeText(theme.title, theme.subtitle, theme.intent, tuple(theme.concepts))


def _as_product(keyword: Keyword) -> ProductText:
    """A keyword in the place of a product: its words are the title; a category's are its leaf, with the path behind."""
    if keyword.kind == "category":
        return ProductText(keyword.text.rsplit(" > ", 1)[-1], category=keyword.text)
    return ProductText(keyword.text)


def _keyword_utilisation(page: MadePage, search: CatalogSearch) -> list[float | None]:
    """Of each row's keywords; what a keyword brings is what it reaches among the eligible products."""
    placements = [
        [set(search.eligible().filter(reach(keyword)).values_list("id", flat=True)) for keyword in row.keywords]
        for row in page.rows
        if row.keywords
    ]
    return [*metrics.keyword_utilisation(placements)]


def _whole(brief: Brief, page: MadePage, kit: Kit) -> dict[str, list[float | None]]:
    """Coherence and diversity of the page; nothing for a page without rows."""
    if not page.rows:
        return {"coherence": [], "diversity": []}
    titles = [f"{row.theme.title}. {row.theme.subtitle}".rstrip(". ") for row in page.rows]
    rows = kit.encoder.encode([brief.objective, *titles])
    objective, themes = rows[0], rows[1:]
    likeness = (themes @ themes.T).tolist()
    return {
        "coherence": [float((themes @ objective).mean())],
        "diversity": [metrics.diversity(likeness, [set(row.shown) for row in page.rows])],
    }
