"""What makes two writes the same write: the key, and a fingerprint of method and body."""

import hashlib
import re
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework.request import Request

from storefront_studio.lib.errors import BadInput
from storefront_studio.lib.hashing import digest

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def key_of(request: Request) -> str:
    """The caller's key, or "". Raises BadInput when it is not 1 to 255 visible ASCII characters."""
    key = request.headers.get(HEADER, "")
    if key and not _KEY.fullmatch(key):
        raise BadInput(f"{HEADER} must be 1 to 255 visible ASCII characters, for instance a UUID.")
    return str(key)


def fingerprint(request: Request) -> str:
    """``sha256:…`` of method, query and body; JSON counts by value, files by content, so that blanks do not matter."""
    return digest([request.method, request.META.get("QUERY_STRING", ""), _plain(request.data)])


def _plain(data: Any) -> Any:
    if hasattr(data, "lists"):  # a form: every value of every name
        return {name: [_plain(value) for value in values] for name, values in data.lists()}
    if isinstance(data, UploadedFile):
        content = hashlib.sha256()
        for chunk in data.chunks():
            content.update(chunk)
        data.seek(0)
        return {"file": data.name, "sha256": content.hexdigest()}
    return data
