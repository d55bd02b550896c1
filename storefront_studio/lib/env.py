"""Strict reading of settings from the environment: an odd value stops the start, it is never guessed at.

Every reader also honours ``NAME_FILE``: a path whose content is the value (Docker and Kubernetes secrets).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from storefront_studio.lib.errors import Misconfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class Env:
    """A typed view of environment variables; raises `Misconfigured` naming the variable and what it may hold."""

    def __init__(self, source: Mapping[str, str] | None = None) -> None:
        self._source = os.environ if source is None else source

    def raw(self, name: str) -> str | None:
        """The value of `name`, or the content of the file named by ``NAME_FILE``; None when neither is set."""
        value = self._source.get(name)
        path = self._source.get(f"{name}_FILE")
        if value and path:
            raise Misconfigured(f"Set either {name} or {name}_FILE, not both.")
        if path:
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise Misconfigured(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from None
        return value or None

    def text(self, name: str, default: str = "") -> str:
        """Text; `default` when unset or empty."""
        return self.raw(name) or default

    def bool(self, name: str, default: bool) -> bool:
        """A switch: 1/true/yes/on or 0/false/no/off in any case; anything else is refused."""
        value = self.raw(name)
        if value is None:
            return default
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
        raise Misconfigured(f"{name}={value!r} is neither true nor false; write 1 or 0.")

    def int(self, name: str, default: int, *, minimum: int | None = None) -> int:
        """A whole number of at least `minimum`."""
        value = self.raw(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            raise Misconfigured(f"{name}={value!r} is not a whole number.") from None
        if minimum is not None and number < minimum:
            raise Misconfigured(f"{name}={number} is too small; the least is {minimum}.")
        return number

    def list(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Comma-separated text; blanks around and empty parts are dropped."""
        value = self.raw(name)
        return list(default) if value is None else [part.strip() for part in value.split(",") if part.strip()]
