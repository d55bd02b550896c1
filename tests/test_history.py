"""History is append-only in the database itself: raw SQL as the application's own role is refused."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.audit import record
from accounts.models import AuditEntry
from generation.models import Policy, Release
from review.models import Decision, PageVersion, Publication
from review.publishing import services as publishing
from review.workflow import services
from tests.factories import PlacementFactory, UserFactory

HISTORY = (AuditEntry, Decision, PageVersion, Publication, Policy, Release)
SOME_COLUMN = {AuditEntry: "summary", Decision: "note", PageVersion: "manifest", Publication: "kind"}


@pytest.fixture
def written(store: Any, merchandiser: Any, admin: Any) -> None:
    """A row in each table that people's acts write."""
    placement = PlacementFactory(draft__store=store, draft__requested_by=UserFactory())
    services.approve(placement=placement, actor=merchandiser, revision=0)
    publishing.publish(draft=placement.draft, actor=merchandiser)
    record(store=store, actor=admin, action="x.y", subject="x:1", summary="Kept")


def refused(sql: str) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return str(error.value)


@pytest.mark.parametrize("model", SOME_COLUMN)
def test_update_and_delete_are_refused(model: Any, written: None) -> None:
    table = model._meta.db_table
    assert model.objects.exists()
    assert "Cannot update" in refused(f"UPDATE {table} SET {SOME_COLUMN[model]} = 'forged'")
    assert "delete" in refused(f"DELETE FROM {table}")


@pytest.mark.parametrize("model", HISTORY)
def test_truncate_is_refused(model: Any, db: None) -> None:
    with connection.cursor() as cursor:  # a database of tests lets it pass otherwise: Django empties tables with it
        cursor.execute("SET LOCAL studio.guard_truncate = 'on'")
    assert "Cannot truncate" in refused(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.mark.parametrize("model", HISTORY)
def test_only_the_name_of_a_test_database_opens_truncate(model: Any, db: None) -> None:
    """No session can talk itself past the trigger: the setting it reads can only refuse more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgrelid = %s::regclass AND t.tgname LIKE 'pgtrigger_no_truncate%%'",
            [model._meta.db_table],
        )
        (source,) = cursor.fetchone()
    assert "current_database() NOT LIKE 'test\\_%' OR current_setting('studio.guard_truncate', true) = 'on'" in source
