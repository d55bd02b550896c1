"""The API as its document says it: no answer off the document, no 5xx whatever is sent."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

SNAPSHOT = Path(__file__).with_name("openapi.yaml")
LATER = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


def _document() -> bytes:
    from django.test import Client

    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    return answer.content


def test_the_document_is_the_one_that_was_agreed() -> None:
    """A change of the API shows as a change of this file: run with WRITE_OPENAPI=1 to accept it."""
    document = _document()
    if os.environ.get("WRITE_OPENAPI") == "1":
        SNAPSHOT.write_bytes(document)
    assert document.decode() == SNAPSHOT.read_text(encoding="utf-8")


def test_the_document_is_complete() -> None:
    """drf-spectacular warns of whatever it had to guess."""
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.validation import validate_schema

    GENERATOR_STATS.reset()
    validate_schema(SchemaGenerator().get_schema(request=None, public=True))
    assert not GENERATOR_STATS, GENERATOR_STATS._warn_cache


@contextmanager
def _one_connection() -> Iterator[None]:
    """Requests end without closing the connection that holds the test's transaction."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _try_all(
    client: Any, methods: list[str], examples: int, checks: list[Any], known: dict[str, Any]
) -> dict[str, set[int]]:
    """Send `examples` requests to every operation; paths lead to things that exist. Returns what each answered."""
    import schemathesis
    from django.core.handlers.wsgi import WSGIHandler

    calm = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    token = "a" * 32
    cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": token}
    answered: dict[str, set[int]] = {}
    with _one_connection():
        schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", WSGIHandler()).include(method=methods)
        for result in schema.get_all_operations():
            operation = result.ok()

            def attempt(case: Any) -> None:
                for name in set(known) & set(case.path_parameters or {}):
                    case.path_parameters[name] = known.get(f"{case.path} {name}", known[name])
                if case.query:
                    case.query.pop("cursor", None)  # invented ones are refused, which a test of its own says
                answer = case.call(cookies=cookies, headers={"X-CSRFToken": token})
                answered.setdefault(case.operation.label, set()).add(answer.status_code)
                case.validate_response(answer, checks=checks)

            calm(given(case=operation.as_strategy())(attempt))()
    return answered


@pytest.fixture
def known(shop: Any, marketing: Any) -> dict[str, Any]:
    from generation.models import Batch, StaticPlacement
    from review.models import Schedule
    from tests.factories import SegmentFactory
    from tests.generation.registry_things import ended_gate
    from tests.review import partial

    row = StaticPlacement.objects.create(
        campaign=shop.campaign, position=1, title="Our picks", item_ids=[shop.product.item_id]
    )
    page = shop.store.pages.get(slug="home")
    scheduled = Schedule.objects.create(page=page, version=page.versions.get(number=1), starts_at=LATER)
    return {
        "schedule_id": scheduled.pk,
        "batch_id": Batch.objects.create(campaign=shop.campaign).pk,
        "row_id": row.pk,
        "/api/v1/runs/{run_id}/choice/ run_id": partial.proposal(partial.page(shop.store, marketing), marketing).run_id,
        "gate_id": ended_gate(shop.store, "model", "evaluator", "v1").pk,
        "segment": SegmentFactory(store=shop.store, profile={"categories": [{"name": "Tea", "share": 0.4}]}).slug,
        "slug": shop.campaign.slug,
        "run_id": shop.run.pk,
        "placement_id": shop.first.pk,
        "product_id": shop.product.item_id,
        "import_id": shop.job.pk,
        "page": "home",
        "number": 1,
    }


def test_reads_answer_as_the_document_says(admin_client: Any, known: dict[str, Any]) -> None:
    from schemathesis import checks

    wanted = [checks.not_a_server_error, checks.response_schema_conformance, checks.status_code_conformance]
    answered = _try_all(admin_client, ["GET"], 12, wanted, known)
    assert len(answered) >= 19
    assert not {label for label, statuses in answered.items() if 200 not in statuses}


def test_no_body_makes_a_write_fail_on_our_side(admin_client: Any, known: dict[str, Any]) -> None:
    from schemathesis import checks

    answered = _try_all(admin_client, ["POST", "PATCH", "PUT"], 25, [checks.not_a_server_error], known)
    assert len(answered) >= 13
