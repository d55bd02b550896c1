"""Kappas as coordinates for SVG: numbers only, the drawing is in the templates."""

from collections.abc import Sequence
from typing import Any

from review.calibration.agreement import Agreement
from review.calibration.numbers import Point

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
