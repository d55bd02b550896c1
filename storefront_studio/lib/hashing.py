"""Tagged hashes of canonical JSON: the same value gives the same text on every machine."""

import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """JSON with sorted keys, no blanks and no ASCII escapes; `value` must already be JSON-able."""
    return _ENCODER.encode(value)


def digest(value: Any) -> str:
    """``sha256:…`` of the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()
