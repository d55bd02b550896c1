"""The vector spaces of a store: which encoder its vectors are by, and the life of the one that is to come.

Nothing here loads a model: an encoder is known by its name and by the recipe it is built from.
"""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, Min, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts import audit
from accounts.models import Store, User
from accounts.permits import require_admin
from generation.models import DIMENSIONS, EmbeddingSpace, Keyword, ProductVector, SpaceVector
from storefront_studio.lib.errors import Misconfigured, WrongState
from storefront_studio.lib.locks import in_turn

State = EmbeddingSpace.State


def serving(store: Store) -> EmbeddingSpace | None:
    """The space that answers; None for a store that was never embedded, or not since spaces are kept."""
    return EmbeddingSpace.objects.filter(store=store, state=State.SERVING).first()


def building(store: Store) -> EmbeddingSpace | None:
    return EmbeddingSpace.objects.filter(store=store, state=State.BUILDING).first()


def number(store_id: int) -> int:
    """Counts the switches of a store. Whoever asks several questions looks at it before the first and after the last:
    only where it is the same were all of them answered in one space."""
    rows = EmbeddingSpace.objects.filter(store=store_id, state=State.SERVING)
    return rows.values_list("number", flat=True).first() or 0


def number_in(store_id: int) -> "Subquery":
    """The same inside a query, null for 0."""
    return Subquery(EmbeddingSpace.objects.filter(store=store_id, state=State.SERVING).values("number")[:1])


def written_by(store: Store) -> tuple[str, str]:
    """First and last name, in order, of the encoders that wrote the store's vectors; the same when one did, and empty
    when none did. Reads the ends of an index, however many vectors there are."""
    ends = Min("encoder"), Max("encoder")
    found: list[str] = []
    for rows in (
        ProductVector.objects.filter(store=store),
        Keyword.objects.filter(store=store, encoder__gt=""),
    ):
        found += [name for name in rows.aggregate(first=ends[0], last=ends[1]).values() if name]
    return (min(found), max(found)) if found else ("", "")


def encoder_name(store: Store, known: Collection[str] = ()) -> str:
    """Whose vectors the store has: the serving space's encoder; before there is a space, the one encoder that wrote all
    of them, if it is among `known`. Empty where neither is so: then whoever embeds may choose."""
    row = serving(store)
    if row is not None:
        return row.encoder
    first, last = written_by(store)
    return first if first == last and first in known else ""


def ensure(store: Store, encoder: str, dimensions: int, recipe: dict[str, Any]) -> EmbeddingSpace:
    """The serving space, made as described where the store has none. Raises Misconfigured as `check_width` does."""
    check_width(encoder, dimensions)
    found = serving(store)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            row, _new = EmbeddingSpace.objects.update_or_create(
                store=store,
                encoder=encoder,
                defaults={
                    "state": State.SERVING,
                    "recipe": recipe,
                    "dimensions": dimensions,
                    "changed_at": timezone.now(),
                },
            )
            return row
    except IntegrityError:  # somebody else was first
        return EmbeddingSpace.objects.get(store=store, state=State.SERVING)


def turn(store: Store) -> str:
    """The lock in whose turn a store's spaces change their state."""
    return f"spaces:{store.pk}"


def check_width(encoder: str, dimensions: int) -> None:
    """Raises Misconfigured for an encoder whose vectors the tables cannot hold."""
    if dimensions != DIMENSIONS:
        raise Misconfigured(
            f"{encoder} gives {dimensions} numbers a text, and the studio keeps {DIMENSIONS}. A model that was trained "
            f"to be shortened gives {DIMENSIONS} when EMBEDDING_DIMENSIONS={DIMENSIONS} asks for them; use another "
            "model otherwise."
        )


def begin(
    *,
    store: Store,
    encoder: str,
    dimensions: int,
    recipe: dict[str, Any],
    settings_name: str,
    actor: User | None = None,
) -> EmbeddingSpace:
    """Let the vectors of another encoder be made beside those that serve; a space that is being built by it already
    goes on. `settings_name` is the encoder that the settings name now: choosing another one declines it.

    What the store served before the present space is given up, unless it is this encoder's: then its vectors are used.
    Raises NotAllowed for anybody but an admin or the operator, Misconfigured for a wrong width, WrongState when the
    encoder serves already, when another one is being built, or before the catalogue was first embedded.
    """
    require_admin(store, actor, "change the embedding model")
    check_width(encoder, dimensions)
    now = serving(store)
    if now is None:
        raise WrongState(f"{store} has no vectors yet: there is nothing to switch from.")
    if now.encoder == encoder:
        raise WrongState(f"{store} is served by {encoder} already.")
    other = building(store)
    if other is not None and other.encoder == encoder:
        return other
    if other is not None:
        raise WrongState(f"Vectors of {other.encoder} are being made for {store}. Cancel that first.")
    wanted = {"recipe": recipe, "dimensions": dimensions, "error": "", "changed_at": timezone.now()}
    with transaction.atomic():
        in_turn(turn(store))
        row, _new = EmbeddingSpace.objects.get_or_create(
            store=store, encoder=encoder, defaults={"state": State.CANCELLED, **wanted}
        )
        again = EmbeddingSpace.objects.filter(pk=row.pk, state__in=[State.RETIRED, State.CANCELLED, State.FAILED])
        if building(store) or serving(store) != now or not again.update(state=State.BUILDING, **wanted):
            raise WrongState(f"Somebody changed the model of {store} just now. Look at it again, then decide.")
        decline(now, settings_name if settings_name != encoder else "")
        _note(row, actor, "embedding.begun", f"Began to embed the catalogue with {encoder}", old=now.encoder)
        row.refresh_from_db()
    clear(store)
    return row


