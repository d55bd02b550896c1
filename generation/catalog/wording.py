"""The words of products for full text, written by set operations for what changed and for nothing else."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from accounts.models import Store
from generation.models import Product, ProductWords, WordCount

BATCH = 20_000  # ids looked at in one statement: a lock is held for a second, not for minutes
# A tsvector may have no more than a megabyte; attributes beyond that are a feed's mistake and are left out.
REFRESH = """
    INSERT INTO generation_productwords (product_id, store_id, content_hash, words)
    SELECT p.id, p.store_id, p.content_hash,
           setweight(to_tsvector('english', p.title), 'A')
           || setweight(to_tsvector('english', p.brand || ' ' || p.product_type), 'B')
           || setweight(CASE WHEN length(p.attributes::text) < 200000
                             THEN jsonb_to_tsvector('english', p.attributes, '["string"]') ELSE '' END, 'C')
           || setweight(to_tsvector('english', left(p.description, 20000)), 'D')
    FROM generation_product p LEFT JOIN generation_productwords w ON w.product_id = p.id
    WHERE p.store_id = %s AND p.id > %s AND p.id <= %s
      AND (w.product_id IS NULL OR w.content_hash <> p.content_hash)
    ORDER BY p.id
    ON CONFLICT (product_id) DO UPDATE SET content_hash = excluded.content_hash, words = excluded.words"""

# Rare words are left out: most words of a large catalogue are model numbers.
COUNT = """
    INSERT INTO generation_wordcount (store_id, word, products)
    SELECT %(store)s, word, ndoc
    FROM ts_stat(format('SELECT words FROM generation_productwords WHERE store_id = %%s', %(store)s::bigint))
    WHERE ndoc >= %(least)s
    UNION ALL SELECT %(store)s, '', count(*) FROM generation_productwords WHERE store_id = %(store)s"""
LEAST_COUNTED = 10  # products that hold a word, from which it has a row in a large catalogue
SMALL = 5000  # products up to which every word has one
CHANGED_SHARE = 100  # one in so many products must have changed before words are counted again


def refresh(store: Store, on_batch: Callable[[int], Any] = lambda done: None) -> int:
    """Write the words of every product that is new or changed; how many. Safe to run twice or to kill.

    `on_batch` hears the number done so far.
    """
    done = 0
    last = 0
    while True:
        ids = Product.objects.filter(store=store, id__gt=last).order_by("id").values_list("id", flat=True)
        upper = ids[BATCH - 1 : BATCH].first() or ids.last()
        if upper is None:
            _count(store, done)
            return done
        with connection.cursor() as cursor:
            cursor.execute(REFRESH, [store.pk, last, upper])
            done += cursor.rowcount
        last = upper
        on_batch(done)


def _count(store: Store, changed: int) -> None:
    """Count each word's products anew, where enough of them changed since, or none were counted."""
    counted = WordCount.objects.filter(store=store, word="").values_list("products", flat=True).first()
    if counted is not None and changed * CHANGED_SHARE <= counted:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM accounts_store WHERE id = %s FOR NO KEY UPDATE", [store.pk])  # one at a time
        WordCount.objects.filter(store=store).delete()
        small = ProductWords.objects.filter(store=store).count() <= SMALL
        cursor.execute(COUNT, {"store": store.pk, "least": 1 if small else LEAST_COUNTED})


def stores_behind() -> list[int]:
    """Ids of stores with products that wait for their words, or whose words were never counted."""
    old = Q(wording__isnull=True) | ~Q(wording__content_hash=F("content_hash"))
    waiting = set(Product.objects.filter(old).order_by().values_list("store_id", flat=True).distinct())
    counted = WordCount.objects.filter(word="").values("store")
    uncounted = Store.objects.filter(products__isnull=False).exclude(pk__in=counted)
    return sorted(waiting | set(uncounted.order_by().values_list("pk", flat=True).distinct()))
