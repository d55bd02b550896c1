"""API keys that were good a moment ago, so that a page needs no query and outlives the database.

Kept under the key's public prefix with a hash of the whole key. Saving or deleting a key forgets it at once; whatever
else happens to its row is noticed within FRESH seconds while the database answers.
"""

import datetime as dt
import hashlib
import hmac
import time
from typing import Any

from django.utils import timezone

from accounts.models import ApiKey
from review.serving import kept

FRESH = 10  # seconds without asking the database again
KEPT = 3600  # seconds a known key goes on working while the database is gone


def recall(value: str) -> tuple[ApiKey, bool] | None:
    """The key `value` belongs to, not to be saved, and whether that is still fresh; None when it is not known."""
    entry = kept.get(_name(_prefix(value)))
    if not entry or not hmac.compare_digest(entry["digest"], _digest(value)):
        return None
    expiry: dt.datetime | None = entry["expiry_date"]
    if expiry and expiry < timezone.now():
        return None
    key = ApiKey(
        id=entry["id"],
        prefix=_prefix(value),
        name=entry["name"],
        store_id=entry["store_id"],
        scopes=entry["scopes"],
        expiry_date=expiry,
    )
    return key, time.time() < entry["fresh_until"]


def remember(value: str, key: ApiKey) -> None:
    entry: dict[str, Any] = {
        "digest": _digest(value),
        "id": key.pk,
        "name": key.name,
        "store_id": key.store_id,
        "scopes": list(key.scopes),
        "expiry_date": key.expiry_date,
        "fresh_until": time.time() + FRESH,
    }
    kept.put(_name(_prefix(value)), entry, KEPT)


def forget(prefix: str) -> None:
    kept.drop(_name(prefix))


def refused(value: str) -> None:
    """The database does not take `value` any more. A guess with somebody's prefix changes nothing."""
    if recall(value):
        forget(_prefix(value))


def _prefix(value: str) -> str:
    return value.partition(".")[0][:8]


def _name(prefix: str) -> str:
    return "serving:key:" + hashlib.sha256(prefix.encode()).hexdigest()[:24]


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
