"""`manage.py embeddings`, and what the screen of imports says of a change of model."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import AuditEntry
from generation import kit, spacing, tasks, worker
from generation.models import EmbeddingSpace, ProductVector, SpaceVector
from storefront_studio.lib.errors import Transient
from tests.factories import ProductFactory, StoreFactory
from tests.generation.cascade.turned import NEW, OLD, Turned, installed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def newer(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Turned:
    return installed(monkeypatch, settings)


@pytest.fixture
def embedded(store: Any, newer: Turned) -> Any:
    """A store of three products with their vectors."""
    ProductFactory.create_batch(3, store=store)
    tasks.prepare_catalogue(store)
    return store


def report(capsys: Any, *args: str) -> dict[str, Any]:
    capsys.readouterr()
    call_command("embeddings", *args, "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["stores"][0]
    return found


def test_a_switch_without_a_worker_is_made_at_once_and_back_again(
    embedded: Any, settings: Any, capsys: Any, newer: Turned
) -> None:
    settings.ENCODER = NEW
    found = report(capsys, "switch", NEW, "--store", embedded.slug)
    assert (found["serving"], found["before"], found["preparing"]) == (NEW, OLD, None)
    assert set(ProductVector.objects.filter(store=embedded).values_list("encoder", flat=True)) == {NEW}
    back = report(capsys, "back", "--store", embedded.slug)
    assert (back["serving"], back["before"], back["declined"]) == (OLD, NEW, NEW)
    call_command("embeddings", "status", "--store", embedded.slug)
    said = capsys.readouterr().out
    assert f"served by {OLD}" in said and f"ENCODER names {NEW}, and a person chose otherwise" in said
    actions = list(AuditEntry.objects.filter(store=embedded).order_by("pk").values_list("action", flat=True))
    assert actions == ["embedding.begun", "embedding.switched"] * 2


def test_with_a_worker_the_switch_is_handed_to_the_queue_of_embedding(
    embedded: Any, settings: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storefront_studio.celery import app

    sent: list[int] = []
    monkeypatch.setattr(tasks.build_space, "delay", sent.append)
    worker.beat(worker.EMBEDDING)
    settings.ENCODER = NEW
    found = report(capsys, "switch", NEW, "--store", embedded.slug)
    assert sent == [embedded.pk] and found["serving"] == OLD
    first = found["preparing"]["kinds"][0]
    assert (first["kind"], first["done"], first["total"]) == ("products", 0, 3)
    assert app.amqp.router.route({}, "generation.tasks.build_space", (), {})["queue"].name == "embedding"
    monkeypatch.setattr(tasks.embed_catalogue, "delay", lambda store: None)
    monkeypatch.setattr(tasks.embed_rulings, "delay", lambda store: None)
    tasks.build_space(embedded.pk)
    assert report(capsys, "status", "--store", embedded.slug)["serving"] == NEW


def test_cancel_leaves_what_serves_and_says_so(embedded: Any, settings: Any, capsys: Any, newer: Turned) -> None:
    def away(call: int) -> None:
        raise Transient("The vendor is away.")

    newer.before = away
    settings.ENCODER = NEW
    with pytest.raises(CommandError, match="The vendor is away"):
        call_command("embeddings", "switch", NEW, store=embedded.slug)
    assert report(capsys, "status", "--store", embedded.slug)["preparing"]["trouble"] == "The vendor is away."
    found = report(capsys, "cancel", "--store", embedded.slug)
    assert (found["serving"], found["preparing"], found["declined"]) == (OLD, None, NEW)
    assert not SpaceVector.objects.filter(space__store=embedded).exists()
    with pytest.raises(CommandError, match="No vectors are being made"):
        call_command("embeddings", "cancel", store=embedded.slug)


def test_only_an_admin_of_the_store_or_the_operator_may(
    embedded: Any, settings: Any, marketing: Any, admin: Any
) -> None:
    settings.ENCODER = NEW
    with pytest.raises(CommandError, match="needs the role of admin"):
        call_command("embeddings", "switch", NEW, store=embedded.slug, person=marketing.email)
    with pytest.raises(CommandError, match="is not a member"):
        call_command("embeddings", "switch", NEW, store=embedded.slug, person="nobody@example.com")
    assert not EmbeddingSpace.objects.filter(store=embedded, encoder=NEW).exists()
    call_command("embeddings", "switch", NEW, store=embedded.slug, person=admin.email)
    assert kit.encoder_of(embedded).name == NEW


def test_a_judge_fitted_for_another_encoder_is_said(embedded: Any, settings: Any, capsys: Any) -> None:
    settings.ENCODER = NEW
    found = report(capsys, "switch", NEW, "--store", embedded.slug)
    (warning,) = found["warnings"]
    assert f"fitted with vectors of {OLD}" in warning and "fit_evaluator" in warning


def test_beat_begins_what_the_settings_name_and_goes_on_with_it(
    embedded: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for task in (tasks.embed_catalogue, tasks.embed_rulings):
        monkeypatch.setattr(task, "delay", lambda store: None)
    monkeypatch.setattr(tasks.build_space, "delay", tasks.build_space)
    settings.ENCODER = NEW
    tasks.finish_embedding()
    assert kit.encoder_of(embedded).name == NEW


def test_the_import_list_says_how_far_the_next_model_is_to_everyone_of_the_store_and_to_nobody_else(
    embedded: Any,
    settings: Any,
    marketing_client: Any,
    merchandiser_client: Any,
    client: Any,
) -> None:
    settings.ENCODER = NEW
    spacing.follow_settings()
    assert not EmbeddingSpace.objects.filter(store=StoreFactory(slug="another")).exists()
    for member in (marketing_client, merchandiser_client):
        page = member.get("/catalogue/imports/").content.decode()
        assert "Another embedding model is being prepared" in page and "0 of 3 products" in page
    assert client.get("/catalogue/imports/").status_code == 302
    spacing.cancel(embedded)
    cache.clear()
    assert "being prepared" not in merchandiser_client.get("/catalogue/imports/").content.decode()
