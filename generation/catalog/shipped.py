"""Weights that were learned and are shipped as a versioned file, with where they are from."""

from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from storefront_studio.lib.errors import Misconfigured

FOLDER = Path(__file__).parent / "weights"
W = TypeVar("W", bound=BaseModel)


class Saved(BaseModel, Generic[W]):
    """A file of weights: what they are, and where they are from."""

    version: str
    weights: W
    provenance: dict[str, object]


def read(kind: type[Saved[W]], path: Path) -> Saved[W]:
    """What a file holds. Raises Misconfigured, naming the file, when that is no weights of this kind."""
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise Misconfigured(f"The weights in {path.name} cannot be read: {error}") from None
