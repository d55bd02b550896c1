"""Every constraint leaves a receipt: the check, its result and the figure behind it."""

from typing import Any

from generation.stages import receipts
from generation.stages.contracts import Ranked, Receipt
from tests.generation.stages.hand_kit import Shelves, brief, hit, kit


def shown(*titles: str, **fields: Any) -> list[Ranked]:
    return [
        Ranked(hit=hit(n, title=title, **fields), rank_score=0.5, fit=0.9, score=0.5, why="")
        for n, title in enumerate(titles, start=1)
    ]


def checked(products: list[Ranked], /, density: int = 9, **fields: Any) -> dict[str, Receipt]:
    found = receipts.check(brief(**fields), products, density, kit(search=Shelves()))
    return {receipt.constraint: receipt for receipt in found}


def test_what_the_database_checks_comes_first() -> None:
    assert list(checked(shown("Soup")))[:2] == ["in stock", "price up to 5"]


def test_an_excluded_word_is_looked_for_with_its_kin_and_through_look_alike_letters() -> None:
    name = "no product carries “pork” or its kin"
    assert checked(shown("Leek soup", "Pork-free broth"), exclude_terms=["pork"])[name].passes
    for title in ("Pork soup", "Bacon bits", "Hаm soup", "P\u200bork soup"):
        receipt = checked(shown("Leek soup", title), exclude_terms=["pork"])[name]
        assert not receipt.passes, title
        assert title in receipt.detail


def test_what_the_objective_rules_out_has_a_receipt() -> None:
    found = checked(shown("Soup with cashew"), objective="Soups without nuts")
    (receipt,) = [one for name, one in found.items() if name.startswith("nothing the objective rules out")]
    assert not receipt.passes
    assert receipt.detail == "“Soup with cashew” carries “cashew”"


def test_the_limit_for_a_brand_has_a_receipt_where_there_is_one() -> None:
    name = "at most 2 of one brand"
    assert checked(shown("A", "B", brand="Acme"), max_per_brand=2)[name].passes
    assert not checked(shown("A", "B", "C", brand="Acme"), max_per_brand=2)[name].passes
    assert name not in checked(shown("A", "B", brand="Acme"))


def test_density_has_a_receipt() -> None:
    name = "3 or more eligible products within reach"
    assert checked(shown("A"), density=3)[name] == Receipt(constraint=name, passes=True, detail="its keywords reach 3")
    assert not checked(shown("A"), density=2)[name].passes


def test_a_row_with_fewer_products_than_asked_for_says_why() -> None:
    row = shown("A", "B", "C")
    few = "3 products or more (3 of the 5 asked for: "
    assert checked(row, density=4, products=5)[f"{few}its keywords reach only 4 eligible products)"].passes
    none_left = "of the 9 eligible products within reach no more fit it, or they stand in other rows)"
    assert checked(row, density=9, products=5)[few + none_left].passes
    assert not any("asked for" in constraint for constraint in checked(row, products=3))
