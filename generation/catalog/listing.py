"""A page of products, searched and filtered, with what was found and in which order in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from accounts.models import Store
from generation.catalog import browse, finding, meaning
from generation.models import Product

BEST = "Best match first: the more of your words a product holds, and the more prominently, the higher it stands."
SOME = "No product holds all of these words. The more of them a product holds, the higher it stands."
ONLY_SOME = "No product holds all of these words; listed are those that hold some of them."
NAMED = "Listed are products with all of these words in title, brand or category."
NEAR = "No product holds these words. Listed are the nearest by meaning, nearest first."


class BestFirst(Paginator):  # type: ignore[type-arg]
    """Pages of products whose order is known by their ids."""

    more = False

    def __init__(self, ids: Sequence[int], products: "QuerySet[Product]") -> None:
        super().__init__(list(ids), browse.PER_PAGE)
        self._products = products

    def page(self, number: Any) -> "Page[Product]":
        found = super().page(number)
        there = self._products.in_bulk(found.object_list)
        found.object_list = [there[id_] for id_ in found.object_list if id_ in there]
        return found


@dataclass(frozen=True)
class Listing:
    """`pages` of what was found; `note` says what it is and in which order; `asked`: a worker was or should be asked
    what the text means, and has not answered yet. `whole` is how many hold all the words, where others are listed too,
    counted to one more than are listed."""

    pages: "browse.CappedPaginator | BestFirst"
    note: str = ""
    asked: bool = False
    whole: int | None = None

    @property
    def best_only(self) -> bool:
        """Whether only the best of what was found are listed."""
        return isinstance(self.pages, BestFirst) and self.pages.count >= finding.LISTED


def of(store: Store, *, q: str, sort: str, ask: Callable[[str], object], **wanted: Any) -> Listing:
    """The store's products that hold words of `q`, filtered by what is `wanted`, in the order of `sort`; without words
    all of them. `ask(q)` has a worker find out what a text means that no product's words answer."""
    products = browse.filtered(store, **wanted)
    order = browse.SORTS.get(sort, browse.SORTS[""])[1]
    if not q.strip():
        return Listing(browse.CappedPaginator(products.order_by(*(order or ("id",)))))
    found = finding.by_words(store, products, q)
    instead = (
        "".join(f"No product holds “{typed}”; looked for “{known}” instead. " for typed, known in found.mended.items())
        if found
        else ""
    )
    if found and order:
        rows, count = found.rows(products, browse.MOST_COUNTED)
        if count:
            pages = browse.CappedPaginator(rows.order_by(*order), count)
            return Listing(pages, instead + ("" if found.whole else ONLY_SOME))
    elif found and (ids := found.best(products)):
        own = list(products.filter(item_id=q.strip()).values_list("pk", flat=True))
        ids = [*own, *(id_ for id_ in ids if id_ not in own)]
        return Listing(BestFirst(ids, products), instead + (BEST if found.whole else SOME), whole=found.whole or None)
    pages = browse.CappedPaginator(finding.named(products, q).order_by(*(order or ("id",))))
    return Listing(pages, NAMED) if pages.count else _meant(store, products, q, ask)


def best(store: Store, q: str, limit: int) -> list[Product]:
    """The first products of a search, as the list would show them."""
    return list(of(store, q=q, sort="", ask=lambda text: None).pages.get_page(1))[:limit]


def _meant(store: Store, products: "QuerySet[Product]", q: str, ask: Callable[[str], object]) -> Listing:
    vector = meaning.known(store, q)
    if vector is not None:
        return Listing(BestFirst(meaning.near(products, vector), products), NEAR)
    if meaning.first_to_ask(store, q):
        ask(q)
    return Listing(BestFirst([], products), asked=True)
