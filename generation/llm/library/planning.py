"""Which themes of the library make a page for this objective, this audience and this catalogue."""

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.encoders.base import Encoder, Vectors
from generation.llm.library.shelf import Shelf, WrittenTheme
from generation.stages.contracts import Context, Theme, Themes, ThemesInput
from generation.stages.ports import Near, Search
from generation.stages.words import banned_in, carries, ruled_out

SHORTLIST = 60  # themes nearest to the objective whose fill is then measured in the catalogue
FILL_DEPTH = 12  # products looked at per theme
FILL_FLOOR = 0.42  # mean cosine of those products under which the catalogue does not hold the theme
SUPPORT_FLOOR = 0.65  # cosine from which a concept has a keyword of its own
SUPPORTED_LEAST = 0.6  # share of a theme's concepts that must have one
RELEVANCE_FLOOR = 0.2  # under this a row has nothing to do with the objective
RELEVANCE_SHARE = 0.6  # and never below this share of the best theme's
FILL_WEIGHT = 0.15  # a theme the catalogue holds well, against one it holds just enough
CATEGORY_FLOOR = 0.35  # a category's bare name must be plainly about the objective
CATEGORIES_READ = 2000
SHELF_DEPTH = 200  # products nearest to the objective that say which shelves it is about
SHELF_WEIGHT = 0.1  # a theme whose products stand on those shelves
SHELF_FLOOR = 0.05  # and one whose products stand nowhere near them is off the objective, however it is worded
DEPARTMENT_WEIGHT = 0.15  # being from the departments that the objective is about
DIVERSITY = 0.25  # weight of "unlike the rows above" against "like the objective" in the choice
TOO_CLOSE = 0.78  # two themes this near say the same
SHARED_MOST = 4  # of the `FILL_DEPTH` nearest products that two themes may have in common

VOTERS = 25  # nearest themes that say which departments an objective is about

_LIMIT = re.compile(
    r"\b(?:under|below|less than|up to|at most|max(?:imum)?|within)\s+(?:[^\W\d]{1,3}\.?\s*|[€£$₹]\s*)?\d[\d.,]*\s*"
    r"(?:[€£$₹]|[a-z]{2,8}\b)?|\b(?:no|without|free (?:from|of)|excluding)\s+\w+(?:\s+(?:or|and)\s+\w+)*",
    re.IGNORECASE,
)
SEASONS = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring", 6: "summer", 7: "summer",
           8: "summer", 9: "autumn", 10: "autumn", 11: "autumn"}  # fmt: skip


def plan(data: ThemesInput, shelf: Shelf, encoder: Encoder, search: Search) -> Themes:
    """Up to `data.wanted` themes, best first, no two competing; an abstention when the catalogue can fill none."""
    context = data.context
    brief = context.brief
    question = _unit(encoder.encode([_question(context), _wish(brief.objective)]).sum(axis=0))
    relevance = shelf.vectors @ question
    departments = _departments(shelf, relevance)
    avoided = ruled_out(brief.objective)
    chance = random.Random(brief.seed)
    scored: list[tuple[float, int]] = []
    for place, theme in enumerate(shelf.themes):
        jitter = chance.random() * 0.01  # another seed breaks near ties another way
        if banned_in(f"{theme.title} {theme.subtitle}", brief.banned_terms):
            continue
        if any(carries(f"{theme.title}. {theme.subtitle}. {'. '.join(theme.concepts)}", word) for word in avoided):
            continue
        about = max((departments.get(department, 0.0) for department in theme.departments), default=0.0)
        score = float(relevance[place]) + DEPARTMENT_WEIGHT * about + _occasion(theme, context) + jitter
        scored.append((score, place))
    scored.sort(reverse=True)
    shortlist = scored[:SHORTLIST]
    if not shortlist:
        return Themes(abstained="every theme of the library breaks the banned terms or what the objective rules out")
    floor = max(RELEVANCE_FLOOR + DEPARTMENT_WEIGHT, RELEVANCE_SHARE * shortlist[0][0])
    places = [place for _score, place in shortlist]
    shelves = _shelves(search.nearest_products(question, SHELF_DEPTH))
    fills = _fills([shelf.themes[place] for place in places], shelves, brief.density_min, encoder, search)
    able = [
        (score + FILL_WEIGHT * fill.cosine + SHELF_WEIGHT * fill.on_shelf, place)
        for (score, place), fill in zip(shortlist, fills, strict=True)
        if score >= floor and fill.cosine >= FILL_FLOOR and fill.on_shelf >= SHELF_FLOOR
    ]
    goods = {place: fill.products for place, fill in zip(places, fills, strict=True)}
    chosen = _diverse(able, shelf.vectors, goods, data.wanted)
    themes = [_theme(shelf.themes[place], float(relevance[place])) for place in chosen]
    if len(themes) < brief.placements:
        themes += _category_rows(context, themes, data.wanted - len(themes), encoder, search, question)
    if not themes:
        return Themes(abstained="the catalogue cannot fill any theme of the library under these constraints")
    return Themes(themes=themes)


