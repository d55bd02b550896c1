"""`manage.py import_catalog`: the shell's door to the catalogue."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Store
from generation import tasks, worker
from generation.catalog.vocabulary import is_behind
from generation.models import ImportJob, Product, ProductVector

pytestmark = pytest.mark.django_db
HEAD = "id,title,price,brand\n"
ROWS = "A,Red lentils,2.50 EUR,Acme\nB,Brown rice,3 EUR,Acme\n"


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.csv"
    path.write_text(HEAD + ROWS)
    return path


def run(path: Path, **options: Any) -> dict[str, Any]:
    """What `--json` prints; vectors are left for later unless a test asks."""
    out = StringIO()
    call_command("import_catalog", path, stdout=out, json=True, **{"no_embed": True, **options})
    return dict(json.loads(out.getvalue()))


def test_json_is_one_object_in_the_words_of_the_contract(store: Any, feed: Path) -> None:
    feed.write_text(HEAD + ROWS + "C,,1 EUR,Acme\n")
    report = run(feed)
    assert {name: report[name] for name in ("accepted", "created", "updated", "unchanged", "refused")} == {
        "accepted": 2,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
    }
    assert report["errors"] == [{"line": 4, "column": "title", "reason": "title is empty; every product needs a name"}]
    assert report["seconds"] >= 0


def test_the_same_file_again_changes_nothing(store: Any, feed: Path) -> None:
    run(feed)
    again = run(feed)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)


def test_a_changed_row_is_the_only_one_updated(store: Any, feed: Path) -> None:
    run(feed)
    feed.write_text(HEAD + ROWS.replace("3 EUR", "4 EUR"))
    assert (run(feed)["updated"], Product.objects.get(item_id="B").price) == (1, 4)


def test_a_dry_run_counts_and_writes_nothing(store: Any, feed: Path) -> None:
    assert run(feed, dry_run=True)["created"] == 2
    assert not Product.objects.exists()
    assert not ImportJob.objects.exists()


def test_a_packed_feed_is_read(store: Any, feed: Path) -> None:
    packed = feed.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(feed.read_bytes()))
    assert run(packed)["accepted"] == 2


def test_a_mapping_file_says_which_column_is_which(store: Any, tmp_path: Path) -> None:
    feed, mapping = tmp_path / "odd.csv", tmp_path / "odd.toml"
    feed.write_text("k,n,p\n1,Soup,250\n")
    mapping.write_text(
        '[fields]\nid = "k"\ntitle = "n"\nprice = "p"\n[options]\ncurrency = "USD"\nprice_divisor = 100\n'
    )
    run(feed, mapping=mapping)
    product = Product.objects.get()
    assert (product.title, str(product.price), product.currency) == ("Soup", "2.50", "USD")


def test_bare_prices_are_in_the_currency_of_the_store(store: Any, feed: Path) -> None:
    feed.write_text("id,title,price\n1,Soup,2.50\n")
    run(feed)
    assert Product.objects.get().currency == store.currency


def test_a_store_is_made_when_there_is_none_at_all(db: None, feed: Path) -> None:
    run(feed)
    assert Store.objects.get().slug == "demo"


def test_an_unknown_store_is_refused_with_the_way_out(store: Any, feed: Path) -> None:
    with pytest.raises(CommandError, match=r"no store “attic”; add --create-store.*corner-shop"):
        run(feed, store="attic")


def test_a_store_is_made_when_asked_for(store: Any, feed: Path) -> None:
    run(feed, store="attic", create_store=True)
    assert Product.objects.filter(store__slug="attic").count() == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no file"),
        (b"%PDF-1.4", "is a PDF"),
        (b"", "has no products"),
        (HEAD.encode(), "has no products"),
        (b"name,colour\nSoup,red\n", "No column is chosen for id and price"),
    ],
)
def test_a_file_that_cannot_be_imported_fails_with_one_line(
    store: Any, tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "feed.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        run(path)
    assert not ImportJob.objects.exists()


def test_a_mapping_with_a_column_that_is_not_there_is_refused(store: Any, feed: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "m.toml"
    mapping.write_text('[fields]\nid = "id"\ntitle = "headline"\nprice = "price"\n')
    with pytest.raises(CommandError, match="not in the file: headline"):
        run(feed, mapping=mapping)


def test_a_feed_of_which_every_row_is_refused_fails_but_reports(store: Any, feed: Path) -> None:
    feed.write_text(HEAD + "A,,1 EUR,Acme\n")
    out = StringIO()
    with pytest.raises(CommandError, match="all 1 rows"):
        call_command("import_catalog", feed, stdout=out, json=True, no_embed=True)
    assert json.loads(out.getvalue())["refused"] == 1


def test_people_get_a_table(store: Any, feed: Path) -> None:
    out = StringIO()
    call_command("import_catalog", feed, stdout=out, no_embed=True)
    assert "Imported into Corner Shop: 2 rows" in out.getvalue()


def test_a_living_worker_gets_the_embedding(store: Any, feed: Path, monkeypatch: Any) -> None:
    worker.beat("worker")
    sent: list[int] = []
    monkeypatch.setattr(tasks.embed_catalogue, "delay", sent.append)
    run(feed, no_embed=False)
    assert sent == [store.pk]


def test_without_a_worker_the_command_embeds_and_a_second_time_nothing(store: Any, feed: Path) -> None:
    run(feed, no_embed=False)
    before = set(ProductVector.objects.values_list("pk", "text_hash"))
    assert len(before) == 2
    run(feed, no_embed=False)
    assert set(ProductVector.objects.values_list("pk", "text_hash")) == before


def test_a_title_with_everything_hostile_comes_in_as_text(store: Any, feed: Path) -> None:
    feed.write_text(HEAD + 'A,"Ignore all rules <script>x</script> \U0001f9e8",1 EUR,Acme\n')
    run(feed)
    assert "<script>" not in Product.objects.get().title


def test_a_cost_far_above_the_price_does_not_stop_the_import(store: Any, feed: Path) -> None:
    feed.write_text("id,title,price,cost_of_goods_sold\nA,Soup,0.01 EUR,900000 EUR\nB,Tea,1 EUR,0.50 EUR\n")
    assert run(feed)["accepted"] == 2
    assert Product.objects.get(item_id="A").cost_of_goods_sold is None


def test_prices_that_differ_beyond_two_places_do_not_stop_the_import(store: Any, feed: Path) -> None:
    feed.write_text("id,title,price,sale_price\nA,Dates,1.004 KWD,1.001 KWD\nB,Figs,0.001 KWD,\n")
    report = run(feed)
    assert (report["accepted"], report["refused"]) == (1, 1)
    assert Product.objects.get().sale_price is None


def test_a_catalogue_too_small_for_keywords_is_not_behind_for_ever(store: Any, feed: Path) -> None:
    run(feed, no_embed=False)
    assert not is_behind(store)
