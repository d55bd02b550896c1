"""Changing the encoder of a store without a gap: the new vectors are made beside the old ones, then exchanged."""

import logging

from django.db import OperationalError

from accounts.models import Store, User
from generation import kit
from generation.catalog import backlog, building, spaces, switching
from generation.encoders import registry
from generation.models import EmbeddingSpace
from storefront_studio.lib.errors import BadInput, BadOutput, Misconfigured, StudioError, WrongState
from storefront_studio.lib.locks import exclusive

log = logging.getLogger(__name__)
State = EmbeddingSpace.State


def begin(store: Store, chosen: str, actor: User | None = None) -> EmbeddingSpace:
    """Let `chosen` be built for a store: the settings' encoder, a local one by its road (`sentence`, `onnx-int8`), or
    one that the store knows by name. Raises BadInput for another name, and what `spaces.begin` raises."""
    settings = kit.encoder()
    known = EmbeddingSpace.objects.filter(store=store, encoder=chosen).first()
    if chosen in (kit.recipe().road, settings.name):
        found, recipe = settings, kit.recipe()
    elif known is not None:
        found, recipe = kit.encoder_as(known), registry.Recipe.read(known.recipe, known.encoder)
    elif chosen in {*registry.LOCAL, *registry.LOCAL.values()}:
        name = next(name for name, road in registry.LOCAL.items() if chosen in (name, road))
        recipe = registry.Recipe.read({}, name)
        found = kit.encoder_like(recipe)
    else:
        raise BadInput(
            f"There is no encoder called {chosen!r}; use {', '.join(registry.LOCAL.values())}, what ENCODER names, or "
            "one that served this store before."
        )
    kit.settle(store)
    return spaces.begin(
        store=store,
        encoder=found.name,
        dimensions=found.dimensions,
        recipe=recipe.as_dict(),
        settings_name=settings.name,
        actor=actor,
    )


def back(store: Store, actor: User | None = None) -> EmbeddingSpace:
    """Let the vectors serve again that served before; only what changed since is made. Raises as `begin` does."""
    return begin(store, spaces.back(store).encoder, actor)


def cancel(store: Store, actor: User | None = None) -> EmbeddingSpace:
    """Give up what is being built. Raises WrongState when nothing is."""
    return spaces.cancel(store=store, settings_name=kit.encoder().name, actor=actor)


def follow_settings() -> list[EmbeddingSpace]:
    """Begin a space for every store that is served by another encoder than settings name and not by a person's word."""
    wanted, begun = kit.encoder().name, []
    for store in spaces.unnoted():
        kit.settle(store)
    spaces.undecline(wanted)
    for row in spaces.behind(wanted):
        try:
            begun.append(begin(row.store, wanted))
        except (WrongState, Misconfigured) as error:
            log.warning("the encoder of %s stays %s: %s", row.store, row.encoder, error)
    return begun


def build(store: Store, on_batch: building.OnBatch = lambda kind, done: None) -> bool:
    """Make what is missing of a store's next space, then change to it; whether it did.

    Does nothing when nothing is being built or another process is at it. An answer that is useless ends the space, with
    the reason; a missing key or a vendor that is away leaves it as it is, with the reason, to go on later. Raises the
    latter, so that a person who waits reads it.
    """
    with exclusive(f"space:{store.pk}") as ours:
        space = spaces.building(store) if ours else None
        if space is None:
            return False
        try:
            return _built(space, on_batch)
        except BadOutput as error:
            spaces.fail(space, str(error), kit.encoder().name)
            raise
        except StudioError as error:
            spaces.trouble(space, str(error))
            raise


def _built(space: EmbeddingSpace, on_batch: building.OnBatch) -> bool:
    store, encoder = space.store, kit.encoder_as(space)
    meter = backlog.Meter(space.pk, "space")
    done: dict[str, int] = {}

    def heard(kind: str, count: int) -> None:
        done[kind] = count
        kit.charge(store, encoder)
        meter(sum(done.values()))
        on_batch(kind, count)

    spaces.trouble(space, "")
    try:
        complete = building.fill(space, encoder, heard)
    finally:
        meter.ended()
        kit.charge(store, encoder)
    if not complete:
        return False
    # Whoever writes vectors of the store has one of these; beat comes again when somebody has.
    with exclusive(f"embed:{store.pk}") as products, exclusive(f"rulings:{store.pk}") as said:
        if not (products and said):
            return False
        try:
            seconds = switching.switch(store)
        except OperationalError:
            log.warning("%s did not change to %s: somebody held a row", store, space.encoder, exc_info=True)
            return False
    if seconds is not None:
        log.info("%s is served by %s now; the exchange took %.1f s", store, space.encoder, seconds)
    return seconds is not None
