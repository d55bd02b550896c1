"""Other people's search, on the same products and queries: each from PyPI, each in a file of its own.

`requirements/bench.lock` installs them; where one is missing its row is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from generation.encoders.base import Vectors

DEPTH = 100
Encode = Callable[[str], Vectors]
Search = Callable[[str], Sequence[int]]


@dataclass(frozen=True)
class Corpus:
    """The products every system is given: ids (n,), their words (title, brand, category, attributes, description) and
    their vectors (n, d), of length 1. `folder` is for a peer's files; it is removed at the end."""

    ids: Sequence[int]
    texts: Sequence[str]
    vectors: Vectors
    encode: Encode
    folder: Path


@dataclass(frozen=True)
class Peer:
    """A system by name: the package it needs and the module here that knows it. `make(corpus)` of that module gives a
    search: from a query to the ids of products, best first, at most `DEPTH`."""

    name: str
    package: str
    module: str

    @property
    def label(self) -> str:
        try:
            return f"{self.name} ({self.package} {version(self.package)})"
        except PackageNotFoundError:
            return self.name

    def make(self, corpus: Corpus) -> Search:
        """Index the products. Raises ImportError where the package is not installed."""
        found: Search = import_module(f"generation.measure.peers.{self.module}").make(corpus)
        return found


PEERS = (
    Peer("BM25", "bm25s", "bm25"),
    Peer("tantivy", "tantivy", "tantivy_index"),
    Peer("LanceDB hybrid", "lancedb", "lance"),
    Peer("Qdrant local, dense and BM25", "qdrant-client", "qdrant"),
    Peer("MiniLM cosine", "sentence-transformers", "cosine"),
)
