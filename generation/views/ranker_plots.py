"""Rankers beside each other as dots with their intervals, and NDCG@10 by alpha, in the units of an SVG's own box."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

LEFT, WIDTH, ROW, TOP = 210, 300, 26, 12


def intervals(systems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """NDCG@10 of each ranker with the interval around it; the first is the one the report is about."""
    most = max((one["ndcg_high"] for one in systems), default=0.0) or 1.0

    def x(value: float) -> float:
        return round(LEFT + WIDTH * value / most, 1)

    rows = [
        {
            "label": one["name"],
            "ours": place == 0,
            "middle": TOP + place * ROW,
            "x": x(one["ndcg@10"]),
            "low": x(one["ndcg_low"]),
            "top": TOP + place * ROW - 2,
            "wide": round(max(x(one["ndcg_high"]) - x(one["ndcg_low"]), 1.0), 1),
            "value": f"{one['ndcg@10']:.3f}",
        }
        for place, one in enumerate(systems)
    ]
    return {
        "rows": rows,
        "left": LEFT,
        "right": LEFT + WIDTH,
        "label_at": LEFT - 8,
        "value_at": LEFT + WIDTH + 12,
        "width": LEFT + WIDTH + 60,
        "height": TOP + ROW * len(rows),
        "words": "; ".join(f"{one['name']} {one['ndcg@10']:.3f}" for one in systems),
    }


CURVE: dict[str, int] = {"left": 56, "right": 460, "top": 16, "bottom": 170}


def curve(points: Sequence[Mapping[str, Any]], now: float, proposed: float) -> dict[str, Any]:
    """NDCG@10 by alpha, on the part it was tuned on and on the part held out; alpha on a logarithmic scale."""
    drawn = [one for one in points if one["alpha"] > 0]
    values = [one[name] for one in drawn for name in ("tuned_on", "held_out") if one[name] is not None]
    if len(drawn) < 2 or not values:
        return {}
    low, high = min(values), max(values)
    room = (high - low) or 0.01
    first, last = math.log(drawn[0]["alpha"]), math.log(drawn[-1]["alpha"])

    def x(alpha: float) -> float:
        return round(CURVE["left"] + (CURVE["right"] - CURVE["left"]) * (math.log(alpha) - first) / (last - first), 1)

    def y(value: float) -> float:
        return float(round(CURVE["bottom"] - (CURVE["bottom"] - CURVE["top"]) * (value - low) / room, 1))

    def line(name: str) -> str:
        return " ".join(f"{x(one['alpha'])},{y(one[name])}" for one in drawn if one[name] is not None)

    marked = [(one, word) for one, word in ((now, "now"), (proposed, "proposed")) if one > 0]
    return {
        **CURVE,
        "lines": [
            {"kind": "production", "points": line("tuned_on")},
            {"kind": "candidate", "points": line("held_out")},
        ],
        "ticks": [
            {"x": x(one["alpha"]), "label": f"{one['alpha']:g}", "near": at % 2 == 0} for at, one in enumerate(drawn)
        ],
        "marks": [{"x": x(min(max(one, drawn[0]["alpha"]), drawn[-1]["alpha"])), "word": word} for one, word in marked],
        "low": f"{low:.3f}",
        "high": f"{high:.3f}",
        "words": "NDCG@10 held out by alpha: "
        + "; ".join(f"{one['alpha']:g} {one['held_out']:.3f}" for one in drawn if one["held_out"] is not None),
    }
