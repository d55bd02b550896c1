"""Settings, Rankers, how much the shop's score counts: everybody reads the proposals, admins put one in force."""

from typing import Any

import pytest
from django.urls import reverse

from generation.models import RankingProposal
from generation.policy import policies
from tests.generation.rankers.made import proposed

pytestmark = pytest.mark.django_db
PAGE = "/settings/rankers/"
ONE, ACTIVATE, OWN = f"{PAGE}proposals/1/", f"{PAGE}proposals/1/activate/", f"{PAGE}proposals/0/activate/"
GIVEN = {"seen": "0", "note": "Better on the part held out"}


@pytest.fixture
def proposal(store: Any) -> RankingProposal:
    return proposed(store, 1)


def test_anonymous_people_are_sent_to_sign_in(client: Any, proposal: RankingProposal) -> None:
    for answer in (client.get(ONE), client.post(ACTIVATE, GIVEN)):
        assert answer.url.startswith(reverse("login"))


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client"])
def test_people_without_the_role_read_and_decide_nothing(
    request: Any, store: Any, proposal: RankingProposal, who: str
) -> None:
    client = request.getfixturevalue(who)
    assert "Ranking proposal 1" in client.get(PAGE).content.decode()
    page = client.get(ONE).content.decode()
    assert "Alpha 0.35 becomes 1.2" in page and ACTIVATE not in page
    assert client.post(ACTIVATE, GIVEN).status_code == 403
    assert policies.current(store).number == 0


def test_a_stranger_finds_none_of_ours(stranger_client: Any, store: Any, proposal: RankingProposal) -> None:
    assert "Ranking proposal" not in stranger_client.get(PAGE).content.decode()
    assert stranger_client.get(ONE).status_code == 404
    assert "no ranking proposal 1" in stranger_client.post(ACTIVATE, GIVEN, follow=True).content.decode()
    assert policies.current(store).number == 0


def test_without_a_proposal_the_page_says_what_serves_and_how_to_get_one(admin_client: Any) -> None:
    page = admin_client.get(PAGE).content.decode()
    for words in ("the studio&#x27;s own values", "manage.py tune_ranking --events FILE", "0.35", "0.8"):
        assert words in page.replace("studio's", "studio&#x27;s")


def test_the_report_says_losses_first_and_draws_the_curve(admin_client: Any, proposal: RankingProposal) -> None:
    page = admin_client.get(ONE).content.decode()
    assert page.index("Worse than shop") < page.index("Better than what serves now")
    for words in ("<polyline", "What the events do not speak of", "Clear stock", "Only alpha divided by beta"):
        assert words in page


def test_an_admin_activates_and_takes_it_back_and_the_policy_says_so(
    admin_client: Any, store: Any, proposal: RankingProposal
) -> None:
    page = admin_client.post(ACTIVATE, GIVEN, follow=True).content.decode()
    assert "Ranking proposal 1 is in force, as policy 1." in page
    now = policies.current(store).tuning
    assert (now.number, now.alpha) == (1, {"season": 1.2, "occasion": 1.2})
    assert ACTIVATE not in admin_client.get(ONE).content.decode()
    history = admin_client.get("/settings/policy/").content.decode()
    assert "as ranking proposal 1 says" in history and "Better on the part held out" in history
    page = admin_client.post(OWN, {"seen": "1", "note": "Carts fell"}, follow=True).content.decode()
    assert "own values are in force, as policy 2." in page
    assert policies.current(store).tuning.number == 0


def test_what_was_tuned_survives_another_change_of_the_policy(
    admin_client: Any, store: Any, proposal: RankingProposal
) -> None:
    from generation.forms.policy import initial

    admin_client.post(ACTIVATE, GIVEN)
    now = policies.current(store)
    form = {**initial(now), "show_from": "0.75", "note": "Stricter"}
    assert admin_client.post("/settings/policy/save/", form).status_code == 302
    after = policies.current(store)
    assert (after.number, after.show_from, after.tuning) == (2, 0.75, now.tuning)


@pytest.mark.parametrize("given", [{"seen": "0", "note": ""}, {"seen": "7", "note": "x"}, {"seen": "x", "note": "x"}])
def test_a_form_that_is_not_right_changes_nothing_and_says_why(
    admin_client: Any, store: Any, proposal: RankingProposal, given: dict[str, str]
) -> None:
    page = admin_client.post(ACTIVATE, given, follow=True).content.decode()
    assert "Say in the note why" in page or "is not in force" in page
    assert policies.current(store).number == 0


def test_a_proposal_that_changes_nothing_cannot_be_activated(admin_client: Any, store: Any) -> None:
    proposed(store, 1, changes=False)
    assert ACTIVATE not in admin_client.get(ONE).content.decode()
    assert "Changes nothing" in admin_client.get(PAGE).content.decode()


def test_names_are_text_and_no_markup(admin_client: Any, store: Any) -> None:
    proposed(store, 1, author_name="<script>alert(1)</script>")
    for address in (PAGE, ONE):
        page = admin_client.get(address).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_a_proposal_that_is_not_there_is_not_found(admin_client: Any) -> None:
    assert admin_client.get(f"{PAGE}proposals/9/").status_code == 404
