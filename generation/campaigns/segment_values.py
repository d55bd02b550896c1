"""How people write the values of a profile: several in one cell, shares in per cent, months by name."""

import re
from collections.abc import Mapping
from typing import Any

from generation.catalog.feed.text import plain

MONTHS = ("January", "February", "March", "April", "May", "June",
          "July", "August", "September", "October", "November", "December")  # fmt: skip
_AFFINITY = {
    "low": {"low", "lower", "budget", "value", "cheap", "economy", "saver"},
    "middle": {"middle", "mid", "medium", "average", "mainstream", "midrange", "mixed"},
    "high": {"high", "higher", "premium", "luxury", "expensive"},
}
_SHARE = re.compile(r"^(?P<name>.*\S)\s*[:=]\s*(?P<share>\d+(?:[.,]\d+)?)\s*(?P<cent>%?)$")
_PER_CENT = re.compile(r"^(?P<name>.*\S)\s+\(?(?P<share>\d+(?:[.,]\d+)?)\s*%\)?$")


def plain_name(name: str) -> str:
    """A name as names are compared: no case, spaces, hyphens or underscores."""
    return re.sub(r"[\W_]+", "", name.casefold())


def text(value: Any) -> Any:
    """A number or a list as text; text without control characters and markup. Other things stay, to be refused."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, list | tuple) and all(isinstance(one, str | int | float) for one in value):
        return plain(", ".join(str(one) for one in value))
    return plain(value) if isinstance(value, str) else value


def lines(value: Any) -> Any:
    """A list of texts, from a list or one cell; repetitions go."""
    if value is None:
        return []
    parts = split(value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple | set):
        return value
    return list(dict.fromkeys(text(part) for part in parts if part not in (None, "")))


def split(cell: str) -> list[str]:
    """The values of one cell: by bars or semicolons where there are any, else by commas."""
    mark = next((mark for mark in ("|", ";") if mark in cell), ",")
    return [part.strip() for part in cell.split(mark) if part.strip()]


def likings(value: Any) -> Any:
    """Names with shares, from a list of names or of {name, share}, an object of shares, or one cell ("Tea: 0.4")."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        value = [{"name": str(name), "share": share} for name, share in value.items()]
        if all(isinstance(one["share"], int | float) for one in value):  # an object says nothing of order
            value.sort(key=lambda one: -one["share"])
    elif isinstance(value, str):
        value = [_liking(part) for part in split(value)]
    if not isinstance(value, list | tuple):
        return value
    found: dict[str, Any] = {}
    for one in value:
        one = {"name": text(one)} if isinstance(one, str | int | float) and not isinstance(one, bool) else one
        if not isinstance(one, Mapping):
            one = one.model_dump() if hasattr(one, "model_dump") else one
        if not isinstance(one, Mapping):
            return value
        one = {**one, "name": text(one.get("name"))}
        found.setdefault(str(one["name"]).casefold(), one)
    return list(found.values())


def _liking(part: str) -> dict[str, Any]:
    found = _SHARE.match(part) or _PER_CENT.match(part)
    if not found:
        return {"name": part}
    share = float(found["share"].replace(",", "."))
    return {"name": found["name"], "share": share / 100 if "%" in part else share}


def affinity(value: Any) -> Any:
    """low, middle or high from the words people use for it; what lies between two is middle, anything else stays, to
    be refused."""
    if value in (None, ""):
        return None
    words = set(re.findall(r"[a-z]+", str(value).casefold()))
    found = [level for level, names in _AFFINITY.items() if words & names]
    return found[0] if len(found) == 1 else "middle" if found else value


def months(value: Any) -> Any:
    """Shares by month from {11: 0.2}, {"November": 0.2}, or one cell ("Nov: 20% | Dec: 30%")."""
    if value in (None, ""):
        return {}
    if isinstance(value, str):
        pairs = [_liking(part) for part in split(value)]
        value = {pair["name"]: pair.get("share", 0) for pair in pairs}
    if not isinstance(value, Mapping):
        return value
    return {_month(key): share for key, share in value.items()}


def _month(key: Any) -> Any:
    name = str(key).strip().casefold()
    found = [n for n, month in enumerate(MONTHS, start=1) if len(name) > 2 and month.casefold().startswith(name)]
    if not found and not name.isdigit():
        raise ValueError(f"“{key}” is no month; write November or 11")
    return found[0] if found else int(name)
