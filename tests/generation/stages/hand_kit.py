"""A kit put together by hand: ports that say what a test tells them to, and remember what they were asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from generation.encoders.base import Vectors
from generation.llm.base import NOTHING, Call, Reply
from generation.rankers.base import Worth
from generation.stages.contracts import (
    Brief,
    Candidate,
    CategoryFact,
    Hit,
    Hits,
    Ranked,
    Ranking,
    Receipt,
    Theme,
)
from generation.stages.ports import Asked, Kit, Near
from tests.factories import TODAY


@dataclass
class Scripted:
    """A `TextModel` whose answer a test writes; the answer is checked as every adapter checks it."""

    answer: Callable[[Any], Any]
    name: str = "scripted:1"
    label: str = "Scripted judge"
    calls: list[Call[Any]] = field(default_factory=list)

    def complete(self, call: Call[Any]) -> Reply[Any]:
        self.calls.append(call)
        value = self.answer(call.data)
        call.check(value)
        return Reply(value, self.name, NOTHING, (), repaired=False)


class Letters:
    """An encoder in which texts with the same letters are near."""

    name = "letters"
    dimensions = 26

    def encode(self, texts: Sequence[str], batch_size: int = 64) -> Vectors:
        counts = [[text.lower().count(chr(97 + n)) + 0.01 for n in range(26)] for text in texts]
        rows = np.asarray(counts, dtype=np.float32).reshape(len(texts), 26)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@dataclass
class Word:
    """A keyword of the vocabulary."""

    pk: int
    text: str
    kind: str = "search"
    field: str = ""
    density: int = 10
    synonyms: Sequence[str] = ()


@dataclass
class Shelves:
    """A `Search` over what a test puts in it."""

    nearest: Sequence[Sequence[tuple[Word, float]]] = ()
    found: Hits = Hits(density=0, hits=[])  # noqa: RUF009 - frozen
    failing: str = ""
    eligible_count: int = 1000
    facts: Sequence[CategoryFact] = (CategoryFact(path="A > B", eligible=10),)
    counts: dict[int, int] = field(default_factory=dict)  # eligible products by keyword, else its density
    found_for: dict[int, Hits] = field(default_factory=dict)  # hits as soon as this keyword is asked for
    breaking: dict[int, list[str]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def categories(self, limit: int = 40) -> list[CategoryFact]:
        return list(self.facts)

    def nearest_keywords(self, vectors: Vectors, each: int, density_min: int) -> Sequence[Sequence[tuple[Word, float]]]:
        return self.nearest

    def eligible_counts(self, keywords: Sequence[Candidate]) -> dict[int, int]:
        return {keyword.id: self.counts.get(keyword.id, keyword.density) for keyword in keywords}

    def prepare(self) -> None:
        """Everything is at hand."""

    def retrieve(self, asked: Sequence[Asked], pool: int) -> list[Hits]:
        self.asked += asked
        return [
            next((self.found_for[word.id] for word in reversed(row.keywords) if word.id in self.found_for), self.found)
            for row in asked
        ]

    def nearest_products(self, vector: Vectors, limit: int) -> list[Near]:
        return []

    def nearest_products_each(self, vectors: Vectors, limit: int) -> list[list[Near]]:
        return [[] for _ in vectors]

    def product_vectors(self, ids: Sequence[int]) -> Vectors:
        return np.zeros((len(ids), 26), dtype=np.float32)

    def receipts(self, ids: Sequence[int]) -> list[Receipt]:
        return [
            Receipt(constraint="in stock", passes=True, detail="all"),
            Receipt(constraint="price up to 5", passes=not self.failing, detail=self.failing or "all"),
        ]

    def broken(self, ids: Sequence[int]) -> dict[int, list[str]]:
        return {id_: self.breaking[id_] for id_ in ids if id_ in self.breaking}


class Level:
    """A ranker to which all products are worth the same."""

    name = "level"

    def rate(self, brief: Brief, hits: Sequence[Hit]) -> list[Worth]:
        return [Worth(0.5, []) for _ in hits]

    def weighed(self, weights: Mapping[str, Mapping[str, float]]) -> "Level":
        return self


def kit(**parts: Any) -> Kit:
    made: dict[str, Any] = {
        "model": Scripted(lambda data: None),
        "encoder": Letters(),
        "search": Shelves(),
        "ranker": Level(),
        "fits": lambda theme, hits: [],
        "evaluator": "Built-in judge 1",
        "fit_floor": 0.7,
    }
    return Kit(**{**made, **parts})


def brief(**fields: Any) -> Brief:
    asked: dict[str, Any] = {
        "objective_kind": "discovery",
        "objective": "Soups for cold days",
        "placements": 2,
        "products": 4,
        "density_min": 3,
        "today": TODAY,
    }
    return Brief(**{**asked, **fields})


def theme(title: str = "Soups for two", **fields: Any) -> Theme:
    return Theme(**{"title": title, "concepts": ["soup", "broth"], **fields})


def hit(product: int, **fields: Any) -> Hit:
    facts: dict[str, Any] = {
        "product": product,
        "item_id": f"sku-{product}",
        "title": f"{chr(97 + product % 26) * 6} {chr(98 + product % 25) * 4}",
        "brand": f"Brand {product}",
        "category": "Grocery > Soups",
        "description": "",
        "price": 2.5,
        "rating": None,
        "rating_count": None,
        "popularity": None,
        "margin": None,
        "quantity": None,
        "listed_on": None,
        "on_sale": False,
        "similarity": 0.7,
        "rrf": 0.02,
        "sources": ["soup"],
    }
    return Hit(**{**facts, **fields})


def ranking(count: int, fit: float = 0.9) -> Ranking:
    rows = [Ranked(hit=hit(n), rank_score=0.5, fit=fit, score=1 - n / 100, why="A soup.") for n in range(1, count + 1)]
    return Ranking(ranked=rows, unfit=0)


def candidate(id_: int, text: str = "soup", **fields: Any) -> Candidate:
    facts: dict[str, Any] = {"kind": "search", "density": 10, "similarity": 0.8, "concept": "soup"}
    return Candidate(id=id_, text=text, **{**facts, **fields})
