"""What a store's labels come to: what judges may settle, the gold set, the command, the screen, the API."""

import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation import services as generation
from generation.models import Policy
from generation.stages.policy import QualityPolicy
from generation.stages.settling import Settling
from review.calibration import gold, numbers, settle
from review.calibration.history import Verdict
from review.models import Label
from storefront_studio.lib.errors import BadInput
from tests.factories import CampaignFactory, PlacementFactory, ProductFactory

pytestmark = pytest.mark.django_db

JUDGE = "Stub judge v1"


def label(
    store: Any, cells: tuple[int, int, int, int], judge: str = JUDGE, facet: str = "fits_title", **more: Any
) -> None:
    """Labels in the order both pass, false accept, false reject, both fail."""
    kinds = [(True, True), (True, False), (False, True), (False, False)]
    said = [kind for kind, n in zip(kinds, cells, strict=True) for _ in range(n)]
    fields: dict[str, Any] = {"source": "gold", "level": "product", "judge_reason": "A machine's word.", **more}
    rows = Label.objects.bulk_create(
        Label(
            store=store,
            item=f"gold:{facet}/{place}",
            facet=facet,
            judge=judge,
            judge_passes=mine,
            person_passes=theirs,
            text=f"Pair {place}",
            note="A person's word.",
            **{"judge_score": 0.5, **fields},
        )
        for place, (mine, theirs) in enumerate(said)
    )
    assert rows


def share(store: Any, **policy: Any) -> settle.JudgeShare:
    (one,) = settle.share(store, QualityPolicy(**policy)).judges
    return one


# --- What a judge may settle alone --------------------------------------------------------------------------------
def test_without_labels_policy_alone_counts(store: Any) -> None:
    found = settle.share(store, QualityPolicy(settle_share=0.8))
    assert (found.configured, found.judges) == (0.8, ())
    assert found.settling.of("anybody") == 0.8


def test_a_judge_that_agrees_settles_what_policy_allows(store: Any) -> None:
    label(store, (40, 5, 5, 40))
    found = share(store, settle_share=0.9)
    assert found.share == 0.9
    assert "not under the policy's 0.40" in found.sentence


def test_a_judge_that_people_disagree_with_settles_less_in_proportion(store: Any) -> None:
    label(store, (30, 20, 20, 30))  # 0.6 + 0.6 - 1 = 0.2, half of what policy asks for
    found = share(store, settle_share=0.9, kappa_min=0.4)
    assert (found.share, round(found.kappa or 0, 6)) == (0.45, 0.2)
    assert "people see the rest" in found.sentence


def test_a_judge_worse_than_chance_settles_nothing(store: Any) -> None:
    label(store, (10, 30, 30, 10))
    found = share(store)
    assert found.share == 0
    assert "people see all of them" in found.sentence


def test_too_few_labels_take_nothing_away(store: Any) -> None:
    label(store, (10, 30, 30, 10))
    found = share(store, labels_min=100)
    assert found.share == 1.0
    assert "80 labels are too few to tell; policy asks for 100" in found.sentence


def test_seeing_only_what_it_passed_takes_nothing_away(store: Any) -> None:
    label(store, (200, 60, 0, 3))
    found = share(store)
    assert (found.share, found.kappa) == (1.0, None)
    assert "too little of what it turned down" in found.sentence


def test_each_judge_version_answers_for_itself(store: Any) -> None:
    label(store, (40, 5, 5, 40), judge="v2")
    label(store, (10, 30, 30, 10), judge="v1")
    found = settle.share(store, QualityPolicy()).settling
    assert (found.of("v1"), found.of("v2"), found.of("v3")) == (0.0, 1.0, 1.0)


def test_facets_that_drop_nothing_do_not_count(store: Any) -> None:
    label(store, (10, 30, 30, 10), facet="keywords_fit", level="placement")
    assert settle.share(store, QualityPolicy()).judges == ()
    assert share(store, severities={"placement.keywords_fit": "drop"}).share == 0


def test_another_stores_labels_do_not_count(store: Any, other_store: Any) -> None:
    label(other_store, (10, 30, 30, 10))
    assert settle.share(store, QualityPolicy()).judges == ()


def test_a_run_keeps_the_shares_it_started_with(store: Any, marketing: Any) -> None:
    ProductFactory.create_batch(20, store=store)
    Policy.objects.create(store=store, number=1, body={"settle_share": 0.9}, author_name="Ada")
    label(store, (10, 30, 30, 10))
    run = generation.start_run(campaign=CampaignFactory(store=store), actor=marketing, enqueue=False)
    kept = Settling.model_validate(run.brief["settle_share"])
    assert (kept.of(JUDGE), kept.of("another")) == (0.0, 0.9)


# --- The gold set -------------------------------------------------------------------------------------------------
def pair(**changes: Any) -> dict[str, Any]:
    return {
        "id": "soups/1",
        "theme": {"title": "Soups that cook themselves", "concepts": ["lentils"]},
        "product": {"title": "Red lentils"},
        "passes": True,
        **changes,
    }


