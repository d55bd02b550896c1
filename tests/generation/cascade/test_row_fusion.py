"""A row's rankings are joined by weights that are learned from ratings."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from generation import kit
from generation.campaigns.constraints import Constraints
from generation.catalog import fusing, nearest
from generation.catalog.fusing import ROW, RowWeights, fused
from generation.catalog.search import CatalogSearch
from generation.measure import row_tuning
from generation.stages.contracts import Candidate
from generation.stages.fusion import reciprocal_rank
from generation.stages.ports import Asked
from storefront_studio.lib.errors import Misconfigured
from tests.factories import TODAY


def word(number: int, kind: Any = "search") -> Candidate:
    return Candidate(id=number, kind=kind, text=f"word {number}", density=9, similarity=0.5, concept="")


def test_without_weights_rankings_are_joined_as_reciprocal_rank_fusion_does() -> None:
    asked = Asked([word(1), word(2, "category")], np.asarray([1.0, 0.0], dtype=np.float32))
    rankings: Any = {(1, "words"): [7, 8], (1, "meaning"): [9, 7], (2, "words"): [8], (ROW, "row"): [9, 8, 7]}
    joined = fused(asked, rankings, {}, RowWeights())
    plain = reciprocal_rank([[7, 8], [9, 7], [8]])
    assert {product: joined[product] for product in plain} == pytest.approx(plain)


def test_each_kind_and_way_counts_as_its_weight_says() -> None:
    asked = Asked([word(1), word(2, "category"), word(3, "attribute")], np.asarray([1.0, 0.0], dtype=np.float32))
    rankings: Any = {(1, "words"): [1], (1, "meaning"): [2], (2, "words"): [3], (3, "words"): [4], (ROW, "row"): [5]}
    weights = RowWeights(words=1, meaning=2, category=3, attribute=4, row=5)
    scores = fused(asked, rankings, {}, weights)
    assert [round(scores[product] * 61, 6) for product in (1, 2, 3, 4, 5)] == [1, 2, 3, 4, 5]


def test_what_a_keyword_near_to_the_row_brings_counts_more() -> None:
    asked = Asked([word(1), word(2)], np.asarray([1.0, 0.0], dtype=np.float32))
    vectors = {1: np.asarray([0.6, 0.8], dtype=np.float32), 2: np.asarray([0.9, 0.4359], dtype=np.float32)}
    rankings: Any = {(1, "words"): [1], (2, "words"): [2]}
    assert fused(asked, rankings, vectors, RowWeights())[1] == fused(asked, rankings, vectors, RowWeights())[2]
    scores = fused(asked, rankings, vectors, RowWeights(nearness=2))
    assert scores[2] / scores[1] == pytest.approx((0.9 / 0.6) ** 2, rel=1e-3)


def test_the_shipped_weights_say_where_they_are_from() -> None:
    origin = fusing.saved().provenance
    assert origin["queries"] and origin["objective_held_out"] and origin["objective_plain"] and origin["encoder"]


def test_a_file_of_weights_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"version": "x", "weights": {"row": -1}, "provenance": {}}')
    with pytest.raises(Misconfigured, match=r"broken\.json"):
        fusing.saved(path)


@pytest.fixture
def judgements(shop: Any, tmp_path: Path) -> Path:
    path = tmp_path / "judgements.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["query", "docid", "rating"])
        for product in shop.products.distinct("title").order_by("title", "id")[:24]:
            for other in shop.products.filter(product_type=product.product_type)[:8]:
                rows.writerow([product.title, other.item_id, 3])
    return path


@pytest.mark.django_db
def test_weights_of_rows_are_learned_beside_plain_fusion_and_kept_with_their_provenance(
    shop: Any, judgements: Path, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "rows-v9.json"
    call_command("learn_search", store=shop.slug, judgements=judgements, out=out, rows=True)
    kept = fusing.saved(out)
    assert kept.version == "rows-v9"
    assert kept.provenance["products"] == shop.products.count()
    assert kept.provenance["objective_learned"] >= kept.provenance["objective_plain"]  # type: ignore[operator]
    assert "with plain fusion" in capsys.readouterr().out


@pytest.mark.django_db
def test_learning_sees_the_scores_that_pages_give(shop: Any, judgements: Path) -> None:
    search = CatalogSearch(shop, Constraints(in_stock=False), TODAY)
    items = dict(shop.products.values_list("id", "item_id"))
    product = shop.products.order_by("id").first()
    (question,) = row_tuning.questions(search, kit.encoder(), {product.title: {product.item_id: 3}}, items)
    vector = kit.encoder().encode([product.title])[0]
    near = search.nearest_keywords(vector[None], row_tuning.KEYWORDS, row_tuning.LEAST_DENSITY)[0]
    words = [
        Candidate(
            id=k.pk, kind=k.kind, text=k.text, field=k.field, synonyms=list(k.synonyms), density=k.density,
            similarity=cosine, concept="",
        )
        for k, cosine in near
    ]  # fmt: skip
    (hits,) = search.retrieve([Asked(words, vector)], row_tuning.POOL)
    shipped = fusing.saved().weights
    again = np.asarray([getattr(shipped, part) for part in row_tuning.PARTS])
    scores = again @ question.parts[shipped.nearness]
    expected = dict(zip(question.ids.tolist(), scores.tolist(), strict=True))
    assert expected.keys() >= {hit.product for hit in hits.hits}
    for hit in hits.hits:
        assert hit.rrf == pytest.approx(expected[hit.product], abs=2e-6)


@pytest.mark.django_db
def test_a_store_too_large_to_hold_teaches_nothing(
    shop: Any, judgements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "HELD_MOST", 0)
    with pytest.raises(CommandError, match="fit into memory"):
        call_command("learn_search", store=shop.slug, judgements=judgements, out=tmp_path / "w.json", rows=True)
