"""From a recipe to an encoder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from generation.encoders.base import Encoder
from generation.encoders.onnx import OnnxEncoder
from generation.encoders.openai import OpenAIEncoder
from generation.encoders.sentence import SentenceEncoder
from generation.llm.pricing import Prices
from storefront_studio.lib.errors import Misconfigured

LOCAL = {"all-MiniLM-L6-v2": "sentence", "all-MiniLM-L6-v2-int8": "onnx-int8"}
"""Encoders that their name describes in full, and the setting that chooses each."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an encoder is built from, without keys: `road` as the setting ENCODER names it; model, address and how it is
    shortened are those of the road `openai`."""

    road: str
    model: str = ""
    base_url: str = ""
    shorten: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, kept: Mapping[str, Any], name: str) -> "Recipe":
        """A recipe as it was kept beside the encoder's `name`. Raises Misconfigured when it is of no use."""
        known = {field.name for field in fields(cls)}
        try:
            return cls(**{key: value for key, value in kept.items() if key in known} or {"road": LOCAL[name]})
        except (TypeError, KeyError):
            raise Misconfigured(f"This studio does not know how to encode with {name}, whose vectors it has.") from None


def build(recipe: Recipe | str, folder: Path, key: str = "", prices: Prices | None = None) -> Encoder:
    """The encoder of a recipe, or of a local road's name; `folder` keeps what it makes of its weights, `key` opens the
    recipe's address. Nothing is loaded or asked before the first `encode`. Raises Misconfigured."""
    made = Recipe(recipe) if isinstance(recipe, str) else recipe
    match made.road:
        case "sentence":
            return SentenceEncoder()
        case "onnx-int8":
            return OnnxEncoder(folder)
        case "openai":
            return OpenAIEncoder(key, made.model, made.base_url, shorten=made.shorten, prices=prices)
    raise Misconfigured(f"there is no encoder called {made.road!r}; use sentence, onnx-int8 or openai")
