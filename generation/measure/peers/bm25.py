"""bm25s (arXiv 2407.03618) over all words, with the stemmer it is fair to give it."""

import logging
from importlib import import_module
from typing import Any

from generation.measure.peers import DEPTH, Corpus, Search


def tokenizer() -> Any:
    """Texts to stems without stop words, as bm25s would have them. Raises ImportError."""
    bm25s, stemmers = import_module("bm25s"), import_module("Stemmer")  # both without types
    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it reports every index it builds
    stemmer = stemmers.Stemmer("english")

    def tokens(texts: list[str], *, return_ids: bool = True) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False, return_ids=return_ids)

    return tokens


def make(corpus: Corpus) -> Search:
    tokens = tokenizer()
    index = import_module("bm25s").BM25()
    index.index(tokens(list(corpus.texts)), show_progress=False)

    def search(query: str) -> list[int]:
        places, scores = index.retrieve(tokens([query]), k=min(DEPTH, len(corpus.ids)), show_progress=False)
        return [corpus.ids[place] for place, score in zip(places[0], scores[0], strict=True) if score > 0]

    return search
