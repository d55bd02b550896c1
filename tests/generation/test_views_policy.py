"""Settings, Policy: everybody of the store reads it, admins change it."""

from typing import Any

import pytest
from django.urls import reverse

from generation.models import Policy
from generation.policy import policies
from generation.stages.policy import QualityPolicy
from tests.factories import CampaignFactory, RunFactory

pytestmark = pytest.mark.django_db
PAGE = "/settings/policy/"
SAVE, TRY = "/settings/policy/save/", "/settings/policy/try/"


@pytest.fixture
def given() -> dict[str, Any]:
    """The form as an admin would send it, with the bar for products raised."""
    from generation.forms.policy import initial

    return {**initial(QualityPolicy()), "show_from": "0.77", "note": "Odd products"}


def test_anonymous_people_are_sent_to_sign_in(client: Any) -> None:
    assert client.get(PAGE).url.startswith(reverse("login"))
    assert client.post(SAVE).url.startswith(reverse("login"))


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client"])
def test_people_without_the_role_read_and_change_nothing(request: Any, given: Any, who: str) -> None:
    client = request.getfixturevalue(who)
    page = client.get(PAGE).content.decode()
    assert "Show a product from" in page and "Save policy" not in page
    for address in (SAVE, TRY, "/settings/policy/0/restore/"):
        assert client.post(address, given).status_code == 403
    assert not Policy.objects.exists()


def test_a_stranger_changes_only_their_own_store(
    stranger_client: Any, store: Any, other_store: Any, given: Any
) -> None:
    assert stranger_client.post(SAVE, given).status_code == 302
    assert policies.current(store).number == 0
    assert policies.current(other_store).number == 1


def test_an_admin_saves_and_the_history_shows_who_why_and_what(admin_client: Any, store: Any, given: Any) -> None:
    page = admin_client.post(SAVE, given, follow=True).content.decode()
    assert policies.current(store) == QualityPolicy(number=1, show_from=0.77)
    for words in ("Policy 1", "Ada Min", "Odd products", "Show a product from: 0.7 becomes 0.77", "In force"):
        assert words in page


def test_defaults_of_facets_are_not_written_down(admin_client: Any, store: Any, given: Any) -> None:
    admin_client.post(SAVE, {**given, "facet_placement_fits_segment": "drop"})
    assert policies.current(store).severities == {"placement.fits_segment": "drop"}


def test_a_change_without_a_reason_stays_on_the_form(admin_client: Any, given: Any) -> None:
    answer = admin_client.post(SAVE, {**given, "note": ""})
    assert answer.status_code == 422
    assert "Say why the policy changes" in answer.content.decode()
    assert 'value="0.77"' in answer.content.decode()


def test_values_that_contradict_each_other_are_said_on_the_form(admin_client: Any, given: Any) -> None:
    answer = admin_client.post(SAVE, {**given, "show_from": "0.9"})
    assert answer.status_code == 422
    assert "would never drop a row" in answer.content.decode()


@pytest.mark.parametrize("bad", ["nan", "1e999", "-1", "nine", "", "0.3 OR 1=1"])
def test_nonsense_is_never_saved(admin_client: Any, given: Any, bad: str) -> None:
    assert admin_client.post(SAVE, {**given, "show_from": bad}).status_code == 422
    assert admin_client.post(TRY, {**given, "show_from": bad}).status_code == 200
    assert not Policy.objects.exists()


def test_whoever_saw_an_older_version_is_told_and_keeps_what_they_typed(
    admin_client: Any, store: Any, admin: Any, given: Any
) -> None:
    policies.save(store=store, actor=admin, policy=QualityPolicy(settle_share=0.5), note="First", seen=0)
    answer = admin_client.post(SAVE, given)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "saved policy 1 while you were changing policy 0" in page
    assert 'value="0.77"' in page


def test_the_panel_says_what_would_have_changed_and_saves_nothing(admin_client: Any, store: Any, given: Any) -> None:
    RunFactory(campaign=CampaignFactory(store=store), done=True)
    strict = {**given, "show_from": "0.92", "placement_floor": "0.95"}
    for answer in (admin_client.post(TRY, strict), admin_client.post(SAVE, {**strict, "then": "try"})):
        assert "2 more would have been dropped" in answer.content.decode()
    assert not Policy.objects.exists()


def test_restoring_adds_a_version(admin_client: Any, store: Any, admin: Any, given: Any) -> None:
    policies.save(store=store, actor=admin, policy=QualityPolicy(settle_share=0.5), note="First", seen=0)
    page = admin_client.post("/settings/policy/0/restore/", {"seen": "1"}, follow=True).content.decode()
    assert "Policy 2 is in force; it says what policy 0 said" in page
    assert policies.current(store) == QualityPolicy(number=2)


def test_restoring_what_is_not_there_is_said(admin_client: Any) -> None:
    page = admin_client.post("/settings/policy/7/restore/", {"seen": "0"}, follow=True).content.decode()
    assert "There is no policy 7" in page


def test_notes_are_shown_as_text(admin_client: Any, store: Any, given: Any) -> None:
    page = admin_client.post(SAVE, {**given, "note": "<script>x</script>"}, follow=True).content.decode()
    assert "<script>x" not in page and "&lt;script&gt;x" in page
