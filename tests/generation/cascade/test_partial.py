"""Runs that keep rows: what the shop wrote itself, and what stays of a page that is regenerated in part."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from generation.campaigns import static_rows
from generation.models import Product, Run
from review.models import Draft
from review.publishing.services import publish
from review.workflow import choosing, proposals, regenerating, services
from tests.contract import responder
from tests.factories import MembershipFactory
from tests.generation.cascade import shop as shops
from tests.generation.cascade.shop import asked

pytestmark = pytest.mark.django_db


def rows(draft: Draft) -> list[Any]:
    return list(draft.placements.exclude(status="dropped").order_by("position"))


def products(draft: Draft) -> list[int]:
    return [item.product_id for one in rows(draft) for item in one.items.filter(state="shown").order_by("slot")]


def calls(server: Any) -> dict[str, int]:
    stages = [responder.stage_of(seen.body) for seen in server.requests]
    return {stage: stages.count(stage) for stage in set(stages)}


@pytest.fixture
def page(shop: Any, openai: str) -> Draft:
    """Three rows that a vendor planned, under review."""
    return Draft.objects.get(run=shops.work(shops.start(shop)))


def again(draft: Draft, keep: list[Any], instruction: str = "") -> Draft:
    plan = regenerating.plan(draft=draft, instruction=instruction, keep=[one.pk for one in keep])
    run = shops.work(regenerating.start(plan=plan, actor=None, enqueue=False))
    assert run.status == Run.Status.DONE, run.error
    return Draft.objects.get(run=run)


def test_kept_rows_cost_no_call_and_stay_as_they_are(page: Draft, server: Any, answers: Any) -> None:
    first, second, third = rows(page)
    server.requests.clear()
    new = again(page, [first, third])
    made = rows(new)
    assert calls(server).get("keywords") == 1
    assert {data["theme"]["title"] for data in asked(server, "keywords")} == {made[1].title}
    assert [one.kept_from_id for one in made] == [first.pk, None, third.pk]
    assert [one.title for one in made] == [first.title, made[1].title, third.title]
    assert made[1].title != second.title
    assert len(products(new)) == len(set(products(new)))
    for old, one in ((first, made[0]), (third, made[2])):
        facts = ("state", "slot", "product_id", "fit", "why")
        assert sorted(old.items.values_list(*facts)) == sorted(one.items.values_list(*facts))


def test_the_model_is_told_what_must_not_come_again_and_what_was_asked(page: Draft, server: Any) -> None:
    first, second, third = rows(page)
    server.requests.clear()
    again(page, [first], "Playful, under 40 euros")
    brief = next(asked(server, "themes"))["context"]
    assert brief["brief"]["avoid"] == [second.title, third.title]
    assert brief["fixed_titles"] == [first.title]
    assert brief["brief"]["instruction"] == "Playful, under 40 euros"
    assert "price up to 40.00 EUR" in brief["brief"]["limits"]


def test_new_rows_hold_the_constraints_of_the_instruction(page: Draft) -> None:
    keep = rows(page)[:1]
    new = again(page, keep, "under 9 euros")
    shown = {
        item.product for one in rows(new)[1:] for item in one.items.filter(state="shown").select_related("product")
    }
    assert shown and all(product.effective_price <= 9 for product in shown)
    assert products(new)[: len(products(page))]


# --- The shop's own rows ------------------------------------------------------------------------------------------
@pytest.fixture
def own(shop: Any, openai: str) -> Any:
    """A campaign with a row that the shop wrote, in second place."""
    campaign = shops.campaign(shop)
    ids = list(
        Product.objects.filter(store=shop, title__icontains="muesli", availability="in_stock")
        .order_by("-item_id")
        .values_list("item_id", flat=True)[:4]
    )
    static_rows.add(campaign=campaign, actor=None, title="Our own mueslis", item_ids=ids, position=2)
    return campaign


def started(campaign: Any) -> Draft:
    from generation.services import start_run
    from tests.factories import UserFactory

    run = shops.work(start_run(campaign=campaign, actor=UserFactory(), enqueue=False))
    assert run.status == Run.Status.DONE, run.error
    return Draft.objects.get(run=run)


def test_an_own_row_stands_in_its_place_with_its_products_in_order(own: Any) -> None:
    page = rows(started(own))
    wanted = own.static_placements.get().item_ids
    shown = page[1].items.filter(state="shown").order_by("slot").values_list("product__item_id", flat=True)
    assert [(one.title, one.source) for one in page][1] == ("Our own mueslis", "static")
    assert [one.source for one in page] == ["generated", "static", "generated"]
    assert list(shown) == wanted


def test_generated_rows_show_nothing_that_an_own_row_shows(own: Any) -> None:
    found = products(started(own))
    assert len(found) == len(set(found))


def test_nobody_judges_an_own_row_and_no_figure_is_made_up(own: Any) -> None:
    ids = list(Product.objects.filter(store=own.store, title__icontains="nappy").values_list("item_id", flat=True)[:4])
    static_rows.change(row=own.static_placements.get(), actor=None, item_ids=ids)
    row = rows(started(own))[1]
    assert (row.source, row.score, row.judgements.count()) == ("static", None, 0)
    assert set(row.items.values_list("fit", "score", "rank_score")) == {(None, None, None)}
    assert [one["passes"] for one in row.receipts] == [True]


def test_a_product_that_sold_out_leaves_the_own_row_and_the_page_says_so(own: Any) -> None:
    gone = Product.objects.get(store=own.store, item_id=own.static_placements.get().item_ids[0])
    Product.objects.filter(pk=gone.pk).update(availability="out_of_stock")
    draft = started(own)
    assert gone.pk not in products(draft)
    assert f"“{gone.title}” is left out of your row “Our own mueslis”: it is out of stock now." in draft.note
    Product.objects.filter(pk=gone.pk).update(availability="in_stock")


def test_an_own_row_is_approved_published_and_served_as_static(own: Any) -> None:
    draft = started(own)
    merchandiser = MembershipFactory(store=own.store).user
    row = rows(draft)[1]
    services.approve(placement=row, actor=merchandiser, revision=row.revision)
    version = publish(draft=draft, actor=merchandiser, allow_waiting=True)
    assert [(one["title"], one["source"]) for one in version.body["placements"]] == [("Our own mueslis", "static")]


def test_an_own_row_stays_when_the_rest_is_regenerated(own: Any) -> None:
    draft = started(own)
    new = again(draft, [])
    assert [one.source for one in rows(new)] == ["generated", "static", "generated"]
    assert not {one.title for one in rows(new)} & {rows(draft)[0].title, rows(draft)[2].title}
    taken = choosing.take(draft=new, actor=MembershipFactory(store=own.store).user, seen=proposals.seen_of(new))
    assert not taken.superseded


# --- From the shell -----------------------------------------------------------------------------------------------
def generate(*options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("generate", *options, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


def test_the_shell_regenerates_what_it_does_not_keep(page: Draft) -> None:
    said = generate("--run", str(page.run_id), "--keep", "1,3", "--instruction", "under 40 euros", "--wait")
    run = Run.objects.get(pk=said["run"])
    assert (said["status"], said["beside"], run.instruction) == ("done", page.run_id, "under 40 euros")
    assert [one["title"] for one in said["placements"]][::2] == [one.title for one in rows(page)][::2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--run", "{run}", "--keep", "1,x"], "row numbers such as 1,3"),
        (["--run", "{run}", "--keep", "7"], "There is no open row 7"),
        (["--run", "999999"], "has no page to change"),
        (["--campaign", "slow-mornings", "--instruction", "cheaper"], "name its run with --run"),
    ],
)
def test_what_the_shell_cannot_do_it_says_in_a_line(page: Draft, options: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        generate(*(option.format(run=page.run_id) for option in options))
