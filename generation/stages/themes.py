"""Stage 2: model 1 plans more rows than the page holds, and selection takes those that make the best page.

Model 1 never sees the vocabulary. What it planned and what is not worked on is kept with who left it out and why.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from rapidfuzz import fuzz, utils

from generation.llm.base import Call
from generation.llm.prompts import load
from generation.stages import selection
from generation.stages.contracts import Brief, Context, LeftOut, Plan, Theme, Themes, ThemesInput
from generation.stages.meaning import meaning
from generation.stages.ports import Kit, Near
from generation.stages.words import banned_in
from storefront_studio.lib.errors import BadOutput

SELECTION, MEMORY = "selection v1", "rejection memory"
CONFIDENCE_WEIGHT = 0.2  # against the cosine with the objective
ORDER_WEIGHT = 0.05  # who planned put the best first; that decides between themes that are as near
LOOK_CLOSER = 0.6  # likeness of two themes from which it is worth asking whether they would show the same products
DEPTH = 12  # nearest products that are compared
UNUSED = "enough themes"


def run(context: Context, kit: Kit) -> Themes:
    """Themes in page order: one for every place that no fixed row holds, `kit.reserves` as many again behind them,
    since some will be dropped on the way. At least `kit.proposals` are asked for.

    Raises BadOutput when the model abstains.
    """
    brief = context.brief
    places = max(brief.placements - len(context.fixed_titles), 1)
    wanted = places + max(2, round(places * kit.reserves))
    data = ThemesInput(context=context, wanted=max(wanted, kit.proposals))
    call = Call(
        stage="themes",
        prompt=load("themes", kit.prompts["themes"]),
        data=data,
        answer=Plan,
        check=lambda answer: check(answer, brief),
    )
    answer = kit.model.complete(call).value
    if answer.abstained and not answer.themes:
        raise BadOutput(f"{kit.model.label} proposed no themes: {answer.abstained}")
    return select(answer.themes[: data.wanted], context, kit, places, wanted)


def check(answer: Plan, brief: Brief) -> None:
    """Domain rules of a plan, in words a model can act on."""
    if not answer.themes and not answer.abstained:
        raise ValueError("give at least one theme, or set abstained to the reason why there is none")
    seen: set[str] = set()
    for number, theme in enumerate(answer.themes, start=1):
        found = banned_in(f"{theme.title} {theme.subtitle}", brief.banned_terms)
        if found:
            raise ValueError(f"theme {number} uses the banned term “{found}”; write it without")
        title = theme.title.casefold()
        if title in seen:
            raise ValueError(f"theme {number} repeats the title “{theme.title}”; every theme must differ")
        seen.add(title)


def select(planned: Sequence[Theme], context: Context, kit: Kit, places: int, wanted: int) -> Themes:
    """Of what was planned: the best `places` in page order, reserves up to `wanted`, and why the others are left."""
    table = _Table(planned, context, kit)
    left = {number: out for number, theme in enumerate(planned) if (out := table.turned_away(number, theme))}
    free = table.without_twins([number for number in range(len(planned)) if number not in left], left)
    floor = kit.relevant * max((table.relevance[number] for number in free), default=0.0)
    close = [number for number in free if table.relevance[number] >= floor or table.meets(number)]
    chosen = [close[row] for row in selection.arrange(table.pool(close), places, wanted)] if close else []
    chosen += sorted(set(free) - set(close), key=lambda one: -table.relevance[one])[: wanted - len(chosen)]
    for number in free:
        if number not in chosen:
            reason = f"{len(chosen)} themes were taken; this one would have added least to the page."
            left[number] = LeftOut(
                theme=planned[number],
                by=SELECTION,
                facet=UNUSED,
                reason=reason,
                score=round(float(table.quality[number]), 4),
            )
    return Themes(themes=[planned[number] for number in chosen], left_out=[left[number] for number in sorted(left)])


class _Table:
    """What was planned, in vectors."""

    def __init__(self, planned: Sequence[Theme], context: Context, kit: Kit) -> None:
        brief = context.brief
        self.planned, self.kit = planned, kit
        self.policy = kit.policy
        self.standing = [*context.fixed_titles, *brief.avoid]
        lines = [f"{theme.title}. {theme.subtitle}".rstrip(". ") for theme in planned]
        meanings = [meaning(theme.title, theme.subtitle, theme.concepts) for theme in planned]
        phrases = [phrase for theme in planned for phrase in (theme.title, *theme.concepts)]
        texts = list(dict.fromkeys([brief.objective, *lines, *meanings, *phrases, *self.standing]))
        rows = dict(zip(texts, kit.encoder.encode(texts).astype(np.float64), strict=True))

        def of(some: Sequence[str]) -> selection.Matrix:
            return np.asarray([rows[text] for text in some]).reshape(len(some), kit.encoder.dimensions)

        asks, asked = selection.asked_vectors(brief.concepts, brief.objective, kit.encoder.encode)
        self.lines, self.meanings = of(lines), of(meanings)
        self.titles, self.rulings = of([theme.title for theme in planned]), of(self.standing)
        self.covers = np.asarray(
            [(of([theme.title, *theme.concepts]) @ asked.T).max(axis=0) for theme in planned]
        ).reshape(len(planned), len(asks))
        confidence = np.asarray([theme.confidence for theme in planned])
        objective = rows[brief.objective]
        # Title and concepts each by itself: a short title alone is near to many things.
        self.relevance = np.asarray([(of([one.title, *one.concepts]) @ objective).mean() for one in planned])
        order = 1 - np.arange(len(planned)) / max(len(planned), 1)
        self.quality = self.lines @ objective + CONFIDENCE_WEIGHT * confidence + ORDER_WEIGHT * order
        self.likeness = self.lines @ self.lines.T
        self.alike = self.meanings @ self.meanings.T
        self.near = kit.memory.near(self.meanings.astype(np.float32), self.policy.reject_near, against_theme=True)
        self._products: dict[int, set[int]] = {}
        self._near: Sequence[Sequence[Near]] = ()

    def turned_away(self, number: int, theme: Theme) -> LeftOut | None:
        """Why a theme is not even compared with the others, cheapest reason first; None when it may be."""

        def out(facet: str, reason: str, score: float, by: str = SELECTION, ruling: int | None = None) -> LeftOut:
            return LeftOut(theme=theme, by=by, facet=facet, reason=reason, score=round(score, 4), ruling=ruling)

        if theme.confidence < selection.CONFIDENCE_FLOOR:
            sure = f"sure of it by {theme.confidence:.0%} only; {selection.CONFIDENCE_FLOOR:.0%} is the least"
            return out("confidence", f"{self.kit.model.label} is {sure}.", theme.confidence)
        for title, vector in zip(self.standing, self.rulings, strict=True):
            words, cosine = same_words(title, theme.title), float(self.titles[number] @ vector)
            if words >= self.policy.same_title or cosine >= self.policy.same_meaning:
                return out("not a duplicate", f"Says the same as “{title}”, which is settled already.", cosine)
        ruling = self.near[number]
        if ruling is not None:
            said = f"{ruling.reason[:1].lower()}{ruling.reason[1:]}"
            reason = f"Near to “{ruling.title}”, which {ruling.person} rejected: {said}."
            return out("rejected before", reason, ruling.cosine, MEMORY, ruling.placement)
        return None

    def meets(self, number: int) -> bool:
        """Whether a theme is plainly about something that was asked for."""
        return bool((self.covers[number] >= selection.MET).any())

    def without_twins(self, numbers: Sequence[int], left: dict[int, LeftOut]) -> list[int]:
        """`numbers` without those that compete with a better one; each is put into `left` with the reason."""
        kept: list[int] = []
        for number in sorted(numbers, key=lambda one: (-self.quality[one], one)):
            rival = next((other for other in kept if self._competes(number, other)), None)
            if rival is None:
                kept.append(number)
                continue
            left[number] = LeftOut(
                theme=self.planned[number],
                by=SELECTION,
                facet="not a duplicate",
                reason=f"Would compete with “{self.planned[rival].title}”: {self._competes(number, rival)}.",
                score=round(float(self.alike[number, rival]), 4),
            )
        return sorted(kept)

    def _competes(self, one: int, other: int) -> str:
        """In which way two themes are one row, or ""."""
        if same_words(self.planned[one].title, self.planned[other].title) >= self.policy.same_title:
            return "the titles say the same"
        if self.alike[one, other] >= self.policy.same_meaning:
            return "they mean the same"
        if max(self.alike[one, other], self.likeness[one, other]) >= LOOK_CLOSER:
            a, b = self._nearest(one), self._nearest(other)
            if a and len(a & b) / len(a | b) >= self.policy.same_products:
                return f"{len(a & b)} of the {len(a)} products nearest to it are the same"
        return ""

    def _nearest(self, number: int) -> set[int]:
        if not self._near:  # asked for together: it is one question then, not one for every theme
            self._near = self.kit.search.nearest_products_each(self.meanings.astype(np.float32), DEPTH)
        if number not in self._products:
            self._products[number] = {near.product for near in self._near[number]}
        return self._products[number]

    def pool(self, numbers: Sequence[int]) -> selection.Pool:
        likeness = self.likeness[np.ix_(numbers, numbers)].copy()
        for (row, one), (column, other) in combinations(enumerate(numbers), 2):
            if one in self._products and other in self._products:
                a, b = self._products[one], self._products[other]
                shared = len(a & b) / max(len(a | b), 1)
                likeness[row, column] = likeness[column, row] = max(likeness[row, column], shared)
        return selection.Pool(self.quality[list(numbers)], likeness, self.covers[list(numbers)])


def same_words(title: str, other: str) -> float:
    """Likeness of two titles by their words, 0 to 100, whatever their order, case and punctuation."""
    return float(fuzz.token_set_ratio(title, other, processor=utils.default_process))
