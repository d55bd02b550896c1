"""Which themes of the library could make a page for this objective, this audience and this catalogue.

Proposals only, the best first: which of them make the page is `stages.selection`'s business, as it is with a model's.
"""

import random
import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from generation.campaigns.segments import read_loosely
from generation.encoders.base import Encoder, Vectors
from generation.llm.library import diets
from generation.llm.library.categories import category_rows
from generation.llm.library.filling import Fill, Goods, Suits, all_suit, unit
from generation.llm.library.shelf import Shelf, WrittenTheme
from generation.llm.library.sides import other_side
from generation.stages.contracts import Context, Plan, Theme, ThemesInput
from generation.stages.ports import Search
from generation.stages.selection import CONFIDENCE_FLOOR, MET, asked_vectors, rest, wish
from generation.stages.words import banned_in, carries, ruled_out

SHORTLIST = 160  # themes nearest to the objective whose fill is then measured in the catalogue
EACH_ASKED = 4  # and those nearest to each thing that is asked for
FILL_FLOOR = 0.42  # mean cosine of a theme's nearest products under which the catalogue does not hold it
RELEVANCE_FLOOR = 0.2  # under this a row has nothing to do with the objective
RELEVANCE_SHARE = 0.4  # and never below this share of the best theme's
CONFIDENCE_SHARE = (
    0.55  # of the surest theme's confidence: what is unlike the rest of a page may just be off its subject
)
ASKED_FLOOR = 0.4  # cosine of a category with a thing that is asked for, from which it can be its row
SUITING_LEAST = 0.25  # share of those products that the judge is sure of under the theme
FILL_WEIGHT = 0.15  # a theme the catalogue holds well, against one it holds just enough
SHELF_WEIGHT = 0.1  # a theme whose products stand on the shelves that the objective is about
DEPARTMENT_WEIGHT = 0.15  # being from the departments that the objective is about
VOTERS = 25  # nearest themes that say which departments an objective is about

SEASONS = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring", 6: "summer", 7: "summer",
           8: "summer", 9: "autumn", 10: "autumn", 11: "autumn"}  # fmt: skip


def plan(data: ThemesInput, shelf: Shelf, encoder: Encoder, search: Search, suits: Suits = all_suit) -> Plan:
    """Up to `data.wanted` themes, best first; an abstention when the catalogue can fill none."""
    context = data.context
    brief = context.brief
    question = unit(encoder.encode([_question(context), wish(brief.objective)]).sum(axis=0))
    asks, asked = asked_vectors(brief.concepts, brief.objective, encoder.encode)
    relevance = shelf.vectors @ question
    scored = _scored(context, shelf, relevance)
    if not scored:
        return Plan(abstained="every theme of the library breaks the banned terms or what the objective rules out")
    allowed = {place for _score, place in scored}
    near: list[int] = []
    for column in (shelf.vectors @ asked.T).T:
        near += [int(place) for place in np.argsort(-column, kind="stable")[:EACH_ASKED] if int(place) in allowed]
    nearest = {place for _score, place in scored[:SHORTLIST]} | set(near)
    shortlist = [(score, place) for score, place in scored if place in nearest]
    goods = Goods(search, encoder, question, asked, brief.density_min, suits)
    fills = goods.fills([shelf.themes[place] for _score, place in shortlist])
    floor = max(RELEVANCE_FLOOR + DEPARTMENT_WEIGHT, RELEVANCE_SHARE * shortlist[0][0])
    able = [
        (score + FILL_WEIGHT * fill.cosine + SHELF_WEIGHT * fill.on_shelf, place, fill)
        for (score, place), fill in zip(shortlist, fills, strict=True)
        if score >= floor
        and fill.cosine >= FILL_FLOOR
        and fill.suiting >= SUITING_LEAST
        and fill.confidence >= CONFIDENCE_FLOOR
    ]
    best = max((fill.confidence for _value, _place, fill in able), default=0.0)
    able = [one for one in able if one[2].confidence >= CONFIDENCE_SHARE * best]
    able.sort(key=lambda one: (-one[0], one[1]))
    themes = [_theme(shelf.themes[place], fill) for _value, place, fill in able[: data.wanted]]
    themes += _plain_rows(context, themes, goods, asks, asked, question)
    if not themes:
        return Plan(abstained="the catalogue cannot fill any theme of the library under these constraints")
    return Plan(themes=themes)


