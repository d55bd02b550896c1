"""A store with one published page of sample products, made without a model: for measuring how it is served."""

import itertools
import json
import tempfile
from pathlib import Path

from accounts.models import ApiKey, Membership, Role, Scope, Store, User
from generation.catalog.sample import generator
from generation.measure import stores
from generation.models import Campaign, Product, Run
from generation.services import campaign_from_brief
from review.models import Draft, Placement, PlacementProduct
from review.publishing.services import publish

PLACEMENTS, PRODUCTS = 8, 12


def published() -> str:
    """Publish a page "home" of 8 rows of 12 products in a new store; the key that may read it."""
    store = Store.objects.create(slug="bench-serving", name="Serving measurement", currency="EUR")
    person = User.objects.create_user("bench@measurement.example", name="Measurement")
    Membership.objects.create(store=store, user=person, role=Role.MERCHANDISER)
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        feed = Path(folder) / "feed.jsonl"
        rows = itertools.islice(generator.products(), PLACEMENTS * PRODUCTS)
        feed.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        stores.bring_in(store, feed)
    campaign = campaign_from_brief(
        store=store, actor=None, data={"brief_id": "bench", "objective": "A page to measure", "page": "home"}
    )
    publish(draft=_approved(store, campaign), actor=person)
    return str(ApiKey.objects.create_key(store=store, name="measurement", scopes=[Scope.STOREFRONT_READ])[1])


def _approved(store: Store, campaign: Campaign) -> Draft:
    """A draft whose rows are approved."""
    result: dict[str, list[object]] = {"placements": [], "dropped": []}
    run = Run.objects.create(
        campaign=campaign, status=Run.Status.DONE, generator="none", generator_label="None", brief={}, result=result
    )
    draft = Draft.objects.create(run=run, store=store, campaign=campaign, page="home")
    products = iter(Product.objects.filter(store=store).order_by("id"))
    for number in range(1, PLACEMENTS + 1):
        placement = Placement.objects.create(
            draft=draft,
            key=number,
            position=number,
            title=f"Row {number} of the page",
            subtitle="As long as a subtitle usually is",
            reason="Made to be measured.",
            keywords=[{"id": n, "text": f"keyword {n}", "kind": "search", "density": 12} for n in range(5)],
            status=Placement.Status.APPROVED,
        )
        PlacementProduct.objects.bulk_create(
            PlacementProduct(placement=placement, product=product, slot=slot, score=1, fit=1, rank_score=1)
            for slot, product in enumerate(itertools.islice(products, PRODUCTS), start=1)
        )
    return draft