def _wish(objective: str) -> str:
    """The objective without its limits ("under 10 euros", "no pork"): those are constraints, not meaning."""
    wish = _LIMIT.sub(" ", objective)
    return re.sub(r"\s+", " ", wish).strip(" ,.;") or objective


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
    profile = brief.segment.profile
    hints = [
        str(hint) for key in ("top_categories", "categories", "diet", "household") for hint in _many(profile.get(key))
    ]
    return ". ".join(part for part in (_wish(brief.objective), brief.season, ", ".join(hints[:6])) if part)


def _many(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _occasion(theme: WrittenTheme, context: Context) -> float:
    """A nudge for season, occasion and kind of objective: a Christmas row needs a reason to be there in July."""
    brief = context.brief
    asked = f"{brief.objective} {brief.season}".casefold()
    nudge = 0.03 if brief.objective_kind in theme.objectives else 0.0
    if theme.occasions:
        named = any(re.search(rf"\b{re.escape(occasion.casefold())}", asked) for occasion in theme.occasions)
        if named:
            nudge += 0.08
        elif brief.objective_kind not in ("occasion", "season"):
            nudge -= 0.08
    if theme.seasons and "all year" not in theme.seasons:
        season = next((name for name in (*SEASONS.values(), "monsoon") if name in asked), "")
        now = season or SEASONS[brief.today.month]
        nudge += 0.05 if now in theme.seasons else -0.06
    return nudge


@dataclass(frozen=True)
class Fill:
    """How the catalogue holds a theme: the products nearest to it, their mean cosine, and how far they stand on the
    shelves that the objective is about (0..1)."""

    cosine: float = 0.0
    on_shelf: float = 0.0
    products: frozenset[int] = frozenset()


def _shelf_of(near: Near) -> str:
    """The second node of a category path: a department is too wide to say anything, a leaf too narrow."""
    return near.categories[min(1, len(near.categories) - 1)] if near.categories else ""


def _shelves(nearest: Sequence[Near]) -> dict[str, float]:
    """How much the objective is about each shelf of the shop, 0..1: the nearest products' votes, by nearness."""
    votes: defaultdict[str, float] = defaultdict(float)
    for near in nearest:
        votes[_shelf_of(near)] += max(near.cosine, 0.0) ** 2
    most = max(votes.values(), default=0.0)
    return {shelf: (vote / most) ** 0.5 for shelf, vote in votes.items()} if most else {}


def _fills(
    themes: Sequence[WrittenTheme], about: dict[str, float], density_min: int, encoder: Encoder, search: Search
) -> list[Fill]:
    """One `Fill` per theme; nothing where its concepts have no keywords of their own."""
    concepts = [concept for theme in themes for concept in theme.concepts]
    rows = encoder.encode([*concepts, *(theme.title for theme in themes)])
    nearest = search.nearest_keywords(rows[: len(concepts)], 1, max(2, density_min // 2))
    fills: list[Fill] = []
    start = 0
    for number, theme in enumerate(themes):
        stop = start + len(theme.concepts)
        supported = [bool(found) and found[0][1] >= SUPPORT_FLOOR for found in nearest[start:stop]]
        if sum(supported) < SUPPORTED_LEAST * len(supported):
            fills.append(Fill())
        else:
            vector = _unit(rows[start:stop].mean(axis=0) + rows[len(concepts) + number] / len(theme.concepts))
            found = search.nearest_products(vector, FILL_DEPTH)
            fills.append(
                Fill(
                    cosine=sum(near.cosine for near in found) / FILL_DEPTH,
                    on_shelf=sum(about.get(_shelf_of(near), 0.0) for near in found) / FILL_DEPTH,
                    products=frozenset(near.product for near in found),
                )
            )
        start = stop
    return fills


def _diverse(
    able: Sequence[tuple[float, int]], vectors: Vectors, goods: dict[int, frozenset[int]], wanted: int
) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998); never two themes that say the same or would
    compete for the same products."""
    left = sorted(able, reverse=True)
    chosen: list[int] = []
    while left and len(chosen) < wanted:
        best: tuple[float, int] | None = None
        for score, place in left:
            near = float(max((vectors[place] @ vectors[other] for other in chosen), default=0.0))
            shared = max((len(goods[place] & goods[other]) for other in chosen), default=0)
            if near > TOO_CLOSE or shared > SHARED_MOST:
                continue
            value = (1 - DIVERSITY) * score - DIVERSITY * near
            if best is None or value > best[0]:
                best = (value, place)
        if best is None:
            break
        chosen.append(best[1])
        left = [(score, place) for score, place in left if place != best[1]]
    return chosen


def _theme(theme: WrittenTheme, relevance: float) -> Theme:
    return Theme(
        title=theme.title,
        subtitle=theme.subtitle,
        intent=theme.intent,
        concepts=list(theme.concepts),
        confidence=round(min(max(relevance, 0.0), 1.0), 3),
        reason=theme.intent,
    )


def _category_rows(
    context: Context, themes: Sequence[Theme], wanted: int, encoder: Encoder, search: Search, question: Vectors
) -> list[Theme]:
    """Where the library ends: the shop's own category names as plain rows, nearest to the objective first.

    Never a name that is banned or ruled out, nor one that is a row already: shops have "Accessories" in many places.
    """
    if wanted <= 0:
        return []
    brief = context.brief
    avoided = ruled_out(brief.objective)
    taken = {theme.title.casefold() for theme in themes}
    facts = search.categories(CATEGORIES_READ)
    parents = {fact.path.rsplit(" > ", 1)[0] for fact in facts if " > " in fact.path}
    leaves = [
        fact
        for fact in facts
        if fact.eligible >= context.brief.density_min
        and fact.path not in parents
        and 3 <= len(fact.path.rsplit(" > ", 1)[-1]) <= 48
        and not banned_in(fact.path, brief.banned_terms)
        and not any(carries(fact.path, word) for word in avoided)
    ]
    if not leaves:
        return []
    near = encoder.encode([fact.path.replace(" > ", ", ") for fact in leaves]) @ question
    order = [place for place in np.argsort(-near, kind="stable") if near[place] >= CATEGORY_FLOOR]
    rows: list[Theme] = []
    for place in order:
        fact = leaves[place]
        *above, name = fact.path.split(" > ")
        if len(rows) == wanted or name.casefold() in taken:
            continue
        taken.add(name.casefold())
        parent = above[-1] if above and above[-1].casefold() != name.casefold() else ""
        rows.append(
            Theme(
                title=name,
                subtitle=f"From {parent}" if 0 < len(parent) <= 80 else "",
                intent=f"A shopper is looking for {name.lower()}.",
                concepts=[name, *above[-1:]],
                confidence=round(float(near[place]), 3),
                reason="The library holds no closer theme; this is the shop's own category.",
            )
        )
    return rows


def _unit(vector: Vectors) -> Vectors:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
