"""LanceDB's hybrid search: its full-text index and vectors, joined by its own reciprocal rank fusion."""

from importlib import import_module

from generation.measure.peers import DEPTH, Corpus, Search


def make(corpus: Corpus) -> Search:
    lancedb = import_module("lancedb")
    fuse = import_module("lancedb.rerankers").RRFReranker()
    fts = import_module("lancedb.index").FTS
    rows = [
        {"id": id_, "text": text, "vector": vector}
        for id_, text, vector in zip(corpus.ids, corpus.texts, corpus.vectors, strict=True)
    ]
    table = lancedb.connect(str(corpus.folder / "lance")).create_table("products", rows)
    table.create_index("text", config=fts(stem=True, remove_stop_words=True))

    def search(query: str) -> list[int]:
        asked = table.search(query_type="hybrid").vector(corpus.encode(query)).text(query)
        found = asked.distance_type("cosine").rerank(fuse).limit(DEPTH).to_list()
        return [row["id"] for row in found]

    return search
