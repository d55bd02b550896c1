"""What waits for a vector: said on the screens of imports and by `manage.py backlog`."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command

from generation import worker
from generation.catalog import backlog
from tests.factories import ProductFactory, StoreFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


def test_nothing_is_said_when_nothing_waits(store: Any) -> None:
    assert backlog.of(store).sentence == ""


def test_products_that_nobody_embeds_are_counted_without_a_promise(store: Any) -> None:
    ProductFactory.create_batch(2, store=store)
    ProductFactory(store=StoreFactory(slug="another"))
    found = backlog.of(store)
    assert (found.waiting, found.per_second, found.minutes_left) == (2, None, None)
    assert found.sentence == "2 products wait for a vector; nobody embeds them at the moment."


def test_the_rate_of_the_pass_under_way_gives_the_time_left(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(backlog.time, "monotonic", lambda: now[0])
    meter = backlog.Meter(store.pk)
    ProductFactory.create_batch(3, store=store)
    now[0] += 4
    meter(80)
    found = backlog.of(store)
    assert found.per_second == 20
    assert found.sentence == "3 products wait for a vector, 20 a second are made: less than a minute left."
    meter.ended()
    assert backlog.of(store).per_second is None


def test_the_rate_is_that_of_the_last_minute(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(backlog.time, "monotonic", lambda: now[0])
    meter = backlog.Meter(store.pk)
    ProductFactory(store=store)
    for at, done in ((10, 10_000), (100, 10_100), (150, 10_600)):
        now[0] = float(at)
        meter(done)
    assert backlog.of(store).per_second == 10


def test_the_import_list_says_what_waits(merchandiser_client: Any, store: Any) -> None:
    ProductFactory(store=store)
    page = merchandiser_client.get("/catalogue/imports/").content.decode()
    assert "1 product waits for a vector" in page


def test_the_command_reports_every_store_and_whether_anybody_embeds(store: Any, capsys: Any) -> None:
    ProductFactory(store=store)
    call_command("backlog", json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["waiting"], found["embedding_worker"]) == (1, False)
    assert found["stores"][0] == {"store": store.slug, "waiting": 1, "per_second": None, "minutes_left": None}
    worker.beat(worker.EMBEDDING)
    call_command("backlog", store=store.slug)
    assert "No worker" not in capsys.readouterr().out


def test_embedding_has_a_queue_of_its_own_and_a_plain_worker_takes_both() -> None:
    from storefront_studio.celery import app

    route = app.amqp.router.route({}, "generation.tasks.embed_catalogue", (), {})
    assert (route["queue"].name, route["queue"].routing_key) == ("embedding", "embedding")
    assert app.amqp.router.route({}, "generation.tasks.import_feed", (), {})["queue"].name == "celery"
    assert set(app.amqp.queues.consume_from) == {"celery", "embedding"} == {q.name for q in settings.CELERY_TASK_QUEUES}