def written(path: Path, *lines: Any) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_our_own_gold_set_reads_and_has_both_answers() -> None:
    found = gold.read(gold.OWN)
    assert 60 <= len(found) <= 100
    assert 0.3 < sum(one.passes for one in found) / len(found) < 0.7


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json", "line 2"),
        (pair(id="a/b/c"), "id"),
        (pair(facet="placement.coherent"), "facet"),
        (pair(passes="perhaps"), "passes"),
        (pair(product={}), "product.title"),
        (pair(id="soups/1"), "comes twice"),
        (pair(judge="me"), "judge"),
    ],
)
def test_a_line_that_is_not_right_is_named(tmp_path: Path, line: Any, words: str) -> None:
    with pytest.raises(BadInput, match=r"gold\.jsonl, line 2") as refused:
        gold.read(written(tmp_path / "gold.jsonl", pair(), line))
    assert words in str(refused.value)


def test_an_empty_or_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no pair"):
        gold.read(written(tmp_path / "gold.jsonl", ""))
    with pytest.raises(BadInput, match="cannot be read"):
        gold.read(tmp_path / "none.jsonl")


def scored(passes: bool = True, **changes: Any) -> list[tuple[gold.GoldPair, Verdict]]:
    return [(gold.GoldPair.model_validate(pair(**changes)), Verdict(JUDGE, passes, 0.8, "A pulse."))]


def test_seeding_twice_labels_once(store: Any) -> None:
    assert gold.seed(store, scored()) == {"new": 1, "changed": 0, "unchanged": 0}
    before = Label.objects.get()
    assert gold.seed(store, scored()) == {"new": 0, "changed": 0, "unchanged": 1}
    assert Label.objects.get().pk == before.pk
    assert (before.item, before.text) == ("gold:soups/1", "“Red lentils” in “Soups that cook themselves”")


def test_a_judge_that_thinks_again_changes_its_own_label_only(store: Any) -> None:
    gold.seed(store, scored())
    gold.seed(store, [(scored()[0][0], Verdict("Another v1", True, None, "Yes."))])
    assert gold.seed(store, scored(passes=False)) == {"new": 0, "changed": 1, "unchanged": 0}
    assert dict(Label.objects.values_list("judge", "judge_passes")) == {JUDGE: False, "Another v1": True}


# --- The command --------------------------------------------------------------------------------------------------
def calibrate(store: Any, *args: str) -> str:
    out = StringIO()
    call_command("calibrate", "--store", store.slug, *args, stdout=out)
    return out.getvalue()


def test_the_command_prints_each_facet_of_each_judge(store: Any) -> None:
    label(store, (30, 4, 12, 34))
    said = calibrate(store)
    line = next(line for line in said.splitlines() if line.startswith("Fits the title"))
    assert "0.60" in line and "4 of 34" in line and "12 of 46" in line
    assert f"{JUDGE}: Settles 100% of its drops" in said


def test_the_command_says_what_cannot_be_told(store: Any) -> None:
    label(store, (3, 0, 0, 1))
    assert "Fits the title: no kappa, since 4 labels; 10 or more are needed to tell." in calibrate(store)
    (judge,) = json.loads(calibrate(store, "--json"))["judges"]
    assert judge["facets"][0]["kappa"] is None


def test_without_labels_the_command_says_where_they_come_from(store: Any) -> None:
    assert "There are no labels yet." in calibrate(store)


def test_an_unknown_judge_is_answered_with_the_known(store: Any) -> None:
    label(store, (3, 0, 0, 1))
    with pytest.raises(CommandError, match=f"Judges with labels: {JUDGE}"):
        calibrate(store, "--judge", "Judge Dredd")


def test_the_gold_set_is_scored_by_the_built_in_judge(store: Any) -> None:
    found = json.loads(calibrate(store, "--gold", "--json"))
    assert found["gold"]["new"] == len(gold.read(gold.OWN))
    (facet,) = found["judges"][0]["facets"]
    assert facet["kappa"] > 0.4
    assert found["judges"][0]["judge"].startswith("Built-in judge")


# --- Over time ----------------------------------------------------------------------------------------------------
def test_the_trend_counts_each_day_for_itself(store: Any, django_assert_num_queries: Any) -> None:
    label(store, (10, 5, 5, 10))
    with pgtrigger.ignore("review.Label:history"):  # labels cannot be changed; only a test turns the clock back
        for place, row in enumerate(Label.objects.order_by("id")):
            Label.objects.filter(pk=row.pk).update(created_at=timezone.now() - dt.timedelta(days=place % 3))
    with django_assert_num_queries(2):
        name, points = numbers.trend(Label.objects.filter(store=store).order_by())
    assert name == "day"
    assert [point.agreement.counts.n for point in points] == [10, 10, 10]
    assert points[0].start < points[-1].start


