"""Profiles of audiences: what is read, what is refused and how, what older profiles become."""

from typing import Any

import pytest

from generation import audiences, services
from generation.campaigns import segments
from generation.campaigns.segments import FIELDS, PERSONAL, Profile, read, read_loosely
from generation.models import Segment
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import CampaignFactory, RunFactory, SegmentFactory


# --- Reading ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "written",
    [
        ["Tea", "Snacks"],
        [{"name": "Tea"}, {"name": "Snacks"}],
        "Tea | Snacks",
        "Tea; Snacks",
        "Tea, Snacks",
    ],
)
def test_names_are_read_from_a_list_from_objects_and_from_one_cell(written: Any) -> None:
    assert read({"categories": written}).names("categories") == ["Tea", "Snacks"]


@pytest.mark.parametrize("written", ["Snacks: 40% | Tea: 0.2", [{"name": "Snacks", "share": 0.4}, "Tea"]])
def test_what_is_typical_comes_first_as_it_was_written(written: Any) -> None:
    assert read({"categories": written}).names("categories") == ["Snacks", "Tea"]


def test_an_object_of_shares_has_no_order_so_the_most_bought_comes_first() -> None:
    assert read({"categories": {"Tea": 0.2, "Snacks": 0.4}}).names("categories") == ["Snacks", "Tea"]


@pytest.mark.parametrize(
    ("words", "level"),
    [("value", "low"), ("budget", "low"), ("mid to high", "middle"), ("Premium", "high"), ("medium", "middle")],
)
def test_price_levels_are_understood_in_common_words(words: str, level: str) -> None:
    assert read({"price_affinity": words}).price_affinity == level