def _scored(context: Context, shelf: Shelf, relevance: Vectors) -> list[tuple[float, int]]:
    """The themes that may be used, by how much they are about the objective, best first."""
    brief = context.brief
    departments = _departments(shelf, relevance)
    avoided = [*ruled_out(f"{brief.objective}. {brief.instruction}"), *brief.exclude_terms]
    not_eaten = diets.avoided(read_loosely(brief.segment.profile).diet)
    chance = random.Random(brief.seed)
    scored: list[tuple[float, int]] = []
    for place, theme in enumerate(shelf.themes):
        jitter = chance.random() * 0.01  # another seed breaks near ties another way
        if banned_in(f"{theme.title} {theme.subtitle}", brief.banned_terms):
            continue
        if any(carries(f"{theme.title}. {theme.subtitle}. {'. '.join(theme.concepts)}", word) for word in avoided):
            continue
        if diets.ruled_out(theme, not_eaten) or other_side(theme, brief.objective):
            continue
        about = max((departments.get(department, 0.0) for department in theme.departments), default=0.0)
        score = float(relevance[place]) + DEPARTMENT_WEIGHT * about + _occasion(theme, context) + jitter
        scored.append((score, place))
    return sorted(scored, reverse=True)


def _plain_rows(
    context: Context, themes: Sequence[Theme], goods: Goods, asks: Sequence[str], asked: Vectors, question: Vectors
) -> list[Theme]:
    """The shop's own categories as rows: for each concept of the brief that no theme is about, and where the library
    has fewer themes than the page has places."""
    brief = context.brief
    rows: list[Theme] = []
    reached = goods.reached(themes)
    for number in range(len(asks)) if brief.concepts or len(asks) > 1 else ():
        if not reached.size or reached[:, number].max() < MET:
            rows += category_rows(context, [*themes, *rows], 1, goods, asked[number], floor=ASKED_FLOOR)
    missing = brief.placements - len(themes) - len(rows)
    return rows + category_rows(context, [*themes, *rows], 2 * missing, goods, question)


def _departments(shelf: Shelf, relevance: Vectors) -> dict[str, float]:
    """How much the objective is about each department, 0..1: the votes of the nearest themes, weighed by nearness."""
    votes: defaultdict[str, float] = defaultdict(float)
    for place in np.argsort(-relevance, kind="stable")[:VOTERS]:
        for department in shelf.themes[place].departments:
            votes[department] += max(float(relevance[place]), 0.0) ** 3
    most = max(votes.values(), default=0.0)
    return {department: vote / most for department, vote in votes.items()} if most else {}


def _question(context: Context) -> str:
    """Objective, season and audience as one text; the profile's shelf names say more than its adjectives."""
    brief = context.brief
    profile = read_loosely(brief.segment.profile)
    told = [*profile.names("categories")[:4], *profile.diet[:1], *([profile.household] if profile.household else [])]
    return ". ".join(
        part for part in (wish(brief.objective), rest(brief.instruction), brief.season, ", ".join(told)) if part
    )


def _occasion(theme: WrittenTheme, context: Context) -> float:
    """A nudge for season, occasion and kind of objective: a Christmas row needs a reason to be there in July."""
    brief = context.brief
    asked = f"{brief.objective} {brief.season}".casefold()
    nudge = 0.03 if brief.objective_kind in theme.objectives else 0.0
    if theme.occasions:
        named = any(re.search(rf"\b{re.escape(occasion.casefold())}", asked) for occasion in theme.occasions)
        near = {one.occasion.casefold() for one in context.upcoming}
        if named:
            nudge += 0.08
        elif not near.isdisjoint(occasion.casefold() for occasion in theme.occasions):
            pass  # it is that time of the year; nothing speaks against the theme
        elif brief.objective_kind not in ("occasion", "season"):
            nudge -= 0.08
    if theme.seasons and "all year" not in theme.seasons:
        season = next((name for name in (*SEASONS.values(), "monsoon") if name in asked), "")
        now = season or context.season or SEASONS[brief.today.month]
        nudge += 0.05 if now in theme.seasons else -0.06
    return nudge


def _theme(theme: WrittenTheme, fill: Fill) -> Theme:
    return Theme(
        title=theme.title,
        subtitle=theme.subtitle,
        intent=theme.intent,
        concepts=list(theme.concepts),
        hints=list(fill.shelves),
        confidence=fill.confidence,
        reason=theme.intent,
    )
