"""The cache as serving uses it: when it fails, it is empty."""

import logging
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def get(key: str) -> Any:
    """What was put under `key`, or None."""
    try:
        return cache.get(key)
    except (RedisError, OSError) as error:
        log.warning("the cache cannot be read: %s", error)
        return None


def put(key: str, value: Any, seconds: float | None) -> None:
    """Keep `value` for `seconds`, or for good."""
    try:
        cache.set(key, value, seconds)
    except (RedisError, OSError) as error:
        log.warning("the cache cannot be written: %s", error)


def drop(key: str) -> None:
    try:
        cache.delete(key)
    except (RedisError, OSError) as error:
        log.warning("the cache cannot be written: %s", error)
