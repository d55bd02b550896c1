"""How the catalogue holds a theme: its nearest products, the shelves they stand on, and what was asked for."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from generation.encoders.base import Encoder, Vectors
from generation.llm.library.shelf import WrittenTheme
from generation.stages.contracts import Theme
from generation.stages.ports import Near, Search

DEPTH = 12  # products looked at per theme
SHELF_DEPTH = 200  # products nearest to the objective that say which shelves it is about
SUPPORT_FLOOR = 0.65  # cosine from which a concept has a keyword of its own
SUPPORTED_LEAST = 0.6  # share of a theme's concepts that must have one
SHELVES_TOLD = 2


Suits = Callable[[Sequence[WrittenTheme], Sequence[Sequence[int]]], Sequence[float]]
"""For each theme, the share of some products (by primary key) that the judge is sure of under it."""


def all_suit(themes: Sequence[WrittenTheme], found: Sequence[Sequence[int]]) -> Sequence[float]:
    """Where nobody judges beforehand."""
    return [1.0] * len(themes)


@dataclass(frozen=True)
class Fill:
    """`cosine` is the mean over the nearest products, `suiting` the share of them that the judge is sure of, `on_shelf`
    how far they stand on the shelves that the objective is about, `asked` how near a concept of the theme comes to
    something asked for; all 0..1. `shelves` are the names of the shelves that hold most of them."""

    cosine: float = 0.0
    suiting: float = 1.0
    on_shelf: float = 0.0
    asked: float = 0.0
    shelves: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """How sure it is that this shop can fill the row with what the objective is after, 0..1."""
        about = (min(max(self.asked, 0.0), 1.0) + self.on_shelf) / 2
        return round(about * (0.5 + 0.5 * self.suiting), 3)


class Goods:
    """The eligible products as an objective sees them. `question` (d,) is the objective, `asked` (m, d) the things it
    asks for."""

    def __init__(
        self,
        search: Search,
        encoder: Encoder,
        question: Vectors,
        asked: Vectors,
        density_min: int,
        suits: Suits = all_suit,
    ) -> None:
        self.search, self.encoder, self.asked, self._suits = search, encoder, asked, suits
        self._least = max(2, density_min // 2)
        self._about = _shelves(search.nearest_products(question, SHELF_DEPTH))

    def fills(self, themes: Sequence[WrittenTheme]) -> list[Fill]:
        """One `Fill` per theme; nothing where its concepts have no keywords of their own."""
        concepts = [concept for theme in themes for concept in theme.concepts]
        rows = self.encoder.encode([*concepts, *(theme.title for theme in themes)])
        nearest = self.search.nearest_keywords(rows[: len(concepts)], 1, self._least)
        spans, start = [], 0
        for theme in themes:
            spans.append(slice(start, start + len(theme.concepts)))
            start += len(theme.concepts)
        held = [number for number, span in enumerate(spans) if _supported(nearest[span])]
        titles = rows[len(concepts) :]
        vectors = [unit(rows[spans[one]].mean(axis=0) + titles[one] / len(themes[one].concepts)) for one in held]
        found = self.search.nearest_products_each(np.asarray(vectors), DEPTH) if held else []
        shares = self._suits([themes[one] for one in held], [[near.product for near in row] for row in found])
        fills = [Fill()] * len(themes)
        for number, products, share in zip(held, found, shares, strict=True):
            fills[number] = self._fill(np.vstack([rows[spans[number]], titles[number]]), products, share)
        return fills

    def _fill(self, phrases: Vectors, found: Sequence[Near], suiting: float) -> Fill:
        counted = Counter(name for near in found if (name := _leaf(near)))
        return Fill(
            cosine=sum(near.cosine for near in found) / DEPTH,
            suiting=suiting,
            on_shelf=sum(self._about.get(_shelf_of(near.categories), 0.0) for near in found) / DEPTH,
            asked=float((phrases @ self.asked.T).max()),
            shelves=tuple(name for name, _count in counted.most_common(SHELVES_TOLD)),
        )

    def reached(self, themes: Sequence[Theme]) -> Vectors:
        """How near each theme's title or concepts come to each thing asked for, (n, m)."""
        rows = [self.encoder.encode([theme.title, *theme.concepts]) @ self.asked.T for theme in themes]
        return np.asarray([row.max(axis=0) for row in rows], dtype=np.float32).reshape(len(rows), len(self.asked))

    def of_category(self, path: str, name: Vectors) -> Fill:
        """The same for one of the shop's own categories, whose name has the vector `name` (d,)."""
        nodes = path.split(" > ")
        above = tuple(" > ".join(nodes[: depth + 1]) for depth in range(len(nodes)))
        return Fill(
            on_shelf=self._about.get(_shelf_of(above), 0.0),
            asked=float((name @ self.asked.T).max()),
            shelves=(nodes[-1],),
        )


def _supported(nearest: Sequence[Sequence[tuple[object, float]]]) -> bool:
    """Whether enough concepts have a keyword of their own."""
    near = [bool(found) and found[0][1] >= SUPPORT_FLOOR for found in nearest]
    return sum(near) >= SUPPORTED_LEAST * len(near)


def unit(vector: Vectors) -> Vectors:
    """`vector` (d,) at length 1."""
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _leaf(near: Near) -> str:
    return near.categories[-1].rsplit(" > ", 1)[-1].strip() if near.categories else ""


def _shelf_of(categories: Sequence[str]) -> str:
    """The second node of a category path: a department is too wide to say anything, a leaf too narrow."""
    return categories[min(1, len(categories) - 1)] if categories else ""


def _shelves(nearest: Sequence[Near]) -> dict[str, float]:
    """How much the objective is about each shelf of the shop, 0..1: the nearest products' votes, by nearness."""
    votes: defaultdict[str, float] = defaultdict(float)
    for near in nearest:
        votes[_shelf_of(near.categories)] += max(near.cosine, 0.0) ** 2
    most = max(votes.values(), default=0.0)
    return {shelf: (vote / most) ** 0.5 for shelf, vote in votes.items()} if most else {}
