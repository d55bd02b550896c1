"""DATABASE_URL into Django's settings."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from storefront_studio.lib.errors import Misconfigured


def parse(url: str) -> dict[str, Any]:
    """Django's ENGINE, NAME, USER, PASSWORD, HOST and PORT from ``postgresql://user:password@host:port/name``.

    A ``?host=/folder`` query names a Unix socket folder. Raises `Misconfigured` for any other kind of database,
    since pgvector and full-text search live only in PostgreSQL. The password never appears in the message.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise Misconfigured(f"DATABASE_URL must start with postgresql://, not {parts.scheme or 'nothing'}://.")
    query = dict(parse_qsl(parts.query))
    try:
        port = parts.port
    except ValueError:
        raise Misconfigured("DATABASE_URL holds a port that is not a number.") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(port or ""),
    }
