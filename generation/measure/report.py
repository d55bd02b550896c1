"""The HTML page of an evaluation: one file, readable without a network, a script or a server."""

from pathlib import Path
from typing import Any

from django.template import Context, Engine

from generation.measure.evaluation import METRICS

TEMPLATE = Path(__file__).parent / "report.html"
SHARES = tuple(name for name in METRICS if name not in ("density", "price_spread"))  # plotted from 0 to 1
LEFT, WIDTH, BAR, GAP = 240, 460, 16, 8  # of a plot, in pixels


def html(report: dict[str, Any]) -> str:
    """The page for what `evaluate` reports: the table with intervals, and a bar plot for each share."""
    engine = Engine()
    rows = [
        {
            "name": system["name"],
            "cells": [
                {"value": system[name], "interval": report["intervals"][system["name"]].get(name)} for name in METRICS
            ],
            "cost": system["cost"],
            "filled": f"{system['placements']} of {system['placements_asked']}",
            "under": system["density_under_minimum"],
            "failed": system["failed"],
        }
        for system in report["systems"]
    ]
    plots = [plot for name in SHARES if (plot := _plot(name, report))]
    template = engine.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(Context({"report": report, "metrics": METRICS, "rows": rows, "plots": plots}))


def _plot(name: str, report: dict[str, Any]) -> dict[str, Any] | None:
    """Bars of one metric with their intervals as whiskers, in pixels; None when no system has it."""
    bars: list[dict[str, Any]] = []
    for system in report["systems"]:
        value = system[name]
        if value is None:
            continue
        top = len(bars) * (BAR + GAP) + GAP
        bar = {"label": system["name"], "value": f"{value:.3f}", "top": top, "middle": top + BAR // 2}
        bar["width"] = _pixels(value)
        bar["text_at"] = LEFT + WIDTH + 8
        pair = report["intervals"][system["name"]].get(name)
        bar["whisker"] = {"from": LEFT + _pixels(pair[0]), "to": LEFT + _pixels(pair[1])} if pair else None
        bars.append(bar)
    height = len(bars) * (BAR + GAP) + GAP
    box = {"left": LEFT, "label_at": LEFT - 8, "bar": BAR, "total": LEFT + WIDTH + 70, "height": height}
    return {"name": name, "bars": bars, **box} if bars else None


def _pixels(share: float) -> int:
    return round(max(0.0, min(share, 1.0)) * WIDTH)
