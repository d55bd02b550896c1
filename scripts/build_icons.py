"""Build `static/img/icons.svg`, one sprite of the Tabler icons the studio uses.

The drawings come from the installed `pytablericons` wheel, so no network and no Node are needed:

    .venv/bin/python scripts/build_icons.py

Add a name to `NAMES`, run it, commit the sprite. A name without a drawing stops the build.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

SPRITE = Path(__file__).resolve().parent.parent / "static" / "img" / "icons.svg"

NAMES = """
home speakerphone checks layout-list building-store category search tag filter upload history archive key settings
user users logout sun moon menu-2 x plus pin pinned trash pencil check ban arrow-back-up eye device-mobile
device-desktop clock calendar player-play player-stop refresh alert-triangle info-circle circle circle-check
circle-x circle-dashed loader-2 chevron-right chevron-down chevron-left external-link copy download lock star
package sparkles world keyboard message-2 send armchair arrow-right arrows-sort broadcast coin bulb dots
search-off hourglass git-compare chart-bar adjustments-horizontal mail replace photo shopping-cart
menu loader list bell book chart-line report users-group file-text folder checkbox square arrow-left git-branch
arrow-up arrow-down
"""

# The wheel wraps Tabler's drawings; both copyright lines stay with the file we ship.
NOTICE = "Tabler Icons (https://tabler.io/icons), MIT licence"


def drawings_folder() -> Path:
    """The folder of outline SVGs inside the wheel; raises SystemExit when the wheel is missing."""
    spec = find_spec("pytablericons")  # not imported: importing it would pull Pillow and pygame
    if spec is None or spec.origin is None:
        raise SystemExit("pytablericons is not installed: pip install --no-deps pytablericons")
    return Path(spec.origin).parent / "icons" / "outline"


def symbol(name: str, svg: str) -> str:
    """One `<symbol>` holding the shapes of a 24 x 24 drawing; stroke and colour come from our CSS."""
    match = re.search(r"<svg\b[^>]*>(.*?)</svg>", svg, re.DOTALL)
    if match is None:
        raise SystemExit(f"{name}: not an SVG drawing")
    shapes = re.sub(r"\s+", " ", match[1]).replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def copyright_lines() -> str:
    """The copyright lines of the wheel's licence, for the sprite's notice."""
    licence = distribution("pytablericons").read_text("LICENSE") or ""
    return "; ".join(line.strip() for line in licence.splitlines() if line.startswith("Copyright"))


def main() -> None:
    """Write the sprite; exits non-zero and names every icon the wheel does not have."""
    folder = drawings_folder()
    names = sorted(set(NAMES.split()))
    missing = [name for name in names if not (folder / f"{name}.svg").is_file()]
    if missing:
        raise SystemExit(f"no such Tabler icon: {', '.join(missing)}")
    symbols = [symbol(name, (folder / f"{name}.svg").read_text("utf-8")) for name in names]
    head = f"<!-- {NOTICE}. {copyright_lines()}. Built by scripts/build_icons.py. -->"
    body = "\n".join(symbols)
    SPRITE.write_text(f'{head}\n<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n', "utf-8")
    sys.stdout.write(f"{SPRITE.name}: {len(symbols)} icons, {SPRITE.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
