"""Models' answers by the content of the question, kept in the database so that a resumed batch finds them.

An answer lives for ANSWER_DAYS. It belongs to a store: nothing crosses stores, not even a saving.
"""

import datetime as dt
import logging
import time

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from generation.models import ModelAnswer

log = logging.getLogger(__name__)
RETRY_AFTER = (0.5, 2.0, 8.0, 20.0)  # seconds
FORGET_AT_ONCE = 5000  # rows a statement may delete


class Answers:
    """The answers of one store, in the shape that `llm.cached` keeps its texts in."""

    def __init__(self, store_id: int) -> None:
        self._store = store_id

    def get(self, key: str) -> str | None:
        row = ModelAnswer.objects.filter(store_id=self._store, digest=key, created_at__gte=_oldest())
        return row.values_list("value", flat=True).first()

    def set(self, key: str, value: str) -> None:
        """Keep an answer. It is paid for: a database that does not answer for a moment is asked again and again."""
        for wait in (*RETRY_AFTER, None):
            try:
                self._write(key, value)
                return
            except (OperationalError, InterfaceError):
                if wait is None or connection.in_atomic_block:
                    raise
                log.warning("an answer could not be kept; trying again in %s s", wait, exc_info=True)
                connection.close()
                time.sleep(wait)

    def _write(self, key: str, value: str) -> None:
        ModelAnswer.objects.bulk_create(
            [ModelAnswer(store_id=self._store, digest=key, value=value, created_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["store", "digest"],
            update_fields=["value", "created_at"],
        )


def forget_old() -> int:
    """Delete what is older than ANSWER_DAYS, a part at a time; how many went."""
    gone = 0
    while True:
        old = ModelAnswer.objects.filter(created_at__lt=_oldest()).values("pk")[:FORGET_AT_ONCE]
        deleted, _ = ModelAnswer.objects.filter(pk__in=old).delete()
        gone += deleted
        if deleted < FORGET_AT_ONCE:
            return gone


def _oldest() -> dt.datetime:
    return timezone.now() - dt.timedelta(days=settings.ANSWER_DAYS)
