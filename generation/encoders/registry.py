"""From a name to an encoder."""

from pathlib import Path

from generation.encoders.base import Encoder
from generation.encoders.onnx import OnnxEncoder
from generation.encoders.sentence import SentenceEncoder
from storefront_studio.lib.errors import Misconfigured


def build(name: str, folder: Path) -> Encoder:
    """The encoder called `name` in the setting ENCODER; `folder` keeps what it makes of its weights. Nothing is loaded
    before the first `encode`. Raises Misconfigured."""
    if name == "sentence":
        return SentenceEncoder()
    if name == "onnx-int8":
        return OnnxEncoder(folder)
    raise Misconfigured(f"there is no encoder called {name!r}; use sentence or onnx-int8")
