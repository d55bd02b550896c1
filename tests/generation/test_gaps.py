"""Vocabulary gaps: counted when runs end, closed by an editor's keyword, which the catalogue never takes away."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from generation import gaps
from generation.catalog import gaps as noted
from generation.catalog import vocabulary
from generation.catalog.reach import eligible_counts, members, reach
from generation.encoders.sentence import SentenceEncoder
from generation.models import Keyword, Product, VocabularyGap
from generation.stages.contracts import Gap
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sweets(store: Any) -> list[Product]:
    titles = ["Dark nougat bar", "Soft nougat with almonds", "Marzipan loaf", "Garden hose"]
    return [ProductFactory(store=store, title=title, brand="", product_type="", categories=[]) for title in titles]


@pytest.fixture
def gap(store: Any) -> VocabularyGap:
    return VocabularyGap.objects.create(store=store, concept="turron", last_seen=timezone.now(), themes=["Sweets"])


def test_a_gap_is_counted_once_a_run_however_many_themes_ask(store: Any) -> None:
    asked = [(Gap(concept="Turron", nearest="tuna", similarity=0.41), title) for title in ("Sweets", "Gifts")]
    noted.note(store, asked)
    noted.note(store, asked[:1])
    gap = VocabularyGap.objects.get(store=store)
    assert (gap.concept, gap.runs, gap.nearest, gap.themes) == ("turron", 2, "tuna", ["Sweets", "Gifts"])


def test_a_keyword_of_an_editor_brings_what_its_synonyms_say(store: Any, merchandiser: Any, sweets: Any) -> None:
    keyword = gaps.add_keyword(
        store=store, actor=merchandiser, text="Turron ", synonyms=["Nougat", "marzipan", "nougat"]
    )
    assert (keyword.text, keyword.synonyms, keyword.density) == ("turron", ["nougat", "marzipan"], 3)
    mine = Product.objects.filter(store=store)
    assert set(mine.filter(reach(keyword)).values_list("title", flat=True)) == {p.title for p in sweets[:3]}
    assert eligible_counts(mine, [keyword]) == {keyword.pk: 3}
    assert sorted(members(mine, [keyword])[keyword.pk]) == sorted(p.pk for p in sweets[:3])


def test_a_keyword_that_brings_nothing_is_refused_with_the_way_out(store: Any, merchandiser: Any, sweets: Any) -> None:
    with pytest.raises(BadInput, match="Add words that your products do say"):
        gaps.add_keyword(store=store, actor=merchandiser, text="turron")
    assert not Keyword.objects.filter(store=store).exists()


def test_a_keyword_is_added_once(store: Any, merchandiser: Any, sweets: Any) -> None:
    gaps.add_keyword(store=store, actor=merchandiser, text="nougat")
    with pytest.raises(BadInput, match="already"):
        gaps.add_keyword(store=store, actor=merchandiser, text="Nougat")


def test_of_two_editors_one_closes_the_gap_and_the_other_is_told(
    store: Any, merchandiser: Any, sweets: Any, gap: VocabularyGap
) -> None:
    gaps.dismiss(gap=gap, actor=merchandiser)
    with pytest.raises(WrongState, match="Somebody settled"):
        gaps.add_keyword(store=store, actor=merchandiser, text="nougat", gap=gap)
    assert not Keyword.objects.filter(store=store).exists()


def test_an_editors_keyword_survives_a_rebuild_and_gets_its_vector(store: Any, merchandiser: Any, sweets: Any) -> None:
    keyword = gaps.add_keyword(store=store, actor=merchandiser, text="turron", synonyms=["nougat"])
    Product.objects.filter(store=store, title__contains="Soft").delete()
    vocabulary.rebuild(store, SentenceEncoder())
    kept = Keyword.objects.get(pk=keyword.pk)
    assert (kept.density, kept.embedding is not None) == (1, True)


def test_removing_an_editors_keyword_opens_its_gap_again(
    store: Any, merchandiser: Any, sweets: Any, gap: VocabularyGap
) -> None:
    keyword = gaps.add_keyword(store=store, actor=merchandiser, text="turron", synonyms=["nougat"], gap=gap)
    gaps.remove_keyword(keyword=keyword, actor=merchandiser)
    gap.refresh_from_db()
    assert (gap.status, gap.keyword) == (VocabularyGap.Status.OPEN, None)


def test_the_catalogues_own_keywords_cannot_be_removed(store: Any, merchandiser: Any) -> None:
    keyword = Keyword.objects.create(store=store, kind="search", text="hose", density=1)
    with pytest.raises(WrongState, match="comes from the catalogue"):
        gaps.remove_keyword(keyword=keyword, actor=merchandiser)


# --- The screen ---------------------------------------------------------------------------------------------------
def test_everybody_in_the_store_reads_the_gaps_and_reviewers_close_them(
    marketing_client: Any, merchandiser_client: Any, gap: VocabularyGap, sweets: Any
) -> None:
    assert "Add keyword" not in marketing_client.get(reverse("gap-list")).content.decode()
    page = merchandiser_client.get(reverse("gap-list")).content.decode()
    assert "turron" in page and "Add keyword" in page
    data = {"gap": gap.pk, "text": "turron", "synonyms": "nougat, marzipan"}
    assert marketing_client.post(reverse("keyword-add"), data).status_code == 403
    assert merchandiser_client.post(reverse("keyword-add"), data).status_code == 302
    gap.refresh_from_db()
    assert (gap.status, gap.keyword.density) == (VocabularyGap.Status.ADDED, 3)


def test_strangers_cannot_see_or_settle_a_gap(stranger_client: Any, client: Any, gap: VocabularyGap) -> None:
    assert "turron" not in stranger_client.get(reverse("gap-list")).content.decode()
    assert stranger_client.post(reverse("gap-dismiss", args=[gap.pk])).status_code == 404
    assert client.get(reverse("gap-list")).status_code == 302


def test_the_preview_says_what_a_keyword_would_bring(merchandiser_client: Any, sweets: Any) -> None:
    page = merchandiser_client.get(
        reverse("keyword-preview"), {"text": "turron", "synonyms": "nougat"}
    ).content.decode()
    assert "Soft nougat with almonds" in page and "Garden hose" not in page