# --- The screen ---------------------------------------------------------------------------------------------------
SCREEN = "/insights/judges/"


def page(client: Client, **query: str) -> str:
    return " ".join(client.get(SCREEN, query).content.decode().split())


def test_without_labels_the_screen_says_how_they_come_about(store: Any, merchandiser_client: Client) -> None:
    said = page(merchandiser_client)
    assert "Nobody has agreed or disagreed with a judge yet" in said
    assert "Go to review" in said


def test_two_numbers_come_first_in_words(store: Any, merchandiser_client: Client) -> None:
    label(store, (30, 4, 12, 34))
    said = page(merchandiser_client)
    assert "is how far Stub judge v1 agrees with people on “fits the title” beyond chance" in said
    assert "4 of 34" in said and "that it passed, people turned down" in said


def test_what_cannot_be_told_is_said_and_never_zero(store: Any, merchandiser_client: Client) -> None:
    label(store, (12, 3, 0, 0))
    said = page(merchandiser_client)
    assert "Cannot be told: the judge passed all 15" in said
    assert "It turned down none of these" in said


def test_examples_show_both_reasons_and_lead_to_the_row(store: Any, merchandiser_client: Client) -> None:
    row = PlacementFactory(draft__store=store)
    label(store, (1, 1, 0, 1), source="decision", placement=row)
    said = page(merchandiser_client)
    assert said.count("Open the row") == 1
    assert "A machine's word." in said.replace("&#x27;", "'") and "A person's word." in said.replace("&#x27;", "'")
    assert reverse("placement-review", args=[row.pk]) in said


def test_filters_narrow_table_and_examples(store: Any, merchandiser_client: Client) -> None:
    label(store, (5, 1, 0, 0))
    label(store, (5, 2, 0, 0), facet="coherent", level="placement", judge="Other v1", source="decision")
    for query in ({"judge": "Other v1"}, {"facet": "placement.coherent"}, {"source": "decision"}):
        context = merchandiser_client.get(SCREEN, query).context
        assert [one["row"].facet for one in context["rows"]] == ["coherent"]
        assert len(context["differing"]) == 2


def test_nonsense_in_the_address_filters_nothing(store: Any, merchandiser_client: Client) -> None:
    label(store, (5, 1, 0, 0))
    answer = merchandiser_client.get(
        SCREEN, {"judge": "<b>", "facet": "a.b.c", "days": "-1", "source": "x", "page": "x"}
    )
    assert len(answer.context["rows"]) == 1


def test_markup_in_reasons_stays_text(store: Any, merchandiser_client: Client) -> None:
    label(store, (0, 1, 0, 0), judge_reason="<script>alert(1)</script>")
    said = page(merchandiser_client)
    assert "<script>alert" not in said and "&lt;script&gt;alert" in said


def test_the_number_of_questions_does_not_grow_with_labels(
    store: Any, merchandiser_client: Client, django_assert_max_num_queries: Any
) -> None:
    for place in range(4):
        label(store, (10, 6, 6, 10), facet=f"facet_{place}", level="placement")
    with django_assert_max_num_queries(15):
        merchandiser_client.get(SCREEN)


@pytest.mark.parametrize("who", ["marketing", "merchandiser", "team_mate", "admin"])
def test_everybody_of_the_store_may_look(store: Any, request: Any, who: str) -> None:
    label(store, (5, 1, 0, 0))
    assert request.getfixturevalue(f"{who}_client").get(SCREEN).status_code == 200


def test_strangers_see_their_own_store_and_anonymous_people_sign_in(store: Any, stranger_client: Client) -> None:
    label(store, (5, 1, 0, 0))
    assert JUDGE not in page(stranger_client)
    assert Client().get(SCREEN).status_code == 302


# --- The API ------------------------------------------------------------------------------------------------------
API = "/api/v1/calibration/"


def test_the_api_gives_the_same_numbers(store: Any, merchandiser_client: Client) -> None:
    label(store, (30, 4, 12, 34))
    assert merchandiser_client.get(API).json() == json.loads(calibrate(store, "--json"))


def test_the_api_filters_and_refuses_nonsense(store: Any, admin_client: Client) -> None:
    label(store, (5, 1, 0, 0))
    assert admin_client.get(API, {"judge": "nobody"}).json()["judges"] == []
    assert admin_client.get(API, {"facet": "drop table"}).status_code == 400


@pytest.mark.parametrize(("who", "status"), [("marketing", 403), ("merchandiser", 200), ("admin", 200)])
def test_the_api_is_for_those_who_decide(store: Any, request: Any, who: str, status: int) -> None:
    assert request.getfixturevalue(f"{who}_client").get(API).status_code == status


def test_the_api_shows_strangers_nothing_and_anonymous_people_the_door(store: Any, stranger_client: Client) -> None:
    label(store, (5, 1, 0, 0))
    assert stranger_client.get(API).json()["judges"] == []
    assert Client().get(API).status_code in (401, 403)
