"""The audience screens: who gets in, what they show, what saving, deleting and importing do."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry
from generation.models import Policy, Segment
from tests.factories import CampaignFactory, RunFactory, SegmentFactory

PROFILE = {
    "categories": [{"name": "Baking", "share": 0.4}, {"name": "Dairy", "share": 0.2}],
    "price_affinity": "low",
    "notes": "Ask Zelda",
}
TABLE = "name,size,categories,price level,email\n"


@pytest.fixture
def bakers(store: Any) -> Segment:
    return SegmentFactory(store=store, slug="bakers", name="Families who bake", profile=PROFILE, size=1234)


def page(client: Any, name: str, *args: Any) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return str(response.content.decode())


def upload(text: str, name: str = "groups.csv") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, text.encode(), content_type="text/csv")}


# --- Who gets in --------------------------------------------------------------------------------------------------
SCREENS = [
    ("audience-list", []),
    ("audience-create", []),
    ("audience-import", []),
    ("audience-detail", ["bakers"]),
    ("audience-edit", ["bakers"]),
]


@pytest.mark.parametrize(("name", "args"), SCREENS)
def test_anonymous_people_are_sent_to_sign_in(client: Any, bakers: Segment, name: str, args: list[str]) -> None:
    assert client.get(reverse(name, args=args))["Location"].startswith(reverse("login"))


@pytest.mark.parametrize(("name", "args"), SCREENS)
@pytest.mark.parametrize("who", ["marketing_client", "team_mate_client", "admin_client"])
def test_every_member_may_see_and_write_audiences(
    request: Any, who: str, bakers: Segment, name: str, args: list[str]
) -> None:
    assert request.getfixturevalue(who).get(reverse(name, args=args)).status_code == 200


@pytest.mark.parametrize("name", ["audience-detail", "audience-edit"])
def test_an_audience_of_another_store_is_not_found(stranger_client: Any, bakers: Segment, name: str) -> None:
    assert stranger_client.get(reverse(name, args=["bakers"])).status_code == 404
    assert stranger_client.post(reverse("audience-delete", args=["bakers"])).status_code == 404
    assert Segment.objects.filter(pk=bakers.pk).exists()


# --- List and detail ----------------------------------------------------------------------------------------------
def test_without_audiences_the_list_offers_both_ways_to_one(marketing_client: Any) -> None:
    text = page(marketing_client, "audience-list")
    assert "No audiences yet" in text
    assert reverse("audience-create") in text
    assert reverse("audience-import") in text


def test_the_list_says_who_they_are_in_a_sentence(marketing_client: Any, bakers: Segment) -> None:
    CampaignFactory(store=bakers.store, segment=bakers)
    text = page(marketing_client, "audience-list")
    for words in ("Families who bake", "Buys Baking and Dairy at low prices.", "1,234", "40 %", "Written here"):
        assert words in text


def test_the_list_takes_the_same_queries_for_many(
    marketing_client: Any, bakers: Segment, django_assert_max_num_queries: Any
) -> None:
    for segment in SegmentFactory.create_batch(20, store=bakers.store, profile=PROFILE):
        CampaignFactory(store=bakers.store, segment=segment)
    with django_assert_max_num_queries(9):
        page(marketing_client, "audience-list")


def test_an_audience_says_what_a_vendor_would_see_of_it(marketing_client: Any, bakers: Segment) -> None:
    text = page(marketing_client, "audience-detail", "bakers")
    goes, stays = text.split("Stays in the studio")
    assert "Price level" in goes.split("a vendor's model may see")[1]
    assert "Notes" in stays
    Policy.objects.create(store=bakers.store, number=1, body={"profile_fields": []}, author_name="Ada")
    assert "nothing of this profile goes to a vendor" in page(marketing_client, "audience-detail", "bakers")


def test_an_older_profile_without_types_still_shows(marketing_client: Any, store: Any) -> None:
    SegmentFactory(store=store, slug="old", profile={"top_categories": ["Tea"], "orders_per_month": 5, "x": {"y": 1}})
    text = page(marketing_client, "audience-detail", "old")
    assert "Orders per month" in text
    assert "y: 1" in text


# --- Writing ------------------------------------------------------------------------------------------------------
def test_a_written_audience_is_saved_and_on_record(marketing_client: Any, store: Any) -> None:
    answers = {
        "name": "Green cooks",
        "size": "300",
        "categories": "Vegetables: 40% | Pulses",
        "price_affinity": "high",
        "diet": "vegan",
        "seasonality": "November: 20%",
    }
    response = marketing_client.post(reverse("audience-create"), answers)
    assert response["Location"] == reverse("audience-detail", args=["green-cooks"])
    segment = Segment.objects.get(store=store, slug="green-cooks")
    assert segment.profile == {
        "categories": [{"name": "Vegetables", "share": 0.4}, {"name": "Pulses"}],
        "price_affinity": "high",
        "diet": ["vegan"],
        "seasonality": {"11": 0.2},
    }
    assert AuditEntry.objects.filter(store=store, action="segment.create", subject="segment:green-cooks").exists()


def test_the_form_shows_what_it_saves(marketing_client: Any, bakers: Segment) -> None:
    form = marketing_client.get(reverse("audience-edit", args=["bakers"])).context["form"]
    posted = {name: form[name].value() or "" for name in form.fields}
    posted |= {name: form.fields[name].prepare_value(posted[name]) for name in ("categories", "brands")}
    before = bakers.profile
    marketing_client.post(reverse("audience-edit", args=["bakers"]), posted)
    bakers.refresh_from_db()
    assert bakers.profile == before


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "This field is required."),
        ("name", "FAMILIES WHO BAKE", "There is an audience"),
        ("categories", "Tea: 300%", "less than or equal to 1"),
        ("seasonality", "Brumaire: 2%", "is no month"),
        ("price_from", "9", "price_from is above price_to"),
    ],
)
def test_what_does_not_fit_comes_back_with_words(
    marketing_client: Any, bakers: Segment, field: str, value: str, words: str
) -> None:
    answers = {"name": "Others", "price_to": "5", field: value}
    response = marketing_client.post(reverse("audience-create"), answers)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Segment.objects.count() == 1


def test_somebody_elses_save_is_not_overwritten_unseen(marketing_client: Any, bakers: Segment) -> None:
    seen = bakers.updated_at.isoformat()
    bakers.save()
    answers = {"name": "Families who bake", "seen": seen}
    response = marketing_client.post(reverse("audience-edit", args=["bakers"]), answers)
    assert "Somebody saved" in response.content.decode()
    again = {**answers, "seen": response.context["form"]["seen"].value()}
    assert marketing_client.post(reverse("audience-edit", args=["bakers"]), again).status_code == 302


def test_an_audience_nobody_uses_can_be_deleted(marketing_client: Any, bakers: Segment) -> None:
    marketing_client.post(reverse("audience-delete", args=["bakers"]))
    assert not Segment.objects.exists()


def test_an_audience_in_use_stays_and_says_why(marketing_client: Any, bakers: Segment) -> None:
    CampaignFactory(store=bakers.store, name="Autumn baking", segment=bakers)
    response = marketing_client.post(reverse("audience-delete", args=["bakers"]), follow=True)
    assert "was not deleted. The campaign “Autumn baking” uses it." in response.content.decode()


def test_runs_and_drafts_say_whom_they_are_for(marketing_client: Any, bakers: Segment) -> None:
    from tests.factories import DraftFactory

    run = RunFactory(campaign=CampaignFactory(store=bakers.store), segment=bakers)
    where = reverse("audience-detail", args=["bakers"])
    assert where in page(marketing_client, "campaign-detail", run.campaign.slug)
    assert where in page(marketing_client, "run-detail", run.pk)
    draft = DraftFactory(store=bakers.store, campaign=run.campaign, run__segment=bakers)
    assert where in page(marketing_client, "draft-preview", draft.pk)


# --- A table of audiences -----------------------------------------------------------------------------------------
def test_a_table_is_checked_before_anything_is_written(marketing_client: Any, store: Any) -> None:
    rows = "Night owls,300,Snacks: 30%,low,a@b.example\nOdd,x,,purple,\n,,,,\n"
    answer = marketing_client.post(reverse("audience-import"), upload(TABLE + rows), follow=True)
    text = answer.content.decode()
    assert not Segment.objects.exists()
    for words in ("Night owls", "this is no whole number of people", "should be low, middle or high", "left out:"):
        assert words in text
    taken = marketing_client.post(answer.redirect_chain[-1][0], follow=True)
    assert "1 audiences created, 0 changed, 0 as they were, 1 rows refused" in taken.content.decode()
    segment = Segment.objects.get(store=store)
    assert (segment.name, segment.size, segment.source) == ("Night owls", 300, "csv")
    assert "a@b.example" not in str(segment.profile)


def test_a_discarded_table_leaves_nothing_and_cannot_come_back(marketing_client: Any) -> None:
    check = marketing_client.post(reverse("audience-import"), upload(TABLE + "A,1,,,\n"))["Location"]
    marketing_client.post(check, {"discard": "yes"})
    assert "no longer here" in marketing_client.get(check, follow=True).content.decode()
    assert not Segment.objects.exists()


def test_a_table_of_one_store_cannot_be_taken_by_another(marketing_client: Any, stranger_client: Any) -> None:
    check = marketing_client.post(reverse("audience-import"), upload(TABLE + "A,1,,,\n"))["Location"]
    assert "no longer here" in stranger_client.post(check, follow=True).content.decode()
    assert not Segment.objects.exists()


def test_two_clicks_on_import_write_once(marketing_client: Any) -> None:
    check = marketing_client.post(reverse("audience-import"), upload(TABLE + "A,1,,,\n"))["Location"]
    marketing_client.post(check)
    marketing_client.post(check)
    assert Segment.objects.count() == 1
    assert AuditEntry.objects.filter(action="segment.import").count() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour,size\nred,1\n", "No column names the audience"),
        ("\x00\x01\x02\x03PK", "is not text"),
        ("", "The submitted file is empty"),
        ("name,size\n" + "a,1\n" * 5001, "more than 5,000 rows"),
    ],
)
def test_a_file_that_is_no_table_of_audiences_is_refused_in_words(marketing_client: Any, text: str, words: str) -> None:
    response = marketing_client.post(reverse("audience-import"), upload(text))
    assert response.status_code == 422
    assert words in response.content.decode()
