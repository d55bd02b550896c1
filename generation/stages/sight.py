"""What a vendor's model may see, use by use: a closed list of fields, the profile through the policy, text made plain.

Closed by default: a question of an unknown use, and a field that no list names, does not leave. The built-in library
works on this machine and sees everything.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, RootModel

from generation.campaigns import segments
from generation.catalog.feed.text import plain, shorten
from generation.llm.base import Call, Reply, T, TextModel
from generation.stages.policy import QualityPolicy
from storefront_studio.lib.errors import Misconfigured

PROFILE = "segment.profile"  # never sent as it is: `profile_told` says what of it the policy lets out
LONGEST_WORDS = 1000  # characters of a text by our own people
LONGEST_NAME = 160  # characters of a text that came with the catalogue

_AUDIENCE = ("segment.name", PROFILE)
_PLAN = ("title", "subtitle", "intent", "concepts", "hints")
_FACTS = ("store", "currency", "month", "season", "eligible", "fixed_titles")
_ASKED = ("objective_kind", "objective", "season", "brand_voice", "instruction", "placements", "today", "seed")
_LISTS = ("banned_terms", "concepts", "avoid", "exclude_terms", "limits")


def _under(where: str, *names: str) -> frozenset[str]:
    return frozenset(f"{where}.{name}" for name in names)


SENT: Mapping[str, frozenset[str]] = {
    "themes": _under(
        "context", *_FACTS, "upcoming.occasion", "upcoming.in_days", "catalogue.path", "catalogue.eligible"
    )
    | _under("context.brief", *_ASKED, *_LISTS, *_AUDIENCE)
    | {"wanted"},
    "keywords": _under("theme", *_PLAN)
    | _under("candidates", "id", "kind", "text", "field", "density", "eligible")
    | {"objective", "eligible", "least", "most", "others.title", "others.keywords"},
    "judge": _under("theme", *_PLAN)
    | _under("products", "id", "title", "category", "price")
    | _under("facets", "placement.facet", "placement.question", "product.facet", "product.question")
    | {"objective", "brand_voice", "keywords", *_AUDIENCE},
    "page": _under("rows", "row", "title", "subtitle", "products")
    | _under("facets", "facet", "question")
    | {"objective", "brand_voice", "limits", *_AUDIENCE},
    "brief": frozenset({"text", "today", "currency", "categories", "brands", "audiences"}),
}
"""Use (`Call.stage`) to the dotted paths of its input that may be sent; lists are walked through."""

FOREIGN = frozenset(
    {"context.catalogue.path", "candidates.text", "candidates.field", "products.title", "products.category"}
    | {"keywords", "others.keywords", "rows.products", "categories", "brands"}
)
"""Paths whose text came with the catalogue, from strangers."""

VERBATIM = frozenset({"products.id", "candidates.id"})
"""Paths that come back in answers and must be the same there."""

QUOTED = frozenset({"text"})
"""Words of our own people that answers quote: line ends and length stay."""


class Told(RootModel[dict[str, Any]]):
    """What is sent in place of a stage's input: the allowed part of it, without nulls and empty things."""


def allowed(use: str, data: BaseModel, policy: QualityPolicy) -> Told:
    """The part of `data` that a vendor's model may see for `use`. Raises Misconfigured for a use without a list."""
    if isinstance(data, Told):
        return data
    paths = SENT.get(use)
    if paths is None:
        raise Misconfigured(
            f"Nothing says what a vendor's model may see for “{use}”, so nothing was sent. "
            "Add its fields to SENT in generation/stages/sight.py."
        )
    kept = segments.compact(_walk(data.model_dump(mode="json"), "", paths, policy))
    return Told(kept or {})


def profile_told(profile: Mapping[str, Any], policy: QualityPolicy) -> dict[str, Any]:
    """The fields of a profile that the policy names, in few words: {"categories": {"Tea": 0.4}, "diet": [...]}."""
    read = segments.read_loosely(profile)
    stored = read.stored()
    told: dict[str, Any] = {}
    for name in (one.name for one in segments.TABLE if one.name in policy.profile_fields and one.name in stored):
        value = stored[name]
        if name in ("categories", "brands"):
            shares = {one["name"]: one.get("share") for one in value}
            value = shares if any(shares.values()) else list(shares)
        told[name] = _masked(value)
    return segments.compact(told)  # type: ignore[no-any-return]


class Discreet:
    """A vendor's model that is shown no more than `allowed` under `policy`; otherwise the model it wraps."""

    gated = True

    def __init__(self, model: TextModel, policy: QualityPolicy) -> None:
        self._model, self._policy = model, policy
        self.name, self.label = model.name, model.label
        self.gated = bool(getattr(model, "gated", False))

    @property
    def options(self) -> Mapping[str, str]:
        return getattr(self._model, "options", {})

    def complete(self, call: Call[T]) -> Reply[T]:
        """The wrapped model's answer or error; adds Misconfigured for a use that nothing is allowed for."""
        return self._model.complete(replace(call, data=allowed(call.stage, call.data, self._policy)))


def _walk(value: Any, path: str, paths: frozenset[str], policy: QualityPolicy) -> Any:
    if path == PROFILE or path.endswith(f".{PROFILE}"):
        return profile_told(value or {}, policy) if path in paths else None
    if isinstance(value, list):
        return [_walk(one, path, paths, policy) for one in value]
    if isinstance(value, dict) and path not in paths:
        if path.rpartition(".")[2] == "segment" and _few(value.get("profile") or {}):
            value = {**value, "name": ""}  # the name of so few may be the name of one
        return {key: _walk(one, f"{path}.{key}" if path else key, paths, policy) for key, one in value.items()}
    if path not in paths:
        return None
    if path in VERBATIM or not isinstance(value, str):
        return value
    if path in QUOTED:
        return _without_contacts(value)
    return shorten(plain(value), LONGEST_NAME) if path in FOREIGN else shorten(_masked(value), LONGEST_WORDS)


def _few(profile: Mapping[str, Any]) -> bool:
    people = segments.read_loosely(profile).evidence.customers
    return people is not None and people < segments.LEAST_PEOPLE


_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.])\+?\d(?:[ ()/.-]?\d){8,14}(?!\w)")


def _masked(value: Any) -> Any:
    """Our own people's words without e-mail addresses and telephone numbers, which slip into names and notes."""
    if isinstance(value, Mapping):
        return {_masked(key): _masked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(one) for one in value]
    return _without_contacts(plain(value)) if isinstance(value, str) else value


def _without_contacts(text: str) -> str:
    return _PHONE.sub("[number]", _EMAIL.sub("[e-mail]", text))
