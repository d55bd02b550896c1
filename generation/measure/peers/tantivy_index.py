"""tantivy, the search library under Quickwit and ParadeDB: BM25 with its English stemmer."""

import re
from importlib import import_module

from generation.measure.peers import DEPTH, Corpus, Search


def make(corpus: Corpus) -> Search:
    tantivy = import_module("tantivy")
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=True, indexed=True)
    builder.add_text_field("text", tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer(heap_size=100_000_000, num_threads=1)
    for id_, text in zip(corpus.ids, corpus.texts, strict=True):
        writer.add_document(tantivy.Document(id=id_, text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(query: str) -> list[int]:
        words = " ".join(re.findall(r"\w+", query))  # a query, not a query language
        if not words:
            return []
        parsed = index.parse_query(words, ["text"])
        return [int(searcher.doc(address)["id"][0]) for _score, address in searcher.search(parsed, DEPTH).hits]

    return search
