"""The moment in which a store changes to the vectors of another encoder: one transaction, all or nothing.

Whoever reads sees the old vectors until it commits and the new ones afterwards, and waits for neither: PostgreSQL keeps
the old rows for those who began before. Who writes vectors of this store meanwhile waits.
"""

import time

from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Store
from generation.catalog import building, spaces
from generation.models import EmbeddingSpace, Keyword, ProductVector, Ruling, SpaceVector
from storefront_studio.lib.locks import in_turn

State = EmbeddingSpace.State
Kind = SpaceVector.Kind
LOCK_WAIT = "10s"  # for a row that somebody else holds; then the switch is tried again later

# What serves now goes to the side, so that the store can go back; what lies there of the same text is the same.
_KEEP = """
INSERT INTO generation_spacevector (space_id, kind, row, text_hash, embedding)
SELECT %(old)s, {kind}, v.{key}, {hash}, v.embedding FROM {table} v
WHERE v.store_id = %(store)s AND v.encoder = %(before)s AND v.embedding IS NOT NULL
ON CONFLICT (space_id, kind, row) DO UPDATE SET text_hash = excluded.text_hash, embedding = excluded.embedding
WHERE generation_spacevector.text_hash <> excluded.text_hash"""
# The products are locked as they are read: one that is deleted meanwhile is left out instead of failing the rest.
_PRODUCTS = """
INSERT INTO generation_productvector (product_id, store_id, text_hash, encoder, embedding)
SELECT p.id, p.store_id, s.text_hash, %(after)s, s.embedding
FROM generation_spacevector s
JOIN (SELECT id, store_id FROM generation_product WHERE store_id = %(store)s ORDER BY id FOR KEY SHARE) p
    ON p.id = s.row
WHERE s.space_id = %(new)s AND s.kind = 1
ON CONFLICT (product_id) DO UPDATE SET text_hash = excluded.text_hash, encoder = excluded.encoder,
    embedding = excluded.embedding"""
_WORDS = """
UPDATE {table} v SET embedding = s.embedding, encoder = %(after)s FROM generation_spacevector s
WHERE s.space_id = %(new)s AND s.kind = {kind} AND s.row = v.id AND v.store_id = %(store)s"""


def switch(store: Store) -> float | None:
    """Let the space that was built serve, and keep what served before. The seconds it took; None when something is
    missing still, or there is nothing to switch to: then nothing is changed.

    The caller holds the locks under which the store's vectors are written (`embed:` and `rulings:`).
    Raises OperationalError when somebody holds a row for too long; trying later is sensible.
    """
    began = time.perf_counter()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
        in_turn(spaces.turn(store))
        new, old = spaces.building(store), spaces.serving(store)
        if new is None or old is None:
            return None
        list(Ruling.objects.filter(store=store).select_for_update().order_by("pk").values_list("pk"))
        if not building.due(store):
            return None
        _exchange(store, old, new)
        if _left(store, new.encoder):  # written by somebody who held no lock
            transaction.set_rollback(True)
            return None
        now = timezone.now()
        EmbeddingSpace.objects.filter(pk=old.pk).update(state=State.RETIRED, changed_at=now)
        EmbeddingSpace.objects.filter(pk=new.pk).update(
            state=State.SERVING, changed_at=now, number=old.number + 1, error="", declined=old.declined
        )
        audit.record(
            store=store,
            actor=None,
            action="embedding.switched",
            subject=f"embedding:{new.pk}",
            summary=f"The catalogue is searched with vectors of {new.encoder} now",
            old={"encoder": old.encoder},
            new={"encoder": new.encoder},
        )
    spaces.clear(store)
    return time.perf_counter() - began


def _exchange(store: Store, old: EmbeddingSpace, new: EmbeddingSpace) -> None:
    given: dict[str, int | str] = {
        "old": old.pk,
        "new": new.pk,
        "store": store.pk,
        "before": old.encoder,
        "after": new.encoder,
    }
    word, ruling = Keyword._meta.db_table, Ruling._meta.db_table
    with connection.cursor() as cursor:
        for kind, table, key, hash_ in (
            (Kind.PRODUCT, ProductVector._meta.db_table, "product_id", "v.text_hash"),
            (Kind.KEYWORD, word, "id", "''"),
        ):
            cursor.execute(_KEEP.format(kind=int(kind), table=table, key=key, hash=hash_), given)
        rulings = Ruling.objects.filter(store=store, encoder=old.encoder, embedding__isnull=False)
        SpaceVector.objects.bulk_create(
            [
                SpaceVector(
                    space=old, kind=Kind.RULING, row=one.pk, text_hash=building.hash_of(one), embedding=one.embedding
                )
                for one in rulings
            ],
            update_conflicts=True,
            unique_fields=["space", "kind", "row"],
            update_fields=["text_hash", "embedding"],
        )
        cursor.execute(_PRODUCTS, given)
        cursor.execute(_WORDS.format(table=word, kind=int(Kind.KEYWORD)), given)
        cursor.execute(_WORDS.format(table=ruling, kind=int(Kind.RULING)), given)


def _left(store: Store, encoder: str) -> bool:
    """Whether a vector of another encoder is left: then nearness would mean nothing."""
    products = ProductVector.objects.filter(store=store).exclude(encoder=encoder)
    words = Keyword.objects.filter(store=store, embedding__isnull=False).exclude(encoder=encoder)
    said = Ruling.objects.filter(store=store, embedding__isnull=False).exclude(encoder=encoder)
    return products.exists() or words.exists() or said.exists()
