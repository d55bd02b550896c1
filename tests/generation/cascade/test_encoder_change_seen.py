"""A change of encoder as other connections see it."""

import threading
from typing import Any

import pytest
from django.db import connection

from generation import spacing
from storefront_studio.lib.locks import exclusive
from tests.generation.cascade.turned import NEW, OLD, begin, installed, names


def test_somebody_else_who_writes_vectors_puts_the_change_off(
    committed_shop: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, settings)
    begin(committed_shop, settings)
    ready, done = threading.Event(), threading.Event()

    def writes() -> None:
        with exclusive(f"embed:{committed_shop.pk}") as ours:
            assert ours
            ready.set()
            done.wait(60)
        connection.close()

    thread = threading.Thread(target=writes)
    thread.start()
    ready.wait(60)
    assert not spacing.build(committed_shop) and names(committed_shop) == {OLD}
    done.set()
    thread.join()
    assert spacing.build(committed_shop) and names(committed_shop) == {NEW}


def test_whoever_reads_during_the_change_sees_the_old_vectors_or_the_new_ones(
    committed_shop: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, settings)
    begin(committed_shop, settings)
    seen: list[set[str]] = []
    over, looked = threading.Event(), threading.Event()

    def reads() -> None:
        try:
            while not (over.is_set() and seen):
                sql = "SELECT encoder FROM generation_productvector WHERE store_id = %s UNION SELECT encoder FROM "
                with connection.cursor() as cursor:
                    cursor.execute(sql + "generation_keyword WHERE store_id = %s", [committed_shop.pk] * 2)
                    seen.append({row[0] for row in cursor.fetchall()})
                looked.set()
        finally:
            looked.set()
            connection.close()

    thread = threading.Thread(target=reads)
    thread.start()
    looked.wait(60)
    assert spacing.build(committed_shop)
    over.set()
    thread.join()
    assert {frozenset(one) for one in seen} <= {frozenset({OLD}), frozenset({NEW})}
