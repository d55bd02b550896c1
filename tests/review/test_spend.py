"""Cost per approved placement: what counts, what does not, and what is unknown."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from generation.models import ModelCall
from review.insights.spend import SpendRow, by, daily, spend, today
from tests.factories import CampaignFactory, DraftFactory, PlacementFactory, RunFactory

pytestmark = pytest.mark.django_db


def call(run: Any, cost: str | None, **fields: Any) -> ModelCall:
    asked = {"stage": "themes", "model": "openai:a", "prompt": "themes/v1", "request_hash": "h", "outcome": "ok"}
    return ModelCall.objects.create(run=run, cost=cost, seconds=1, **{**asked, **fields})


@pytest.fixture
def draft(store: Any) -> Any:
    """A campaign with two approved rows and one that was rejected, for 0.30 USD."""
    made = DraftFactory(store=store, campaign__name="Autumn", campaign__slug="autumn")
    for key, status in enumerate(("approved", "approved", "rejected"), start=1):
        PlacementFactory(draft=made, key=key, status=status, shown=1, bench=0)
    call(made.run, "0.20")
    call(made.run, "0.10", stage="keywords", prompt="keywords/v2", model="openai:b")
    return made


def row(rows: list[SpendRow], name: str) -> SpendRow:
    return next(one for one in rows if one.name == name)


def test_an_approved_placement_costs_all_that_its_campaign_spent_over_the_approved(draft: Any, store: Any) -> None:
    RunFactory(campaign=draft.campaign, status="failed")
    call(RunFactory(campaign=draft.campaign, status="failed"), "0.10")  # paid for as well
    autumn = row(by("campaign", store), "Autumn")
    assert (autumn.cost, autumn.approved, autumn.each) == (Decimal("0.40"), 2, Decimal("0.20"))


def test_prompts_and_models_count_the_placements_they_took_part_in(draft: Any, store: Any) -> None:
    assert row(by("prompt", store), "keywords/v2").each == Decimal("0.05")
    assert row(by("model", store), "openai:a").each == Decimal("0.10")


def test_one_call_of_unknown_cost_makes_the_figure_unknown_and_never_smaller(draft: Any, store: Any) -> None:
    call(draft.run, None, outcome="lost")
    autumn = row(by("campaign", store), "Autumn")
    assert (autumn.cost, autumn.each, autumn.known, autumn.unknown) == (None, None, Decimal("0.30"), 1)
    assert row(by("model", store), "openai:b").each == Decimal("0.05")  # that one is known still


def test_without_an_approval_there_is_no_cost_of_one(store: Any) -> None:
    made = DraftFactory(store=store, campaign__name="Winter")
    PlacementFactory(draft=made, shown=1, bench=0)
    call(made.run, "0.20")
    winter = row(by("campaign", store), "Winter")
    assert (winter.cost, winter.each) == (Decimal("0.20"), None)


def test_the_library_costs_nothing_and_that_is_known(store: Any) -> None:
    made = DraftFactory(store=store, campaign__name="Library")
    PlacementFactory(draft=made, status="approved", shown=1, bench=0)
    assert row(by("campaign", store), "Library").each == Decimal(0)


def test_rows_the_shop_wrote_itself_and_drafts_that_lost_do_not_count(draft: Any, store: Any) -> None:
    PlacementFactory(draft=draft, key=9, status="approved", source="static", shown=1, bench=0)
    lost = DraftFactory(store=store, campaign=draft.campaign, superseded=True)
    PlacementFactory(draft=lost, status="approved", shown=1, bench=0)
    assert row(by("campaign", store), "Autumn").approved == 2


def test_answers_from_the_cache_are_counted_as_such(draft: Any, store: Any) -> None:
    call(draft.run, "0", cached=True)
    autumn = row(by("campaign", store), "Autumn")
    assert (autumn.calls, autumn.hits, autumn.cost) == (3, 1, Decimal("0.30"))


def test_reading_briefs_counts_before_there_is_a_run(draft: Any, store: Any, other_store: Any) -> None:
    for where, cost in ((store, "0.05"), (other_store, "7.00")):
        call(None, cost, store=where, stage="brief", prompt="brief/v1", model="openai:a")
    found = spend(store, 30)
    assert (found.total.cost, found.today.known) == (Decimal("0.35"), Decimal("0.35"))
    assert row(found.groups["campaign"], "Reading briefs").cost == Decimal("0.05")
    assert row(found.groups["model"], "openai:a").cost == Decimal("0.25")
    assert found.days[-1].known == Decimal("0.35")


def test_other_stores_do_not_count(draft: Any, store: Any, other_store: Any) -> None:
    call(RunFactory(campaign=CampaignFactory(store=other_store)), "9.00")
    found = spend(store)
    assert found.total.known == found.today.known == Decimal("0.30")
    assert sum(day.known for day in daily(store, 2)) == Decimal("0.30")


def test_the_number_of_queries_does_not_depend_on_what_there_is(
    draft: Any, store: Any, django_assert_num_queries: Any
) -> None:
    for _number in range(5):
        call(RunFactory(campaign=CampaignFactory(store=store)), "0.10")
    with django_assert_num_queries(12):
        spend(store)


def test_today_tells_what_is_unknown_beside_what_is_known(draft: Any, store: Any, marketing_client: Any) -> None:
    call(draft.run, None)
    assert (today(store).known, today(store).unknown) == (Decimal("0.30"), 1)
    assert "0.30 USD and 1 call of unknown cost today" in marketing_client.get(reverse("home")).content.decode()


def test_nothing_spent_says_nothing_in_the_top_bar(marketing_client: Any, store: Any) -> None:
    assert "topbar-spend" not in marketing_client.get(reverse("home")).content.decode()


@pytest.mark.parametrize("who", ["marketing_client", "merchandiser_client", "team_mate_client", "admin_client"])
def test_everybody_of_the_store_reads_the_spend(request: Any, draft: Any, who: str) -> None:
    said = request.getfixturevalue(who).get(reverse("insights-spend")).content.decode()
    assert "Autumn" in said and "0.15 USD" in said


def test_a_stranger_sees_the_spend_of_their_own_store_alone(stranger_client: Any, draft: Any) -> None:
    said = stranger_client.get(reverse("insights-spend")).content.decode()
    assert "Nothing was generated in this time" in said and "Autumn" not in said


def test_anonymous_people_are_sent_to_sign_in(client: Any) -> None:
    assert client.get(reverse("insights-spend")).status_code == 302


def test_the_screen_says_unknown_and_never_zero(marketing_client: Any, draft: Any) -> None:
    ModelCall.objects.update(cost=None)
    said = marketing_client.get(reverse("insights-spend")).content.decode()
    assert "2 of 2 calls are of unknown cost, so the whole is not known" in said
    assert "0.00 USD" not in said


def test_a_period_that_is_none_shows_all_time(marketing_client: Any, draft: Any) -> None:
    assert "Autumn" in marketing_client.get(reverse("insights-spend"), {"days": "x"}).content.decode()


def test_the_command_prints_one_json_object(draft: Any) -> None:
    out = StringIO()
    call_command("spend", store="corner-shop", json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert told["by_campaign"][0]["cost_per_approved"] == "0.1500"
    call_command("spend", store="corner-shop", stdout=out)
    with pytest.raises(CommandError, match="1 or more"):
        call_command("spend", store="corner-shop", days=0)
