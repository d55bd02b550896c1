"""Audiences out of purchases: who is found, what is never told, and how the command answers."""

import csv
import gzip
import json
import random
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generation.models import Segment
from tests.factories import CampaignFactory, ProductFactory

pytestmark = pytest.mark.django_db
SHELVES = {
    "Flour": "Grocery > Baking",
    "Yeast": "Grocery > Baking",
    "Crisps": "Grocery > Snacks",
    "Cola": "Drinks > Soft",
}
HEAD = ["customer_id", "product_id", "quantity", "unit_price", "date"]
SECRET = "customer-4711-"


@pytest.fixture
def catalogue(store: Any) -> Any:
    """Four products on three shelves, two of a brand of their own."""
    for item, path in SHELVES.items():
        nodes = path.split(" > ")
        ProductFactory(
            store=store,
            item_id=item,
            title=item,
            brand="Miller" if item in ("Flour", "Yeast") else "",
            product_type=path,
            categories=[nodes[0], path],
            price=4,
        )
    return store


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A hundred bakers who pay little, sixty snackers who pay much, five who bought one thing; one rare product."""
    chance = random.Random(5)
    path = tmp_path / "events.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for person in range(160):
            baker = person < 100
            for _ in range(10):
                likes = ["Flour", "Yeast"] if baker else ["Crisps", "Cola"]
                item = chance.choice(likes if chance.random() < 0.85 else list(SHELVES))
                price = chance.uniform(1, 2) if baker else chance.uniform(5, 9)
                day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
                writer.writerow([f"{SECRET}{person}", item, 1, f"{price:.2f}", day])
        for person in range(5):
            writer.writerow([f"{SECRET}once-{person}", "Flour", 1, "1.50", "2026-05-05"])
        writer.writerow([f"{SECRET}0", "Flour", -1, "1.50", "2026-05-05"])
        writer.writerow(["", "Flour", 1, "1.50", "2026-05-05"])
        for _ in range(30):
            writer.writerow([f"{SECRET}3", "Nails", 1, "1.50", "2026-05-05"])
    return path


def derive(path: Path, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("derive_segments", path, stdout=out, json=True, **{"segments": 2, **options})
    return dict(json.loads(out.getvalue()))


def test_people_who_buy_alike_become_an_audience_named_for_it(catalogue: Any, events: Path) -> None:
    report = derive(events)
    assert [(one["name"], one["people"]) for one in report["segments"]] == [
        ("Mostly Baking, low prices", 100),
        ("Mostly Soft and Snacks, high prices", 60),
    ]
    bakers = report["segments"][0]["profile"]
    assert bakers["brands"][0]["name"] == "Miller"
    assert bakers["price_affinity"] == "low"
    assert 1 <= bakers["price_from"] < bakers["price_to"] <= 2.1
    assert len(bakers["seasonality"]) == 12
    assert bakers["evidence"]["customers"] == 100
    saved = Segment.objects.get(store=catalogue, slug=report["segments"][0]["slug"])
    assert (saved.size, saved.source, saved.profile) == (100, "events", bakers)


def test_what_was_left_out_is_counted_by_reason(catalogue: Any, events: Path) -> None:
    report = derive(events)
    assert report["skipped"] == {
        "nothing says which shelf its product is on": 30,
        "it names no customer": 1,
        "its quantity is not above zero": 1,
    }
    assert (report["customers"], report["too_little"]) == (165, 5)


def test_no_customer_and_nothing_that_few_bought_is_kept(catalogue: Any, events: Path) -> None:
    report = derive(events)
    for told in (json.dumps(report), json.dumps(list(Segment.objects.values_list("name", "profile")))):
        assert SECRET not in told
        assert "Nails" not in told


def test_the_same_file_and_seed_give_the_same_audiences(catalogue: Any, events: Path) -> None:
    first = derive(events, dry_run=True)["segments"]
    assert derive(events, dry_run=True)["segments"] == first
    assert not Segment.objects.exists()


def test_no_audience_has_fewer_people_than_asked(catalogue: Any, events: Path) -> None:
    report = derive(events, segments=12, least=50)
    assert all(one["people"] >= 50 for one in report["segments"])
    assert sum(one["people"] for one in report["segments"]) == 160


def test_deriving_again_changes_the_same_audiences(catalogue: Any, events: Path) -> None:
    slugs = [one["slug"] for one in derive(events)["segments"]]
    assert [one["slug"] for one in derive(events)["segments"]] == slugs
    assert Segment.objects.count() == 2


def test_replacing_drops_earlier_ones_that_nothing_uses(catalogue: Any, events: Path) -> None:
    derived = {"store": catalogue, "source": "events"}
    Segment.objects.create(name="Old", slug="old", **derived)
    used = Segment.objects.create(name="Used", slug="used", **derived)
    written = Segment.objects.create(store=catalogue, name="Written", slug="written")
    CampaignFactory(store=catalogue, segment=used)
    derive(events, replace=True)
    assert not Segment.objects.filter(slug="old").exists()
    assert Segment.objects.filter(pk__in=[used.pk, written.pk]).count() == 2


def test_a_written_audience_of_the_same_name_is_left_alone(catalogue: Any, events: Path) -> None:
    Segment.objects.create(store=catalogue, name="Mostly Baking, low prices", slug="mine")
    assert derive(events)["segments"][0]["name"] == "Mostly Baking, low prices (2)"
    assert Segment.objects.get(slug="mine").profile == {}


def test_columns_may_be_named_and_files_packed(catalogue: Any, events: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(
        gzip.compress(events.read_bytes().replace(b"customer_id", b"wer").replace(b"product_id", b"was"))
    )
    with pytest.raises(CommandError, match=r"No column of packed\.csv\.gz says the customer and the product"):
        derive(packed)
    assert len(derive(packed, column=["customer=wer", "product=was"])["segments"]) == 2


def test_without_a_catalogue_titles_say_what_kind_of_thing_it_was(store: Any, events: Path, tmp_path: Path) -> None:
    path = tmp_path / "titled.csv"
    titles = {
        "Flour": "FINE WHITE FLOUR",
        "Yeast": "DRY YEAST",
        "Crisps": "SALTED CRISPS LARGE",
        "Cola": "COLA BOTTLES",
    }
    rows = list(csv.reader(events.read_text().splitlines()))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [*row, "Description" if row == HEAD else titles.get(row[1], "IRON NAILS")] for row in rows
        )
    names = [one["name"] for one in derive(path)["segments"]]
    assert names[0].startswith("Mostly ")
    assert {"Flour", "Yeast"} & set(names[0].replace(",", "").split())


def test_what_customers_are_is_told_only_of_many(catalogue: Any, events: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    with people.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "household_comp", "age"])
        for person in range(160):
            writer.writerow(
                [f"{SECRET}{person}", "Family" if person < 90 else f"alone {person}", "30" if person < 3 else ""]
            )
    profile = derive(events, customers=people)["segments"][0]["profile"]
    assert profile["household"] == "Family"
    assert "age_band" not in profile


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"least": 1}, "an audience of one is a person"),
        ({"segments": 0}, "ask for 1 to 50"),
        ({"column": ["customer"]}, "is not WHAT=COLUMN"),
        ({"column": ["shoe=size"]}, "is nothing an event has"),
        ({"column": ["customer=nobody"]}, "has no column “nobody”"),
        ({"least": 500}, "an audience needs 500 people"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(catalogue: Any, events: Path, options: Any, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        derive(events, **options)


# --- A table of audiences, from the shell -------------------------------------------------------------------------
def test_a_table_comes_in_with_its_refused_rows_named(store: Any, tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("Segment;Size;Top categories\nBakers;1,234;Baking: 40%\nOdd;few;\n")
    out = StringIO()
    call_command("import_segments", path, stdout=out, json=True)
    report = json.loads(out.getvalue())
    assert (report["accepted"], report["created"], report["refused"]) == (1, 1, 1)
    assert report["errors"] == [{"line": 3, "column": "Size", "reason": "this is no whole number of people"}]
    again = StringIO()
    call_command("import_segments", path, stdout=again, json=True)
    assert json.loads(again.getvalue())["unchanged"] == 1


def test_a_dry_run_writes_nothing_and_a_hopeless_table_fails(store: Any, tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("name,size\nBakers,3\n")
    call_command("import_segments", path, stdout=StringIO(), dry_run=True)
    assert not Segment.objects.exists()
    path.write_text("name,size\nBakers,few\n")
    with pytest.raises(CommandError, match="No audience came in: all 1 rows were refused"):
        call_command("import_segments", path, stdout=StringIO())
