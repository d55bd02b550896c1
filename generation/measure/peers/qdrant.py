"""Qdrant in this process: dense vectors and BM25 as sparse vectors, joined by its own reciprocal rank fusion.

The sparse weights are what its documentation computes with FastEmbed's BM25 (k 1.2, b 0.75, idf by Qdrant), without
that package's download of a stop word list: the words are stemmed and cleaned as for bm25s.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from generation.measure.peers import DEPTH, Corpus, Search
from generation.measure.peers.bm25 import tokenizer

K, B = 1.2, 0.75
BATCH = 2000


def make(corpus: Corpus) -> Search:
    client = import_module("qdrant_client").QdrantClient(":memory:")
    models = import_module("qdrant_client.models")
    tokens = tokenizer()
    client.create_collection(
        "products",
        vectors_config={"dense": models.VectorParams(size=corpus.vectors.shape[1], distance=models.Distance.COSINE)},
        sparse_vectors_config={"words": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    words: Sequence[Sequence[str]] = tokens(list(corpus.texts), return_ids=False)
    usual = sum(map(len, words)) / max(len(words), 1)
    for begin in range(0, len(corpus.ids), BATCH):
        points = [
            models.PointStruct(
                id=corpus.ids[place],
                vector={"dense": corpus.vectors[place].tolist(), "words": _sparse(models, words[place], usual)},
            )
            for place in range(begin, min(begin + BATCH, len(corpus.ids)))
        ]
        client.upsert("products", points)

    def search(query: str) -> list[int]:
        asked = sorted({_number(word) for word in tokens([query], return_ids=False)[0]})
        sparse = models.SparseVector(indices=asked, values=[1.0] * len(asked))
        found = client.query_points(
            "products",
            prefetch=[
                models.Prefetch(query=corpus.encode(query).tolist(), using="dense", limit=DEPTH),
                *([models.Prefetch(query=sparse, using="words", limit=DEPTH)] if asked else []),
            ],
            query=models.FusionQuery(fusion=models.Fusion.RRF),
            limit=DEPTH,
            with_payload=False,
        )
        return [int(point.id) for point in found.points]

    return search


def _number(word: str) -> int:
    return zlib.crc32(word.encode())


def _sparse(models: Any, words: Sequence[str], usual: float) -> Any:
    damped = K * (1 - B + B * len(words) / usual) if usual else K
    counted: Counter[int] = Counter(map(_number, words))
    values = [count * (K + 1) / (count + damped) for count in counted.values()]
    return models.SparseVector(indices=list(counted), values=values)
