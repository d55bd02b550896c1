"""Another encoder: its vectors are made beside those that serve, which answer until all of them are there."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from generation import briefing, kit, rulings, spacing, tasks
from generation.campaigns.constraints import Constraints
from generation.catalog import backlog, building, embed, spaces
from generation.catalog.search import CatalogSearch
from generation.catalog.texts import embedding_text
from generation.encoders.base import Vectors
from generation.encoders.registry import Recipe
from generation.models import (
    EmbeddingSpace,
    Keyword,
    ModelCall,
    Product,
    ProductVector,
    Ruling,
    Run,
    SpaceVector,
    StageOutput,
)
from storefront_studio.lib.errors import BadInput, BadOutput, Misconfigured, Transient, WrongState
from tests.contract.vendor_server import Ok, Status, VendorServer
from tests.factories import StoreFactory
from tests.generation.cascade import shop as shops
from tests.generation.cascade.turned import NEW, OLD, Turned, begin, installed, names

pytestmark = pytest.mark.django_db


class Killed(Exception):
    """The worker's end, in the middle of its work."""


@pytest.fixture
def newer(shop: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Turned:
    """An encoder that ENCODER=newer names; the settings still name the old one."""
    return installed(monkeypatch, settings)


def search_of(shop: Any) -> CatalogSearch:
    return CatalogSearch(shop, Constraints(), dt.date(2026, 11, 21))


def found(shop: Any, text: str) -> list[int]:
    """What a run would find for a text: with the kit's encoder, among the kit's products."""
    tools = kit.assemble(search_of(shop), None)
    return [one.product for one in tools.search.nearest_products(tools.encoder.encode([text])[0], 10)]


def ruling(shop: Any, **fields: Any) -> Ruling:
    given = {
        "title": "Muesli to wake up for",
        "reason_code": "brand",
        "reason": "Off brand",
        "person": "Merle",
        **fields,
    }
    return Ruling.objects.create(store=shop, placement=Ruling.objects.count() + 1, ruled_at=timezone.now(), **given)


def kill_at(call: int) -> Callable[[int], object]:
    def before(now: int) -> None:
        if now >= call:
            raise Killed

    return before


def test_the_old_vectors_answer_until_the_last_new_one_is_there(shop: Any, settings: Any, newer: Turned) -> None:
    before = found(shop, "crunchy breakfast")
    begin(shop, settings)
    newer.before = kill_at(1)
    with pytest.raises(Killed):
        spacing.build(shop)
    assert SpaceVector.objects.filter(space__store=shop).exists()
    assert names(shop) == {OLD} and kit.encoder_of(shop).name == OLD
    assert found(shop, "crunchy breakfast") == before


@pytest.mark.parametrize("call", [0, 1, 2])
def test_a_worker_killed_on_the_way_is_followed_by_one_that_ends_it(
    shop: Any, settings: Any, newer: Turned, call: int
) -> None:
    ruling(shop)
    rulings.embed(shop, shops.encoder())
    before = found(shop, "crunchy breakfast")
    begin(shop, settings)
    newer.before = kill_at(call)
    with pytest.raises(Killed):
        spacing.build(shop)
    kept, newer.before = set(newer.asked), lambda call: None
    newer.asked.clear()
    assert spacing.build(shop)
    assert names(shop) == {NEW}
    assert kept.isdisjoint(newer.asked) or call == 0
    assert found(shop, "crunchy breakfast") == before  # the same distances, in the new space
    word = Keyword.objects.filter(store=shop, kind="search").first()
    assert word is not None
    ((nearest, cosine),) = search_of(shop).nearest_keywords(newer.encode([word.text]), 1, 0)[0]
    assert (nearest.pk, round(cosine, 2)) == (word.pk, 1)


def test_what_is_imported_or_changed_meanwhile_is_found_before_and_after(
    shop: Any, settings: Any, newer: Turned, tmp_path: Path
) -> None:
    begin(shop, settings)
    newer.before = kill_at(1)
    with pytest.raises(Killed):
        spacing.build(shop)
    row, other = shops.rows()[0] | {"id": "late-1", "title": "Kazoo, brass"}, shops.rows()[1] | {"title": "Accordion"}
    shops.import_file(shop, shops.write_feed(tmp_path, [row, other]))
    tasks.prepare_catalogue(shop)  # as the import's task does, while the other vectors are being made
    new, changed = (Product.objects.get(store=shop, title=one["title"]) for one in (row, other))
    assert names(shop) == {OLD}
    assert {new.pk, changed.pk} <= {*found(shop, "Kazoo, brass"), *found(shop, "Accordion")}
    newer.before = lambda call: None
    assert spacing.build(shop)
    assert names(shop) == {NEW} and not embed.stale(shop, NEW).exists()
    assert {new.pk, changed.pk} <= {*found(shop, "Kazoo, brass"), *found(shop, "Accordion")}


def test_a_product_that_comes_while_the_last_batch_is_made_is_made_too(
    shop: Any, settings: Any, newer: Turned, tmp_path: Path
) -> None:
    begin(shop, settings)
    came: list[Product] = []
    feed = shops.write_feed(tmp_path, [shops.rows()[0] | {"id": "late-2", "title": "Triangle"}])

    def comes(kind: str, done: int) -> None:
        if kind == "products" and not came:
            shops.import_file(shop, feed)
            came.append(Product.objects.get(store=shop, item_id="late-2"))

    assert spacing.build(shop, comes)
    assert ProductVector.objects.get(product=came[0]).encoder == NEW
    assert embedding_text(came[0]) in newer.asked


def test_a_product_deleted_meanwhile_leaves_the_rest_alone(shop: Any, settings: Any, newer: Turned) -> None:
    begin(shop, settings)
    gone = Product.objects.filter(store=shop).first()
    assert gone is not None
    assert spacing.build(shop, lambda kind, done: Product.objects.filter(pk=gone.pk).delete())
    assert names(shop) == {NEW}
    assert ProductVector.objects.filter(store=shop).count() == Product.objects.filter(store=shop).count()


def test_nothing_changes_while_a_vector_is_missing(shop: Any, settings: Any, newer: Turned) -> None:
    from generation.catalog import switching

    space = begin(shop, settings)
    assert building.fill(space, newer)
    ruling(shop)
    assert not building.due(shop) and switching.switch(shop) is None
    assert names(shop) == {OLD} and spaces.number(shop.pk) == 0
    assert spacing.build(shop) and names(shop) == {NEW}


def test_a_run_that_meets_the_change_begins_again_and_mixes_nothing(
    shop: Any, settings: Any, newer: Turned, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shops.start(shop)
    begin(shop, settings)
    inner = shops.encoder()
    first: list[int] = []

    class Changing(Turned):
        """The old encoder; the new vectors begin to serve while a run asks it for the second time."""

        name = inner.name

        def encode(self, texts: Sequence[str], batch_size: int = 16) -> Vectors:
            self.calls += 1
            if self.calls == 3:
                first.extend(StageOutput.objects.filter(run=run).values_list("pk", flat=True))
                assert spacing.build(shop)
            return inner.encode(texts, batch_size)

    roads = {"sentence": Changing(), NEW: newer}
    monkeypatch.setattr(kit, "encoder_like", lambda recipe: roads[recipe.road])
    kit.forget_texts()
    again = shops.work(run)
    assert (again.status, again.space) == (Run.Status.QUEUED, 0) and "begins again" in again.error
    assert first
    Run.objects.filter(pk=run.pk).update(not_before=None)
    done = shops.work(run)
    assert (done.status, done.space) == (Run.Status.DONE, 1), done.error
    assert not set(first) & set(StageOutput.objects.filter(run=run).values_list("pk", flat=True))


def test_vectors_read_before_the_change_are_not_shared_with_a_search_after_it(
    shop: Any, settings: Any, newer: Turned
) -> None:
    before = search_of(shop).held
    begin(shop, settings)
    spacing.build(shop)
    after = search_of(shop).held
    assert before is not None and after is not None
    assert np.allclose(np.roll(before.matrix, 100, axis=1), after.matrix, atol=1e-3)


def test_a_cancelled_change_leaves_nothing_and_is_not_begun_again_by_itself(
    shop: Any, settings: Any, newer: Turned
) -> None:
    begin(shop, settings)
    assert not spacing.build(shop, lambda kind, done: spacing.cancel(shop) if kind == "keywords" else None)
    assert names(shop) == {OLD} and not SpaceVector.objects.filter(space__store=shop).exists()
    assert not [one for one in spacing.follow_settings() if one.store_id == shop.pk]
    settings.ENCODER = "sentence"
    spacing.follow_settings()
    assert begin(shop, settings).state == "building"  # the setting was changed anew
    spacing.cancel(shop)
    with pytest.raises(WrongState, match="No vectors are being made"):
        spacing.cancel(shop)


def test_going_back_embeds_only_what_changed_since(
    shop: Any, settings: Any, newer: Turned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(shop, "crunchy breakfast")
    begin(shop, settings)
    spacing.build(shop)
    shops.import_file(shop, shops.write_feed(tmp_path, [shops.rows()[1] | {"title": "Accordion"}]))
    tasks.prepare_catalogue(shop)
    assert names(shop) == {NEW}
    old = shops.Remembering(shops.encoder())
    roads = {"sentence": old, NEW: newer}
    monkeypatch.setattr(kit, "encoder_like", lambda recipe: roads[recipe.road])
    spacing.back(shop)
    assert spacing.build(shop)
    changed = Product.objects.get(store=shop, title="Accordion")
    mined = set(Keyword.objects.filter(store=shop).values_list("text", flat=True))
    assert embedding_text(changed) in old.asked and set(old.asked) - {embedding_text(changed)} <= mined
    assert len(old.asked) < 20
    assert names(shop) == {OLD} and set(before) & set(found(shop, "crunchy breakfast"))
    assert not [one for one in spacing.follow_settings() if one.store_id == shop.pk]  # ENCODER still names the other


def test_a_useless_answer_ends_the_change_and_an_absent_vendor_only_delays_it(
    shop: Any, settings: Any, newer: Turned
) -> None:
    def away(call: int) -> None:
        if call == 1:
            raise Transient("The vendor is away.")

    space = begin(shop, settings)
    newer.before = away
    with pytest.raises(Transient):
        spacing.build(shop)
    kept = SpaceVector.objects.filter(space=space).count()
    coming = backlog.ahead(shop)
    assert kept and coming is not None and coming.sentence.endswith("It does not go on: The vendor is away.")

    def useless(call: int) -> None:
        raise BadOutput("It gave words instead of numbers.")

    newer.before = useless
    with pytest.raises(BadOutput):
        spacing.build(shop)
    space.refresh_from_db()
    assert (space.state, space.error) == ("failed", "It gave words instead of numbers.")
    assert names(shop) == {OLD} and not SpaceVector.objects.filter(space=space).exists()
    assert not [one for one in spacing.follow_settings() if one.store_id == shop.pk]


def test_two_changes_at_once_and_unknown_encoders_are_refused(shop: Any, settings: Any, newer: Turned) -> None:
    with pytest.raises(BadInput, match="'word2vec'"):
        spacing.begin(shop, "word2vec")
    with pytest.raises(WrongState, match="already"):
        spacing.begin(shop, "sentence")
    with pytest.raises(WrongState, match="never served by another"):
        spacing.back(shop)
    first = begin(shop, settings)
    assert spacing.begin(shop, NEW).pk == first.pk  # twice is once
    EmbeddingSpace.objects.filter(pk=first.pk).update(encoder="a third")
    with pytest.raises(WrongState, match="Cancel that first"):
        spacing.begin(shop, NEW)


def test_vectors_of_another_width_are_refused_with_the_way_out(shop: Any, settings: Any, newer: Turned) -> None:
    newer.dimensions = 768
    settings.ENCODER = NEW
    with pytest.raises(Misconfigured, match=r"gives 768 numbers.*keeps 384"):
        spacing.begin(shop, NEW)


def test_a_store_is_served_by_what_wrote_its_vectors_whatever_the_settings_name(
    shop: Any, settings: Any, newer: Turned
) -> None:
    settings.ENCODER = NEW
    assert spaces.serving(shop) is None  # embedded before spaces were kept
    assert kit.encoder_of(shop).name == OLD and kit.encoder_of(StoreFactory(slug="empty")).name == NEW
    spacing.follow_settings()
    assert (spaces.serving(shop), spaces.building(shop)) != (None, None)


def test_half_a_catalogue_by_another_encoder_is_compared_with_nothing(shop: Any) -> None:
    kit.settle(shop)
    some = ProductVector.objects.filter(store=shop).values("pk")[:5]
    ProductVector.objects.filter(pk__in=some).update(encoder="of-old")
    assert shop.pk in embed.stores_behind() and backlog.of(shop).waiting == 5
    with pytest.raises(Transient, match="not by all-MiniLM-L6-v2"):
        kit.assemble(search_of(shop), None)
    tasks.prepare_catalogue(shop)
    assert shop.pk not in embed.stores_behind() and names(shop) == {OLD}


def test_a_product_deleted_while_it_is_encoded_leaves_its_batch_alone(shop: Any) -> None:
    products = Product.objects.filter(store=shop)
    ((batch, vectors),) = embed.encoded(embed.by_id(products), embedding_text, shops.encoder())
    Product.objects.filter(pk=batch[3].pk).delete()
    embed.write(batch, vectors, "other")
    assert ProductVector.objects.filter(store=shop, encoder="other").count() == len(batch) - 1


def test_rulings_of_another_encoder_wait_too(shop: Any) -> None:
    kit.settle(shop)
    assert shop.pk not in rulings.stores_behind()
    ruling(shop, embedding=[0.1] * 384, encoder="older")
    assert rulings.stores_behind() == [shop.pk]


def test_a_recipe_that_says_nothing_useful_is_a_clear_sentence() -> None:
    with pytest.raises(Misconfigured, match="does not know how to encode with gone-model"):
        Recipe.read({}, "gone-model")


def test_a_vendors_vectors_serve_once_all_are_there_and_their_cost_is_written_down(
    shop: Any, settings: Any, server: VendorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text('as_of: 2026-11-01\nmodels:\n  stub-embed: {input: "0.02", output: "0"}\n')
    monkeypatch.setenv("LLM_PRICES", str(prices))
    monkeypatch.setattr(kit, "encoder", lambda: kit.encoder_like(kit.recipe()))
    address = f"{server.url}/v1"
    settings.EMBEDDING_MODEL, settings.EMBEDDING_BASE_URL, settings.EMBEDDING_SHORTEN = "stub-embed", address, "ask"
    settings.EMBEDDING_KEYS = {address: "sk-test-0123456789"}
    kit.settle(shop)
    settings.ENCODER = "openai"
    server.script([Ok(), Status(401)])
    spacing.follow_settings()
    with pytest.raises(Misconfigured, match="EMBEDDING_API_KEY"):
        spacing.build(shop)
    assert names(shop) == {OLD} and SpaceVector.objects.filter(space__store=shop).exists()
    server.script([])
    assert spacing.build(shop)
    (name,) = names(shop)
    assert name.startswith("stub-embed/384 at ")
    calls = ModelCall.objects.filter(store=shop, stage="embedding", model=name)
    assert sum(call.input_tokens or 0 for call in calls) > 300 and all(call.cost for call in calls)
    assert briefing.spent_today(shop) == 0  # that budget is for reading briefs
    title = Product.objects.filter(store=shop).values_list("title", flat=True)[0]
    assert found(shop, title)
    assert kit.assemble(search_of(shop), None).evaluator.endswith("fitted for another encoder")
    sent = len(server.requests)
    spacing.back(shop)
    assert spacing.build(shop) and names(shop) == {OLD}
    assert len(server.requests) == sent
