"""What stages may use: the ports, gathered. Built from settings by `generation.kit`, or by hand in a test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from generation.encoders.base import Encoder, Vectors
from generation.llm.base import TextModel
from generation.rankers.base import Ranker
from generation.stages.contracts import Candidate, CategoryFact, Hit, Hits, Receipt, Theme
from generation.stages.policy import QualityPolicy
from generation.stages.settling import Settling


class KeywordRow(Protocol):
    """A keyword of the vocabulary, as search returns it."""

    pk: int
    kind: Any  # one of `contracts.Kind`: the database constrains it
    text: str
    field: str
    density: int

    @property
    def synonyms(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Near:
    """An eligible product near to a vector: its cosine and its category nodes from the root down."""

    product: int
    cosine: float
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What a row asks of retrieval: its keywords, and the vector (d,) of its theme."""

    keywords: Sequence[Candidate]
    vector: Vectors


class Search(Protocol):
    """Product and keyword search over one store, under one campaign's constraints."""

    @property
    def eligible_count(self) -> int: ...

    def categories(self, limit: int = 40) -> list[CategoryFact]: ...

    def nearest_keywords(
        self, vectors: Vectors, each: int, density_min: int
    ) -> Sequence[Sequence[tuple[KeywordRow, float]]]: ...

    def eligible_counts(self, keywords: Sequence[Candidate]) -> dict[int, int]: ...

    def prepare(self) -> None:
        """Read ahead what the questions below look at; called while something else is waited for."""

    def retrieve(self, asked: Sequence[Asked], pool: int) -> list[Hits]: ...

    def nearest_products(self, vector: Vectors, limit: int) -> list[Near]: ...

    def nearest_products_each(self, vectors: Vectors, limit: int) -> list[list[Near]]: ...

    def product_vectors(self, ids: Sequence[int]) -> Vectors: ...

    def receipts(self, ids: Sequence[int]) -> list[Receipt]: ...

    def broken(self, ids: Sequence[int]) -> dict[int, list[str]]:
        """Those of `ids` that break a constraint, with each constraint in words."""


@dataclass(frozen=True)
class NearRuling:
    """An earlier rejection that a theme is near to: the rejected placement's number, its title, why, and the cosine."""

    placement: int
    title: str
    reason: str
    note: str
    person: str
    cosine: float


class Memory(Protocol):
    """What people turned down before, by meaning."""

    def near(self, vectors: Vectors, at_least: float, against_theme: bool = False) -> Sequence[NearRuling | None]:
        """For every row of `vectors` (n, d), the nearest active ruling with a cosine of `at_least`, or None. With
        `against_theme` only of those that speak against the theme itself here, and not against what it showed.

        A theme's row is the vector of `stages.meaning.meaning(title, subtitle, concepts)`, as a ruling's is.
        """


class NoMemory:
    """Nothing was ever turned down."""

    def near(self, vectors: Vectors, at_least: float, against_theme: bool = False) -> Sequence[NearRuling | None]:
        return [None] * len(vectors)


class Fit(Protocol):
    """How well a product fits a theme: a probability and the reason in words."""

    @property
    def probability(self) -> float: ...

    @property
    def reason(self) -> str: ...


@dataclass(frozen=True)
class Kit:
    """The stages' tools. `model` plans and selects; `judge` is a language model or None (then the evaluator alone
    judges); `fits` scores every hit of a theme; `evaluator` names that scorer and its version,
    `fit_floor` is the probability from which it would show a product. `jurors` are further judge models, `policy` the
    thresholds in force, `memory` what people turned down before, `settling` how much of what they turn down judges may
    settle alone. `reserves` says how many themes are kept beyond the placements, as a share of them; at least
    `proposals` are asked for, where planning more costs nothing. A theme under a share `relevant` of the nearest
    theme's cosine with the objective serves as a reserve only. `at_once` jurors may be asked side by side; `release`
    is called at the end of work done in a thread of its own."""

    model: TextModel
    encoder: Encoder
    search: Search
    ranker: Ranker
    fits: Callable[[Theme, Sequence[Hit]], Sequence[Fit]]
    evaluator: str
    fit_floor: float
    judge: TextModel | None = None
    jurors: tuple[TextModel, ...] = ()
    policy: QualityPolicy = field(default_factory=QualityPolicy)
    memory: Memory = field(default_factory=NoMemory)
    settling: Settling = field(default_factory=Settling)
    reserves: float = 0.75
    proposals: int = 0
    relevant: float = 0.6
    at_once: int = 1
    release: Callable[[], None] = lambda: None
    prompts: dict[str, str] = field(
        default_factory=lambda: {"themes": "v2", "keywords": "v1", "judge": "v2", "page_judge": "v1"}
    )

    def theme_vector(self, theme: Theme) -> Vectors:
        """One vector (d,) for a theme: the mean of its title and its concepts, of length 1."""
        rows = self.encoder.encode([theme.title, *theme.concepts])
        mean = rows.mean(axis=0)
        return mean / max(float((mean @ mean) ** 0.5), 1e-9)  # type: ignore[no-any-return]
