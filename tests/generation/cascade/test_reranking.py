"""A cross-encoder that orders the first results of a search once more: a real one, tiny and untrained."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from generation import kit, worker
from generation.campaigns.constraints import Constraints
from generation.catalog.search import CatalogSearch
from generation.encoders import reranking
from generation.encoders.reranking import CrossEncoderReranker
from generation.models import Product
from storefront_studio.lib.errors import Misconfigured
from tests.factories import TODAY

pytestmark = pytest.mark.django_db
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", "dog", "food", "muesli", "honey"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights, saved as any cross-encoder is."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    path = tmp_path_factory.mktemp("tiny-cross-encoder")
    (path / "vocab.txt").write_text("\n".join([*WORDS, *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]))
    BertTokenizerFast(vocab_file=str(path / "vocab.txt"), model_max_length=128).save_pretrained(str(path))
    size = len(WORDS) + 26
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=reranking.LONGEST,
        num_labels=1,
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(str(path))
    return path


@pytest.fixture
def search(shop: Any) -> CatalogSearch:
    return CatalogSearch(shop, Constraints(), TODAY)


def test_the_first_results_are_read_again_and_the_others_stay_as_they_were(
    search: CatalogSearch, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reranking, "FIRST", 10)
    vector = kit.encoder().encode(["dog food"])[0]
    before = search.search_text("dog food", vector, 20)
    again = search.search_text("dog food", vector, 20, reranker=CrossEncoderReranker(folder))
    assert again[10:] == before[10:]
    assert set(again[:10]) == set(before[:10]) and again != before
    rows = Product.objects.in_bulk(again[:10])
    texts = [
        f"{one.title}. {one.brand}. {one.category}. {one.description}" for one in map(rows.__getitem__, again[:10])
    ]
    scores = CrossEncoderReranker(folder).score("dog food", texts)
    assert scores == sorted(scores, reverse=True)


def test_a_few_results_are_the_best_of_all_that_were_read_again(search: CatalogSearch, folder: Path) -> None:
    vector = kit.encoder().encode(["muesli"])[0]
    reranker = CrossEncoderReranker(folder)
    assert (
        search.search_text("muesli", vector, 5, reranker=reranker)
        == search.search_text("muesli", vector, reranking.FIRST, reranker=reranker)[:5]
    )


def test_reading_again_asks_the_database_once_more(
    search: CatalogSearch, folder: Path, django_assert_num_queries: Any
) -> None:
    vector = kit.encoder().encode(["muesli"])[0]
    reranker = CrossEncoderReranker(folder)
    search.search_text("muesli", vector, 20, reranker=reranker)
    with django_assert_num_queries(3):
        search.search_text("muesli", vector, 20, reranker=reranker)


def broken(path: Path, folder: Path) -> None:
    """The model's folder with weights that are cut off."""
    for one in folder.iterdir():
        (path / one.name).write_bytes(one.read_bytes()[: 100 if one.suffix == ".safetensors" else None])


@pytest.mark.parametrize("kind", ["missing", "empty", "broken"])
def test_a_model_that_cannot_be_loaded_is_named_with_the_way_out(tmp_path: Path, folder: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind != "missing":
        path.mkdir()
    if kind == "broken":
        broken(path, folder)
    with pytest.raises(Misconfigured, match=rf"{kind} cannot be used: .+leave RERANKER empty"):
        CrossEncoderReranker(path).score("dog food", ["Dog food"])


def test_without_a_setting_there_is_none(settings: Any) -> None:
    settings.RERANKER = ""
    assert kit.reranker() is None
    assert "reranker" not in Client().get("/readyz").json()["checks"]


def test_readiness_says_whether_the_worker_could_load_it(settings: Any, folder: Path, tmp_path: Path) -> None:
    settings.RERANKER = str(tmp_path / "nowhere")
    assert not worker.load_reranker()
    assert "RERANKER" in Client().get("/readyz").json()["checks"]["reranker"]
    settings.RERANKER = str(folder)
    assert worker.load_reranker()
    worker.beat(worker.RERANKER)
    assert Client().get("/readyz").json()["checks"]["reranker"] == "ok"


def test_bench_shows_the_search_with_and_without_it(shop: Any, settings: Any, folder: Path, capsys: Any) -> None:
    settings.RERANKER = str(folder)
    judgements = folder.parent / "judgements.csv"
    one = shop.products.order_by("id").first()
    judgements.write_text(f'query,docid,rating\n"muesli",{one.item_id},3\n')
    call_command("bench", "retrieval", "--store", shop.slug, "--judgements", str(judgements))
    assert f"re-ranked by {folder.name}" in capsys.readouterr().out