def test_months_are_read_by_name_and_by_number() -> None:
    assert read({"seasonality": {"Nov": 0.2, "12": 0.3}}).seasonality == {11: 0.2, 12: 0.3}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"colour": "red"}, "A profile has no field “colour”. Its fields are categories"),
        ({"email": "a@b.example"}, "A profile describes a group, not a person: leave out “email”."),
        ({"age": "20", "age_band": "30"}, "The profile says age twice"),
        ({"categories": {"Tea": 1.4}}, "Categories: should be less than or equal to 1"),
        ({"categories": {"Tea": 0.9, "Jam": 0.8}}, "the shares of categories add up to 1.70"),
        ({"price_affinity": "purple"}, "Price level: should be low, middle or high"),
        ({"price_from": 5, "price_to": 2}, "price_from is above price_to"),
        ({"seasonality": {"Brumaire": 0.2}}, "Months: “Brumaire” is no month; write November or 11"),
        ({"categories": [{"name": "Tea", "rank": 1}]}, "Categories: “rank” is not known there"),
        (["Tea"], "A profile is an object of fields"),
    ],
)
def test_what_is_wrong_with_a_profile_is_said_in_words(given: Any, sentence: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(given)
    assert sentence in str(caught.value)


def test_a_profile_has_a_bound() -> None:
    with pytest.raises(BadInput, match="is the most"):
        read_loosely({"essay": "word " * 5000})


def test_markup_and_hidden_characters_do_not_enter_a_profile() -> None:
    assert read({"household": "family\u202e <b>with</b>\x00 a dog"}).household == "family with a dog"


def test_what_is_stored_reads_back_the_same() -> None:
    profile = read({"categories": {"Tea": 0.2}, "diet": "vegan", "seasonality": {11: 0.5}, "age": "30-45"})
    assert read(profile.stored()) == profile


# --- Profiles of the first edition --------------------------------------------------------------------------------
def test_an_older_profile_keeps_everything_and_gains_types() -> None:
    older = {"top_categories": ["Dals & Pulses"], "price_affinity": "value", "orders_per_month": 5, "city": "Bengaluru"}
    profile = read_loosely(older)
    assert profile.names("categories") == ["Dals & Pulses"]
    assert (profile.price_affinity, profile.location, profile.other) == ("low", "Bengaluru", {"orders_per_month": 5})


def test_a_value_that_does_not_fit_its_field_is_kept_beside() -> None:
    assert read_loosely({"price_affinity": "haggles", "basket": "big"}).other == {
        "price_affinity": "haggles",
        "basket": "big",
    }


@pytest.mark.parametrize("junk", [{"a": {"b": [1, {"c": None}]}}, {"categories": 7}, {"diet": {"x": 1}}, {"": "x"}])
def test_no_older_profile_is_refused(junk: Any) -> None:
    assert read_loosely(junk).other


def test_every_field_stands_in_the_table_and_the_personal_ones_are_marked() -> None:
    assert set(FIELDS) == set(Profile.model_fields)
    assert {"life_stage", "age_band", "location", "notes", "other"} == PERSONAL


# --- Keeping ------------------------------------------------------------------------------------------------------
@pytest.fixture
def audience(store: Any) -> Segment:
    return audiences.save(store=store, actor=None, name="Bakers", profile=read({"categories": {"Flour": 0.3}}), size=90)


def test_two_audiences_never_share_a_name(store: Any, audience: Segment) -> None:
    with pytest.raises(BadInput, match="There is an audience “bakers” already"):
        audiences.save(store=store, actor=None, name="bakers", profile=Profile())


def test_the_page_for_everyone_cannot_be_taken_by_a_name(store: Any) -> None:
    assert audiences.save(store=store, actor=None, name="Default", profile=Profile()).slug != "default"


def test_a_save_over_somebody_elses_is_noticed(store: Any, marketing: Any, audience: Segment) -> None:
    seen = audience.updated_at
    audiences.save(store=store, actor=marketing, name="Bakers", profile=Profile(diet=["vegan"]), segment=audience)
    with pytest.raises(WrongState, match="Somebody saved “Bakers”"):
        audiences.save(store=store, actor=None, name="Mine", profile=Profile(), segment=audience, seen=seen)


def test_the_trail_keeps_no_value_that_is_about_persons(store: Any, marketing: Any) -> None:
    from accounts.models import AuditEntry

    audiences.save(store=store, actor=marketing, name="Bakers", profile=read({"notes": "Aunt May", "diet": "vegan"}))
    entry = AuditEntry.objects.get(store=store, action="segment.create")
    assert entry.new is not None
    assert entry.new["profile"]["diet"] == ["vegan"]
    assert "Aunt May" not in str(entry.new)


def test_an_audience_in_use_is_not_deleted_and_says_by_what(store: Any, audience: Segment) -> None:
    campaign = CampaignFactory(store=store, name="Autumn baking", segment=audience)
    with pytest.raises(WrongState, match="The campaign “Autumn baking” uses it"):
        audiences.delete(segment=audience, actor=None)
    campaign.segment = None
    campaign.save()
    RunFactory(campaign=campaign, segment=audience)
    with pytest.raises(WrongState, match="Pages were generated for it"):
        audiences.delete(segment=audience, actor=None)


def test_a_brief_that_only_names_an_audience_keeps_its_profile(store: Any, audience: Segment) -> None:
    again = services.save_segment(store=store, name="Bakers", profile={})
    assert (again.pk, again.size) == (audience.pk, 90)
    assert segments.read_loosely(again.profile).names("categories") == ["Flour"]


def test_a_run_for_another_audience_leaves_the_campaign_alone(store: Any, marketing: Any) -> None:
    from tests.factories import ProductFactory

    ProductFactory.create_batch(12, store=store)
    campaign = CampaignFactory(store=store, placements=1, constraints={"density_min": 3})
    other = SegmentFactory(store=store, name="Night owls", profile={"part_of_day": "night"})
    run = services.start_run(campaign=campaign, actor=marketing, segment=other, enqueue=False)
    campaign.refresh_from_db()
    assert (run.segment, campaign.segment) == (other, None)
    assert run.brief["brief"]["segment"] == {"name": "Night owls", "profile": {"part_of_day": "night"}}
