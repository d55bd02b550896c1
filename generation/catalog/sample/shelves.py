"""Reads the word lists: one YAML file per department, each a list of kinds of product."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "departments"
# The C parser reads the lists ten times faster; both give the same values.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FACTOR = re.compile(r"x ?(\d+(?:\.\d+)?)")
ATTRIBUTE = re.compile(r"([a-z_]+): (.+)")


@dataclass(frozen=True)
class Variant:
    """One product as a shopper names it, before brand, size and colour are chosen."""

    name: str
    detail: str = ""
    factor: float = 1.0  # price relative to its kind
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A shelf: what is sold there, by whom, in which sizes and colours, at what price."""

    department: str
    path: str  # below the department: "Breakfast > Muesli & granola"
    google: str
    image: str
    brands: dict[str, float]  # name -> price level, 1.0 is the middle of the shelf
    variants: tuple[Variant, ...]
    sizes: dict[str, float]  # size -> middle price in EUR; the only key is "" for products of one size
    colors: tuple[str, ...]
    uses: tuple[str, ...]  # whole sentences, each true of every variant
    margin: tuple[float, float]  # percent of the price
    rows: int
    season: str
    preorder: bool
    attributes: dict[str, str]

    @property
    def product_type(self) -> str:
        return f"{self.department} > {self.path}"


def variant(line: str) -> Variant:
    """Reads `Name | A sentence. | x 1.4 | diet: vegan`; all but the name may be left out, in any order."""
    name, *parts = (part.strip() for part in line.split("|"))
    detail, factor, attributes = "", 1.0, {}
    for part in parts:
        if match := FACTOR.fullmatch(part):
            factor = float(match[1])
        elif match := ATTRIBUTE.fullmatch(part):
            attributes[match[1]] = match[2]
        else:
            detail = part
    return Variant(name, detail, factor, attributes)


def _kind(entry: dict[str, Any], department: dict[str, Any]) -> Kind:
    levels = department["brands"]
    margin = entry.get("margin", department["margin"])
    return Kind(
        department=department["department"],
        path=entry["path"],
        google=entry.get("google", department["google"]),
        image=entry["image"],
        brands={name: levels[name] for name in entry["brands"]},
        variants=tuple(variant(line) for line in entry["variants"]),
        sizes={str(size): float(price) for size, price in entry["sizes"].items()}
        if "sizes" in entry
        else {"": float(entry["price"])},
        colors=tuple(entry.get("colors", [""])),
        uses=tuple(entry["uses"]),
        margin=(margin[0], margin[1]),
        rows=entry["rows"],
        season=entry.get("season", ""),
        preorder=department.get("preorder", False),
        attributes=entry.get("attributes", {}),
    )


def read(path: Path) -> Iterator[Kind]:
    """Yields the kinds of one department's file; KeyError: a field or a brand is missing."""
    department = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    for entry in department["kinds"]:
        yield _kind(entry, department)


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds, departments by file name and kinds in the order of their file."""
    return tuple(kind for path in sorted(FOLDER.glob("*.yaml")) for kind in read(path))
