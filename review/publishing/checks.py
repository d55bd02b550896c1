"""What is true of a page now, before it goes live: receipts, stock, links, images, asked again of today's catalogue.

Approval speaks of the day on which it was given. Prices rise and shelves empty meanwhile, so the same constraints are
put to today's rows of the products, and every finding is a sentence with its way out. What would show shoppers
something that the campaign rules out blocks; what only looks worse than it could is a warning.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from django.db.models import Case, Value, When
from django.utils import timezone

from accounts.models import Store
from generation.campaigns.constraints import Constraints, Rule, rules
from generation.models import Availability, Product, Run
from generation.stages.contracts import least_row
from review.models import PageVersion, Placement, ShopFront
from storefront_studio.lib.errors import BadInput

Row = Mapping[str, Any]
NAMED = 3  # products that a sentence names; the rest are counted


@dataclass(frozen=True)
class Finding:
    """`placement` is the row to open for the way out; None where there is none to open."""

    severity: Literal["block", "warn"]
    about: Literal["receipts", "stock", "links", "images", "prices", "approval"]
    says: str
    placement: int | None = None

    @property
    def blocks(self) -> bool:
        return self.severity == "block"


def of_body(store: Store, body: Mapping[str, Any], run: Run, today: dt.date | None = None) -> list[Finding]:
    """Everything that is wrong with a page in the published shape, what blocks first; two queries.

    `run` made it and knows the constraints. `today` is the day in the store's zone.
    """
    limits = Constraints.model_validate(run.brief.get("constraints", {}))
    active = list(rules(limits, today or today_in(store), store.currency))
    products = _products(store, body, active)
    found = [
        one
        for row in body["placements"]
        for one in _of_row(row, products, active, limits, least_row(run.brief.get("brief", {}).get("products", 1)))
    ]
    return sorted(found, key=lambda one: not one.blocks)


def of_version(version: PageVersion, today: dt.date | None = None) -> list[Finding]:
    """The same of a frozen version, whose prices and approvals may be of another day."""
    store = version.page.store
    found = of_body(store, version.body, version.draft.run, today)
    found += [*_no_longer_approved(version), *_other_prices(store, version)]
    return sorted(found, key=lambda one: not one.blocks)


def stop(store: Store, body: Mapping[str, Any], run: Run) -> None:
    """Raises BadInput with the first sentence that blocks, if any does."""
    blocking = [one for one in of_body(store, body, run) if one.blocks]
    if blocking:
        more = f" {len(blocking) - 1} more things block publishing." if len(blocking) > 1 else ""
        raise BadInput(blocking[0].says + more)


def today_in(store: Store) -> dt.date:
    return timezone.localdate(timezone=ShopFront.of(store).zone)


def _products(store: Store, body: Mapping[str, Any], active: list[Rule]) -> dict[str, Product]:
    holds = {
        f"holds_{number}": Case(When(rule.condition, then=Value(True)), default=Value(False))
        for number, rule in enumerate(active)
    }
    wanted = {product["id"] for row in body["placements"] for product in row["products"]}
    rows = Product.objects.filter(store=store, item_id__in=wanted).defer("search", "description", "attributes")
    return {product.item_id: product for product in rows.annotate(**holds)}


def _of_row(
    row: Row, products: Mapping[str, Product], active: list[Rule], limits: Constraints, least: int
) -> Iterator[Finding]:
    placement, title = int(row["id"]), row["title"]
    here = [(shown, products.get(shown["id"])) for shown in row["products"]]
    gone = [shown["title"] for shown, product in here if product is None]
    there = [product for _, product in here if product is not None]
    if gone:
        says = f"{_named(gone)} {_is(gone)} no longer in your catalogue. Take {_it(gone)} out of “{title}”."
        yield Finding("block", "receipts", says, placement)
    own = row["source"] == Placement.Source.STATIC
    for number, rule in enumerate(active):
        bad = [one.title for one in there if not getattr(one, f"holds_{number}")]
        if bad and rule.name != "in_stock":
            says = f"{_named(bad)} in “{title}” no longer {_hold(bad)} “{rule.label}”. Replace {_it(bad)}."
            yield Finding("warn" if own else "block", "receipts", says, placement)
    if limits.in_stock:
        yield from _stock(placement, title, there, 1 if own else least)
    blank = [one.title for one in there if not one.image_link]
    if blank:
        says = f"{_named(blank)} in “{title}” {_has(blank)} no image. Add one to your feed, or replace {_it(blank)}."
        yield Finding("warn", "images", says, placement)
    lost = [one.title for one in there if not one.link]
    if lost:
        says = f"{_named(lost)} in “{title}” {_has(lost)} no link. Add one to your feed, or replace {_it(lost)}."
        yield Finding("warn", "links", says, placement)
    for kind, field in (("links", "link"), ("images", "image_link")):
        odd = [one.title for one in there if not _web_address(getattr(one, field))]
        if odd:
            what = "link" if kind == "links" else "image"
            says = (
                f"The {what} of {_named(odd)} in “{title}” is no web address. Correct the feed, or replace {_it(odd)}."
            )
            yield Finding("block", kind, says, placement)  # type: ignore[arg-type]


def _stock(placement: int, title: str, there: list[Product], least: int) -> Iterator[Finding]:
    sold = [one.title for one in there if one.availability != Availability.IN_STOCK]
    left = len(there) - len(sold)
    if sold and left < least:
        says = f"Only {left} of {len(there)} products of “{title}” are in stock now; a row needs {least}."
        yield Finding("block", "stock", f"{says} Fill it from the bench, or reject the row.", placement)
    elif sold:
        says = f"{len(sold)} not in stock now: {_named(sold)}, in “{title}”. Replace {_it(sold)} from the bench."
        yield Finding("warn", "stock", says, placement)


def _no_longer_approved(version: PageVersion) -> Iterator[Finding]:
    rows = {int(row["id"]): row["title"] for row in version.body["placements"]}
    states = Placement.objects.filter(pk__in=rows).exclude(status=Placement.Status.APPROVED).order_by("position", "id")
    for one in states:
        said = one.get_status_display().lower()
        says = f"“{rows[one.pk]}” is {said} by now. Approve it again, or publish the draft without it."
        yield Finding("warn", "approval", says, one.pk)


def _other_prices(store: Store, version: PageVersion) -> Iterator[Finding]:
    """A frozen page shows the prices of the day on which it was frozen."""
    products = _products(store, version.body, [])
    for row in version.body["placements"]:
        changed = [
            shown["title"]
            for shown in row["products"]
            if (product := products.get(shown["id"])) is not None
            and _shown_price(shown) != str(product.effective_price)
        ]
        if changed:
            says = f"{_named(changed)} in “{row['title']}” {_has(changed)} another price now than this version shows."
            yield Finding("warn", "prices", f"{says} Publish the draft again to show today's.", int(row["id"]))


def _shown_price(shown: Mapping[str, Any]) -> str:
    return str((shown["sale_price"] or shown["price"])["amount"])


def _web_address(text: str) -> bool:
    """An address on the web or within the shop's own site; an empty one is another finding's business."""
    try:
        return not text or urlsplit(text).scheme.lower() in ("", "http", "https")
    except ValueError:
        return False


def _named(titles: Iterable[str]) -> str:
    names = [f"“{title[:60]}”" for title in titles]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _is(many: list[str]) -> str:
    return "is" if len(many) == 1 else "are"


def _has(many: list[str]) -> str:
    return "has" if len(many) == 1 else "have"


def _hold(many: list[str]) -> str:
    return "holds" if len(many) == 1 else "hold"


def _it(many: list[str]) -> str:
    return "it" if len(many) == 1 else "them"