def back(store: Store) -> EmbeddingSpace:
    """The space that served before. Raises WrongState when there is none."""
    row = EmbeddingSpace.objects.filter(store=store, state=State.RETIRED).order_by("-changed_at").first()
    if row is None:
        raise WrongState(f"{store} was never served by another encoder.")
    return row


def cancel(*, store: Store, settings_name: str, actor: User | None = None) -> EmbeddingSpace:
    """BUILDING -> CANCELLED; its vectors are removed, what serves goes on.

    Raises NotAllowed, and WrongState when nothing is being built."""
    require_admin(store, actor, "change the embedding model")
    return _ended(store, State.CANCELLED, "", settings_name, actor)


def fail(space: EmbeddingSpace, reason: str, settings_name: str) -> None:
    """BUILDING -> FAILED, unless somebody cancelled it meanwhile; its vectors are removed."""
    try:
        _ended(space.store, State.FAILED, reason, settings_name, None, space.pk)
    except WrongState:
        return


def _ended(
    store: Store, state: str, reason: str, settings_name: str, actor: User | None, only: int | None = None
) -> EmbeddingSpace:
    row = building(store)
    if row is None or (only is not None and row.pk != only):
        raise WrongState(f"No vectors are being made for {store} beside those that serve.")
    with transaction.atomic():
        in_turn(turn(store))
        changed = EmbeddingSpace.objects.filter(pk=row.pk, state=State.BUILDING).update(
            state=state, error=reason[:2000], changed_at=timezone.now()
        )
        if not changed:
            raise WrongState(f"The vectors of {row.encoder} serve already.")
        now = serving(store)
        if now is not None and settings_name == row.encoder:
            decline(now, settings_name)
        verb = "Cancelled" if state == State.CANCELLED else "Gave up"
        _note(row, actor, f"embedding.{state}", f"{verb} the change to {row.encoder}. {reason}".strip())
    clear(store)
    row.refresh_from_db()
    return row


def decline(now: EmbeddingSpace, settings_name: str) -> None:
    """Note that `settings_name` is not to be begun by itself while `now` serves."""
    EmbeddingSpace.objects.filter(pk=now.pk).update(declined=settings_name)


def undecline(settings_name: str) -> None:
    """What the settings name serves: whatever was declined before is forgotten."""
    EmbeddingSpace.objects.filter(state=State.SERVING, encoder=settings_name).exclude(declined="").update(declined="")


def unnoted() -> "QuerySet[Store]":
    """Stores with vectors and no space: embedded before spaces were kept."""
    noted = EmbeddingSpace.objects.filter(state=State.SERVING).values("store")
    return Store.objects.filter(Exists(ProductVector.objects.filter(store=OuterRef("pk")))).exclude(pk__in=noted)


def trouble(space: EmbeddingSpace, reason: str) -> None:
    """Why building does not go on at the moment; empty when it does."""
    EmbeddingSpace.objects.filter(pk=space.pk, state=State.BUILDING).exclude(error=reason).update(error=reason[:2000])


def clear(store: Store) -> int:
    """Remove the vectors of spaces that nobody will ask for again; how many. What is being built stays, and what served
    before where nothing is: the store can go back to it."""
    row = building(store) or EmbeddingSpace.objects.filter(store=store, state=State.RETIRED).first()
    spaces = EmbeddingSpace.objects.filter(store=store).exclude(pk=row.pk if row else 0)
    held = [pk for pk in spaces.values_list("pk", flat=True) if SpaceVector.objects.filter(space=pk).exists()]
    rows = SpaceVector.objects.filter(space__in=held)
    return rows._raw_delete(rows.db) if held else 0


def behind(settings_name: str) -> "QuerySet[EmbeddingSpace]":
    """The serving spaces that are to be followed by the settings' encoder: by another one, which nobody chose against
    it, and with nothing being built."""
    other = EmbeddingSpace.objects.filter(state=State.BUILDING).values("store")
    rows = EmbeddingSpace.objects.filter(state=State.SERVING).exclude(encoder=settings_name)
    return rows.exclude(declined=settings_name).exclude(store__in=other).select_related("store").order_by("store")


def every_serving() -> "QuerySet[EmbeddingSpace]":
    return EmbeddingSpace.objects.filter(state=State.SERVING).select_related("store").order_by("store")


def being_built() -> list[int]:
    """Ids of stores with a space on its way."""
    return list(
        EmbeddingSpace.objects.filter(state=State.BUILDING).order_by("store").values_list("store_id", flat=True)
    )


def _note(space: EmbeddingSpace, actor: User | None, action: str, summary: str, old: str = "") -> None:
    audit.record(
        store=space.store,
        actor=actor,
        action=action,
        subject=f"embedding:{space.pk}",
        summary=summary,
        old={"encoder": old} if old else None,
        new={"encoder": space.encoder},
    )
