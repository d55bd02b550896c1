"""The themes we wrote, read once and placed in the encoder's space once."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from generation.encoders.base import Encoder, Vectors
from storefront_studio.lib.errors import Misconfigured

FOLDER = Path(__file__).parent / "themes"
SUBTITLE_WEIGHT = 0.35  # "for a cat" may stand there alone; but it lists goods, and goods blur what a theme is about


class WrittenTheme(BaseModel):
    """A theme of the library, as its YAML says it (README.md beside it explains the fields)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=48)
    subtitle: str = Field(max_length=80)
    intent: str
    concepts: tuple[str, ...] = Field(min_length=4, max_length=8)
    departments: tuple[str, ...]
    occasions: tuple[str, ...] = ()
    seasons: tuple[str, ...]
    objectives: tuple[str, ...]

    @property
    def text(self) -> str:
        """What is compared with an objective: what the shopper is after, not the goods (their words are keywords)."""
        return f"{self.title}. {self.intent} {', '.join(self.occasions)}".strip()


@dataclass(frozen=True)
class Shelf:
    """All themes with one vector each, rows in the same order."""

    themes: tuple[WrittenTheme, ...]
    vectors: Vectors


@cache
def written() -> tuple[WrittenTheme, ...]:
    """Every theme of the library, in a stable order. Raises Misconfigured naming the file that is wrong."""
    themes: list[WrittenTheme] = []
    reader = TypeAdapter(list[WrittenTheme])
    for path in sorted(FOLDER.glob("*.yaml")):
        try:
            themes += reader.validate_python(yaml.load(path.read_bytes(), Loader=_loader()))
        except (yaml.YAMLError, ValidationError) as error:
            raise Misconfigured(f"theme file {path.name} is not right: {error}") from None
    return tuple(themes)


def load(encoder: Encoder, cache_dir: Path | None = None) -> Shelf:
    """The library in the space of `encoder`; vectors are kept in `cache_dir` under a name that their text decides."""
    themes = written()
    texts = [theme.text for theme in themes] + [theme.subtitle for theme in themes]
    name = hashlib.sha256("\x1f".join([encoder.name, str(SUBTITLE_WEIGHT), *texts]).encode()).hexdigest()[:24]
    kept = cache_dir / f"themes-{name}.npy" if cache_dir else None
    if kept and kept.exists():
        try:
            vectors = np.load(kept, allow_pickle=False)
            if vectors.shape == (len(themes), encoder.dimensions):
                return Shelf(themes, vectors)
        except (OSError, ValueError):
            pass  # cut short by a kill: made again below
    rows = encoder.encode(texts)
    vectors = rows[: len(themes)] + SUBTITLE_WEIGHT * rows[len(themes) :]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{id(vectors)}.tmp.npy")
        np.save(fresh, vectors)
        fresh.replace(kept)
    return Shelf(themes, vectors)


def _loader() -> type:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one reads a thousand themes ten times faster
