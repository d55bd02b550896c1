"""The bare component that serving is compared with: a WSGI application that sends the bytes of one file."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY))), ("ETag", '"bare"')]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ.get("HTTP_IF_NONE_MATCH") == '"bare"':
        start_response("304 Not Modified", [("ETag", '"bare"')])
        return []
    start_response("200 OK", HEADERS)
    return [BODY]
