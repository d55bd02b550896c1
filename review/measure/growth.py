"""The same measurements at several sizes of a catalogue, each in a database of its own; a table and plots of them."""

import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from review.measure.scratch import run, scratch
from storefront_studio.lib.errors import BadInput

TEMPLATE = Path(__file__).with_name("growth.svg")
PANELS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Import", "seconds", ("import_s", "words_s", "vectors_s", "vocabulary_s")),
    ("100 nearest products, p95", "ms", tuple(
        f"{name}_p95_ms" for name in ("in_stock", "price_under_8", "one_category", "category_and_price"))),
    ("Text search and candidate pruning, p95", "ms", ("text_p95_ms", "pruning_p95_ms")),
    ("Product list", "ms", ("list_first_page_ms", "list_a_word_ms", "list_by_price_ms", "list_page_40_ms")),
    ("On disk", "MB", ("database_mb", "products_mb", "words_mb", "vector_index_mb")),
    ("Memory of a process", "MB", ("import_mb", "process_mb")),
)  # fmt: skip
WIDTH, HEIGHT, LEFT, TOP, ACROSS = 330, 190, 62, 34, 2
LEGEND = 17  # pixels of a line of the legend


def measure(sizes: Sequence[int], out: Path | None, say: Callable[[str], object]) -> dict[str, Any]:
    """One row a size. With `out`, growth.json and growth.svg are written there. Raises BadInput for no sizes."""
    if not sizes or min(sizes) < 1000:
        raise BadInput("--sizes are numbers of products from 1,000, with commas between them.")
    rows = []
    for size in sorted(sizes):
        with scratch() as (_folder, env):
            say(f"{size:,} products: making a database")
            run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env)
            say(f"{size:,} products: measuring")
            asked = [sys.executable, "manage.py", "bench", "growth", "--here", "--json", "--sizes", str(size)]
            rows += json.loads(run(asked, env))["systems"]
        if out:
            write(rows, out)
    return {"systems": rows}


def write(rows: list[dict[str, Any]], out: Path) -> None:
    """growth.json and growth.svg of what was measured so far."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "growth.json").write_text(json.dumps({"systems": rows}, indent=1) + "\n", encoding="utf-8")
    if len(rows) > 1:
        (out / "growth.svg").write_text(svg(rows), encoding="utf-8")


def svg(rows: list[dict[str, Any]]) -> str:
    """Small line plots, both axes logarithmic, as one picture."""
    panels = [_panel(rows, number, *panel) for number, panel in enumerate(PANELS)]
    down = -(-len(PANELS) // ACROSS)
    legend = max(len(names) for _title, _unit, names in PANELS) * LEGEND
    engine = Engine()
    template = engine.from_string(TEMPLATE.read_text(encoding="utf-8"))
    box = {"width": ACROSS * (WIDTH + LEFT + 30), "height": down * (HEIGHT + TOP + 40 + legend)}
    return template.render(Context({"panels": panels, **box}))


def _panel(rows: list[dict[str, Any]], number: int, title: str, unit: str, names: tuple[str, ...]) -> dict[str, Any]:
    legend = max(len(names) for _title, _unit, names in PANELS) * LEGEND
    values = [float(row[name]) for row in rows for name in names if row.get(name)]
    low, high = 10.0 ** _below(min(values)), 10.0 ** (_below(max(values)) + 1)
    first, last = float(rows[0]["products"]), float(rows[-1]["products"])
    lines = []
    for place, name in enumerate(names):
        known = [row for row in rows if row.get(name)]
        dots = [
            {
                "x": round(_share(float(row["products"]), first, last) * WIDTH, 1),
                "y": round((1 - _share(float(row[name]), low, high)) * HEIGHT, 1),
                "words": f"{row['products']:,} products: {row[name]:,} {unit}",
            }
            for row in known
        ]
        label = name.removesuffix("_p95_ms").removesuffix("_ms").removesuffix("_mb").removesuffix("_s")
        lines.append(
            {
                "tone": place,
                "dots": dots,
                "path": " ".join(f"{dot['x']},{dot['y']}" for dot in dots),
                "label": f"{label.replace('_', ' ')}: {' · '.join(f'{row[name]:,}' for row in known)}",
                "label_y": HEIGHT + 44 + place * LEGEND,
            }
        )
    ticks, power = [], _below(low)
    while 10.0**power <= high * 1.001:
        y = round((1 - _share(10.0**power, low, high)) * HEIGHT, 1)
        ticks.append({"y": y, "label": f"{10.0**power:,.0f}" if power >= 0 else f"{10.0**power:g}"})
        power += 1
    sizes = [
        {"x": round(_share(float(row["products"]), first, last) * WIDTH, 1), "label": _short(row["products"])}
        for row in rows
    ]
    return {
        "title": f"{title} ({unit})",
        "left": (number % ACROSS) * (WIDTH + LEFT + 30) + LEFT,
        "top": (number // ACROSS) * (HEIGHT + TOP + 40 + legend) + TOP,
        "lines": lines,
        "ticks": ticks,
        "sizes": sizes,
        "width": WIDTH,
        "height": HEIGHT,
        "under": HEIGHT + 18,
    }


def _below(value: float) -> int:
    """The power of ten at or under a value above 0."""
    power = 0
    while 10.0**power > value:
        power -= 1
    while 10.0 ** (power + 1) <= value:
        power += 1
    return power


def _share(value: float, low: float, high: float) -> float:
    """0..1 between `low` and `high`, by their logarithms."""
    return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low)) if high > low else 0.5


def _short(number: int) -> str:
    return f"{number / 1_000_000:g}M" if number >= 1_000_000 else f"{number / 1000:g}k"
