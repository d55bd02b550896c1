"""Rows for tests, small and explicit; traits are named for what they make true."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.models import ApiKey, Membership, Role, Scope, Store, User
from generation.campaigns.constraints import Constraints
from generation.models import Availability, Campaign, Keyword, KeywordKind, Product, Run, Segment
from generation.stages.contracts import (
    Brief,
    Candidate,
    DraftPage,
    Hit,
    Judged,
    JudgementOut,
    PlacementDraft,
    Ranked,
    Receipt,
    Theme,
)
from review.models import Draft, Placement, PlacementProduct

TODAY = dt.date(2026, 11, 2)
PASSWORD = "correct horse battery"


# --- People -------------------------------------------------------------------------------------------------------
class StoreFactory(DjangoModelFactory):
    class Meta:
        model = Store

    class Params:
        two_eyes = factory.Trait(four_eyes=False)

    slug = factory.Sequence(lambda n: f"store-{n}")
    name = factory.Sequence(lambda n: f"Store {n}")
    currency = "EUR"


class UserFactory(DjangoModelFactory):
    """Nobody can sign in with a password unless `with_password`; hashing one takes longer than most tests."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        with_password = factory.Trait(password=factory.django.Password(PASSWORD))

    email = factory.Sequence(lambda n: f"person-{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(None)


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    store = factory.SubFactory(StoreFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.MERCHANDISER


def api_key(store: Store, *scopes: str, name: str = "shop front", **fields: Any) -> tuple[ApiKey, str]:
    """A key's row and the text that only its maker sees; it may read pages when no scope is named."""
    return ApiKey.objects.create_key(store=store, name=name, scopes=list(scopes or (Scope.STOREFRONT_READ,)), **fields)


# --- Catalogue ----------------------------------------------------------------------------------------------------
class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product

    class Params:
        sold_out = factory.Trait(availability=Availability.OUT_OF_STOCK)
        on_sale = factory.Trait(sale_price=Decimal("3.49"))

    store = factory.SubFactory(StoreFactory)
    item_id = factory.Sequence(lambda n: f"sku-{n}")
    title = factory.Sequence(lambda n: f"Red lentils {n}")
    price = Decimal("4.99")
    currency = "EUR"
    brand = factory.Sequence(lambda n: f"Brand {n}")
    product_type = "Grocery > Pulses"
    categories = ["Grocery", "Grocery > Pulses"]
    link = factory.LazyAttribute(lambda product: f"https://shop.example/{product.item_id}")
    image_link = factory.LazyAttribute(lambda product: f"https://shop.example/{product.item_id}.jpg")
    content_hash = "sha256:0"
    text_hash = "sha256:0"


class KeywordFactory(DjangoModelFactory):
    class Meta:
        model = Keyword

    store = factory.SubFactory(StoreFactory)
    kind = KeywordKind.SEARCH
    text = factory.Sequence(lambda n: f"lentils {n}")
    density = 12


# --- Campaigns and runs -------------------------------------------------------------------------------------------
class SegmentFactory(DjangoModelFactory):
    class Meta:
        model = Segment

    store = factory.SubFactory(StoreFactory)
    slug = factory.Sequence(lambda n: f"segment-{n}")
    name = factory.Sequence(lambda n: f"Segment {n}")


class CampaignFactory(DjangoModelFactory):
    class Meta:
        model = Campaign

    store = factory.SubFactory(StoreFactory)
    slug = factory.Sequence(lambda n: f"autumn-suppers-{n}")
    name = "Autumn suppers"
    objective = "Quick warming suppers"
    placements = 2
    products = 5


def brief_of(campaign: Campaign) -> dict[str, Any]:
    """A run's brief as it is kept: what the stages see, and the constraints they work under."""
    brief = Brief(
        objective_kind=campaign.objective_kind,
        objective=campaign.objective,
        banned_terms=campaign.banned_terms,
        placements=campaign.placements,
        products=campaign.products,
        density_min=3,
        today=TODAY,
    )
    return {"brief": brief.model_dump(mode="json"), "constraints": Constraints().model_dump(mode="json")}


class RunFactory(DjangoModelFactory):
    """Queued. With `done`, it has ended in a page over `products` (made here when none are given): two placements
    kept, one dropped. That does not make a draft; `run_finished` or DraftFactory does."""

    class Meta:
        model = Run

    class Params:
        products: Sequence[Product] | None = None
        done = factory.Trait(
            status=Run.Status.DONE,
            started_at=factory.LazyFunction(lambda: dt.datetime.now(dt.UTC)),
            finished_at=factory.LazyFunction(lambda: dt.datetime.now(dt.UTC)),
            result=factory.LazyAttribute(
                lambda run: draft_page(
                    run.products or ProductFactory.create_batch(12, store=run.campaign.store)
                ).model_dump(mode="json")
            ),
        )

    campaign = factory.SubFactory(CampaignFactory)
    segment = factory.SelfAttribute("campaign.segment")
    requested_by = factory.SubFactory(UserFactory)
    generator = "library"
    generator_label = "Built-in library"
    brief = factory.LazyAttribute(lambda run: brief_of(run.campaign))


def ranked(product: Product, fit: float = 0.9) -> Ranked:
    hit = Hit(
        product=product.pk,
        item_id=product.item_id,
        title=product.title,
        brand=product.brand,
        category=product.category,
        description="",
        price=float(product.price),
        rating=None,
        rating_count=None,
        popularity=None,
        margin=None,
        quantity=None,
        listed_on=None,
        on_sale=False,
        similarity=0.7,
        rrf=0.02,
        sources=["lentils"],
    )
    return Ranked(hit=hit, rank_score=0.6, fit=fit, score=0.7, why="Reached by “lentils”.")


def placement_draft(
    key: int, title: str, shown: Sequence[Product], bench: Sequence[Product] = (), **judged: Any
) -> PlacementDraft:
    """One placement of a run's result; `judged` overrides what judging said ("dropped_by", "drop_reason", ...)."""
    said = [
        JudgementOut(
            level="product",
            facet="fits the title",
            passes=True,
            score=0.9,
            reason="A pulse.",
            judge="j v1",
            product=one.pk,
        )
        for one in shown
    ]
    said.append(JudgementOut(level="placement", facet="density", passes=True, reason="12 reached.", judge="rules v1"))
    return PlacementDraft(
        key=key,
        theme=Theme(title=title, subtitle="Ready in minutes", concepts=["lentils"], confidence=0.8, reason="Autumn."),
        keywords=[Candidate(id=1, kind="search", text="lentils", density=12, similarity=0.8, concept="lentils")],
        density=12,
        judged=Judged(
            **{
                "shown": [ranked(one) for one in shown],
                "bench": [ranked(one, 0.7) for one in bench],
                "judgements": said,
                "receipts": [Receipt(constraint="in stock", passes=True, detail="all of them")],
                "score": 0.9,
                **judged,
            }
        ),
    )


def draft_page(products: Sequence[Product]) -> DraftPage:
    """Two placements and a dropped one over at least 12 products: 5 shown + 2 on the bench, 4 shown + 1, none."""
    few = JudgementOut(
        level="placement", facet="enough products", passes=False, reason="Only 1 product fits.", judge="rules v1"
    )
    return DraftPage(
        placements=[
            placement_draft(1, "Soups that cook themselves", products[:5], products[5:7]),
            placement_draft(2, "One-pan suppers", products[7:11], products[11:12], score=0.7),
        ],
        dropped=[
            placement_draft(
                3,
                "Pork roasts",
                [],
                judgements=[few],
                score=None,
                dropped_by="rules v1",
                drop_reason="Only 1 product fits.",
            )
        ],
        judgements=[
            JudgementOut(level="page", facet="coherence", passes=True, score=0.4, reason="Close.", judge="encoder")
        ],
    )


# --- Review -------------------------------------------------------------------------------------------------------
class DraftFactory(DjangoModelFactory):
    """An empty draft; add placements with PlacementFactory."""

    class Meta:
        model = Draft

    class Params:
        requested_by = factory.SubFactory(UserFactory)

    store = factory.SubFactory(StoreFactory)
    campaign = factory.SubFactory(CampaignFactory, store=factory.SelfAttribute("..store"))
    run = factory.SubFactory(
        RunFactory,
        campaign=factory.SelfAttribute("..campaign"),
        requested_by=factory.SelfAttribute("..requested_by"),
        status=Run.Status.DONE,
        result={"placements": [], "dropped": []},
    )
    page = factory.SelfAttribute("campaign.page")


class PlacementFactory(DjangoModelFactory):
    """A waiting row of `shown` products of its own, with `bench` more in reserve."""

    class Meta:
        model = Placement
        skip_postgeneration_save = True

    class Params:
        approved = factory.Trait(status=Placement.Status.APPROVED)
        sent_back = factory.Trait(status=Placement.Status.CHANGES_REQUESTED)
        rejected = factory.Trait(status=Placement.Status.REJECTED)
        dropped = factory.Trait(
            status=Placement.Status.DROPPED,
            dropped_by="rules v1",
            drop_facet="density",
            drop_reason="Its keywords reach 2 eligible products.",
        )

    draft = factory.SubFactory(DraftFactory)
    key = factory.Sequence(lambda n: n % 30000)
    position = factory.SelfAttribute("key")
    title = factory.Sequence(lambda n: f"Soups that cook themselves {n}")
    subtitle = "Lentils, pumpkin, good stock"
    reason = "Autumn."
    keywords = [{"id": 1, "text": "lentils", "kind": "search", "density": 12}]
    score = 0.8
    density = 12

    @factory.post_generation
    def shown(self: Any, create: bool, count: int | None, **kwargs: Any) -> None:
        _fill(self, PlacementProduct.State.SHOWN, 4 if count is None else count)

    @factory.post_generation
    def bench(self: Any, create: bool, count: int | None, **kwargs: Any) -> None:
        _fill(self, PlacementProduct.State.BENCH, 2 if count is None else count)


def _fill(placement: Placement, state: str, count: int) -> None:
    for slot in range(1, count + 1):
        PlacementProduct.objects.create(
            placement=placement,
            product=ProductFactory(store=placement.draft.store),
            state=state,
            slot=slot,
            score=0.7,
            fit=0.9,
            rank_score=0.6,
        )
