"""Settings, Rankers: everybody of the store reads the reports, admins decide which one serves."""

from typing import Any

import pytest
from django.urls import reverse

from generation import trained_rankers
from generation.models import TrainedRanker
from tests.generation.rankers.made import trained

pytestmark = pytest.mark.django_db
PAGE = "/settings/rankers/"
ONE, ACTIVATE, BACK = f"{PAGE}1/", f"{PAGE}1/activate/", f"{PAGE}back/"
GIVEN = {"seen": "0", "note": "Better for most visitors"}


@pytest.fixture
def ranker(store: Any) -> TrainedRanker:
    return trained(store, 1)


def test_anonymous_people_are_sent_to_sign_in(client: Any, ranker: TrainedRanker) -> None:
    for answer in (client.get(PAGE), client.get(ONE), client.post(ACTIVATE, GIVEN), client.post(BACK, GIVEN)):
        assert answer.url.startswith(reverse("login"))


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client"])
def test_people_without_the_role_read_the_report_and_decide_nothing(
    request: Any, ranker: TrainedRanker, who: str
) -> None:
    client = request.getfixturevalue(who)
    assert "Ranker 1" in client.get(PAGE).content.decode()
    page = client.get(ONE).content.decode()
    assert "worse in NDCG@10" in page.lower() or "Worse in NDCG@10" in page
    assert ACTIVATE not in page
    for address in (ACTIVATE, BACK):
        assert client.post(address, GIVEN).status_code == 403
    ranker.refresh_from_db()
    assert ranker.state == "trained"


def test_a_stranger_finds_none_of_ours(stranger_client: Any, store: Any, ranker: TrainedRanker) -> None:
    assert "Ranker 1" not in stranger_client.get(PAGE).content.decode()
    assert stranger_client.get(ONE).status_code == 404
    assert "no ranker 1" in stranger_client.post(ACTIVATE, GIVEN, follow=True).content.decode()
    assert trained_rankers.active(store) is None


def test_without_a_ranker_the_page_says_how_to_get_one(admin_client: Any) -> None:
    page = admin_client.get(PAGE).content.decode()
    for words in ("No ranker was trained yet", "manage.py train_ranker --events FILE", "built-in business score"):
        assert words in page


def test_the_report_shows_what_speaks_against_it_first(admin_client: Any, ranker: TrainedRanker) -> None:
    page = admin_client.get(ONE).content.decode()
    for words in ("Worse in NDCG@10 by 0.020 to 0.090", "Shop &gt; Teas", "1 of 1 categories", "<svg", "Held out."):
        assert words in page
    assert "It was worse than business score (season)" in page  # once more where it is activated
    assert "Worse than business score (season)." in admin_client.get(PAGE).content.decode()


def test_an_admin_activates_and_goes_back_and_the_history_says_so(
    admin_client: Any, store: Any, ranker: TrainedRanker
) -> None:
    page = admin_client.post(ACTIVATE, GIVEN, follow=True).content.decode()
    for words in ("Ranker 1 serves. What is ranked from now on goes by it.", "Better for most visitors", "Ada Min"):
        assert words in page
    assert 'id="back"' in page and "Activate ranker" not in admin_client.get(ONE).content.decode()
    page = admin_client.post(BACK, {"seen": "1", "note": "Carts fell"}, follow=True).content.decode()
    assert "The built-in business score serves again" in page and "Carts fell" in page
    assert trained_rankers.active(store) is None


@pytest.mark.parametrize("given", [{"seen": "0", "note": ""}, {"seen": "7", "note": "x"}, {"seen": "x", "note": "x"}])
def test_a_form_that_is_not_right_changes_nothing_and_says_why(
    admin_client: Any, store: Any, ranker: TrainedRanker, given: dict[str, str]
) -> None:
    page = admin_client.post(ACTIVATE, given, follow=True).content.decode()
    assert "Say in the note why" in page or "Somebody was first" in page
    assert trained_rankers.active(store) is None


def test_a_ranker_that_is_not_there_is_not_found(admin_client: Any) -> None:
    assert admin_client.get(f"{PAGE}99/").status_code == 404


def test_names_from_the_catalogue_are_text_and_no_markup(admin_client: Any, store: Any) -> None:
    row = trained(store, 1)
    hostile = {**row.report, "categories": {**row.report["categories"], "gains": row.report["categories"]["losses"]}}
    hostile["categories"]["gains"][0]["name"] = "<script>alert(1)</script>"
    trained(store, 2, report=hostile, author_name="<b>Eve</b>")
    page = admin_client.get(f"{PAGE}2/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "<b>Eve" not in page


def test_the_list_asks_as_many_questions_for_one_as_for_ten(
    admin_client: Any, store: Any, ranker: TrainedRanker, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        admin_client.get(PAGE)
    for number in range(2, 11):
        trained(store, number)
    with django_assert_max_num_queries(len(one)):
        admin_client.get(PAGE)
