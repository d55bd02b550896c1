"""JSON as the database can keep it."""

import re
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

MOST_BYTES = 2 * 1024 * 1024
DEEPEST = 40
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = f"The body is larger than {MOST_BYTES // 1024 // 1024} MB."


class StudioJSONParser(JSONParser):
    """Refuses what would fail only later: more than 2 MB, NUL or half a surrogate pair in a text, absurd nesting."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Raises ParseError (400) or TooLarge (413)."""
        request = (parser_context or {}).get("request")
        length = request.META.get("CONTENT_LENGTH") if request else None
        if length and str(length).isdigit() and int(length) > MOST_BYTES:
            raise TooLarge
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        _check(data, 0)
        return data


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ParseError(f"The JSON is nested more than {DEEPEST} levels deep.")
    if isinstance(value, str) and _UNSTORABLE.search(value):
        raise ParseError("A text holds a NUL character or half a surrogate pair; remove it.")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
