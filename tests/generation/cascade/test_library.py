"""The whole cascade with the built-in library, without a key: the rules that every page holds."""

from collections.abc import Iterator
from typing import Any

import pytest

from generation.campaigns.constraints import Constraints, eligible
from generation.models import ModelCall, Product, Run
from generation.stages.contracts import Brief
from generation.stages.words import banned_in
from tests.generation.cascade import shop as shops

pytestmark = pytest.mark.django_db
STRICT: dict[str, Any] = {
    "banned_terms": ["granola", "busy"],
    "constraints": {
        "density_min": 3,
        "price_max": "6.00",
        "exclude_brands": ["Corner Basics"],
        "exclude_categories": ["Pet"],
        "rating_min": "3.5",
        "max_per_brand": 2,
    },
}


@pytest.fixture(scope="module")
def page(shop: Any, django_db_blocker: Any) -> Run:
    """One finished run, read by several tests."""
    from generation import kit

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(kit, "encoder", shops.encoder)
        return shops.work(shops.start(shop))


@pytest.fixture(scope="module")
def strict(shop: Any, django_db_blocker: Any) -> Run:
    """One finished run under many constraints."""
    from generation import kit

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(kit, "encoder", shops.encoder)
        return shops.work(shops.start(shop, **STRICT))


def shown(run: Run) -> Iterator[dict[str, Any]]:
    for row in run.result["placements"]:
        yield from row["judged"]["shown"]


def test_a_page_comes_of_it_without_a_key_or_a_call(page: Run) -> None:
    assert (page.status, page.error, page.generator) == (Run.Status.DONE, "", "library")
    assert page.result["placements"]
    assert not ModelCall.objects.filter(run=page).exists()


def test_the_same_seed_makes_the_same_page(shop: Any, page: Run) -> None:
    again = shops.work(shops.start(shop))
    assert again.result == page.result


def test_no_product_is_twice_on_a_page(page: Run, strict: Run) -> None:
    for run in (page, strict):
        ids = [one["hit"]["product"] for one in shown(run)]
        assert len(ids) == len(set(ids))


def test_every_product_holds_every_constraint(shop: Any, strict: Run) -> None:
    assert strict.status == Run.Status.DONE, strict.error
    asked = Constraints.model_validate(strict.brief["constraints"])
    allowed = eligible(shop, asked, Brief.model_validate(strict.brief["brief"]).today)
    ids = {
        one["hit"]["product"] for row in every_row(strict) for one in [*row["judged"]["shown"], *row["judged"]["bench"]]
    }
    assert ids and set(allowed.filter(pk__in=ids).values_list("pk", flat=True)) == ids
    for row in strict.result["placements"]:
        assert all(receipt["passes"] for receipt in row["judged"]["receipts"])
        brands = [one["hit"]["brand"] for one in row["judged"]["shown"]]
        assert max(brands.count(brand) for brand in brands) <= 2


def every_row(run: Run) -> list[dict[str, Any]]:
    return [*run.result["placements"], *run.result["dropped"]]


def test_every_shown_product_fits_its_title(page: Run, strict: Run) -> None:
    from generation.stages.policy import QualityPolicy

    assert all(one["fit"] >= QualityPolicy().show_from for run in (page, strict) for one in shown(run))


def test_no_title_uses_a_banned_term(strict: Run) -> None:
    for row in every_row(strict):
        assert banned_in(f"{row['theme']['title']} {row['theme']['subtitle']}", STRICT["banned_terms"]) == ""


def test_every_row_is_long_enough_and_none_is_longer_than_asked(page: Run) -> None:
    for row in page.result["placements"]:
        assert 3 <= len(row["judged"]["shown"]) <= 5
        assert row["density"] >= 3


def test_a_row_that_is_short_says_why(page: Run, strict: Run) -> None:
    for run in (page, strict):
        asked = run.campaign.products
        for row in run.result["placements"]:
            said = [one["constraint"] for one in row["judged"]["receipts"] if "asked for" in one["constraint"]]
            count = len(row["judged"]["shown"])
            assert len(said) == (count < asked), row["theme"]["title"]
            assert not said or f"{count} of the {asked} asked for: " in said[0]
    assert any(len(row["judged"]["shown"]) < strict.campaign.products for row in strict.result["placements"])


def test_every_keyword_of_a_row_was_a_candidate_of_it(page: Run) -> None:
    found = {
        out.key: {one["id"] for one in out.output["candidates"]} for out in page.outputs.filter(stage="candidates")
    }
    for row in every_row(page):
        assert {word["id"] for word in row["keywords"]} <= found[row["key"]]


def test_every_dropped_row_says_why_and_by_whom(page: Run, strict: Run) -> None:
    for run in (page, strict):
        assert all(row["judged"]["dropped_by"] and row["judged"]["drop_reason"] for row in run.result["dropped"])


def test_a_page_that_stays_short_says_so(page: Run, strict: Run) -> None:
    for run in (page, strict):
        full = len(run.result["placements"]) == run.campaign.placements
        assert ("could be filled honestly" in run.result["note"]) is not full


def test_products_that_the_objective_rules_out_are_on_no_row(shop: Any) -> None:
    run = shops.work(
        shops.start(
            shop,
            objective="Gentle care at the changing table, no fragrance",
            constraints={"density_min": 3, "include_categories": ["Baby"]},
        )
    )
    assert run.status in (Run.Status.DONE, Run.Status.FAILED)
    if run.result:
        titles = " ".join(one["hit"]["title"].lower() for one in shown(run))
        assert "perfumed" not in titles and "scented" not in titles.replace("unscented", "")


def test_when_the_library_knows_nothing_for_it_the_run_fails_with_a_sentence(shop: Any) -> None:
    few = Product.objects.filter(store=shop, categories__overlap=["Pet > Dog > Leads & collars"])
    assert few.exists()
    run = shops.work(
        shops.start(
            shop,
            objective="Gaming laptops and graphics cards for students",
            constraints={"density_min": 3, "include_categories": ["Pet > Dog > Leads & collars"]},
        )
    )
    assert run.status == Run.Status.FAILED
    assert "proposed no themes" in run.error
