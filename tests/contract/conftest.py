"""What tests of the API share: one store with something of everything in it, and short ways to call."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def shop(store: Any, merchandiser: Any) -> SimpleNamespace:
    """A campaign whose run is done and under review, products and keywords, one import, one page with two versions."""

    from generation.models import ImportJob, ImportRowError
    from review.models import Placement
    from review.publishing.services import publish
    from review.workflow.intake import draft_from
    from tests.factories import CampaignFactory, KeywordFactory, ProductFactory, RunFactory

    products = ProductFactory.create_batch(24, store=store, sale_price="3.49", cost_of_goods_sold="2.00")
    keyword = KeywordFactory(store=store, text="lentils")
    campaign = CampaignFactory(store=store, constraints={"price_max": "500", "density_min": 3})
    run = RunFactory(campaign=campaign, done=True, products=products)
    draft = draft_from(run)
    first, second = draft.placements.filter(status="waiting")
    dropped = draft.placements.get(status="dropped")
    approved = Placement.objects.filter(pk=first.pk)
    approved.update(status="approved")
    publish(draft=draft, actor=merchandiser, allow_waiting=True)
    approved.update(title="Soups for long evenings")
    publish(draft=draft, actor=merchandiser, allow_waiting=True)
    approved.update(status="waiting")
    job = ImportJob.objects.create(
        store=store, file_name="feed.csv", path="/nowhere", mapping={}, status="done", refused=1
    )
    ImportRowError.objects.create(job=job, line=3, column="price", reason="price is missing", value="")
    return SimpleNamespace(
        store=store,
        products=products,
        keyword=keyword,
        campaign=campaign,
        run=run,
        draft=draft,
        first=first,
        second=second,
        dropped=dropped,
        job=job,
        product=products[0],
    )


@pytest.fixture
def send() -> Callable[..., Any]:
    """``send(client, "post", path, body, key="…")``: a JSON request to /api/v1/."""

    def call(client: Any, method: str, path: str, body: Any = None, key: str = "", **headers: str) -> Any:
        if key:
            headers["Idempotency-Key"] = key
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1/{path}", headers=headers, **data)

    return call
