"""Kappas as coordinates for SVG: numbers only, the drawing is in the templates."""

from collections.abc import Sequence
from typing import Any

from review.archive import Week
from review.calibration.agreement import Agreement
from review.calibration.numbers import Point
from review.models import By

LOW = -0.2
"""Kappas under this are drawn at it: worse than chance is bad enough."""
WIDTH, HEIGHT = 640, 140


def kappa(found: Agreement, least: float) -> dict[str, Any] | None:
    """A dot with its interval on an axis from -20 to 100; None where there is no kappa."""
    if found.kappa is None:
        return None
    low, high = (found.kappa if end is None else end for end in (found.low, found.high))
    words = f"kappa {found.kappa:.2f}"
    if found.low is not None:
        words += f", interval {found.low:.2f} to {found.high:.2f}"
    return {"at": _cents(found.kappa), "low": _cents(low), "high": _cents(high), "least": _cents(least), "words": words}


def _cents(value: float) -> int:
    return round(100 * min(max(value, LOW), 1.0))


def trend(points: Sequence[Point], per: str, least: float) -> dict[str, Any] | None:
    """Dots with intervals over time, joined where neighbours are known; None with fewer than two known points.

    {"dots": [{x, y, low, high, words}], "lines": ["x,y x,y"], "gaps": [{x, words}], "least": y, "zero": y, "top": y,
    "first", "last", "words"}.
    """
    known = [point for point in points if point.agreement.kappa is not None]
    if len(known) < 2:
        return None
    start, span = points[0].start, max((points[-1].start - points[0].start).days, 1)
    dots: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    lines: list[list[str]] = [[]]
    for point in points:
        x = round(20 + (WIDTH - 40) * (point.start - start).days / span, 1)
        found, when = point.agreement, f"{point.start:%d %b %Y}"
        if found.kappa is None:
            gaps.append({"x": x, "words": f"{when}: {found.unknown}"})
            lines.append([])
            continue
        y = _height(found.kappa)
        low, high = (_height(found.kappa if end is None else end) for end in (found.low, found.high))
        words = f"{when}: kappa {found.kappa:.2f} over {found.counts.n} labels"
        dots.append({"x": x, "y": y, "low": low, "high": high, "words": words})
        lines[-1].append(f"{x},{y}")
    first, last = known[0], known[-1]
    return {
        "dots": dots,
        "gaps": gaps,
        "lines": [" ".join(line) for line in lines if len(line) > 1],
        "least": _height(least),
        "zero": _height(0.0),
        "top": _height(1.0),
        "first": points[0].start,
        "last": points[-1].start,
        "words": f"By {per}: {first.agreement.kappa:.2f} at first, {last.agreement.kappa:.2f} in the end, "
        f"{len(known)} {per}s with enough labels.",
    }


def _height(value: float) -> float:
    """From the top: 1 is at 10, `LOW` at the bottom less 10."""
    share = (1.0 - min(max(value, LOW), 1.0)) / (1.0 - LOW)
    return round(10 + share * (HEIGHT - 20), 1)


def weeks(rows: Sequence[Week]) -> dict[str, Any] | None:
    """Stacked bars, one a week; None with nothing in any of them.

    {"bars": [{x, y, width, height, by, words}], "legend": [(by, label, total)], "top", "first", "last", "words"}.
    """
    totals = {name: sum(row.by.get(name, 0) for row in rows) for name in By.values}
    top = max(sum(row.by.values()) for row in rows) if rows else 0
    if not top:
        return None
    step = WIDTH / len(rows)
    bars = []
    for place, row in enumerate(rows):
        y = float(HEIGHT)
        for name, label in By.choices:
            count = row.by.get(name, 0)
            if not count:
                continue
            tall = max((HEIGHT - 10) * count / top, 1.0)
            y -= tall
            words = f"Week of {row.start:%-d %b %Y}: {count:,} by {label}"
            size = {"width": round(step - 2, 1), "height": round(tall, 1)}
            bars.append({"x": round(place * step + 1, 1), "y": round(y, 1), **size, "by": name, "words": words})
    said = ", ".join(f"{totals[name]:,} by {label}" for name, label in By.choices if totals[name])
    return {
        "bars": bars,
        "width": WIDTH,
        "height": HEIGHT,
        "legend": [(name, label, totals[name]) for name, label in By.choices if totals[name]],
        "top": top,
        "first": rows[0].start,
        "last": rows[-1].start,
        "words": f"The last {len(rows)} weeks: {said}; at most {top:,} in a week.",
    }
